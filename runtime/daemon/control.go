package daemon

import (
	"context"
	"time"
)

// Control is how a run deals with the pool. It is for the goroutine of the run.
type Control struct {
	pool *Pool
	run  *run
	// idle: the run has no slot.
	idle bool
}

// Stopping is closed when the run must stop.
func (c *Control) Stopping() <-chan struct{} { return c.run.stop }

// Reason is why the run must stop; empty: it need not.
func (c *Control) Reason() Reason {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	return c.run.reason
}

// Sleep pauses the run, and lets others run meanwhile. It ends early when the run must
// stop, which is no error, and when the context is over, whose cause it returns.
func (c *Control) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-c.run.stop:
		return context.Cause(ctx)
	default:
	}
	c.pool.giveBack()
	c.idle = true
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.run.stop:
	case <-ctx.Done():
	}
	if err := c.pool.slot(ctx); err != nil {
		return err
	}
	c.idle = false
	return context.Cause(ctx)
}
