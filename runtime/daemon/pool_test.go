package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// bench is a pool in virtual time, and a diary of what happens.
type bench struct {
	*testing.T
	pool  *Pool
	begin time.Time
	stop  func()

	mu    sync.Mutex
	diary []string
	count int
}

func inPool(t *testing.T, o Options, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, begin: time.Now()}
		o.Ended = func(uid string) { b.say("%s left", uid) }
		if o.Slots == 0 {
			o.Slots = 4
		}
		if o.Polling == 0 {
			o.Polling = time.Minute
		}
		if o.ExitTimeout == 0 {
			o.ExitTimeout = 10 * time.Second
		}
		b.pool = New(o)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			b.pool.Run(ctx, context.Background(), func() Reason { return Exiting })
		}()
		b.stop = sync.OnceFunc(func() { cancel(); <-ended })
		defer b.stop()
		test(b)
	})
}

func (b *bench) say(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.diary = append(b.diary, fmt.Sprintf("%s: %s", time.Since(b.begin).Round(time.Millisecond), fmt.Sprintf(format, args...)))
}

// reads compares the diary since the last time.
func (b *bench) reads(want ...string) {
	b.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.diary, want) {
		b.Errorf("after %s:\n got %q\nwant %q", time.Since(b.begin), b.diary, want)
	}
	b.diary = nil
}

type runFunc func(ctx context.Context, c *Control, record state.Record) (state.Record, state.Outcome)

// wants makes an object have a task of each plan.
func (b *bench) wants(uid string, changed time.Time, run runFunc, plans ...*Plan) {
	b.pool.Sync(uid, changed, plans, func(p *Plan) (Task, bool) {
		return Task{
			Plan: p, Run: run, Over: func() { b.say("%s over", p.ID) },
			Lingers:   func(since time.Duration) { b.say("%s lingers for %s", p.ID, since) },
			Abandoned: func(since time.Duration) { b.say("%s is given up after %s", p.ID, since) },
			Count:     func(delta int) { b.mu.Lock(); b.count += delta; b.mu.Unlock() },
		}, true
	})
}

// takes is a run of so long that says when it begins.
func (b *bench) takes(d time.Duration) runFunc {
	return func(ctx context.Context, c *Control, record state.Record) (state.Record, state.Outcome) {
		b.say("run")
		_ = c.Sleep(ctx, d)
		return record, state.Success()
	}
}

// untilStopped is a daemon that lives until it must stop, and some time longer.
func (b *bench) untilStopped(longer time.Duration) runFunc {
	return func(ctx context.Context, c *Control, record state.Record) (state.Record, state.Outcome) {
		b.say("begins")
		if err := c.Sleep(ctx, 1000*time.Hour); err != nil {
			b.say("cut off in sleep: %v", err)
		}
		select {
		case <-time.After(longer):
			b.say("ends because %s", c.Reason())
		case <-ctx.Done():
			b.say("cut off: %v", context.Cause(ctx))
		}
		return record, state.Success()
	}
}

func span(d time.Duration) *time.Duration { return &d }

func TestTimerRuns(t *testing.T) {
	for _, tt := range []struct {
		name   string
		timing Timing
		want   []string
	}{
		{"interval", Timing{Interval: 10 * time.Second}, []string{"0s: run", "14s: run", "28s: run", "42s: run"}},
		{"sharp", Timing{Interval: 10 * time.Second, Sharp: true}, []string{"0s: run", "10s: run", "20s: run", "30s: run", "40s: run", "50s: run"}},
		{"sharp and too slow", Timing{Interval: 3 * time.Second, Sharp: true}, []string{"0s: run", "6s: run", "12s: run", "18s: run", "24s: run", "30s: run", "36s: run", "42s: run", "48s: run"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inPool(t, Options{}, func(b *bench) {
				b.wants("a", time.Time{}, b.takes(4*time.Second), &Plan{ID: "t", Timing: &tt.timing})
				time.Sleep(51 * time.Second)
				b.reads(tt.want...)
			})
		})
	}
}

