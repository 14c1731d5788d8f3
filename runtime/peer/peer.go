package peer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// What Kopf assumes where an entry does not say.
const (
	defaultPriority = 0
	defaultLifetime = 60 * time.Second
)

// Peer is one entry of a peering object.
type Peer struct {
	Identity string
	Priority int
	// Lifetime is how long the peer lives after LastSeen without a further sign of it.
	Lifetime time.Duration
	LastSeen time.Time
	// Message is why somebody has frozen the others; it is ours, and Kopf ignores it.
	Message string
}

// Deadline is when the peer is dead unless it renews its entry.
func (p Peer) Deadline() time.Time { return p.LastSeen.Add(p.Lifetime) }

// String names the peer for people.
func (p Peer) String() string {
	if p.Message != "" {
		return fmt.Sprintf("%s (priority %d: %s)", p.Identity, p.Priority, p.Message)
	}
	return fmt.Sprintf("%s (priority %d)", p.Identity, p.Priority)
}

// Entry is the peer as it stands in status.<identity>. The lifetime is in whole seconds,
// rounded up.
func (p Peer) Entry() map[string]any {
	out := map[string]any{
		"priority": p.Priority,
		"lifetime": int(math.Ceil(p.Lifetime.Seconds())),
		"lastseen": state.FormatTime(p.LastSeen),
	}
	if p.Message != "" {
		out["message"] = p.Message
	}
	return out
}

// Parse reads the status of a peering object, sorted by identity. Like Kopf it takes a missing
// priority for 0, a missing lifetime for a minute and a missing lastseen for now. Entries
// that cannot be read are no peers; damaged says what is wrong with each.
func Parse(status map[string]any, now time.Time) (peers []Peer, damaged []string) {
	for identity, value := range status {
		p, err := parse(identity, value, now)
		if err != nil {
			damaged = append(damaged, fmt.Sprintf("%s: %v", identity, err))
			continue
		}
		if p != nil {
			peers = append(peers, *p)
		}
	}
	slices.SortFunc(peers, func(a, b Peer) int { return strings.Compare(a.Identity, b.Identity) })
	slices.Sort(damaged)
	return peers, damaged
}

// parse reads one entry; null is none.
func parse(identity string, value any, now time.Time) (*Peer, error) {
	if value == nil {
		return nil, nil
	}
	entry, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("found %s, expected a map of priority, lifetime and lastseen", jsonOf(value))
	}
	p := &Peer{Identity: identity, Priority: defaultPriority, Lifetime: defaultLifetime, LastSeen: now}
	if err := p.readNumbers(entry); err != nil {
		return nil, err
	}
	if seen := entry["lastseen"]; seen != nil {
		text, _ := seen.(string)
		t, err := state.ParseTime(text)
		if err != nil {
			return nil, fmt.Errorf("lastseen: found %s, expected an ISO 8601 time", jsonOf(seen))
		}
		p.LastSeen = t
	}
	p.Message, _ = entry["message"].(string)
	return p, nil
}

// longest is a lifetime that is as good as forever.
const longest = 100 * 365 * 24 * time.Hour

func (p *Peer) readNumbers(entry map[string]any) error {
	if value := entry["priority"]; value != nil {
		n, ok := number(value)
		if !ok || n < math.MinInt32 || n > math.MaxInt32 {
			return fmt.Errorf("priority: found %s, expected an integer", jsonOf(value))
		}
		p.Priority = int(n)
	}
	if value := entry["lifetime"]; value != nil {
		n, ok := number(value)
		if !ok {
			return fmt.Errorf("lifetime: found %s, expected a number of seconds", jsonOf(value))
		}
		p.Lifetime = time.Duration(max(0, min(n, longest.Seconds())) * float64(time.Second))
	}
	return nil
}

// number reads what JSON may hold for one; integers in quotes are taken, as by Kopf.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return math.Trunc(v), true
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		return float64(n), err == nil
	default:
		return 0, false
	}
}

func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
