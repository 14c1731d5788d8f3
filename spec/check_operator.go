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
	op *Operator
	// ids are the change handlers by their ids, tasks all that run steps.
	ids   map[string]*Handler
	tasks []Task
}

func (c *checker) operator() {
	c.metadata()
	c.fillIDs()
	c.tasks = c.op.Spec.Tasks()
	for _, t := range c.tasks {
		c.task(t)
	}
	for _, h := range c.op.Spec.Handlers {
		c.handler(h)
	}
	for _, t := range c.op.Spec.Timers {
		c.timer(t)
	}
	for _, x := range c.op.Spec.Indexes {
		c.index(x)
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
		bad.Correct(strconv.Quote(v.Source()))
		bad.Detail += "; write " + bad.Suggestion()
	}
}

// reservedIDs are the names of annotations and of fields in the status that
// the engine keeps for itself.
var reservedIDs = []string{
	"last-handled-configuration", "pending-configuration", "kopf-managed", "kopf",
	"touch-dummy", "update-cycles", "tracked-children", "failed-handlers", "retry-requested", "created-by", "parent-uid", "parent-name", "parent-namespace",
}

// fillIDs gives handlers without an id one from their place, and checks that
// ids are unique.
func (c *checker) fillIDs() {
	c.ids = map[string]*Handler{}
	spec := &c.op.Spec
	for i, h := range spec.Handlers {
		h.ID = c.idOr(h.ID, HandlerTask, i, h.Range)
		if c.ids[h.ID.Value] == nil {
			c.ids[h.ID.Value] = h
		}
	}
	for i, t := range spec.Timers {
		t.ID = c.idOr(t.ID, TimerTask, i, t.Range)
	}
	for i, d := range spec.Daemons {
		d.ID = c.idOr(d.ID, DaemonTask, i, d.Range)
	}
	for i, a := range spec.Startup {
		a.ID = c.idOr(a.ID, StartupTask, i, a.Range)
	}
	for i, a := range spec.Cleanup {
		a.ID = c.idOr(a.ID, CleanupTask, i, a.Range)
	}
	c.uniqueIDs()
}

func (c *checker) idOr(id *String, kind TaskKind, i int, at diag.Range) *String {
	if id != nil {
		return id
	}
	text := fmt.Sprintf("%s-%d", kind, i+1)
	return &String{Value: text, Node: &Value{Kind: StringKind, Scalar: text, Range: c.start(at), size: 1}}
}

// uniqueIDs checks that no two tasks keep their progress and results in the
// same place, and that indexes and probes can be told apart.
func (c *checker) uniqueIDs() {
	tasks, indexes, probes := map[string]*String{}, map[string]*String{}, map[string]*String{}
	for _, t := range c.op.Spec.Tasks() {
		if c.unique(tasks, "handler of this operator", t.ID) && slices.Contains(c.reserved(), t.ID.Value) {
			c.add(ruleReserved, t.ID.Range(), "%q is the name of an annotation or a field that the engine needs for itself", t.ID.Value)
		}
	}
	c.sameAnnotations()
	for _, x := range c.op.Spec.Indexes {
		c.unique(indexes, "index of this operator", x.ID)
	}
	for _, p := range c.op.Spec.Probes {
		c.unique(probes, "probe of this operator", p.ID)
	}
}

func (c *checker) unique(seen map[string]*String, what string, id *String) bool {
	if first := seen[id.Value]; first != nil {
		c.duplicate(what, id.Value, id.Range(), first.Range())
		return false
	}
	seen[id.Value] = id
	return true
}

// annotationName makes of an id what is in the name of an annotation.
var annotationName = strings.NewReplacer("/", ".", "<", "_", ">", "_")

// sameAnnotations reports handlers whose record would be where that of another
// one is.
func (c *checker) sameAnnotations() {
	first := map[string]*Handler{}
	for _, h := range c.op.Spec.Handlers {
		name := annotationName.Replace(h.ID.Value)
		switch other := first[name]; {
		case other == nil:
			first[name] = h
		case other.ID.Value != h.ID.Value:
			c.add(ruleReserved, h.ID.Range(), "%q and %q have the same name as annotations, %s", h.ID.Value, other.ID.Value, name)
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
	lists := make([][]*Selector, 0, len(c.tasks)+len(c.op.Spec.Indexes))
	for _, t := range c.tasks {
		lists = append(lists, t.Resource)
		t.Work.Walk(func(s *Step) { c.stepAliases(s, resolve) })
	}
	for _, x := range c.op.Spec.Indexes {
		lists = append(lists, x.Resource)
	}
	for _, list := range lists {
		for i, s := range list {
			list[i] = resolve(s)
		}
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
