package lint

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	ruleSelfTrigger = &diag.Rule{
		ID: "self-trigger", Severity: diag.Warning, Summary: "the handler triggers itself without end",
		Explanation: "The handler writes what it reacts to, and something else each time: so each run is followed by another one. Write it to the status, which is no change for handlers, name with `field` what the handler is about, or let `match` or a `when` end it.",
	}
	ruleOnceMore = &diag.Rule{
		ID: "self-trigger-once", Severity: diag.Info, Summary: "the handler runs once more for its own change",
		Explanation: "The handler writes what it reacts to. It writes the same again when it sees its own change, so it ends there; but it has run twice, and for a moment `old` and `new` are about its own change. A `field` or a `match` that is not about what it writes keeps it from that.",
	}
)

// selfTriggers finds handlers whose own patch is a change for them.
func selfTriggers(v *view) diag.List {
	var found diag.List
	for _, t := range v.tasks {
		if t.Handler == nil || !seesChanges(t.Handler) {
			continue
		}
		for _, w := range ownWrites(t.Work.Do) {
			if w.guarded || !reacts(t.Handler, w.path) || v.ended(t.Match, w.path) {
				continue
			}
			path := strings.Join(w.path, ".")
			if why := v.changing(t, w); why != "" {
				found = append(found, ruleSelfTrigger.At(w.at, "it runs when %s changes, and changes it each time: %s", path, why))
				continue
			}
			found = append(found, ruleOnceMore.At(w.at, "it runs when %s changes, and changes it", path))
		}
	}
	return found
}

// reacts tells whether a change of what stands at a path makes a handler run.
func reacts(h *spec.Handler, path []string) bool {
	watched := h.Field
	if watched == nil && h.Match != nil {
		watched = h.Match.Field
	}
	if watched != nil && len(watched.Segments) > 0 {
		return overlap(path, watched.Segments)
	}
	switch path[0] {
	case "status", "apiVersion", "kind":
		return false
	case "metadata":
		return len(path) > 1 && (path[1] == "labels" || path[1] == "annotations")
	}
	return true
}

// ended tells whether a filter is about what is written, or about changes: then
// it may well end what the write begins.
func (v *view) ended(m *spec.Match, path []string) bool {
	if m == nil {
		return false
	}
	if m.Value != nil || m.Old != nil || m.New != nil {
		return true
	}
	for _, t := range testsOf(m, true) {
		if overlap(t.path, path) {
			return true
		}
	}
	return m.When != nil && slices.ContainsFunc(v.expr(m.When), func(x *eval.Expression) bool { return v.about(x, path, nil) })
}

// about tells whether a condition looks at a path, or at the change as such;
// through filters, too.
func (v *view) about(x *eval.Expression, path []string, seen []string) bool {
	for _, name := range x.Variables() {
		switch name {
		case "old", "new", "diff", "reason":
			return true
		}
		for _, f := range v.op.Spec.Filters {
			if f.Key.Value != name || f.Value == nil || slices.Contains(seen, name) {
				continue
			}
			if slices.ContainsFunc(v.expr(f.Value), func(x *eval.Expression) bool { return v.about(x, path, append(seen, name)) }) {
				return true
			}
		}
	}
	if slices.ContainsFunc(x.Functions(), func(name string) bool { return strings.Contains(name, "changed") || strings.Contains(name, "touched") }) {
		return true
	}
	return reads(x, path)
}

func reads(x *eval.Expression, path []string) bool {
	return slices.ContainsFunc(x.Chains(), func(chain []string) bool {
		at, ok := inObject(chain)
		return ok && overlap(at, path)
	})
}

// changing says why a written value is another one each time, empty where it is
// not.
func (v *view) changing(t *task, w write) string {
	for _, x := range v.behind(t, w.value, nil) {
		for _, name := range x.Variables() {
			switch name {
			case "now", "retry", "started", "runtime":
				return name + " is another one in each run"
			}
		}
		for _, name := range x.Functions() {
			if strings.HasPrefix(name, "random.") || name == "uuid" {
				return name + "() gives another answer each time"
			}
			if isArithmetic(name) && reads(x, w.path) {
				return "the new value is made of the old one"
			}
		}
	}
	return ""
}

func isArithmetic(operator string) bool {
	return slices.Contains([]string{"_+_", "_-_", "_*_", "_/_", "-_"}, operator)
}

// behind are the expressions that a value is made of, those of vars too.
func (v *view) behind(t *task, value *spec.Value, seen []string) []*eval.Expression {
	out := slices.Clone(v.template(value))
	for _, x := range v.template(value) {
		for _, name := range x.Selected("vars") {
			if slices.Contains(seen, name) {
				continue
			}
			for _, entry := range t.Work.Vars {
				if entry.Key.Value == name && entry.Value != nil {
					out = append(out, v.behind(t, entry.Value, append(seen, name))...)
				}
			}
		}
	}
	return out
}
