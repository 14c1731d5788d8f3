package handle

import (
	"slices"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Handler is one compiled handler.
type Handler struct {
	ID        string
	Selectors []*Selector
	// Range is where the handler stands in the YAML.
	Range diag.Range

	on       map[string]bool
	field    []string // on: field
	optional bool
	deleted  bool
	needs    []string
	limits   state.Limits
	// plan is set for timers and daemons.
	plan *daemon.Plan
	// initialDelay is the time until a timer or daemon runs first; nil for none.
	initialDelay *eval.Template

	match     *matcher
	param     *eval.Template
	vars      *eval.Vars
	steps     *actions.Program
	result    *eval.Template
	onFailure *actions.Program
	// subs are the sub-handlers in its steps, each to be made for its items.
	subs map[*spec.Sub]*Handler
	// visible are the steps around a sub-handler whose results its own ones see.
	visible []string

	// These are set for a sub-handler under way only: what it was made of, the
	// handler it belongs to, and what its steps see of that one's.
	template *Handler
	parent   *Handler
	around   *eval.Binding
	before   map[string]any
	// shapesBefore are the Shapes of what is in before.
	shapesBefore map[string]*eval.Shape
}

// The values of `on` that are not a reason of their own.
const (
	onField = "field"
	onEvent = "event"
)

// Changes tells whether the handler is driven by changes, with progress and
// retries; a handler of raw events is not.
func (h *Handler) Changes() bool {
	return h.plan == nil && (!h.on[onEvent] || len(h.on) > 1)
}

// Background tells whether the handler is a timer or a daemon.
func (h *Handler) Background() bool { return h.plan != nil }

// daemon tells a daemon from a timer and from all others.
func (h *Handler) daemon() bool { return h.plan != nil && h.plan.Timing == nil }

// Events tells whether the handler runs for raw watch events.
func (h *Handler) Events() bool { return h.on[onEvent] }

// holds tells whether objects that match the handler need a finalizer.
func (h *Handler) holds() bool { return h.on[string(cause.Delete)] && !h.optional }

// seesUpdates tells whether the handler can ever be given an old state.
func (h *Handler) seesUpdates() bool { return h.on[string(cause.Update)] || h.on[onField] }

// due tells whether the handler is meant for this cause, filters aside.
func (h *Handler) due(c cause.Cause) bool {
	switch {
	case h.on[string(c.Reason)]:
		return true
	case c.Reason == cause.Update && h.on[onField]:
		return true
	case c.Resuming && h.on[string(cause.Resume)]:
		return c.Reason != cause.Delete || h.deleted
	default:
		return false
	}
}

// What the expressions of other tasks than handlers may use.
const (
	backgroundScope = eval.Object | eval.Retry | eval.Background
	activityScope   = eval.Retry
	indexScope      = eval.Object | eval.Indexing
)

// ScopeOf is what the expressions of a task may use, in all of its places; the steps, and
// places in them, add to it.
func ScopeOf(t spec.Task) eval.Scope {
	switch {
	case t.IsActivity():
		return activityScope
	case t.IsBackground():
		return backgroundScope
	default:
		return scope(reasons(t.Handler))
	}
}

// reasons are the values of on.
func reasons(h *spec.Handler) map[string]bool {
	out := map[string]bool{}
	for _, on := range h.On {
		out[on.Value] = true
	}
	return out
}

// scope is what the handler's expressions may use. A handler for changes and
// for raw events has only what both have.
func scope(on map[string]bool) eval.Scope {
	s := eval.Object
	switch {
	case !on[onEvent]:
		s |= eval.Change | eval.Retry
	case len(on) == 1:
		s |= eval.RawEvent
	}
	return s
}

func (c *compiler) handler(h *spec.Handler) {
	out := &Handler{ID: h.ID.Value, Range: h.Range, on: reasons(h)}
	c.resources(h.Resource, out)
	if h.Field != nil {
		out.field = h.Field.Segments
	}
	for _, id := range h.Needs {
		out.needs = append(out.needs, id.Value)
	}
	out.optional = h.Optional != nil && h.Optional.Value
	out.deleted = h.Deleted != nil && h.Deleted.Value
	c.knowing(c.objectTypes(h.Resource), func() {
		c.path(h.Field)
		c.knowing(fieldTypes(c.env.Known("body"), h.Field), func() { c.body(h.Match, &h.Work, out, scope(out.on)) })
	})
	c.operator.Handlers = append(c.operator.Handlers, out)
}

// resources compiles the selectors of a handler.
func (c *compiler) resources(selectors []*spec.Selector, out *Handler) {
	for _, s := range selectors {
		compiled := c.selector(s)
		c.watched(compiled)
		if !slices.Contains(out.Selectors, compiled) {
			out.Selectors = append(out.Selectors, compiled)
		}
	}
}

// body compiles what all kinds of handlers have: the filter, the steps and what
// becomes of their errors.
func (c *compiler) body(match *spec.Match, work *spec.Work, out *Handler, s eval.Scope) {
	out.limits = c.limits(work)
	out.match = c.matcher(match, out, s)
	out.param = c.template(work.Param, s)
	c.knowing(paramTypes(out.param), func() { c.guarded(match, out, func() { c.work(work, out, s|eval.Steps) }) })
	c.usedVars(out)
	c.usedSteps(work, out)
	c.subhandlers(out)
}

// usedSteps checks that the steps exist that vars and the result use.
func (c *compiler) usedSteps(work *spec.Work, h *Handler) {
	names := slices.Clone(h.visible)
	work.Walk(func(s *spec.Step) {
		if s.Name != nil {
			names = append(names, s.Name.Value)
		}
	})
	used := h.vars.Selections("steps")
	if h.result != nil {
		used = append(used, h.result.Selections("steps")...)
	}
	c.found = append(c.found, actions.UnknownSteps(used, names)...)
}

// work compiles the vars and what sees them.
func (c *compiler) work(work *spec.Work, out *Handler, s eval.Scope) {
	var found diag.List
	out.vars, found = c.env.Vars(work.Vars, s)
	c.found = append(c.found, found...)
	c.knowing(eval.Types{"vars": out.vars.Type()}, func() {
		out.steps = c.steps(work.Do, s, out.visible...)
		c.knowing(resultTypes(out.steps), func() {
			c.remember(out.ID)
			c.given(factsBehind(out.steps), func() { out.result = c.template(work.Result, s) })
		})
		c.results(work, out, s)
		out.onFailure = c.steps(work.OnFailure, s|eval.Failure, out.visible...)
	})
}

// results checks that the status has a place for what the handler yields.
func (c *compiler) results(work *spec.Work, out *Handler, s eval.Scope) {
	body := c.env.Known("body")
	own, known := c.kinds.Of(body)
	if !known || s&eval.Object == 0 {
		return
	}
	if out.result != nil {
		c.found = append(c.found, actions.CheckResult(out.ID, work.Result, out.result, body, own)...)
	}
	if out.steps == nil {
		return
	}
	for _, r := range out.steps.Needs().Returns {
		c.found = append(c.found, actions.CheckResult(out.ID, r.Value, r.Compiled, body, own)...)
	}
}

// usedVars checks that the vars that a handler uses exist.
func (c *compiler) usedVars(h *Handler) {
	var used []eval.Selection
	for _, program := range []*actions.Program{h.steps, h.onFailure} {
		if program != nil {
			used = append(used, program.Needs().Vars...)
		}
	}
	if h.result != nil {
		used = append(used, h.result.Selections("vars")...)
	}
	c.found = append(c.found, h.vars.Check(used)...)
}

func (c *compiler) steps(steps []*spec.Step, s eval.Scope, visible ...string) *actions.Program {
	if len(steps) == 0 {
		return nil
	}
	out, found := actions.Compile(c.env, c.kinds, steps, s, visible...)
	c.found = append(c.found, found...)
	c.related(out)
	return out
}

func (c *compiler) template(t *spec.Template, s eval.Scope) *eval.Template {
	if t == nil {
		return nil
	}
	out, found := c.env.Template(t, s)
	c.found = append(c.found, found...)
	return out
}

// duration compiles a template that must yield a duration.
func (c *compiler) duration(t *spec.Template, s eval.Scope) *eval.Template {
	out := c.template(t, s)
	if out != nil {
		c.found = append(c.found, out.MustBe(eval.ADuration, eval.Durations...)...)
	}
	return out
}

// expr compiles a predicate.
func (c *compiler) expr(x *spec.Expr, s eval.Scope) *eval.Program {
	if x == nil {
		return nil
	}
	out, found := c.env.Expr(x, s, cel.BoolType)
	c.found = append(c.found, found...)
	return out
}

// limits are the handler's own, and the operator's where it has none.
func (c *compiler) limits(w *spec.Work) state.Limits {
	out := state.Limits{Backoff: c.operator.Settings.Backoff}
	if w.Retries != nil {
		n := int(w.Retries.Value)
		out.Retries = &n
	}
	if w.Timeout != nil {
		out.Timeout = &w.Timeout.Value
	}
	if w.Backoff != nil {
		out.Backoff = backoff(w.Backoff)
	}
	if w.Errors != nil {
		out.Errors = state.ErrorsMode(w.Errors.Value)
	}
	return out
}
