package peer

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// clocked is a machine with its clock.
type clocked struct {
	*testing.T
	machine
	at time.Time
}

func newClocked(t *testing.T) *clocked {
	return &clocked{T: t, at: now, machine: machine{
		self: Peer{Identity: "me", Lifetime: time.Minute}, chance: func() float64 { return 0 },
	}}
}

// after lets time pass and expects what is to be done then.
func (c *clocked) after(d time.Duration, want string) {
	c.Helper()
	c.at = c.at.Add(d)
	todo := c.step(c.at)
	var parts []string
	if todo.Ask {
		parts = append(parts, "ask")
	}
	if c.paused {
		parts = append(parts, "paused")
	}
	if len(todo.Clean) > 0 {
		parts = append(parts, "clean "+strings.Join(todo.Clean, ","))
	}
	if todo.Write {
		parts = append(parts, "write")
	}
	if !todo.Next.IsZero() {
		parts = append(parts, "next "+todo.Next.Sub(c.at).String())
	}
	if got := strings.Join(parts, " "); got != want {
		c.Errorf("after %s: to do %q, want %q", d, got, want)
	}
}

// sees brings a state of the object: entries as identity priority lifetime, seen now.
func (c *clocked) sees(version string, entries ...string) {
	status := map[string]any{}
	for _, text := range entries {
		var id string
		var priority, lifetime int64
		if _, err := fmt.Sscan(text, &id, &priority, &lifetime); err != nil {
			c.Fatal(err)
		}
		status[id] = map[string]any{"priority": priority, "lifetime": lifetime, "lastseen": c.at.Format(time.RFC3339Nano)}
	}
	c.see(status, version)
}

func TestMachineKeepsAlive(t *testing.T) {
	c := newClocked(t)
	c.after(0, "") // no object
	c.sees("1")
	c.after(0, "write")
	c.written(c.at)
	c.sees("2", "me 0 60")
	c.after(0, "next 55s")
	c.after(54*time.Second, "next 1s")
	c.after(time.Second, "write")
	c.unwritten(c.at) // the server is away
	c.after(0, "next 5s")
	c.after(5*time.Second, "write")
	c.written(c.at)
	c.sees("3", "me 0 60")
	c.after(0, "next 55s")
	c.sees("4") // somebody has taken us for dead
	c.after(time.Second, "next 4s")
	c.after(4*time.Second, "write")
	c.gone()
	c.after(time.Second, "")
	c.sees("9")
	c.after(0, "write")
}

func TestMachineResumesByTheClock(t *testing.T) {
	c := newClocked(t)
	c.sees("1", "me 0 60", "other 5 20")
	c.written(c.at)
	c.after(0, "paused next 20s")
	c.after(19*time.Second, "paused next 1s")
	// Its time is over, but it may have renewed its entry while the watch was cut.
	c.after(time.Second, "ask paused")
	c.unanswered(c.at)
	c.after(0, "paused clean other next 1s")
	c.after(time.Second, "ask paused")
	c.sees("2", "me 0 60", "other 5 20") // so it has
	c.after(0, "paused next 20s")
	c.after(20*time.Second, "ask paused")
	c.see(c.status, "2") // it has not
	c.fresh = true
	c.after(0, "clean other next 14s")
	c.after(time.Second, "next 13s")
}

func TestMachinePauses(t *testing.T) {
	c := newClocked(t)
	c.sees("5", "me 0 60")
	c.written(c.at)
	c.after(0, "next 55s")
	c.sees("6", "me 0 60", "low -1 60")
	c.after(0, "next 55s")
	c.sees("7", "me 0 60", "low -1 60", "high 1 30")
	c.after(0, "paused next 30s")
	c.sees("6", "me 0 60", "low -1 60") // late, and older
	c.after(0, "paused next 30s")
	c.sees("8", "me 0 60", "twin 0 10")
	c.after(0, "paused next 10s")
	c.sees("9", "me 0 60")
	c.after(0, "next 55s") // it has left: no need to ask
	c.sees("10", "me 0 60", "high 1 30")
	c.after(0, "paused next 30s")
	c.gone()
	c.after(0, "")
	if c.paused {
		t.Error("without a peering object there is a pause")
	}
}
