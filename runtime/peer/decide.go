package peer

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Decision is what follows of the entries of a peering object for one peer.
type Decision struct {
	// Higher are the living peers with a higher priority, Same those with the same one. Any
	// of them is a reason to pause.
	Higher, Same []Peer
	// Dead are the identities of the others' entries that are to be taken away.
	Dead []string
	// Damaged says which entries cannot be read, and why.
	Damaged []string
	// Present tells whether the own entry is there.
	Present bool
	// Again is when the first of the peers that are a reason to pause will be dead, unless it
	// renews its entry; zero where there is none.
	Again time.Time
}

// Decide looks at the status of a peering object, as the peer with an identity and a
// priority. The own entry is never a reason for anything.
func Decide(status map[string]any, identity string, priority int, now time.Time) Decision {
	var d Decision
	peers, damaged := Parse(status, now)
	d.Damaged = damaged
	for _, p := range peers {
		switch {
		case p.Identity == identity:
			d.Present = true
		case !now.Before(p.Deadline()):
			d.Dead = append(d.Dead, p.Identity)
		case p.Priority > priority:
			d.Higher = append(d.Higher, p)
		case p.Priority == priority:
			d.Same = append(d.Same, p)
		}
	}
	for _, p := range d.Blocking() {
		if d.Again.IsZero() || p.Deadline().Before(d.Again) {
			d.Again = p.Deadline()
		}
	}
	return d
}

// Blocking are the peers that are a reason to pause.
func (d Decision) Blocking() []Peer { return slices.Concat(d.Higher, d.Same) }

// Pause tells whether there is a reason to.
func (d Decision) Pause() bool { return len(d.Higher)+len(d.Same) > 0 }

// Reason says why there is a pause, for people; empty where there is none.
func (d Decision) Reason() string {
	var parts []string
	if len(d.Higher) > 0 {
		parts = append(parts, "paused in favour of "+names(d.Higher))
	}
	if len(d.Same) > 0 {
		parts = append(parts, "paused, as are all others of the same priority: "+names(d.Same))
	}
	return strings.Join(parts, "; ")
}

func names(peers []Peer) string {
	out := make([]string, len(peers))
	for i, p := range peers {
		out[i] = p.String()
	}
	return strings.Join(out, ", ")
}

// Removal is the merge patch of a peering object that takes entries away.
func Removal(identities ...string) map[string]any {
	status := map[string]any{}
	for _, id := range identities {
		status[id] = nil
	}
	return map[string]any{"status": status}
}

// Renewal is the merge patch of a peering object that writes or renews an entry.
func Renewal(p Peer) map[string]any {
	return map[string]any{"status": map[string]any{p.Identity: p.Entry()}}
}

// Margin are the bounds of how long before its end an entry is renewed, as in Kopf: the
// time for a request, and some chance, so that peers do not write all at once.
const (
	leastMargin = 5 * time.Second
	mostMargin  = 10 * time.Second
)

// RenewAfter is the pause between two renewals of an entry with this lifetime. The chance is
// from 0 to 1. It is at least a second, and no longer than the lifetime.
func RenewAfter(lifetime time.Duration, chance float64) time.Duration {
	margin := leastMargin + time.Duration(chance*float64(mostMargin-leastMargin))
	return max(time.Second, lifetime-margin)
}

// Where names a peering object for people.
func Where(kind, namespace, name string) string {
	if namespace == "" {
		return fmt.Sprintf("%s %q", kind, name)
	}
	return fmt.Sprintf("%s %q in namespace %s", kind, name, namespace)
}
