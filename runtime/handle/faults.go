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
	key := h.ID + "\x00" + err.Error()
	f.mu.Lock()
	if len(f.seen) >= faultLimit {
		clear(f.seen)
	}
	f.seen[key]++
	first := f.seen[key] == 1
	f.mu.Unlock()
	if first {
		f.log.Warn("a filter cannot be evaluated, so it does not match (said once)", "handler", h.ID, "error", err)
	}
}
