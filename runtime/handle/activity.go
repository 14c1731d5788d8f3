package handle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
	"github.com/kopf-declarative/kopf-declarative/runtime/index"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Probe is one compiled item of spec.probes.
type Probe struct {
	ID   string
	expr *eval.Program
}

// activities compiles what belongs to the operator as a whole.
func (c *compiler) activities(op *spec.Operator) {
	for _, a := range op.Spec.Startup {
		c.operator.Startup = append(c.operator.Startup, c.activity(a))
	}
	for _, a := range op.Spec.Cleanup {
		c.operator.Cleanup = append(c.operator.Cleanup, c.activity(a))
	}
	for _, p := range op.Spec.Probes {
		program, found := c.env.Expr(p.Expr, 0, nil)
		c.found = append(c.found, found...)
		c.operator.Probes = append(c.operator.Probes, Probe{ID: p.ID.Value, expr: program})
	}
}

func (c *compiler) activity(a *spec.Activity) *Handler {
	out := &Handler{ID: a.ID.Value, Range: a.Range, on: map[string]bool{}}
	c.body(nil, &a.Work, out, activityScope)
	return out
}

// ActivityOptions are what activities and probes need besides their operator.
type ActivityOptions struct {
	Client *kube.Client
	// ID tells this process from others that run the operator, and Version is
	// that of the engine.
	ID, Version string
	Log         *slog.Logger
	Emit        func(actions.Event)
	// Metrics are those of the operator.
	Metrics *metrics.Operator
	// Memo is the operator's.
	Memo *actions.Memo
	// Indexes are those that activities and probes read.
	Indexes *index.Store
}

// Activities runs what belongs to an operator as a whole. It is safe for
// concurrent use.
type Activities struct {
	operator *Operator
	options  ActivityOptions
}

// NewActivities makes an operator's activities ready to run.
func (o *Operator) NewActivities(opts ActivityOptions) *Activities {
	return &Activities{operator: o, options: opts}
}

// Startup runs the startup activities one after the other, each until it has
// succeeded. An error is that of one that has failed for good: the others do not run
// any more. When the context ends, it returns the cause.
func (a *Activities) Startup(ctx context.Context) error {
	for _, h := range a.operator.Startup {
		if err := a.complete(ctx, h, string(spec.StartupTask)); err != nil {
			return fmt.Errorf("the startup activity %q failed: %w", h.ID, err)
		}
	}
	return nil
}

// Cleanup runs the cleanup activities one after the other. One that fails, which the log
// tells, does not keep the others from running.
func (a *Activities) Cleanup(ctx context.Context) {
	for _, h := range a.operator.Cleanup {
		if err := a.complete(ctx, h, string(spec.CleanupTask)); err != nil && ctx.Err() != nil {
			a.log(h).Warn("cut off by the end", "error", err)
		}
	}
}

// Probes are the values of the probes by their ids. One that cannot be evaluated has
// a map with its error in its place.
func (a *Activities) Probes(ctx context.Context) map[string]any {
	out := make(map[string]any, len(a.operator.Probes))
	vars := a.vars(time.Now())
	for _, p := range a.operator.Probes {
		value, err := p.expr.Eval(ctx, vars)
		if err != nil {
			value = map[string]any{"error": err.Error()}
		}
		out[p.ID] = value
	}
	return out
}

// complete tries an activity until it has succeeded or failed for good. Its progress is in
// memory only: the next start begins it anew.
func (a *Activities) complete(ctx context.Context, h *Handler, kind string) error {
	var record state.Record
	for {
		now := time.Now()
		if outcome, over := h.limits.Exhausted(record, now); over {
			return a.fail(ctx, h, kind, record.Begun(now), outcome, errors.New(outcome.Message))
		}
		record = record.Begun(now).Remembering()
		err := a.attempt(ctx, h, h.steps, kind, record, now, nil)
		if err == nil {
			a.log(h).Info("succeeded")
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		outcome := h.limits.Decide(faultOf(err), record, now, rand.Float64())
		record = record.With(outcome, now)
		switch outcome.Verdict {
		case state.Succeeded:
			a.log(h).Warn("failed; its errors are ignored", h.failure(err, message(err))...)
			return nil
		case state.Failed:
			return a.fail(ctx, h, kind, record, outcome, err)
		}
		a.log(h).Warn("failed, will be tried again", append(h.failure(err, outcome.Message), "attempt", record.Retries, "again in", outcome.Delay)...)
		if err := pause(ctx, max(outcome.Delay, atOnce)); err != nil {
			return err
		}
	}
}

// fail tells of an activity that has failed for good and runs its onFailure steps.
func (a *Activities) fail(ctx context.Context, h *Handler, kind string, record state.Record, outcome state.Outcome, err error) error {
	a.log(h).Error("failed for good", append(h.failure(err, outcome.Message), "attempt", record.Retries)...)
	if h.onFailure != nil {
		more := map[string]any{"error": map[string]any{"kind": kindOf(err, outcome), "message": outcome.Message, "step": stepOf(err)}}
		if failed := a.attempt(ctx, h, h.onFailure, kind, record, time.Now(), more); failed != nil {
			a.log(h).Error("onFailure failed", h.failure(failed, message(failed))...)
		}
	}
	return errors.New(outcome.Message)
}

func (a *Activities) attempt(ctx context.Context, h *Handler, steps *actions.Program, kind string, record state.Record, now time.Time, more map[string]any) error {
	if steps == nil {
		return nil
	}
	started := *record.Started
	run := &actions.Run{
		Client:    a.options.Client,
		Operator:  a.operator.Name,
		HandlerID: h.ID,
		Cycle:     kind,
		Prefix:    a.operator.Storage().Prefix,
		Now:       now,
		Started:   started,
		Log:       a.log(h),
		Emit:      a.options.Emit,
		Measure:   a.options.Metrics.Measure,
		Memo:      a.options.Memo,
		Steps:     map[string]any{},
	}
	vars := a.vars(now).With(bind.Attempt(record.Retries, started, now))
	vars = vars.With(map[string]any{"param": bind.Param(ctx, h.param, vars)})
	if more != nil {
		vars = vars.With(more)
	} else {
		run.Kept = record.Once
	}
	run.Vars = vars.With(map[string]any{"vars": h.vars.Bind(ctx, vars.With(map[string]any{"steps": run.BoundSteps()}))})
	return steps.Run(ctx, run)
}

// vars are the variables that exist everywhere.
func (a *Activities) vars(now time.Time) *eval.Binding {
	return eval.NewBinding(map[string]any{
		"operator": bind.Identity(a.operator.Name, a.options.ID, a.options.Version),
		"memo":     func() (any, error) { return a.options.Memo.Data(), nil },
		"index":    func() (any, error) { return BindIndexes(a.options.Indexes), nil },
		"param":    nil,
		"now":      now,
	})
}

func (a *Activities) log(h *Handler) *slog.Logger { return a.options.Log.With("handler", h.ID) }

// pause sleeps unless the context ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
