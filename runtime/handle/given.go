package handle

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// guarded compiles what a handler does where the types of objects are known: what may be
// absent must not be selected without a guard. The handler's filter is one.
func (c *compiler) guarded(match *spec.Match, h *Handler, compile func()) {
	if c.kinds == nil {
		compile()
		return
	}
	outer, vars := c.env, &eval.VarGuards{}
	c.env = c.env.Given(h.match.facts(match, h)).Given(h.states()).Given(c.writtenByOthers(h)).Collecting(vars)
	compile()
	c.env = outer
	c.found = append(c.found, vars.Report()...)
}

// states are the facts about the variables old and new. A handler of a field has that of
// the field, which may be null.
func (h *Handler) states() eval.Facts {
	switch {
	case h.field != nil:
		return nil
	case len(h.on) == 1 && h.on[string(cause.Update)]:
		return eval.NotNull("old", "new")
	}
	return eval.NotNull("new")
}

// given compiles with more that is known to be there.
func (c *compiler) given(facts eval.Facts, compile func()) {
	outer := c.env
	if c.env.Asks() {
		c.env = c.env.Given(facts)
	}
	compile()
	c.env = outer
}

func factsBehind(steps *actions.Program) eval.Facts {
	if steps == nil {
		return nil
	}
	return steps.Given()
}

// facts are what is there in objects that pass the filter. At a change, a test of a field
// may be about the state before.
func (m *matcher) facts(match *spec.Match, h *Handler) eval.Facts {
	facts := m.when.Facts(true, "")
	if match == nil {
		return facts
	}
	var there [][]string
	for key, tests := range map[string][]namedTest{"labels": m.labels, "annotations": m.annotations} {
		for _, t := range tests {
			if t.test.demands() {
				there = append(there, []string{"metadata", key, t.name})
			}
		}
	}
	if match.Field != nil {
		any := m.value == nil && m.old == nil && m.new == nil
		for variable, test := range map[string]*valueTest{"old": m.old, "new": m.new} {
			if test.demands() {
				facts = facts.And(eval.FactsOf(variable, m.field))
			}
		}
		if m.new.demands() || !h.seesUpdates() && (any || m.value.demands()) {
			there = append(there, m.field)
		}
	}
	return facts.And(eval.FactsOf("body", there...))
}

// demands tells whether only what is there passes a test.
func (t *valueTest) demands() bool {
	switch {
	case t == nil:
		return false
	case t.exists != nil:
		return *t.exists
	case t.equals != nil:
		return t.equals.value != nil
	case t.in != nil:
		return !slices.Contains(t.in, nil)
	}
	return false
}

// writer is a handler that writes into each new object of a type.
type writer struct {
	id    string
	body  *schema.Type
	facts eval.Facts
}

// writersOf are those of an operator.
func (c *compiler) writersOf(op *spec.Operator) []writer {
	if c.kinds == nil {
		return nil
	}
	var out []writer
	for _, t := range op.Spec.Tasks() {
		body := c.objectType(t.Resource)
		if t.Handler == nil || t.Match != nil || body.Open() || !isFirst(reasons(t.Handler)) {
			continue
		}
		facts := actions.Written(t.Work.Do)
		if t.Work.Result != nil {
			facts = facts.And(eval.FactsOf("body", []string{"status", t.ID.Value}))
		}
		if len(facts) > 0 {
			out = append(out, writer{t.ID.Value, body, facts})
		}
	}
	return out
}

// isFirst tells whether a handler runs for each new object.
func isFirst(on map[string]bool) bool { return on[string(cause.Create)] }

// writtenByOthers is what other handlers have written before a handler runs.
func (c *compiler) writtenByOthers(h *Handler) eval.Facts {
	if isFirst(h.on) {
		return nil
	}
	var out eval.Facts
	for _, w := range c.writers {
		if w.id != h.ID && w.body == c.env.Known("body") {
			out = out.And(w.facts)
		}
	}
	return out
}
