package handle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// subhandlers compiles the sub-handlers in a handler's steps.
func (c *compiler) subhandlers(h *Handler) {
	if h.steps == nil {
		return
	}
	h.subs = map[*spec.Sub]*Handler{}
	for _, sub := range h.steps.Needs().Subs {
		id := "*" // made for each item
		if fixed, ok := sub.Source.ID.String(); ok && !strings.Contains(fixed, "${") {
			id = fixed
		}
		out := &Handler{ID: h.ID + "/" + id, Range: sub.Source.Range, on: map[string]bool{}, visible: sub.Visible}
		c.inside(sub, func() { c.body(sub.Source.Match, &sub.Source.Work, out, sub.Scope) })
		h.subs[sub.Source] = out
	}
}

// withSubs are handlers and all that may be inside them.
func withSubs(handlers []*Handler) []*Handler {
	out := slices.Clone(handlers)
	for _, h := range handlers {
		out = append(out, withSubs(slices.Collect(maps.Values(h.subs)))...)
	}
	return out
}

// made is the sub-handler for one item of a handler's list.
func (h *Handler) made(sub actions.Sub) *Handler {
	template := h.subs[sub.Source]
	out := *template
	out.ID = h.ID + "/" + sub.ID
	out.template, out.parent, out.around = template, h, sub.Vars
	out.before, out.shapesBefore = sub.Steps, sub.Shapes
	return &out
}

// compiled is the handler as it stands in the YAML.
func (h *Handler) compiled() *Handler {
	if h.template != nil {
		return h.template
	}
	return h
}

// root is the handler that has been called, around all sub-handlers.
func (h *Handler) root() *Handler {
	for h.parent != nil {
		h = h.parent
	}
	return h
}

// runSubs runs the sub-handlers that a handler has listed, as far as their time
// has come. Those that it has listed before, but not now, are not waited for.
func (p *pass) runSubs(ctx context.Context, parent *Handler, listed []actions.Sub) (any, error) {
	p.share(share{handler: parent, from: p.from})
	defer func() { p.from = p.own.Len() }()
	subs, err := p.subsOf(ctx, parent, listed)
	if err != nil {
		return nil, err
	}
	p.loadSubs(parent, subs)
	p.runAll(ctx, subs)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	plan := state.MakePlan(dueOf(subs), p.records, nil, p.now)
	if !plan.Done() {
		return nil, p.unfinished(subs, plan)
	}
	results := map[string]any{}
	for _, sub := range subs {
		if r := p.records[sub.ID]; r.Success {
			results[strings.TrimPrefix(sub.ID, parent.ID+"/")] = p.resultOf(sub, r)
		}
	}
	return results, nil
}

// resultOf is the result of a sub-handler. One that an operator in Python has
// run has it in the status only.
func (p *pass) resultOf(sub *Handler, r state.Record) any {
	if r.Result == nil {
		r.Result, _ = lookup(p.object, []string{"status", sub.ID})
	}
	return r.Result
}

// subsOf are the sub-handlers that are meant for the object.
func (p *pass) subsOf(ctx context.Context, parent *Handler, listed []actions.Sub) ([]*Handler, error) {
	var out []*Handler
	for _, item := range listed {
		sub := parent.made(item)
		if err := p.claim(sub); err != nil {
			return nil, err
		}
		changed := p.cause.Reason == cause.Update && !p.resumed[parent.root()]
		if p.test(ctx, sub, func(ctx context.Context, s subject) (bool, error) { return sub.match.matches(ctx, s, changed) }) {
			out = append(out, sub)
		}
	}
	return out, nil
}

// claim refuses a sub-handler whose record would be that of another handler:
// Kopf's form has the same name for a/b and a.b.
func (p *pass) claim(sub *Handler) error {
	if p.claimed == nil {
		p.claimed = map[string]string{}
		for _, id := range p.w.ids() {
			p.claimed[p.recordName(id)] = id
		}
	}
	name := p.recordName(sub.ID)
	if other, taken := p.claimed[name]; taken {
		return &actions.Permanent{Message: fmt.Sprintf("the sub-handler %q and the handler %q would share one record; one of them needs another id", sub.ID, other)}
	}
	p.claimed[name] = sub.ID
	return nil
}

func (p *pass) recordName(id string) string {
	return state.Key(p.storage().Prefix, id, p.object)
}

// loadSubs reads the records of sub-handlers, unless they belong to a cycle that
// is over, and notes with all handlers around them that they exist: so their
// records are removed at the end, whatever becomes of them.
func (p *pass) loadSubs(parent *Handler, subs []*Handler) {
	ids := make([]string, 0, len(subs))
	for _, sub := range subs {
		ids = append(ids, sub.ID)
	}
	loaded, damaged := p.storage().Load(p.object, ids)
	p.sayDamaged(damaged)
	for _, id := range ids {
		record := loaded[id]
		if slices.Contains(p.drop, id) {
			record = state.Record{}
		}
		record.Purpose = string(p.cause.Reason)
		if p.woken {
			record = record.Woken()
		}
		p.records[id] = record
	}
	for h := parent; h != nil; h = h.parent {
		p.records[h.ID] = p.records[h.ID].Begun(p.now).Starting(ids)
	}
}

// unfinished says when to go on with sub-handlers that have not ended.
func (p *pass) unfinished(subs []*Handler, plan state.Plan) error {
	var delay time.Duration
	if wake, ok := plan.Wake(); ok && len(plan.Run)+len(plan.Fail) == 0 {
		delay = wake.Sub(p.now)
	}
	var open []string
	waiting := false
	for _, sub := range subs {
		if r := p.records[sub.ID]; !r.Finished() {
			open = append(open, sub.ID)
			waiting = waiting || r.Waiting
		}
	}
	return &actions.Temporary{
		Message:    "not at the end yet: " + strings.Join(open, ", "),
		Delay:      &delay,
		Waiting:    waiting,
		Unfinished: true,
	}
}

// later is the outcome for a handler whose sub-handlers have not ended. It does
// not count as an attempt. Only the handler's timeout is kept.
func (p *pass) later(h *Handler, record state.Record, unfinished *actions.Temporary) state.Outcome {
	delay := *unfinished.Delay
	if h.limits.Timeout != nil {
		delay = max(0, min(delay, *h.limits.Timeout-record.Runtime(p.now)))
	}
	return state.Outcome{Verdict: state.Retry, Delay: delay, Message: unfinished.Message, Unattempted: true}
}
