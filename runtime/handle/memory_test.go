package handle

import (
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// TestRepeatsAreSlowed: only what is repeated at once, over and over.
func TestRepeatsAreSlowed(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		delay  time.Duration
		slowed bool
	}{
		{"at once", 0, true},
		{"in no time", time.Millisecond, true},
		{"as was asked for", atOnce, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &pass{mem: &Memory{}, now: now}
			for i := range 40 {
				got := p.slowed(state.Outcome{Verdict: state.Retry, Delay: tt.delay}).Delay
				if want := tt.slowed && i >= 30; (got > time.Second) != want || !want && got != tt.delay {
					t.Fatalf("attempt %d is repeated after %s", i, got)
				}
			}
			if got := p.slowed(state.Outcome{Verdict: state.Failed}); got.Delay != 0 {
				t.Errorf("the end is delayed by %s", got.Delay)
			}
		})
	}
}

func TestBrakeIsToldOnce(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	var b brake
	told := 0
	hurry := func() {
		for range 60 {
			if _, say := b.take(now); say {
				told++
			}
		}
	}
	hurry()
	now = now.Add(10 * time.Second)
	hurry()
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
	now = now.Add(time.Hour)
	hurry()
	if told != 2 {
		t.Errorf("told %d times, want once more after a rest", told)
	}
}