func TestTimerWaitsForIdleness(t *testing.T) {
	inPool(t, Options{}, func(b *bench) {
		plan := &Plan{ID: "t", Timing: &Timing{Idle: 30 * time.Second}}
		b.wants("a", time.Now(), b.takes(0), plan)
		time.Sleep(20 * time.Second)
		b.wants("a", time.Now(), b.takes(0), plan) // a change
		time.Sleep(29 * time.Second)
		b.reads()
		time.Sleep(time.Second)
		b.reads("50s: run")
		time.Sleep(time.Hour)
		b.reads()
		b.wants("a", time.Now(), b.takes(0), plan)
		time.Sleep(time.Hour)
		b.reads("1h1m20s: run")
	})
}

func TestOutcomes(t *testing.T) {
	failing := func(b *bench, outcomes ...state.Outcome) runFunc {
		return func(_ context.Context, _ *Control, record state.Record) (state.Record, state.Outcome) {
			b.say("attempt %d", record.Retries)
			out := outcomes[0]
			if len(outcomes) > 1 {
				outcomes = outcomes[1:]
			}
			return record.With(out, time.Now()), out
		}
	}
	again := state.Outcome{Verdict: state.Retry, Delay: 3 * time.Second}
	failed := state.Outcome{Verdict: state.Failed}
	for _, tt := range []struct {
		name     string
		plan     Plan
		outcomes []state.Outcome
		want     []string
	}{
		{"a timer is retried and goes on from the first attempt", Plan{Timing: &Timing{Interval: 10 * time.Second}},
			[]state.Outcome{again, again, state.Success()}, []string{"0s: attempt 0", "3s: attempt 1", "6s: attempt 2", "16s: attempt 0"}},
		{"a timer that fails is over", Plan{Timing: &Timing{Interval: 10 * time.Second}},
			[]state.Outcome{failed}, []string{"0s: attempt 0", "0s: t over", "0s: a left"}},
		{"a daemon is retried and then done", Plan{},
			[]state.Outcome{again, state.Success()}, []string{"0s: attempt 0", "3s: attempt 1", "3s: t over", "3s: a left"}},
		{"a daemon that fails is over", Plan{Always: true},
			[]state.Outcome{again, failed}, []string{"0s: attempt 0", "3s: attempt 1", "3s: t over", "3s: a left"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inPool(t, Options{}, func(b *bench) {
				tt.plan.ID = "t"
				b.wants("a", time.Time{}, failing(b, tt.outcomes...), &tt.plan)
				time.Sleep(20 * time.Second)
				b.reads(tt.want...)
			})
		})
	}
}

func TestAlwaysIsBraked(t *testing.T) {
	inPool(t, Options{}, func(b *bench) {
		b.wants("a", time.Time{}, b.takes(0), &Plan{ID: "t", Always: true})
		time.Sleep(100 * time.Second)
		synctest.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		if n := len(b.diary); n < 40 || n > 60 {
			t.Errorf("%d runs in 100s of a daemon that ends at once, want a burst of 30 and one each 5s", n)
		}
	})
}

func TestStopReasons(t *testing.T) {
	inPool(t, Options{}, func(b *bench) {
		plan := &Plan{ID: "d"}
		live := func(uid string) { b.wants(uid, time.Time{}, b.untilStopped(2*time.Second), plan); synctest.Wait() }
		live("a")
		b.pool.Sync("a", time.Time{}, nil, nil)
		live("a") // it matches again, but the former one has not ended
		time.Sleep(2 * time.Second)
		b.reads("0s: begins", "2s: ends because mismatch", "2s: a left")
		live("a")
		b.reads("2s: begins")
		b.pool.Stop("a", Deleted)
		if !b.pool.Alive("a") {
			t.Error("a daemon that is stopping is not alive")
		}
		b.pool.Wait(b.Context(), "a", time.Second)
		b.reads()
		b.pool.Wait(b.Context(), "a", time.Hour)
		b.reads("4s: ends because deleted", "4s: a left")
		if b.pool.Alive("a") {
			t.Error("a daemon that has ended is alive")
		}
		live("a")
		b.pool.Pause()
		live("b")
		time.Sleep(time.Minute)
		b.reads("4s: begins", "6s: ends because paused", "6s: a left")
		b.pool.Resume()
		live("b")
		time.Sleep(time.Second)
		b.stop()
		live("c")
		b.reads("1m4s: begins", "1m7s: ends because exiting", "1m7s: b left")
		if b.count != 0 {
			t.Errorf("%d tasks are counted at the end", b.count)
		}
	})
}

