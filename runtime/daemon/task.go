package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// Reason is why a task must stop.
type Reason string

// The reasons, as expressions see them.
const (
	Deleted  Reason = "deleted"
	Mismatch Reason = "mismatch"
	Paused   Reason = "paused"
	Exiting  Reason = "exiting"
)

// The causes with which the context of a run is cancelled.
var (
	ErrCutOff    = errors.New("it was to stop and did not end in time")
	ErrAbandoned = errors.New("it was to stop and was given up")
	ErrExit      = errors.New("the engine has stopped")
)

// Plan is what the tasks of one handler have in common. It is immutable.
type Plan struct {
	// ID is that of the handler, unique within the pool.
	ID string
	// Timing is nil for a daemon.
	Timing *Timing
	// Always starts a daemon again that has ended without an error.
	Always bool
	// Backoff is how long a run may take to end by itself once it must stop: then its
	// context is cancelled. Nil: it never is.
	Backoff *time.Duration
	// Timeout is how long after that, or after the request where there is no Backoff,
	// the run is given up. Nil: it never is.
	Timeout *time.Duration
}

// Task is a plan for one object. Its functions must not call the pool, but for Run.
type Task struct {
	*Plan
	// Delay is the time until the first run.
	Delay time.Duration
	// Run makes one attempt; the record is that of the attempts before it, of which it
	// returns the next with its outcome.
	Run func(ctx context.Context, c *Control, record state.Record) (state.Record, state.Outcome)
	// Over is called when the task has ended for good; the pool forgets it then.
	Over func()
	// Lingers is called when a run has not ended so long after it was to stop, and
	// Abandoned when it is given up.
	Lingers, Abandoned func(since time.Duration)
	// Count is told of each task that the pool takes (1) and forgets (-1).
	Count func(delta int)
}

// task is a Task in the pool. Its fields are guarded by the pool's lock.
type task struct {
	Task
	key    key
	times  Times
	record *state.Record // nil unless the next run is a repetition
	brake  queue.Brake
	due    time.Time // of the next run; zero for none
	run    *run      // nil while it waits
}

// run is one attempt under way.
type run struct {
	stop   chan struct{} // closed when it must stop
	reason Reason        // why it must stop; empty: it need not
	asked  time.Time     // when it was asked to stop
	cancel context.CancelCauseFunc
	// next does what comes next in stopping.
	next *time.Timer
}

type key struct{ uid, id string }

// atOnce is the shortest delay that a task may be started again with as often as it
// likes.
const atOnce = 100 * time.Millisecond

// braked is the delay until the next attempt, longer where attempts follow each other
// at once, over and over.
func (t *task) braked(delay time.Duration, now time.Time) time.Duration {
	if delay >= atOnce {
		return delay
	}
	wait := t.brake.Take(now)
	if wait > 0 {
		t.brake.Take(now.Add(wait)) // the attempt after the wait counts too
	}
	return max(delay, wait)
}

// after decides what follows an attempt that need not stop: when the next one is due,
// zero for not before the object changes; or that it has ended for good.
func (t *task) after(record state.Record, outcome state.Outcome, now time.Time) (due time.Time, over bool) {
	t.record = nil
	switch {
	case outcome.Verdict == state.Retry:
		t.record = &record
		return now.Add(t.braked(outcome.Delay, now)), false
	case outcome.Verdict == state.Failed:
		return time.Time{}, true
	case t.Timing != nil:
		due, _ := t.Timing.Next(t.times)
		return due, false
	case t.Always:
		return now.Add(t.braked(0, now)), false
	default:
		return time.Time{}, true
	}
}
