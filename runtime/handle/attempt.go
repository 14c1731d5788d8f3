package handle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// cyclesKey names the annotation that counts updates, for handlers that make
// children in them: without it, the second of two equal updates would take the
// child of the first one for its own.
const cyclesKey = "update-cycles"

// atOnce is the shortest delay that a handler may be tried again with as often
// as it likes.
const atOnce = 100 * time.Millisecond

// attempt runs a handler once and puts the outcome into its record. It is false
// where the end of the engine has cut off the handler: it counts as not tried.
func (p *pass) attempt(ctx context.Context, h *Handler) bool {
	record := p.records[h.ID].Begun(p.now)
	p.w.begins(essence.MetaText(p.object, "namespace"), essence.MetaText(p.object, "name"), h.ID, record.Retries+1)
	meter, begun := p.w.meters[h.compiled()], time.Now()
	p.from = p.own.Len()
	run, err := p.perform(ctx, h, h.steps, record, nil)
	// What the attempt itself has added to the record.
	record.Once, record.Subrefs = p.records[h.ID].Once, p.records[h.ID].Subrefs
	var result any
	if err == nil {
		result, err = p.keepResult(ctx, h, run)
	}
	if err == nil && h.parent != nil {
		record.Result = result
		err = p.keepable(h.ID, record)
	}
	if err != nil && ctx.Err() != nil {
		return false
	}
	meter.Took(time.Since(begun))
	if record.Retries > 0 {
		meter.Repeated()
	}
	outcome := state.Success()
	var temporary *actions.Temporary
	switch {
	case errors.As(err, &temporary) && temporary.Unfinished:
		outcome = p.later(h, record, temporary)
	case err != nil:
		outcome = p.slowed(h.limits.Decide(faultOf(err), record, p.now, p.random()))
	}
	p.share(share{handler: h, from: p.from})
	p.conclude(ctx, h, record, outcome, err)
	return true
}

// slowed holds up a handler that is tried again at once, over and over.
func (p *pass) slowed(outcome state.Outcome) state.Outcome {
	if outcome.Verdict == state.Retry && outcome.Delay < atOnce {
		outcome.Delay = max(outcome.Delay, p.mem.attempts.Take(p.now))
	}
	return outcome
}

// giveUp fails a handler that is not to be tried any more.
func (p *pass) giveUp(ctx context.Context, h *Handler, outcome state.Outcome) {
	p.conclude(ctx, h, p.records[h.ID].Begun(p.now), outcome, errors.New(outcome.Message))
}

// conclude records an outcome and tells those who want to know.
func (p *pass) conclude(ctx context.Context, h *Handler, record state.Record, outcome state.Outcome, err error) {
	var temporary *actions.Temporary
	outcome.Waiting = outcome.Verdict == state.Retry && errors.As(err, &temporary) && temporary.Waiting
	p.records[h.ID] = record.With(outcome, p.now)
	if outcome.Verdict == state.Retry && outcome.Unattempted {
		p.handlerLog(h).Debug("goes on later", "error", outcome.Message, "again in", outcome.Delay)
		return
	}
	p.w.meters[h.compiled()].Ran(outcomeName(outcome, err))
	switch {
	case outcome.Waiting:
		p.handlerLog(h).Info("waiting", "for", outcome.Message, "again in", outcome.Delay)
	case outcome.Verdict == state.Retry:
		p.handlerLog(h).Warn("failed, will be tried again", append(h.failure(err, outcome.Message), "attempt", p.records[h.ID].Retries, "again in", outcome.Delay)...)
		p.event("Warning", "HandlerRetried", fmt.Sprintf("Handler %q failed and is tried again: %s", h.ID, outcome.Message))
	case outcome.Verdict == state.Failed:
		p.handlerLog(h).Error("failed for good", append(h.failure(err, outcome.Message), "attempt", p.records[h.ID].Retries)...)
		p.event("Warning", "HandlerFailed", fmt.Sprintf("Handler %q failed: %s", h.ID, outcome.Message))
		p.afterFailure(ctx, h, record, outcome, err)
	case err != nil:
		p.handlerLog(h).Warn("failed; its errors are ignored", h.failure(err, message(err))...)
	default:
		p.handlerLog(h).Info("succeeded", "reason", p.cause.Reason)
	}
}

