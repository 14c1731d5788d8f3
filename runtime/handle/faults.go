package handle

import (
	"log/slog"
	"sync"
)

// faultLimit bounds the memory for faults that were said already.
const faultLimit = 1000

// faults says each fault of a filter once, not once per event: the same typo
// in a `when` would otherwise fill the log.
type faults struct {
	log   *slog.Logger
	count func(*Handler)

	mu   sync.Mutex
	seen map[string]uint64 // guarded by mu: how often, by handler and error
}

func newFaults(log *slog.Logger, count func(*Handler)) *faults {
	return &faults{log: log, count: count, seen: map[string]uint64{}}
}

// filter takes note of a filter that could not be evaluated.
func (f *faults) filter(h *Handler, err error) {
	f.count(h)
	if f.first("handler", h.ID, err) {
		f.log.Warn("a filter cannot be evaluated, so it does not match (said once)", "handler", h.ID, "error", err)
	}
}

// index takes note of an index that could not be evaluated.
func (f *faults) index(x *Index, err error) {
	if f.first("index", x.ID, err) {
		f.log.Warn("an index cannot be evaluated, so it is without the object (said once)", "index", x.ID, "error", err)
	}
}

// first tells whether an error was not there before.
func (f *faults) first(kind, id string, err error) bool {
	key := kind + "\x00" + id + "\x00" + err.Error()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) >= faultLimit {
		clear(f.seen)
	}
	f.seen[key]++
	return f.seen[key] == 1
}
