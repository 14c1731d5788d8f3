package handle

import (
	"sync"

	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
)

// Memory is what the engine remembers of an object that is not written on it,
// all of it to be forgotten at a restart. But for Wake it belongs to the one
// worker that handles the object.
type Memory struct {
	// Listed: the object was there at the first listing, and no cycle of it
	// has ended since. It is what resuming means.
	Listed bool
	// Brake slows down an object that is handled in an endless loop.
	Brake queue.Brake
	// Braked tells that this was said already.
	Braked bool
	// Deleted: the deletion of the object has been handled.
	Deleted bool
	// Failures counts errors of the engine in a row.
	Failures int

	mu      sync.Mutex
	waiting map[string]bool // guarded by mu: handlers that wait, by id
	woken   bool            // guarded by mu
}

// Wake lets waiting handlers look again before their time. A handler that is
// about to wait is not missed: it looks once more.
func (m *Memory) Wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.woken = true
}

// Awake tells whether a handler waits and was woken.
func (m *Memory) Awake() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.woken && len(m.waiting) > 0
}

// takeWoken returns the handlers to wake, once.
func (m *Memory) takeWoken() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.woken {
		return nil
	}
	m.woken = false
	return m.waiting
}

// setWaiting notes which handlers wait now.
func (m *Memory) setWaiting(ids map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = ids
}
