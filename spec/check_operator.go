package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// checker looks at a decoded operator as a whole: names that refer to others,
// and what the kinds of handlers allow. It also fills in the ids and resolves
// the aliases.
type checker struct {
	*report
	op  *Operator
	ids map[string]*Handler
}

func (c *checker) operator() {
	c.metadata()
	c.fillIDs()
	for _, h := range c.op.Spec.Handlers {
		c.handler(h)
	}
	c.cycles()
	c.aliases()
}

func (c *checker) metadata() {
	for _, labels := range [][]Entry[*Value]{c.op.Metadata.Labels, c.op.Metadata.Annotations} {
		for _, entry := range labels {
			c.labelText(entry.Value)
		}
	}
}

// labelText reports a label or an annotation that is no text.
func (c *checker) labelText(v *Value) {
	if _, ok := v.String(); ok || v.broken {
		return
	}
	bad := c.add(ruleType, head(v), "labels and annotations are text, and this is %s", v.Kind)
	if v.Kind == BoolKind || v.Kind == IntKind || v.Kind == FloatKind {
		bad.Correct(strconv.Quote(v.source()))
		bad.Detail += "; write " + bad.Suggestion()
	}
}

// reservedIDs are the names of annotations and of fields in the status that
// the engine keeps for itself.
var reservedIDs = []string{
	"last-handled-configuration", "pending-configuration", "kopf-managed", "kopf",
	"update-cycles", "tracked-children", "created-by", "parent-uid", "parent-name", "parent-namespace",
}

// fillIDs gives handlers without an id one from their place, and checks that
// ids are unique.
func (c *checker) fillIDs() {
	c.ids = map[string]*Handler{}
	for i, h := range c.op.Spec.Handlers {
		if h.ID == nil {
			id := fmt.Sprintf("handler-%d", i+1)
			h.ID = &String{Value: id, Node: &Value{Kind: StringKind, Scalar: id, Range: c.start(h.Range), size: 1}}
		}
		id := h.ID.Value
		if first, again := c.ids[id]; again {
			c.duplicate("handler of this operator", id, h.ID.Range(), first.ID.Range())
			continue
		}
		c.ids[id] = h
		if slices.Contains(c.reserved(), id) {
			c.add(ruleReserved, h.ID.Range(), "%q is the name of an annotation or a field that the engine needs for itself", id)
		}
	}
}

func (c *checker) start(at diag.Range) diag.Range {
	at.End = at.Start
	return at
}

func (c *checker) reserved() []string {
	s := c.op.Spec.Settings
	if s == nil || s.Persistence == nil || s.Persistence.Diffbase == nil || s.Persistence.Diffbase.Key == nil {
		return reservedIDs
	}
	return append([]string{s.Persistence.Diffbase.Key.Value}, reservedIDs...)
}

// needs checks that a handler waits for handlers that exist.
func (c *checker) needs(h *Handler) {
	for _, need := range h.Needs {
		other, ok := c.ids[need.Value]
		switch {
		case !ok:
			ids := make([]string, 0, len(c.op.Spec.Handlers))
			for _, one := range c.op.Spec.Handlers {
				ids = append(ids, one.ID.Value)
			}
			bad := c.add(ruleNeeds, need.Range(), "no handler of this operator has the id %q", need.Value)
			nearest(bad, need.Value, ids)
		case other.onlyEvents():
			c.add(ruleHandlerField, need.Range(), "%q runs for raw events only, so it never counts as done", need.Value)
		}
	}
}

// cycles reports handlers that wait for themselves, each cycle once.
func (c *checker) cycles() {
	done := map[*Handler]bool{}
	for _, h := range c.op.Spec.Handlers {
		c.follow(h, nil, done)
	}
}

func (c *checker) follow(h *Handler, path []*Handler, done map[*Handler]bool) {
	if i := slices.Index(path, h); i >= 0 {
		c.cycle(path[i:])
		return
	}
	if done[h] {
		return
	}
	path = append(path, h)
	for _, need := range h.Needs {
		if other := c.ids[need.Value]; other != nil {
			c.follow(other, path, done)
		}
	}
	done[h] = true
}

func (c *checker) cycle(path []*Handler) {
	names := make([]string, 0, len(path)+1)
	for _, h := range path {
		names = append(names, h.ID.Value)
	}
	names = append(names, path[0].ID.Value)
	last := path[len(path)-1]
	for _, need := range last.Needs {
		if need.Value == path[0].ID.Value {
			c.add(ruleCycle, need.Range(), "%s", strings.Join(names, " needs "))
			return
		}
	}
}

// aliases puts the selectors of spec.resources where their names stand.
func (c *checker) aliases() {
	byName := map[string]*Selector{}
	for _, entry := range c.op.Spec.Resources {
		name := entry.Key
		entry.Value.Alias = &name
		byName[name.Value] = entry.Value
	}
	resolve := func(s *Selector) *Selector {
		if text, ok := textOf(s.short); ok && byName[text] != nil {
			return byName[text]
		}
		return s
	}
	for _, h := range c.op.Spec.Handlers {
		for i, s := range h.Resource {
			h.Resource[i] = resolve(s)
		}
		h.walkSteps(func(s *Step) { c.stepAliases(s, resolve) })
	}
}

func (c *checker) stepAliases(s *Step, resolve func(*Selector) *Selector) {
	for _, t := range s.targets() {
		if t.Resource == nil {
			continue
		}
		at := t.Resource.Range
		t.Resource = resolve(t.Resource)
		if t.Resource.Any != nil || t.Resource.Category != nil {
			c.add(ruleSelector, at, "a target is one object, and this names many resources")
		}
	}
	if s.Delete != nil && s.Delete.Resource != nil {
		s.Delete.Resource = resolve(s.Delete.Resource)
	}
}

func (s *Step) targets() []*Target {
	var out []*Target
	if s.Patch != nil && s.Patch.Target != nil {
		out = append(out, s.Patch.Target)
	}
	if s.Delete != nil && s.Delete.Target != nil {
		out = append(out, s.Delete.Target)
	}
	if s.Get != nil && s.Get.Target != nil {
		out = append(out, s.Get.Target)
	}
	return out
}

// walkSteps visits all steps of a handler, those of groups too.
func (h *Handler) walkSteps(visit func(*Step)) {
	var walk func([]*Step)
	walk = func(steps []*Step) {
		for _, s := range steps {
			visit(s)
			walk(s.Do)
		}
	}
	walk(h.Do)
	walk(h.OnFailure)
}
