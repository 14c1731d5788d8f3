package handle

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// pass is one look at one object: from its state to the patches it needs.
type pass struct {
	w      *Worker
	object map[string]any
	mem    *Memory
	now    time.Time
	log    *slog.Logger
	random func() float64

	cause cause.Cause
	vars  *eval.Binding

	// matching remembers which timers and daemons are meant for the object.
	matching map[*Handler]bool
	// live is set where the pass is the run of a timer or daemon.
	live *live

	// lingers tells that the object is being deleted and had daemons when the handlers
	// were through: their end is another look.
	lingers bool

	selected []*Handler // due in this cycle
	// resumed are those of them that are due for the restart alone, whatever
	// has changed.
	resumed map[*Handler]bool
	records map[string]state.Record
	drop    []string // ids whose records belong to another cycle

	// begins tells that this is the first pass of a cycle.
	begins bool

	// woken tells that handlers which wait are to look again.
	woken bool
	// loaded are the ids of sub-handlers in the records as they were found.
	loaded []string
	// claimed are the ids of handlers by the names of their records, once there
	// are sub-handlers.
	claimed map[string]string

	// made are the children of all handlers so far: those that need another one
	// must find what it has made.
	made []Made

	own *actions.OwnPatch
	// shares tell which handler made which edits of own.
	shares []share
	// asked is what a user wants to be tried again.
	asked asked

	// from is the first edit of the attempt under way that is nobody's share yet.
	from int

	// outdated tells that the object was found changed by somebody else.
	outdated bool
	// refused tells that the API server will never take the patch.
	refused bool
	// written is the resourceVersion of the last own patch.
	written string
	result  Result
}

// share tells that a handler, or its onFailure, made the edits of own from one
// index to another.
type share struct {
	handler   *Handler
	onFailure bool
	from, to  int
}

func (s share) has(edit int) bool { return s.from <= edit && edit < s.to }

// share notes whose the edits are that were made last; shares stand in their
// order.
func (p *pass) share(s share) {
	if s.to = p.own.Len(); s.to > s.from {
		p.shares = append(p.shares, s)
	}
}

func (p *pass) storage() *state.Storage { return p.w.operator.Storage() }

// detect finds out why the object is looked at. One that is gone is being
// deleted, with or without our finalizer.
func (p *pass) detect(gone bool) {
	wishes := p.readAsked()
	stored, has := p.storage().StoredEssence(p.object)
	pending, hasPending := p.storage().StoredPending(p.object)
	found, err := cause.Detect(cause.Input{
		Object:       p.object,
		Gone:         gone,
		Finalizer:    p.w.operator.Settings.Finalizer,
		Essence:      p.w.essence,
		Stored:       stored,
		HasStored:    has,
		Pending:      pending,
		HasPending:   hasPending,
		FirstListing: p.mem.Listed,
		Retry:        wishes,
		Unseen:       !p.w.keepsUpdate,
	})
	p.cause = found
	p.vars = p.bind(p.changeVars())
	if err != nil {
		p.log.Warn("the stored record of what was handled last is damaged; going on without", "error", err)
	}
}

// handle is the way from the cause to the writes.
func (p *pass) handle(ctx context.Context) error {
	if cause.IsDeleting(p.object) {
		p.background(ctx)
	}
	if p.cause.Reason == cause.Free || p.cause.Reason == cause.Delete && p.mem.Deleted {
		// The API server's answer to the last finalizer's removal has an older
		// resourceVersion than that: what the watch still brings may look newer.
		return nil
	}
	if !p.relevant(ctx) {
		p.background(ctx)
		return p.letGo(ctx)
	}
	proceed, err := p.hold(ctx)
	if !proceed || err != nil {
		return err
	}
	p.background(ctx)
	if p.cause.Reason == cause.Noop {
		return p.forgetAsked(ctx)
	}
	p.own = p.newOwn()
	p.selected = p.due(ctx)
	p.load()
	if p.braked() {
		return nil
	}
	p.run(ctx)
	return p.finish(ctx)
}

// relevant tells whether any handler could be meant for the object. If none
// could, the object is left alone, without a trace.
func (p *pass) relevant(ctx context.Context) bool {
	for _, h := range p.w.handlers {
		if p.test(ctx, h, h.match.relevant) {
			return true
		}
	}
	return p.guarded(ctx) || !cause.IsDeleting(p.object) && p.heldIfDeleted(ctx)
}

// test asks a filter; one that fails does not match.
func (p *pass) test(ctx context.Context, h *Handler, filter func(context.Context, subject) (bool, error)) bool {
	ok, err := filter(ctx, subject{object: p.object, shape: p.w.shape(), cause: p.cause, vars: p.handlerVars(ctx, h)})
	if err != nil {
		p.w.faults.filter(h, err)
		return false
	}
	return ok
}

