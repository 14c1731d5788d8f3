package handle

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// resident is a timer or a daemon of one object.
type resident struct {
	w       *Worker
	handler *Handler
	uid     string
	mem     *Memory
	log     *slog.Logger
}

func (r *resident) lingers(since time.Duration) {
	r.log.Warn("was stopped and has not ended yet", "since", since.Round(time.Millisecond))
}

func (r *resident) abandoned(since time.Duration) {
	r.log.Warn("was stopped, did not end in time and is given up", "since", since.Round(time.Millisecond))
}

func (r *resident) count(delta int) {
	meter := r.w.meters[r.handler]
	if r.handler.daemon() {
		meter.Daemons().Add(float64(delta))
	} else {
		meter.Timers().Add(float64(delta))
	}
}

// run makes one attempt.
func (r *resident) run(ctx context.Context, c *daemon.Control, record state.Record) (next state.Record, outcome state.Outcome) {
	next, outcome = record, state.Outcome{Verdict: state.Retry, Delay: state.DefaultDelay}
	// One task that breaks must not stop all the others.
	defer func() {
		if broken := recover(); broken != nil {
			r.log.Error("internal error, please report it", "error", broken)
			r.log.Debug("internal error", "stack", string(debug.Stack()))
		}
	}()
	packed := r.w.newest(r.uid, "")
	if packed == nil {
		return next, outcome // it has gone, which will be known in a moment
	}
	object, err := packed.Decode()
	if err != nil {
		r.log.Error("the object cannot be read", "error", err)
		return next, outcome
	}
	a := &live{resident: r, control: c}
	a.pass = &pass{
		w: r.w, object: object, mem: r.mem, now: time.Now(), log: r.w.objectLog(object), random: rand.Float64,
		cause: cause.Cause{Reason: r.kind()}, records: map[string]state.Record{}, live: a,
	}
	a.pass.vars = a.pass.bind(a.vars())
	a.pass.own = a.pass.newOwn()
	return a.attempt(ctx, record)
}

// kind is what the log says of why it runs.
func (r *resident) kind() cause.Reason {
	if r.handler.daemon() {
		return "daemon"
	}
	return "timer"
}

// live is a resident that runs: a pass that lasts.
type live struct {
	*resident
	pass    *pass
	control *daemon.Control
	// steps is the run of the steps that are under way.
	steps *actions.Run
	// passing are variables that pass with the time.
	passing map[string]any
}

// attempt runs the steps and decides what becomes of their end.
func (a *live) attempt(ctx context.Context, record state.Record) (state.Record, state.Outcome) {
	p, h := a.pass, a.handler
	if outcome, over := h.limits.Exhausted(record, p.now); over {
		return a.conclude(ctx, record.Begun(p.now), outcome, errors.New(outcome.Message))
	}
	record = record.Begun(p.now).Remembering()
	meter, begun := p.w.meters[h], time.Now()
	run, err := p.perform(ctx, h, h.steps, record, nil)
	if err == nil {
		_, err = p.keepResult(ctx, h, run)
	}
	err = errors.Join(err, a.flush(ctx))
	p.now = time.Now()
	meter.Took(p.now.Sub(begun))
	if record.Retries > 0 {
		meter.Repeated()
	}
	why := a.control.Reason()
	if err == nil && why != "" {
		meter.Ran(metrics.Succeeded)
		a.log.Info("stopped", "because", why)
		return record, state.Success()
	}
	outcome := state.Success()
	if err != nil {
		outcome = h.limits.Decide(faultOf(err), record, p.now, p.random())
	}
	if ctx.Err() != nil && err != nil || outcome.Verdict == state.Retry && why != "" {
		meter.Ran(metrics.Failed)
		a.log.Warn("did not stop well", append(h.failure(err, message(err)), "because", why)...)
		return record, state.Outcome{Verdict: state.Retry}
	}
	return a.conclude(ctx, record, outcome, err)
}

// conclude tells those who want to know, and runs onFailure where it is due.
func (a *live) conclude(ctx context.Context, record state.Record, outcome state.Outcome, err error) (state.Record, state.Outcome) {
	a.pass.conclude(ctx, a.handler, record, outcome, err)
	if err := a.flush(ctx); err != nil {
		a.log.Error("cannot write what onFailure left", "error", err)
	}
	return a.pass.records[a.handler.ID], outcome
}

// vars are the variables that only timers and daemons have.
func (a *live) vars() map[string]any {
	if why := a.control.Reason(); why != "" {
		return map[string]any{"stopped": string(why)}
	}
	return map[string]any{"stopped": nil}
}

// equip gives a run of steps what those of timers and daemons have more. What a run
// makes belongs to it and to its repetitions, not to the next one.
func (a *live) equip(run *actions.Run, passing map[string]any) {
	a.steps, a.passing = run, passing
	run.Cycle = string(a.kind()) + " " + strconv.FormatInt(run.Started.UnixNano(), 10)
	run.Fresh = a.fresh
	run.Stopping = a.control.Stopping()
	run.Sleep = a.control.Sleep
	run.Flush = a.flush
}

// fresh brings up to date what steps see.
func (a *live) fresh() {
	p := a.pass
	p.now = time.Now()
	if packed := a.w.newest(a.uid, essence.MetaText(p.object, "resourceVersion")); packed != nil {
		if object, err := packed.Decode(); err == nil {
			p.object = object
			if err := p.own.Rebase(object); err != nil {
				p.log.Warn("a change does not fit the newer object any more and is left out", "error", err)
			}
		}
	}
	p.vars.Become(p.bind(a.vars()))
	a.steps.Object, a.steps.Now = p.object, p.now
	a.passing["index"] = func() (any, error) { return BindIndexes(a.w.indexes), nil }
	a.passing["runtime"] = p.now.Sub(a.steps.Started)
}

// flush writes what the steps have changed so far. From then on they see it, even before
// the watch brings it.
func (a *live) flush(ctx context.Context) error {
	p := a.pass
	p.made = nil
	if p.own.Len() == 0 {
		return nil
	}
	p.result.Written = ""
	err := p.write(ctx)
	if err == nil && p.result.Written != "" {
		p.object = patch.Apply(p.own.Object(), map[string]any{"metadata": map[string]any{"resourceVersion": p.result.Written}})
	}
	p.own, p.shares = p.newOwn(), nil
	if a.steps != nil {
		a.steps.Own, a.steps.Object = p.own, p.object
	}
	return err
}
