package state

import "time"

// Verdict is how an attempt of a handler ended.
type Verdict int

// The verdicts. The first two are final.
const (
	Succeeded Verdict = iota + 1
	Failed
	Retry
)

func (v Verdict) String() string {
	switch v {
	case Succeeded:
		return "succeeded"
	case Failed:
		return "failed"
	case Retry:
		return "retry"
	default:
		return "no verdict"
	}
}

// Outcome is what becomes of a handler after an attempt.
type Outcome struct {
	Verdict     Verdict
	Delay       time.Duration // until the next attempt, for Retry
	Message     string        // why it did not succeed
	Subrefs     []string      // sub-handlers that it has started
	Waiting     bool          // for other objects, with Retry
	Unattempted bool          // the handler was not even run
}

// Success is the outcome of an attempt without an error.
func Success() Outcome { return Outcome{Verdict: Succeeded} }