// due are the handlers that the cause calls and whose filters match.
func (p *pass) due(ctx context.Context) []*Handler {
	if len(p.cause.Again) > 0 {
		return p.dueAgain(ctx)
	}
	var out []*Handler
	p.resumed = map[*Handler]bool{}
	for _, h := range p.w.handlers {
		if !h.due(p.cause) {
			continue
		}
		changed := p.cause.Reason == cause.Update && h.seesUpdates()
		matches := p.test(ctx, h, func(ctx context.Context, s subject) (bool, error) {
			return h.match.matches(ctx, s, changed)
		})
		if !matches && changed && p.cause.Resuming && h.on[string(cause.Resume)] {
			// Not meant for this change, but for the restart.
			changed = false
			matches = p.test(ctx, h, func(ctx context.Context, s subject) (bool, error) {
				return h.match.matches(ctx, s, false)
			})
		}
		p.resumed[h] = p.cause.Resuming && !changed
		if matches {
			out = append(out, h)
		}
	}
	return out
}

// load reads the records and fits them to the cause.
func (p *pass) load() {
	var ids, anew []string
	for _, h := range p.selected {
		ids = append(ids, h.ID)
		if h.on[string(p.cause.Reason)] {
			anew = append(anew, h.ID)
		}
	}
	loaded, damaged := p.storage().Load(p.object, p.w.ids())
	p.sayDamaged(damaged)
	p.records, p.drop = state.Repurpose(string(p.cause.Reason), ids, anew, loaded)
	p.loaded = state.WithSubrefs(nil, loaded)
	dropped := map[string]state.Record{}
	for _, id := range p.drop {
		dropped[id] = loaded[id]
	}
	p.drop = state.WithSubrefs(p.drop, dropped)
	// A handler that begins anew has new sub-handlers.
	if p.woken = p.mem.takeWoken(); p.woken {
		for id, r := range p.records {
			p.records[id] = r.Woken()
		}
	}
	p.beginAgain()
	p.begins = len(loaded) == 0 && len(ids) > 0
}

func (p *pass) sayDamaged(damaged []error) {
	for _, err := range damaged {
		p.log.Warn("a progress record is damaged; its handler begins anew", "error", err)
	}
}

// braked holds up an object that begins one cycle after another.
func (p *pass) braked() bool {
	if !p.begins {
		return false
	}
	wait, say := p.mem.cycles.take(p.now)
	if say {
		p.tooOften()
	}
	if wait > 0 {
		p.result.Again = p.now.Add(wait)
		p.result.Pending = []Pending{{Next: p.result.Again, Message: "the object changes too fast; it is handled more slowly"}}
	}
	return wait > 0
}

// tooOften says why the object is handled slowly.
func (p *pass) tooOften() {
	text := "The object changes too fast; it is handled more slowly now. Does a handler change what it reacts to?"
	p.log.Warn(text)
	p.w.meter.Braked()
	p.event("Warning", "HandledTooOften", text)
}

// run tries the handlers whose time has come, in declared order.
func (p *pass) run(ctx context.Context) { p.runAll(ctx, p.selected) }

// runAll tries those of the handlers whose time has come.
func (p *pass) runAll(ctx context.Context, handlers []*Handler) {
	byID := make(map[string]*Handler, len(handlers))
	for _, h := range handlers {
		byID[h.ID] = h
	}
	tried := map[string]bool{}
	for {
		plan := state.MakePlan(dueOf(handlers), p.records, tried, p.now)
		if len(plan.Run)+len(plan.Fail) == 0 {
			return
		}
		for _, f := range plan.Fail {
			tried[f.ID] = true
			p.giveUp(ctx, byID[f.ID], f.Outcome)
		}
		for _, id := range plan.Run {
			if p.w.stopping() || ctx.Err() != nil {
				return
			}
			tried[id] = true
			if !p.attempt(ctx, byID[id]) {
				return
			}
		}
	}
}

func dueOf(handlers []*Handler) []state.Due {
	out := make([]state.Due, 0, len(handlers))
	for _, h := range handlers {
		out = append(out, state.Due{ID: h.ID, Limits: h.limits, Needs: h.needs})
	}
	return out
}

// finish writes how far the cycle has come. At the end of a deletion, the
// children that Kubernetes cannot collect go first.
func (p *pass) finish(ctx context.Context) error {
	p.lingers = p.cause.Reason == cause.Delete && p.alive()
	if p.cause.Reason == cause.Delete && p.done() {
		if err := p.deleteTracked(ctx); err != nil {
			// The handlers are done all the same.
			return errors.Join(err, p.keepProgress(), p.write(ctx))
		}
	}
	if err := p.settle(); err != nil {
		return err
	}
	return p.conclusion(ctx)
}

// conclusion writes what the pass has come to, and remembers it only then. What
// cannot be written now is kept and sent by the next pass, instead of running
// handlers again that have succeeded.
func (p *pass) conclusion(ctx context.Context) error {
	if err := p.write(ctx); err != nil {
		p.mem.unsent, p.refused = p, kube.Permanent(err)
		return err
	}
	p.mem.unsent = nil
	p.result.Pending = p.pending()
	p.mem.setWaiting(slices.ContainsFunc(p.selected, func(h *Handler) bool { return p.records[h.ID].Waiting }))
	if p.done() {
		p.mem.Listed = false
		p.mem.Deleted = p.cause.Reason == cause.Delete
	}
	return nil
}

