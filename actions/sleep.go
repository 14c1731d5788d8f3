package actions

import (
	"context"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// sleepAction pauses a daemon or a timer.
type sleepAction struct {
	duration *eval.Template
}

func (c *compiler) sleep(x *spec.Template) action {
	return &sleepAction{duration: c.duration(x)}
}

func (a *sleepAction) run(ctx context.Context, f *frame) (any, error) {
	d, err := a.duration.Duration(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	return nil, f.pause(ctx, d)
}

// pause writes what there is to write, and sleeps.
func (f *frame) pause(ctx context.Context, d time.Duration) error {
	if err := f.Flush(ctx); err != nil {
		return err
	}
	return f.Sleep(ctx, d)
}

// stopping tells whether a daemon or a timer must stop.
func (f *frame) stopping() bool {
	select {
	case <-f.Stopping:
		return true
	default:
		return false
	}
}
