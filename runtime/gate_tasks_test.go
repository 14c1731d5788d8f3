package runtime

import (
	"testing"
	"time"
)

const gatedTasks = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: gated}
spec:
  settings: {posting: {enabled: false}}
  timers:
    - {id: tick, resource: configmaps, match: {field: metadata.name, value: one}, interval: 50ms, do: [{log: "ticks."}]}
  daemons:
    - id: live
      resource: configmaps
      match: {field: metadata.name, value: one}
      do:
        - log: "begins."
        - sleep: 1h
        - log: "ends because ${stopped}."
    - {id: done, resource: configmaps, match: {field: metadata.name, value: one}, do: [{log: "done."}]}
`

// TestPauseStopsTasks: a pause stops timers and daemons, and they begin anew afterwards,
// but for those that have ended for good.
func TestPauseStopsTasks(t *testing.T) {
	t.Parallel()
	g := startGated(t, gatedTasks)
	g.run()
	g.create("one")
	g.says("begins.", 1)
	g.says("done.", 1)
	g.says("ticks.", 3)

	g.op.gate.Pause("peering", "frozen")
	g.says("ends because paused.", 1)
	n := g.log.count("ticks.")
	time.Sleep(300 * time.Millisecond) // six intervals
	if m := g.log.count("ticks."); m > n+1 {
		t.Errorf("the timer has run %d times in the pause", m-n)
	}
	if g.log.count("begins.") > 1 {
		t.Error("the daemon has begun in the pause")
	}

	g.op.gate.Open("peering")
	g.says("begins.", 2)
	g.says("ticks.", n+3)
	if g.log.count("done.") != 1 {
		t.Error("a daemon that had ended for good has begun again")
	}
}

// TestHoldKeepsTimersWaiting: where the gate is closed without a pause, what runs goes
// on, and nothing begins.
func TestHoldKeepsTimersWaiting(t *testing.T) {
	t.Parallel()
	g := startGated(t, gatedTasks)
	g.run()
	g.create("one")
	g.says("begins.", 1)
	g.says("ticks.", 2)
	g.op.gate.Close("indexes", "not complete")
	n := g.log.count("ticks.")
	time.Sleep(300 * time.Millisecond) // six intervals
	if m := g.log.count("ticks."); m > n+1 {
		t.Errorf("the timer has run %d times while the gate was closed", m-n)
	}
	if g.log.count("ends because") > 0 {
		t.Error("the daemon was stopped without a pause")
	}
	g.op.gate.Open("indexes")
	g.says("ticks.", n+3)
	if g.log.count("begins.") != 1 {
		t.Error("the daemon has begun twice")
	}
}