// outcomeName is what an outcome is called among the metrics.
func outcomeName(outcome state.Outcome, err error) string {
	switch {
	case outcome.Waiting:
		return metrics.Waiting
	case outcome.Verdict == state.Retry:
		return metrics.Retried
	case outcome.Verdict == state.Failed:
		return metrics.Failed
	case err != nil:
		return metrics.Ignored
	default:
		return metrics.Succeeded
	}
}

// afterFailure runs the handler's onFailure steps. Their own failure changes
// nothing any more.
func (p *pass) afterFailure(ctx context.Context, h *Handler, record state.Record, outcome state.Outcome, err error) {
	if h.onFailure == nil {
		return
	}
	from := p.own.Len()
	_, failed := p.perform(ctx, h, h.onFailure, record, map[string]any{"error": map[string]any{
		"kind":    kindOf(err, outcome),
		"message": outcome.Message,
		"step":    stepOf(err),
	}})
	p.share(share{handler: h, onFailure: true, from: from})
	if failed != nil {
		p.handlerLog(h).Error("onFailure failed", h.failure(failed, message(failed))...)
	}
}

// silently runs a handler that leaves no record: its errors are logged.
func (p *pass) silently(ctx context.Context, h *Handler) {
	if !p.test(ctx, h, func(ctx context.Context, s subject) (bool, error) { return h.match.matches(ctx, s, false) }) {
		return
	}
	p.own = p.newOwn()
	meter, begun := p.w.meters[h.compiled()], time.Now()
	run, err := p.perform(ctx, h, h.steps, state.Record{}, nil)
	if err == nil {
		_, err = p.keepResult(ctx, h, run)
	}
	meter.Took(time.Since(begun))
	if err == nil {
		meter.Ran(metrics.Succeeded)
	} else {
		meter.Ran(metrics.Failed)
		p.handlerLog(h).Error("failed; it leaves no record, so it is not tried again", h.failure(err, message(err))...)
	}
	if err := p.write(ctx); err != nil {
		p.handlerLog(h).Error("cannot write what the handler left", "error", err)
	}
}

// perform runs steps with all variables that a handler has.
func (p *pass) perform(ctx context.Context, h *Handler, steps *actions.Program, record state.Record, more map[string]any) (*actions.Run, error) {
	started := p.now
	if record.Started != nil {
		started = *record.Started
	}
	attempt := bind.Attempt(record.Retries, started, p.now)
	vars := p.handlerVars(ctx, h).With(attempt)
	vars = vars.With(map[string]any{"param": bind.Param(ctx, h.param, vars)}) // it may use retry
	if more != nil {
		vars = vars.With(more)
	}
	run := p.newRun(h, started)
	if more == nil { // onFailure has only one attempt
		p.remember(run, h, record)
	}
	if p.live != nil {
		p.live.equip(run, attempt)
	}
	run.Vars = vars.With(map[string]any{"vars": h.vars.Bind(ctx, vars.With(map[string]any{"steps": run.BoundSteps()}))})
	if steps == nil {
		return run, nil
	}
	return run, steps.Run(ctx, run)
}

// remember gives a run what is kept from attempt to attempt: on the object in a
// cycle, in memory of timers and daemons, not at all of raw events.
func (p *pass) remember(run *actions.Run, h *Handler, record state.Record) {
	switch {
	case p.live != nil:
		run.Kept = record.Once
	case p.records != nil:
		run.Kept = map[string]any{}
		maps.Copy(run.Kept, record.Once)
		run.Keep = func(ctx context.Context, place string, result any, from int) error {
			return p.keepOnce(ctx, h, place, result, from)
		}
		run.Subs = func(ctx context.Context, listed []actions.Sub) (any, error) { return p.runSubs(ctx, h, listed) }
	}
}

