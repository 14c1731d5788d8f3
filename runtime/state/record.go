package state

import (
	"maps"
	"slices"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// Record is the progress of one handler in one handling cycle. The zero record
// is that of a handler that was never tried. Records are values: the methods
// return changed copies.
type Record struct {
	Started *time.Time // of the first attempt
	Stopped *time.Time // set once the handler has succeeded or failed
	Delayed *time.Time // not to be tried again before
	Purpose string     // the reason of the cycle; empty if unknown
	Retries int        // attempts made
	Success bool
	Failure bool
	Message string   // of the last error
	Waiting bool     // for other objects: it looks again as soon as they change
	Subrefs []string // ids of sub-handlers, those of sub-handlers included, sorted

	// Once are the results of steps that are not to be repeated, by their places.
	// It is not changed in place, but by those who have asked for it with
	// Remembering.
	Once map[string]any
	// Result is that of a sub-handler which has succeeded, for the step that
	// started it.
	Result any
}

// Finished tells whether the handler is not to be tried again.
func (r Record) Finished() bool { return r.Success || r.Failure }

// Untried tells whether nothing is known of the handler but its purpose.
func (r Record) Untried() bool { return r.Equal(Record{Purpose: r.Purpose}) }

// Sleeping tells whether the handler waits for its time.
func (r Record) Sleeping(now time.Time) bool {
	return !r.Finished() && r.Delayed != nil && r.Delayed.After(now)
}

// Awake tells whether the handler may be tried now.
func (r Record) Awake(now time.Time) bool {
	return !r.Finished() && !r.Sleeping(now)
}

// Woken is the record of a handler whose objects may have changed.
func (r Record) Woken() Record {
	if r.Waiting && !r.Finished() {
		r.Delayed = nil
	}
	return r
}

// Runtime is the time since the first attempt.
func (r Record) Runtime(now time.Time) time.Duration {
	if r.Started == nil {
		return 0
	}
	return now.Sub(*r.Started)
}

// Begun is the record as an attempt starts: it has the start of the first one.
func (r Record) Begun(now time.Time) Record {
	if r.Started == nil {
		r.Started = stamp(now)
	}
	return r
}

// With is the record after an outcome.
func (r Record) With(outcome Outcome, now time.Time) Record {
	r = r.Begun(now)
	if !outcome.Unattempted {
		r.Retries++
	}
	r.Stopped, r.Delayed = nil, nil
	if outcome.Verdict == Retry {
		r.Delayed = stamp(now.Add(outcome.Delay))
	} else {
		r.Stopped = stamp(now)
	}
	r.Success = outcome.Verdict == Succeeded
	r.Failure = outcome.Verdict == Failed
	r.Message = outcome.Message
	r.Waiting = outcome.Waiting
	r.Subrefs = union(r.Subrefs, outcome.Subrefs)
	if r.Finished() {
		r.Once = nil
	}
	if !r.Success {
		r.Result = nil
	}
	return r
}

// Starting is the record of a handler that has these sub-handlers, and those it
// had before.
func (r Record) Starting(subs []string) Record {
	r.Subrefs = union(r.Subrefs, subs)
	return r
}

// Remembering is the record of a handler whose progress is in memory only: its
// Once may be added to.
func (r Record) Remembering() Record {
	if r.Once == nil {
		r.Once = map[string]any{}
	}
	return r
}

// Keeping is the record with the result of one more step that is not to be
// repeated.
func (r Record) Keeping(place string, result any) Record {
	once := maps.Clone(r.Once)
	if once == nil {
		once = map[string]any{}
	}
	once[place] = result
	r.Once = once
	return r
}

// KeptSize is how many bytes the results in the record have. It fails where one
// of them is not data.
func (r Record) KeptSize() (int, error) {
	results := r.kept()
	if len(results) == 0 {
		return 0, nil
	}
	text, err := essence.Encode(results)
	return len(text), err
}

// kept are the results that are stored.
func (r Record) kept() map[string]any {
	out := map[string]any{}
	if len(r.Once) > 0 {
		out["once"] = r.Once
	}
	if r.Result != nil {
		out["result"] = r.Result
	}
	return out
}

// Equal compares what would be stored of two records.
func (r Record) Equal(other Record) bool {
	return sameTime(r.Started, other.Started) &&
		sameTime(r.Stopped, other.Stopped) &&
		sameTime(r.Delayed, other.Delayed) &&
		r.Purpose == other.Purpose && r.Retries == other.Retries &&
		r.Success == other.Success && r.Failure == other.Failure &&
		r.Message == other.Message && r.Waiting == other.Waiting && slices.Equal(r.Subrefs, other.Subrefs) &&
		patch.Equal(r.kept(), other.kept())
}

func union(a, b []string) []string {
	if len(a) == 0 && len(b) == 0 {
		return nil
	}
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}