// pending are the handlers that are not at their end, in declared order.
func (p *pass) pending() []Pending {
	var out []Pending
	for _, h := range p.selected {
		r := p.records[h.ID]
		if r.Finished() {
			continue
		}
		left := Pending{Handler: h.ID, Attempts: r.Retries, Waiting: r.Waiting || r.Delayed == nil, Message: r.Message}
		if r.Delayed != nil {
			left.Next = *r.Delayed
		}
		out = append(out, left)
	}
	return out
}

// fits tells whether there is a pass to be sent again for the object. What is
// refused for good may be right after a change, but then it is another cycle.
func (p *pass) fits(object map[string]any) bool {
	if p == nil || !p.refused {
		return p != nil
	}
	version := essence.MetaText(object, "resourceVersion")
	return version == essence.MetaText(p.object, "resourceVersion") || version == p.written
}

// resend writes what an earlier pass could not, made anew for the object as it
// is now.
func (p *pass) resend(ctx context.Context, object map[string]any) (Result, error) {
	p.result.Written = ""
	if err := p.own.Rebase(object); err != nil {
		p.log.Warn("a change does not fit the newer object any more and is left out", "error", err)
	}
	err := p.conclusion(ctx)
	return p.result, err
}

// done tells whether the cycle is over: that of a deletion not before the daemons have
// ended.
func (p *pass) done() bool {
	return p.plan().Done() && !p.lingers
}

func (p *pass) plan() state.Plan { return state.MakePlan(dueOf(p.selected), p.records, nil, p.now) }

// settle adds to the patch what the engine itself keeps on the object.
func (p *pass) settle() error {
	plan := p.plan()
	if plan.Done() {
		p.result.Again = time.Time{}
		if !p.done() {
			return p.keepProgress() // the end of the daemons wakes the object
		}
		return p.close()
	}
	p.result.Again = p.now // where the end of the engine has cut off a pass
	if until, ok := plan.Wake(); ok {
		p.result.Again = until
	}
	return p.keepProgress()
}

// keepProgress keeps the records, and what the cycle began with: a change that
// comes before its end is the next update.
func (p *pass) keepProgress() error {
	p.keepAsked(false)
	return p.keepRecords(p.records)
}

func (p *pass) keepRecords(records map[string]state.Record) error {
	p.own.Merge(p.storage().Save(p.object, records, p.drop...))
	if p.cause.Reason == cause.Delete || p.cause.New == nil || len(p.cause.Again) > 0 {
		return nil
	}
	pending, err := p.storage().SavePending(p.object, p.cause.New)
	p.own.Merge(pending)
	return err
}

// close removes the records, stores what was handled, and lets a deleted
// object go.
func (p *pass) close() error {
	p.own.Merge(p.storage().Purge(p.object, state.WithSubrefs(append(p.w.ids(), p.loaded...), p.records)))
	if p.cause.Reason == cause.Delete {
		p.release()
		return nil
	}
	p.keepAsked(true)
	p.keepFailed()
	if len(p.cause.Again) > 0 {
		return nil // it is handled, and nothing has changed since
	}
	if p.cause.Reason == cause.Update && p.w.countsUpdates {
		p.own.Merge(p.countCycle())
	}
	if !p.keepsEssence() {
		return nil
	}
	handled, err := p.storage().SaveEssence(p.object, p.cause.New)
	p.own.Merge(handled)
	return err
}

// keepsEssence tells whether anybody will want to know what was handled: the
// write is spared where no handler can ever see a difference.
func (p *pass) keepsEssence() bool {
	switch p.cause.Reason {
	case cause.Create:
		return p.w.keepsCreate
	case cause.Update:
		return p.w.keepsUpdate
	default:
		return false
	}
}

func (p *pass) newOwn() *actions.OwnPatch {
	return actions.NewOwnPatch(p.object, p.w.resource.Status)
}

// changeVars are the variables of a change, and what the filters of timers and daemons see.
func (p *pass) changeVars() map[string]any {
	vars := bind.Change(p.cause, p.w.shape())
	vars["stopped"] = nil
	return vars
}

// handlerVars adds what differs from handler to handler: the parameter, the view of the
// indexes, and the change as an on: field handler sees it.
func (p *pass) handlerVars(ctx context.Context, h *Handler) *eval.Binding {
	base := p.vars
	if h.around != nil {
		base = h.around
	}
	base = base.With(map[string]any{"index": func() (any, error) { return BindIndexes(p.w.indexes), nil }})
	more := map[string]any{"param": bind.Param(ctx, h.param, base)}
	if h.field != nil && p.cause.New != nil {
		maps.Copy(more, bind.Field(p.cause, h.field, p.w.shape()))
	}
	return base.With(more)
}
