package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	ruleUnreachable = &diag.Rule{
		ID: "unreachable-handler", Severity: diag.Warning, Summary: "no object can pass",
		Explanation: "The parts of `match` must all hold, and these exclude each other: so nothing that has this `match` ever runs. Where one of several values is wanted, write `in`.",
	}
	ruleUnreachableStep = &diag.Rule{
		ID: "unreachable-step", Severity: diag.Warning, Summary: "never reached",
		Explanation: "The step before ends the handler in any case, so this one never runs. A `return` or `fail` that is for some objects only needs a `when`.",
	}
)

// unreachable finds filters that exclude each other.
func unreachable(v *view) diag.List {
	var found diag.List
	report := func(at diag.Range, format string, args ...any) {
		found = append(found, ruleUnreachable.At(at, format, args...))
	}
	match := func(m *spec.Match, change bool) {
		if m == nil {
			return
		}
		for _, t := range testsOf(m, change) {
			v.impossible(t, report)
		}
		between(testsOf(m, change), report)
		neverChanges(m, report)
		if value, known := v.always(m.When); known && !value {
			report(m.When.Range(), `"when" is always false`)
		}
	}
	for _, t := range v.tasks {
		match(t.Match, t.Handler != nil && seesChanges(t.Handler))
		t.Work.Walk(func(s *spec.Step) {
			for _, sub := range s.Sub {
				match(sub.Match, true)
			}
		})
	}
	for _, index := range v.op.Spec.Indexes {
		match(index.Match, false)
	}
	return found
}

func seesChanges(h *spec.Handler) bool {
	return slices.ContainsFunc(h.On, func(on *spec.String) bool { return on.Value == "update" || on.Value == "field" })
}

// test is a test of what stands at a path of the object.
type test struct {
	path []string
	name string
	*spec.ValueTest
}

// testsOf are the tests of one state of the object. With a change, `value` may
// hold for the state before, which says nothing of the labels now.
func testsOf(m *spec.Match, change bool) []test {
	var out []test
	for _, part := range []struct {
		key     string
		entries []spec.Entry[*spec.ValueTest]
	}{{"labels", m.Labels}, {"annotations", m.Annotations}} {
		for _, entry := range part.entries {
			if entry.Value != nil {
				out = append(out, test{[]string{"metadata", part.key, entry.Key.Value}, part.key + "." + entry.Key.Value, entry.Value})
			}
		}
	}
	if m.Field != nil && m.Value != nil && !change {
		out = append(out, test{m.Field.Segments, strings.Join(m.Field.Segments, "."), m.Value})
	}
	return out
}

// values are those of which a test takes one; ok is false where it takes others
// too.
func (t test) values() (out []*spec.Value, ok bool) {
	switch {
	case t.Equals != nil:
		return []*spec.Value{t.Equals}, true
	case t.In != nil:
		return t.In, true
	}
	return nil, false
}

func (t test) start() diag.Range {
	at := t.Range
	if at.Start.Line != at.End.Line {
		at.End = at.Start
	}
	return at
}

// impossible reports one test that nothing passes.
func (v *view) impossible(t test, report func(diag.Range, string, ...any)) {
	if t.Equals != nil && len(t.In) > 0 && !contains(t.In, t.Equals) {
		report(t.Equals.Range, `%s must equal this, which is not among the values of "in"`, t.name)
	}
	if values, ok := t.values(); ok && t.Exists != nil && t.Exists.Value &&
		len(values) > 0 && !slices.ContainsFunc(values, func(v *spec.Value) bool { return v.Kind != spec.Null }) {
		report(t.Exists.Range(), "%s must exist, and must be nothing", t.name)
	}
	if value, known := v.always(t.When); known && !value {
		report(t.When.Range(), `"when" is always false`)
	}
}

// between reports pairs of tests of one path that exclude each other.
func between(tests []test, report func(diag.Range, string, ...any)) {
	for i, a := range tests {
		for _, b := range tests[:i] {
			if slices.Equal(a.path, b.path) && exclude(a, b) {
				report(a.start(), "%s is tested twice, at line %d too, and nothing passes both", a.name, b.Range.Start.Line)
			}
		}
	}
}

func exclude(a, b test) bool {
	if a.Exists != nil && b.Exists != nil && a.Exists.Value != b.Exists.Value {
		return true
	}
	left, ok := a.values()
	right, both := b.values()
	switch {
	case ok && both:
		return !slices.ContainsFunc(left, func(v *spec.Value) bool { return contains(right, v) })
	case ok:
		return b.Exists != nil && !b.Exists.Value && !containsNull(left)
	case both:
		return a.Exists != nil && !a.Exists.Value && !containsNull(right)
	}
	return false
}

func contains(list []*spec.Value, v *spec.Value) bool {
	return slices.ContainsFunc(list, func(one *spec.Value) bool { return patch.Equal(one.Native(), v.Native()) })
}

func containsNull(list []*spec.Value) bool {
	return slices.ContainsFunc(list, func(v *spec.Value) bool { return v.Kind == spec.Null })
}

// neverChanges reports tests of both sides of a change that leave no change.
func neverChanges(m *spec.Match, report func(diag.Range, string, ...any)) {
	if m.Old == nil || m.New == nil {
		return
	}
	path := "the field"
	if m.Field != nil {
		path = strings.Join(m.Field.Segments, ".")
	}
	one := test{name: path, ValueTest: m.New}
	switch {
	case m.Old.Equals != nil && m.New.Equals != nil && patch.Equal(m.Old.Equals.Native(), m.New.Equals.Native()):
		report(m.New.Equals.Range, "%s equals the same before and after, so it has not changed", path)
	case m.Old.Exists != nil && m.New.Exists != nil && !m.Old.Exists.Value && !m.New.Exists.Value:
		report(one.start(), "%s exists neither before nor after, so it has not changed", path)
	}
}

// unreachableSteps finds steps behind one that ends the handler.
func unreachableSteps(v *view) diag.List {
	var found diag.List
	var block func(steps []*spec.Step)
	block = func(steps []*spec.Step) {
		for i, s := range steps {
			block(s.Do)
			if s.Repeat != nil {
				block(s.Repeat.Do)
			}
			for _, sub := range s.Sub {
				block(sub.Do)
			}
			if end := ends(s); end != "" && i+1 < len(steps) {
				at := steps[i+1].Range
				at.End = at.Start
				found = append(found, ruleUnreachableStep.At(at, "%s", fmt.Sprintf("the step before is %q without when", end)))
				return
			}
		}
	}
	for _, t := range v.tasks {
		block(t.Work.Do)
		block(t.Work.OnFailure)
	}
	return found
}

// ends names the action by which a step ends the handler in any case.
func ends(s *spec.Step) string {
	switch {
	case s.When != nil || s.ForEach != nil:
		return ""
	case s.Return != nil:
		return "return"
	case s.Fail != nil:
		return "fail"
	}
	return ""
}
