package state

import (
	"fmt"
	"math"
	"time"
)

// DefaultDelay is the time until the next attempt where nothing else is said.
const DefaultDelay = 60 * time.Second

// longestDelay keeps sums of durations from overflowing.
const longestDelay = 100 * 365 * 24 * time.Hour

// ErrorsMode says what an arbitrary error means.
type ErrorsMode string

// The modes; an empty one is ErrorsTemporary.
const (
	ErrorsTemporary ErrorsMode = "temporary"
	ErrorsPermanent ErrorsMode = "permanent"
	ErrorsIgnored   ErrorsMode = "ignored"
)

// Limits are the retrying options of a handler.
type Limits struct {
	Retries *int           // attempts at most; nil for any number
	Timeout *time.Duration // since the first attempt; nil for ever
	Backoff Backoff
	Errors  ErrorsMode
}

// Backoff is the delay after an arbitrary error. The zero value is a constant
// delay of DefaultDelay.
type Backoff struct {
	Initial *time.Duration // nil for DefaultDelay
	Factor  float64        // from one attempt to the next; 0 is 1
	Max     time.Duration  // 0 for no maximum
	Jitter  float64        // how much to vary the delay, as a part of it
}

// Delay is the delay after an attempt, counted from 0. The random number is
// from [0, 1).
func (b Backoff) Delay(attempt int, random float64) time.Duration {
	longest := float64(longestDelay)
	if b.Max > 0 {
		longest = min(longest, float64(b.Max))
	}
	delay := float64(DefaultDelay)
	if b.Initial != nil {
		delay = float64(*b.Initial)
	}
	if b.Factor != 0 {
		delay *= math.Pow(b.Factor, float64(attempt))
	}
	delay = min(delay, longest) * (1 + b.Jitter*(2*random-1))
	return time.Duration(max(0, min(delay, longest)))
}

// FaultKind is what kind of error an attempt ended in.
type FaultKind int

// The kinds of faults.
const (
	Arbitrary FaultKind = iota
	Temporary
	Permanent
)

// Fault is an error of a handler, classified.
type Fault struct {
	Kind    FaultKind
	Delay   *time.Duration // asked for; nil for the one that the kind has
	Message string
	Subrefs []string
}

// Decide makes an outcome of a fault. The record is that from before the
// attempt, the random number is from [0, 1).
//
// It looks ahead: a next attempt that would be one too many, or too late, makes
// the handler fail now. So `retries: 5` means five attempts.
func (l Limits) Decide(f Fault, r Record, now time.Time, random float64) Outcome {
	out := Outcome{Verdict: Failed, Message: f.Message, Subrefs: f.Subrefs}
	delay := DefaultDelay
	switch {
	case f.Kind == Permanent, f.Kind == Arbitrary && l.Errors == ErrorsPermanent:
		return out
	case f.Kind == Arbitrary && l.Errors == ErrorsIgnored:
		return Outcome{Verdict: Succeeded, Subrefs: f.Subrefs}
	case f.Delay != nil:
		delay = max(0, min(*f.Delay, longestDelay))
	case f.Kind == Arbitrary:
		delay = l.Backoff.Delay(r.Retries, random)
	}
	if reason, over := l.over(r.Retries+1, r.Runtime(now)+delay); over {
		out.Message = fmt.Sprintf("%s (gave up: %s)", f.Message, reason)
		return out
	}
	out.Verdict, out.Delay = Retry, delay
	return out
}

// Exhausted tells whether a handler may not be tried once more, and the
// outcome of that. It happens where time passed unforeseen: the engine was
// down, or the limits have been lowered since.
func (l Limits) Exhausted(r Record, now time.Time) (Outcome, bool) {
	reason, over := l.over(r.Retries, r.Runtime(now))
	if !over {
		return Outcome{}, false
	}
	message := "gave up: " + reason
	if r.Message != "" {
		message = fmt.Sprintf("%s (%s)", r.Message, message)
	}
	return Outcome{Verdict: Failed, Message: message, Unattempted: true}, true
}

func (l Limits) over(retries int, runtime time.Duration) (string, bool) {
	switch {
	case l.Timeout != nil && runtime >= *l.Timeout:
		return fmt.Sprintf("its timeout is %s", *l.Timeout), true
	case l.Retries != nil && retries >= *l.Retries:
		return fmt.Sprintf("%d of %d attempts made", retries, *l.Retries), true
	default:
		return "", false
	}
}
