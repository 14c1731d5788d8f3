package queue

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneWorkerPerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[string](nil)
		ctx, cancel := context.WithCancel(t.Context())
		var active, runs atomic.Int32
		var ended sync.WaitGroup
		ended.Go(func() {
			q.Run(ctx, 4, func(string) {
				if active.Add(1) > 1 {
					t.Error("one key with two workers at a time")
				}
				time.Sleep(time.Second) // virtual
				active.Add(-1)
				runs.Add(1)
			})
		})
		q.Add("a")
		synctest.Wait()
		for range 10 { // all these collapse into one more run
			q.Add("a")
		}
		time.Sleep(10 * time.Second)
		cancel()
		ended.Wait()
		if runs.Load() != 2 {
			t.Errorf("%d runs, want 2", runs.Load())
		}
	})
}

func TestDifferentKeysInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](nil)
		ctx, cancel := context.WithCancel(t.Context())
		var active, most, done atomic.Int32
		var ended sync.WaitGroup
		ended.Go(func() {
			q.Run(ctx, 3, func(int) {
				most.Store(max(most.Load(), active.Add(1)))
				time.Sleep(time.Second)
				active.Add(-1)
				done.Add(1)
			})
		})
		for i := range 9 {
			q.Add(i)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if n := done.Load(); n != 9 {
			t.Errorf("%d of nine keys of a second each are done after 3s with three workers", n)
		}
		cancel()
		ended.Wait()
		if most.Load() != 3 {
			t.Errorf("at most %d keys at a time, want 3", most.Load())
		}
	})
}

func TestAddAfterAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[string](nil)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		seen := make(chan time.Duration, 10)
		var ended sync.WaitGroup
		ended.Go(func() { q.Run(ctx, 1, func(string) { seen <- time.Since(start) }) })
		q.AddAfter("a", time.Minute)
		q.AddAfter("a", time.Second)
		q.AddAfter("b", time.Hour)
		if got := <-seen; got != time.Second {
			t.Errorf("due after %s, want the shortest delay, 1s", got)
		}
		cancel()
		ended.Wait()
		if len(seen) != 0 {
			t.Error("a key was taken after the end")
		}
	})
}

func TestBrake(t *testing.T) {
	var b Brake
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for i := range brakeBurst {
		if d := b.Take(now); d != 0 {
			t.Fatalf("cycle %d waits %s inside the burst", i, d)
		}
	}
	d := b.Take(now)
	if d != brakeInterval {
		t.Fatalf("after the burst it waits %s, want %s", d, brakeInterval)
	}
	if again := b.Take(now.Add(d / 2)); again != d/2 {
		t.Errorf("half-way it waits %s, want %s", again, d/2)
	}
	if again := b.Take(now.Add(d)); again != 0 {
		t.Errorf("after the wait it still waits %s", again)
	}
	if b.Calm() {
		t.Error("it counts as calm while it is slowed down")
	}
	now = now.Add(d + brakeBurst*brakeInterval)
	for i := range brakeBurst {
		if d := b.Take(now); d != 0 {
			t.Fatalf("calm object: cycle %d waits %s", i, d)
		}
		if i == 0 && !b.Calm() {
			t.Error("it does not count as calm after a long rest")
		}
	}
}
