package peer

import "time"

// The pauses between attempts of what has failed or was undone by somebody else.
const (
	askAgain   = time.Second
	writeAgain = 5 * time.Second
)

// machine is what a monitor knows, and what follows of it. It knows no client and no clock.
type machine struct {
	self   Peer
	chance func() float64

	// exists tells whether there is a peering object, as far as is known.
	exists  bool
	status  map[string]any
	version string

	// fresh: what is known has been looked at by nobody yet.
	fresh bool
	// paused is what was decided last.
	paused bool
	// asked is when the server did not answer; zero where it did.
	asked time.Time
	// wrote is when the own entry was written last, or could not be; renew is when it is to
	// be written next.
	wrote, renew time.Time
	// cleaned is the version of the object that dead entries were taken from.
	cleaned string
}

// todo is what a monitor is to do now.
type todo struct {
	// Ask: the server is to be asked before a pause is ended. A peer that is dead by the
	// clock may have renewed its entry while the watch was cut.
	Ask bool
	// Write: the own entry is to be written.
	Write bool
	// Clean are entries of dead peers that are to be taken away.
	Clean []string
	// Decision is what was decided; it counts unless the server is to be asked first.
	Decision Decision
	// Next is when to look again if nothing happens before; zero for never.
	Next time.Time
}

// see takes notice of a state of the peering object, unless a newer one is known.
func (m *machine) see(status map[string]any, version string) {
	m.asked = time.Time{}
	if m.exists && older(version, m.version) {
		return
	}
	m.exists, m.fresh, m.status, m.version = true, true, status, version
}

// gone takes notice that there is no peering object.
func (m *machine) gone() {
	m.exists, m.paused, m.status, m.version, m.cleaned = false, false, nil, "", ""
	m.wrote, m.renew, m.asked = time.Time{}, time.Time{}, time.Time{}
}

// step decides what is to be done at this time.
func (m *machine) step(now time.Time) todo {
	if !m.exists {
		return todo{}
	}
	out := todo{Decision: Decide(m.status, m.self.Identity, m.self.Priority, now)}
	switch {
	case m.paused && !out.Decision.Pause() && !m.fresh:
		if wait := m.asked.Add(askAgain); !m.asked.IsZero() && now.Before(wait) {
			out.sooner(wait)
		} else {
			out.Ask = true
			return out
		}
	default:
		m.paused, m.fresh = out.Decision.Pause(), false
		out.sooner(out.Decision.Again)
	}
	if len(out.Decision.Dead) > 0 && m.cleaned != m.version {
		out.Clean = out.Decision.Dead
		m.cleaned = m.version
	}
	m.keepAlive(&out, now)
	return out
}

// keepAlive decides whether the own entry is to be written. Where somebody else has taken it
// away, whose clock may be ahead, it is written again, but not at once.
func (m *machine) keepAlive(out *todo, now time.Time) {
	due := m.renew
	if again := m.wrote.Add(writeAgain); !out.Decision.Present && again.Before(due) {
		due = again
	}
	if due.After(now) {
		out.sooner(due)
		return
	}
	out.Write = true
}

// written takes notice that the own entry was written.
func (m *machine) written(now time.Time) {
	m.wrote, m.renew = now, now.Add(RenewAfter(m.self.Lifetime, m.chance()))
}

// unwritten takes notice that it could not be.
func (m *machine) unwritten(now time.Time) {
	m.wrote, m.renew = now, now.Add(min(writeAgain, RenewAfter(m.self.Lifetime, 1)))
}

// unanswered takes notice that the server could not be asked.
func (m *machine) unanswered(now time.Time) { m.asked = now }

func (t *todo) sooner(at time.Time) {
	if !at.IsZero() && (t.Next.IsZero() || at.Before(t.Next)) {
		t.Next = at
	}
}

// older compares resourceVersions as numbers.
func older(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}