func TestCancellation(t *testing.T) {
	for _, tt := range []struct {
		name             string
		backoff, timeout *time.Duration
		heeds            bool // the context
		want             []string
	}{
		{"nothing: it is waited for", nil, nil, true, []string{"1m0s: d lingers for 1m0s", "2m0s: d lingers for 2m0s", "2m30s: ends because deleted", "2m30s: a left"}},
		{"backoff: it is cut off", span(10 * time.Second), nil, true, []string{"10s: cut off: it was to stop and did not end in time", "10s: a left"}},
		{"backoff and timeout: cut off in time", span(10 * time.Second), span(20 * time.Second), true, []string{"10s: cut off: it was to stop and did not end in time", "10s: a left"}},
		{"backoff and timeout: given up", span(10 * time.Second), span(20 * time.Second), false, []string{"30s: d is given up after 30s", "30s: a left", "2m30s: ends because deleted"}},
		{"timeout: given up", nil, span(20 * time.Second), false, []string{"20s: d is given up after 20s", "20s: a left", "2m30s: ends because deleted"}},
		{"backoff: it lingers", span(10 * time.Second), nil, false, []string{"1m10s: d lingers for 1m10s", "2m10s: d lingers for 2m10s", "2m30s: ends because deleted", "2m30s: a left"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inPool(t, Options{}, func(b *bench) {
				run := b.untilStopped(150 * time.Second)
				if !tt.heeds {
					inner := run
					run = func(_ context.Context, c *Control, r state.Record) (state.Record, state.Outcome) {
						return inner(context.Background(), c, r)
					}
				}
				b.wants("a", time.Time{}, run, &Plan{ID: "d", Backoff: tt.backoff, Timeout: tt.timeout})
				b.reads("0s: begins")
				b.pool.Stop("a", Deleted)
				time.Sleep(5 * time.Minute)
				b.reads(tt.want...)
			})
		})
	}
}

func TestExitIsBounded(t *testing.T) {
	inPool(t, Options{ExitTimeout: 7 * time.Second}, func(b *bench) {
		b.wants("a", time.Time{}, b.untilStopped(time.Hour), &Plan{ID: "d"})
		b.reads("0s: begins")
		b.stop()
		b.reads("7s: cut off: the engine has stopped", "7s: a left")
	})
}

func TestSlots(t *testing.T) {
	work := func(b *bench) runFunc {
		return func(ctx context.Context, c *Control, r state.Record) (state.Record, state.Outcome) {
			b.say("works")
			time.Sleep(time.Second)
			if err := c.Sleep(ctx, 10*time.Second); err != nil {
				return r, state.Outcome{Verdict: state.Failed}
			}
			b.say("ends")
			return r, state.Success()
		}
	}
	inPool(t, Options{Slots: 1}, func(b *bench) {
		for _, uid := range []string{"a", "b", "c"} {
			b.wants(uid, time.Time{}, work(b), &Plan{ID: "t", Timing: &Timing{Interval: time.Hour}})
		}
		time.Sleep(time.Minute)
		b.reads("0s: works", "1s: works", "2s: works", "11s: ends", "12s: ends", "13s: ends")
	})
}

func TestHold(t *testing.T) {
	inPool(t, Options{}, func(b *bench) {
		b.pool.Hold(true)
		b.wants("a", time.Time{}, b.takes(0), &Plan{ID: "t", Timing: &Timing{Interval: 10 * time.Second}})
		time.Sleep(15 * time.Second)
		b.reads()
		b.pool.Hold(false)
		time.Sleep(time.Second)
		b.reads("15s: run")
		time.Sleep(10 * time.Second)
		b.reads("25s: run")
	})
}

func TestCutOffIsTheCause(t *testing.T) {
	inPool(t, Options{}, func(b *bench) {
		var got error
		b.wants("a", time.Time{}, func(ctx context.Context, _ *Control, r state.Record) (state.Record, state.Outcome) {
			<-ctx.Done()
			got = context.Cause(ctx)
			return r, state.Outcome{Verdict: state.Retry}
		}, &Plan{ID: "d", Backoff: span(0)})
		synctest.Wait()
		b.pool.Stop("a", Mismatch)
		time.Sleep(time.Second)
		b.reads("0s: a left")
		if !errors.Is(got, ErrCutOff) {
			t.Errorf("the cause is %v", got)
		}
	})
}
