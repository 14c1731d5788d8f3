package daemon

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// BenchmarkTimers has ten thousand timers that wait: what each one costs.
func BenchmarkTimers(b *testing.B) {
	measure(b, 10_000, &Plan{ID: "t", Timing: &Timing{Interval: time.Hour}}, time.Hour)
}

// BenchmarkDaemons has a thousand daemons that sleep.
func BenchmarkDaemons(b *testing.B) {
	measure(b, 1000, &Plan{ID: "d"}, 0)
}

func measure(b *testing.B, n int, plan *Plan, delay time.Duration) {
	for b.Loop() {
		pool := New(Options{Slots: 32, Polling: time.Minute, ExitTimeout: time.Minute, Ended: func(string) {}})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			pool.Run(ctx, context.Background(), func() Reason { return Exiting })
		}()
		memory, goroutines := inUse(), runtime.NumGoroutine()
		for i := range n {
			pool.Sync(fmt.Sprint(i), time.Time{}, []*Plan{plan}, func(p *Plan) (Task, bool) {
				return Task{Plan: p, Delay: delay, Over: func() {}, Count: func(int) {}, Run: func(ctx context.Context, c *Control, r state.Record) (state.Record, state.Outcome) {
					_ = c.Sleep(ctx, time.Hour)
					return r, state.Success()
				}}, true
			})
		}
		time.Sleep(time.Second)
		b.ReportMetric(float64(inUse()-memory)/float64(n), "B/task")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
		before := cpu()
		time.Sleep(3 * time.Second)
		b.ReportMetric(float64((cpu()-before).Microseconds())/1000*20, "ms-CPU/minute")
		cancel()
		<-ended
	}
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// cpu is the time that this process has spent so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
