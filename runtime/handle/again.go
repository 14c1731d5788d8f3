package handle

import (
	"context"
	"maps"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// asked is what a user has asked for on the object: handlers that are to be tried again.
type asked struct {
	state.Request
	// text is that of the annotation; empty for none.
	text string
	// failed are the handlers that failed for good, by id.
	failed map[string]state.FailedHandler
}

// readAsked reads what is asked for, and what of it has failed in earlier cycles.
func (p *pass) readAsked() []cause.Wish {
	p.asked.Request, p.asked.text = p.storage().Request(p.object)
	p.asked.failed = p.storage().Failed(p.object)
	var out []cause.Wish
	for _, h := range p.w.handlers { // in declared order
		failed, noted := p.asked.failed[h.ID]
		if noted && slices.Contains(p.asked.Handlers, h.ID) {
			out = append(out, cause.Wish{ID: h.ID, Purpose: cause.Reason(failed.Purpose)})
		}
	}
	return out
}

// dueAgain are the handlers that a user has asked for, and those that are due for a restart
// beside them.
func (p *pass) dueAgain(ctx context.Context) []*Handler {
	var out []*Handler
	p.resumed = map[*Handler]bool{}
	for _, h := range p.w.handlers {
		again := slices.Contains(p.cause.Again, h.ID)
		if !again && !(p.cause.Resuming && h.on[string(cause.Resume)]) {
			continue
		}
		p.resumed[h] = !again
		matches := p.test(ctx, h, func(ctx context.Context, s subject) (bool, error) {
			if again && p.cause.Reason == cause.Update {
				return h.match.matchesAgain(ctx, s)
			}
			return h.match.matches(ctx, s, false)
		})
		switch {
		case matches:
			out = append(out, h)
		case again:
			p.handlerLog(h).Warn("is not tried again: its filters do not match the object any more")
		}
	}
	return out
}

// beginAgain lets those handlers of the cycle begin anew that have failed and were asked
// for, and wakes those that wait for their time.
func (p *pass) beginAgain() {
	if p.asked.Begun {
		return
	}
	for _, h := range p.selected {
		r := p.records[h.ID]
		switch {
		case !slices.Contains(p.asked.Handlers, h.ID), r.Success:
		case r.Failure:
			p.records[h.ID] = state.Record{Purpose: r.Purpose}
			p.drop = append(append(p.drop, h.ID), r.Subrefs...)
		default:
			r.Delayed = nil
			p.records[h.ID] = r
		}
	}
}

// keepAsked keeps what is still to be done of what was asked for. Handlers of an ordinary cycle
// have begun anew with this pass; a cycle that is only for what was asked for goes on as long as
// that stands on the object.
func (p *pass) keepAsked(closing bool) {
	if p.asked.text == "" {
		return
	}
	left := p.asked.Request
	if closing || len(p.cause.Again) == 0 {
		left = left.Without(slices.Concat(p.selectedIDs(), p.cause.Again))
		left.Begun = false
	} else {
		left.Begun = true
	}
	seen := p.asked.text
	// Nothing in it can fail but a request that cannot be written as JSON, which it came from.
	_ = p.own.Edit(func(object map[string]any) (map[string]any, error) {
		if _, text := p.storage().Request(object); text != seen {
			return nil, nil // another one, made meanwhile
		}
		return p.storage().SaveRequest(object, left)
	})
	if closing && len(left.Handlers) > 0 {
		p.result.Again = p.now
	}
}

// keepFailed notes at the end of a cycle which handlers have failed in it. What is noted of
// others stays: they were not tried.
func (p *pass) keepFailed() {
	failed := maps.Clone(p.asked.failed)
	maps.DeleteFunc(failed, func(id string, _ state.FailedHandler) bool {
		return !slices.Contains(p.w.ids(), id) || slices.Contains(p.cause.Again, id)
	})
	for _, h := range p.selected {
		r := p.records[h.ID]
		if !r.Failure {
			delete(failed, h.ID)
			continue
		}
		if failed == nil {
			failed = map[string]state.FailedHandler{}
		}
		failed[h.ID] = state.FailedHandler{Purpose: p.purposeOf(h), Message: r.Message, Cycle: p.cycleOf(h)}
	}
	p.own.Merge(p.storage().SaveFailed(p.object, failed))
}

// purposeOf is the reason that a handler is to be tried again for.
func (p *pass) purposeOf(h *Handler) string {
	if p.resumed[h] {
		return string(cause.Resume)
	}
	return string(p.cause.Reason)
}

// cycleOf is the number of the update that a handler runs for; 0 where it is none, or where
// updates are not counted.
func (p *pass) cycleOf(h *Handler) int {
	switch {
	case p.cause.Reason != cause.Update || p.resumed[h]:
		return 0
	case len(p.cause.Again) > 0:
		return p.asked.failed[h.ID].Cycle
	default:
		return p.cycles()
	}
}

func (p *pass) selectedIDs() []string {
	out := make([]string, 0, len(p.selected))
	for _, h := range p.selected {
		out = append(out, h.ID)
	}
	return out
}

// forgetAsked removes a request for handlers that have not failed.
func (p *pass) forgetAsked(ctx context.Context) error {
	if p.asked.text == "" {
		return nil
	}
	p.log.Warn("handlers were asked to be tried again that have not failed", "asked for", p.asked.text)
	p.own = p.newOwn()
	p.cause.Again = p.asked.Handlers
	p.keepAsked(true)
	return p.write(ctx)
}
