package handle

import (
	"context"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// matcher is a compiled `match` block, together with the field of an on: field
// handler, which filters in the same way.
type matcher struct {
	labels, annotations []namedTest
	field               []string
	value, old, new     *valueTest
	when                *eval.Program
}

// namedTest tests the label or annotation of a name.
type namedTest struct {
	name string
	test *valueTest
}

// valueTest tests one value; all its parts must hold.
type valueTest struct {
	equals *literal
	in     []any
	exists *bool
	when   *eval.Program
}

// literal tells a null to compare with from nothing to compare with.
type literal struct{ value any }

func (c *compiler) matcher(m *spec.Match, h *Handler, s eval.Scope) *matcher {
	out := &matcher{field: h.field}
	if m == nil {
		return out
	}
	if m.Field != nil {
		out.field = m.Field.Segments
		c.path(m.Field)
	}
	text := schema.Of(schema.String).OrNull()
	for _, entry := range m.Labels {
		out.labels = append(out.labels, namedTest{entry.Key.Value, c.valueTest(entry.Value, text, s)})
	}
	for _, entry := range m.Annotations {
		out.annotations = append(out.annotations, namedTest{entry.Key.Value, c.valueTest(entry.Value, text, s)})
	}
	tested := typeAt(c.env.Known("body"), out.field)
	out.value = c.valueTest(m.Value, tested, s)
	out.old = c.valueTest(m.Old, tested, s)
	out.new = c.valueTest(m.New, tested, s)
	out.when = c.expr(m.When, s)
	return out
}

// valueTest compiles the test of a value of a type.
func (c *compiler) valueTest(t *spec.ValueTest, of *schema.Type, s eval.Scope) *valueTest {
	if t == nil {
		return nil
	}
	out := &valueTest{}
	c.knowing(eval.Types{"value": of}, func() { out.when = c.expr(t.When, s|eval.TestValue) })
	if t.Equals != nil {
		out.equals = &literal{t.Equals.Native()}
	}
	for _, v := range t.In {
		out.in = append(out.in, v.Native())
	}
	if t.Exists != nil {
		out.exists = &t.Exists.Value
	}
	return out
}

// holds tells whether a value passes the test. An absent value is tested as
// null, and a null counts as absent, as it does in a diff.
// It stands at a path of the subject.
func (t *valueTest) holds(ctx context.Context, value any, present bool, s subject, path []string) (bool, error) {
	switch {
	case t.exists != nil && *t.exists != present:
		return false, nil
	case t.equals != nil && !patch.Equal(t.equals.value, value):
		return false, nil
	case t.in != nil && !slices.ContainsFunc(t.in, func(v any) bool { return patch.Equal(v, value) }):
		return false, nil
	case t.when != nil:
		return t.when.Bool(ctx, s.vars.With(map[string]any{"value": eval.Typed(value, s.shape.At(path...))}))
	default:
		return true, nil
	}
}

// subject is what a matcher looks at.
type subject struct {
	object map[string]any
	shape  *eval.Shape
	cause  cause.Cause
	vars   *eval.Binding
}

// relevant tells whether the handler could be meant for the object at all,
// whatever has happened to it: an object for which no handler is relevant is
// left without a trace.
func (m *matcher) relevant(ctx context.Context, s subject) (bool, error) {
	return m.all(ctx, s, m.fieldThere)
}

// matches tells whether the object passes the filters for its cause.
// changed says that the handler is asked because of a change: the field it
// names must then be part of that change.
func (m *matcher) matches(ctx context.Context, s subject, changed bool) (bool, error) {
	if !changed {
		return m.all(ctx, s, m.fieldNow)
	}
	if m.field != nil && !s.cause.Diff.Touches(m.field) {
		return false, nil
	}
	return m.all(ctx, s, m.fieldChanged)
}

// matchesAgain tells whether the object passes the filters for an update that was handled
// before. Of what has changed then nothing is left to be seen, so only labels and annotations
// are asked.
func (m *matcher) matchesAgain(ctx context.Context, s subject) (bool, error) {
	if ok, err := namedTests(ctx, m.labels, s, "labels"); !ok || err != nil {
		return false, err
	}
	return namedTests(ctx, m.annotations, s, "annotations")
}

// all tests the parts, the cheap ones first.
func (m *matcher) all(ctx context.Context, s subject, field func(context.Context, subject) (bool, error)) (bool, error) {
	if ok, err := namedTests(ctx, m.labels, s, "labels"); !ok || err != nil {
		return false, err
	}
	if ok, err := namedTests(ctx, m.annotations, s, "annotations"); !ok || err != nil {
		return false, err
	}
	if m.field != nil {
		if ok, err := field(ctx, s); !ok || err != nil {
			return false, err
		}
	}
	if m.when == nil {
		return true, nil
	}
	return m.when.Bool(ctx, s.vars)
}

func namedTests(ctx context.Context, tests []namedTest, s subject, stanza string) (bool, error) {
	for _, t := range tests {
		path := []string{"metadata", stanza, t.name}
		value, present := lookup(s.object, path)
		if ok, err := t.test.holds(ctx, value, present, s, path); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// fieldNow tests the field of the object as it is.
func (m *matcher) fieldNow(ctx context.Context, s subject) (bool, error) {
	value, present := lookup(s.object, m.field)
	switch {
	case m.old != nil || m.new != nil:
		return false, nil // only a change has an old and a new side
	case m.value == nil:
		return present, nil
	default:
		return m.value.holds(ctx, value, present, s, m.field)
	}
}

// fieldChanged tests both sides of a change of the field.
func (m *matcher) fieldChanged(ctx context.Context, s subject) (bool, error) {
	if m.old == nil && m.new == nil {
		return m.eitherSide(ctx, s)
	}
	old, hadOld := lookup(s.cause.Old, m.field)
	if m.old != nil {
		if ok, err := m.old.holds(ctx, old, hadOld, s, m.field); !ok || err != nil {
			return false, err
		}
	}
	if m.new == nil {
		return true, nil
	}
	now, hasNew := lookup(s.cause.New, m.field)
	return m.new.holds(ctx, now, hasNew, s, m.field)
}

// fieldThere is the field's part of relevant: some side of it must be there,
// or pass.
func (m *matcher) fieldThere(ctx context.Context, s subject) (bool, error) {
	if s.cause.New == nil {
		return m.fieldNow(ctx, s)
	}
	if m.old != nil || m.new != nil {
		return true, nil
	}
	if ok, err := m.eitherSide(ctx, s); ok || err != nil {
		return ok, err
	}
	return m.fieldNow(ctx, s)
}

// eitherSide is how `value`, or the mere field, is tested where there are two
// states: it holds for the new one or for the old one.
func (m *matcher) eitherSide(ctx context.Context, s subject) (bool, error) {
	sides := []map[string]any{s.cause.New}
	if s.cause.Old != nil {
		sides = append(sides, s.cause.Old)
	}
	for _, side := range sides {
		value, present := lookup(side, m.field)
		ok := present
		if m.value != nil {
			var err error
			if ok, err = m.value.holds(ctx, value, present, s, m.field); err != nil {
				return false, err
			}
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

func lookup(side map[string]any, path []string) (value any, present bool) {
	value, _ = essence.Lookup(side, path)
	return value, value != nil
}
