package handle

import (
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
)

// Memory is what the engine remembers of an object that is not written on it,
// all of it to be forgotten at a restart. But for Wake it belongs to the one
// worker that handles the object.
type Memory struct {
	// Listed: the object was there at the first listing, and no cycle of it
	// has ended since. It is what resuming means.
	Listed bool
	// Deleted: the deletion of the object has been handled.
	Deleted bool
	// Failures counts errors of the engine in a row.
	Failures int

	// cycles and events slow down an object that is handled in an endless loop,
	// attempts a handler that is repeated at once.
	cycles, events brake
	attempts       queue.Brake
	// wrote tells that handlers of the last raw event have changed the object.
	wrote bool

	// unsent is a pass whose patch could not be written.
	unsent *pass

	mu      sync.Mutex
	memo    *actions.Memo // guarded by mu; nil until it is asked for
	waiting bool          // guarded by mu: some handler waits for other objects
	woken   bool          // guarded by mu
	looked  bool          // guarded by mu: since the engine started
	left    bool          // guarded by mu: a background task has ended since the last look
	// overs are the ids of timers and daemons that have ended for good.
	overs map[string]bool // guarded by mu

	// essence is a hash of the essence, changed since when it is the same; for timers
	// that wait for the object to be idle.
	essence uint64
	changed time.Time
}

// brake remembers whether it was said that it slows down.
type brake struct {
	queue.Brake
	said bool
}

// take tells how long to wait, and whether to say so: once until the object has
// calmed down.
func (b *brake) take(now time.Time) (wait time.Duration, say bool) {
	wait = b.Take(now)
	say = wait > 0 && !b.said
	b.said = wait > 0 || b.said && !b.Calm()
	return wait, say
}

// Memo is the data that handlers keep of the object in memory. It begins with the
// operator's.
func (m *Memory) Memo(operator *actions.Memo) *actions.Memo {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.memo == nil {
		m.memo = actions.NewMemo(operator)
	}
	return m.memo
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
	return m.woken && m.waiting || m.left
}

// TaskEnded notes that a timer or daemon of the object is no more, or may be missing:
// the object is to be looked at.
func (m *Memory) TaskEnded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = true
}

// look begins a look at the object.
func (m *Memory) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = false
}

// over notes that a timer or daemon has ended for good.
func (m *Memory) over(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.overs == nil {
		m.overs = map[string]bool{}
	}
	m.overs[id] = true
}

func (m *Memory) isOver(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.overs[id]
}

// essenceIs takes notice of the essence, and returns since when it is this one, as far
// as the engine knows.
func (m *Memory) essenceIs(hash uint64, now time.Time) time.Time {
	if m.changed.IsZero() || m.essence != hash {
		m.essence, m.changed = hash, now
	}
	return m.changed
}

// takeWoken tells, once, whether waiting handlers are to look again. They also
// do so first of all: nobody saw what has changed while no engine ran.
func (m *Memory) takeWoken() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	woken := m.woken || !m.looked
	m.woken, m.looked = false, true
	return woken
}

// Moved tells that another worker takes over: changes may have been missed.
func (m *Memory) Moved() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looked = false
}

// setWaiting notes whether a handler waits now.
func (m *Memory) setWaiting(waiting bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = waiting
}