func (p *pass) newRun(h *Handler, started time.Time) *actions.Run {
	uid := essence.MetaText(p.object, "uid")
	steps, shapes := map[string]any{}, map[string]*eval.Shape{}
	maps.Copy(steps, h.before)
	maps.Copy(shapes, h.shapesBefore)
	return &actions.Run{
		Client:        p.w.client,
		Resource:      p.w.resource,
		Shape:         p.w.shapes,
		Object:        p.object,
		Operator:      p.w.operator.Name,
		HandlerID:     h.ID,
		Cycle:         p.cycleID(h),
		Prefix:        p.storage().Prefix,
		Now:           p.now,
		Started:       started,
		Log:           p.stepLog(h),
		Emit:          p.w.emit,
		Own:           p.own,
		Memo:          p.memo(),
		HoldFinalizer: p.holdForChild,
		Reads: func(resource kube.Resource, namespace, name string) {
			p.w.related.Read(uid, resource, namespace, name)
		},
		Made:    func(resource kube.Resource, object map[string]any) { p.made = append(p.made, Made{resource, object}) },
		Measure: p.w.metrics.Measure,
		Children: func(alias string) ([]any, []*eval.Shape, error) {
			return p.w.related.Children(uid, alias, p.made)
		},
		Steps:  steps,
		Shapes: shapes,
	}
}

// keepResult puts the handler's result into the status, under its id, and
// returns it.
func (p *pass) keepResult(ctx context.Context, h *Handler, run *actions.Run) (any, error) {
	result, has := run.Result, run.HasResult
	if h.result != nil && !has {
		var err error
		if result, has, err = h.result.Render(ctx, run.Vars.With(map[string]any{"steps": run.BoundSteps()})); err != nil {
			return nil, err
		}
	}
	if !has || result == nil {
		return nil, nil
	}
	p.own.Merge(map[string]any{"status": map[string]any{h.ID: result}})
	return result, nil
}

// cycleID names the cycle for the children that a handler makes in it: a repeat
// of a cycle, even after a restart, must find the children of its first run.
// Creating and resuming are one cycle in that sense, also where the resume comes
// together with an update; updates are counted.
func (p *pass) cycleID(h *Handler) string {
	switch {
	case p.cause.Reason == cause.Delete:
		return string(cause.Delete)
	case p.cause.Reason == cause.Update && !p.resumed[h.root()]:
		return fmt.Sprintf("%s %d", cause.Update, p.cycleOf(h.root()))
	default:
		return string(cause.Create)
	}
}

// cycles is how many updates of the object were handled to the end.
func (p *pass) cycles() int {
	n, _ := strconv.Atoi(p.storage().Noted(p.object, cyclesKey)) // anything else counts as none
	return n
}

// countCycle is written together with the end of the cycle that it counts.
func (p *pass) countCycle() map[string]any {
	return p.storage().Note(p.object, cyclesKey, strconv.Itoa(p.cycles()+1))
}

func (p *pass) handlerLog(h *Handler) *slog.Logger { return p.log.With("handler", h.ID) }

func (p *pass) event(eventType, reason, message string) {
	p.w.emit(actions.Event{Type: eventType, Reason: reason, Message: message, About: actions.Reference(p.object)})
}

// faultOf classifies the error of an attempt.
func faultOf(err error) state.Fault {
	out := state.Fault{Message: message(err)}
	var temporary *actions.Temporary
	var permanent *actions.Permanent
	var located *eval.Error
	switch {
	case errors.As(err, &temporary):
		out.Kind, out.Delay = state.Temporary, temporary.Delay
	case errors.As(err, &permanent), kube.Permanent(err):
		out.Kind = state.Permanent
	case errors.As(err, &located) && located.Permanent():
		out.Kind = state.Permanent
	}
	if delay, ok := kube.RetryAfter(err); ok && out.Kind == state.Arbitrary {
		out.Delay = &delay
	}
	return out
}

// kindOf is the error.kind of onFailure.
func kindOf(err error, outcome state.Outcome) string {
	switch kind := faultOf(err).Kind; {
	case kind == state.Permanent:
		return "permanent"
	case outcome.Unattempted:
		return "exhausted"
	case kind == state.Temporary:
		return "temporary"
	default:
		return "error"
	}
}

func stepOf(err error) string {
	var step *actions.StepError
	if errors.As(err, &step) {
		return step.Step
	}
	return ""
}

// message is the error without its place, which the log gives separately.
func message(err error) string {
	var step *actions.StepError
	if errors.As(err, &step) {
		return step.Message()
	}
	return err.Error()
}

// failure are the log attributes of an error: what came of it, in which step,
// and where in the YAML.
func (h *Handler) failure(err error, text string) []any {
	out := []any{"error", text}
	var step *actions.StepError
	if !errors.As(err, &step) {
		return append(out, "at", h.Range.String())
	}
	return append(out, "step", step.Step, "at", step.Range.String())
}
