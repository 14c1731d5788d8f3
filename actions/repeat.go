package actions

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// repeatAction runs steps in rounds, in a daemon or a timer. Its result is the number of
// rounds.
type repeatAction struct {
	every *eval.Template
	until *eval.Program // nil for rounds without an end
	steps block
}

func (c *compiler) repeat(x *spec.Repeat) action {
	inner := *c
	inner.visible, inner.results = slices.Clone(c.visible), slices.Clone(c.results)
	inner.looped = true
	a := &repeatAction{steps: inner.block(x.Do), every: inner.duration(x.Every)}
	if x.Until != nil {
		a.until = inner.expr(x.Until, cel.BoolType)
	}
	return a
}

func (a *repeatAction) run(ctx context.Context, f *frame) (any, error) {
	for round := int64(0); ; round++ {
		if f.stopping() {
			return round, nil
		}
		done, err := a.round(ctx, f.inRound(round))
		if err != nil {
			return nil, err
		}
		if done {
			return round + 1, nil
		}
	}
}

// inRound gives each round results of its own, and children of its own.
func (f *frame) inRound(n int64) *frame {
	inner := *f
	inner.created = map[string]bool{}
	inner.results, inner.shapes = maps.Clone(f.results), maps.Clone(f.shapes)
	inner.place = fmt.Sprintf("%s[round %d]", f.place, n)
	return &inner
}

// round is one round and the time after it. It tells whether it was the last one.
func (a *repeatAction) round(ctx context.Context, f *frame) (done bool, err error) {
	if err := a.steps.run(ctx, f); err != nil {
		return false, err
	}
	if err := f.Flush(ctx); err != nil {
		return false, err
	}
	f.refresh()
	f.bind = f.bind.With(map[string]any{"steps": eval.TypedFields(maps.Clone(f.results), maps.Clone(f.shapes))})
	if a.until != nil {
		if done, err := a.until.Bool(ctx, f.bind); done || err != nil {
			return done, err
		}
	}
	if f.stopping() {
		return true, nil
	}
	d, err := a.every.Duration(ctx, f.bind)
	if err != nil {
		return false, err
	}
	return false, f.pause(ctx, d)
}
