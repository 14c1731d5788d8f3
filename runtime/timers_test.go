package runtime_test

import (
	"testing"
	"time"
)

const timersHead = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: clock}
spec:
`

func TestTimerInterval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  timers:
    - id: tick
      resource: widgets.test.kopf.dev
      match: {labels: {clock: "yes"}}
      interval: 100ms
      do:
        - log: "ticks ${name}."
        - status: {ticks: "${status.?ticks.orValue(0) + 1}"}
      result: "${status.?ticks.orValue(0)}"
`)
	w.create(widgets, `{metadata: {name: one, labels: {clock: "yes"}}}`)
	w.create(widgets, `{metadata: {name: other}}`)
	e.says("ticks one.")
	w.eventually("five ticks", func() (any, bool) {
		n := at(w.get(widgets, "one"), "status.ticks")
		count, _ := n.(int64)
		return n, count >= 5
	})
	w.eventually("the result", func() (any, bool) {
		n := at(w.get(widgets, "one"), "status.tick")
		count, _ := n.(int64)
		return n, count >= 4
	})
	object := w.get(widgets, "one")
	if at(object, "metadata.finalizers") != nil || at(object, "metadata.annotations") != nil {
		t.Errorf("a timer leaves a trace in %v", object["metadata"])
	}
	if e.count("ticks other.") > 0 {
		t.Error("the timer runs for an object that does not match")
	}
	w.patch(widgets, "one", `{metadata: {labels: {clock: null}}}`)
	time.Sleep(300 * time.Millisecond)
	n := e.count("ticks one.")
	time.Sleep(400 * time.Millisecond)
	if again := e.count("ticks one."); again != n {
		t.Errorf("the timer goes on for an object that does not match any more: %d runs, then %d", n, again)
	}
	w.patch(widgets, "one", `{metadata: {labels: {clock: "yes"}}}`)
	w.eventually("the timer starts again", func() (any, bool) { m := e.count("ticks one."); return m, m > n })
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
}

func TestDaemonLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  daemons:
    - id: watch
      resource: widgets.test.kopf.dev
      match: {when: "!has(spec.halt)"}
      do:
        - log: "begins ${name} because ${stopped}."
        - repeat:
            every: 50ms
            do:
              - status: {seen: "${spec.size}", rounds: "${status.?rounds.orValue(0) + 1}"}
        - log: "ends ${name} because ${stopped}."
        - status: {ended: "${stopped}"}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.becomes(widgets, "one", "status.seen", 1)
	w.becomes(widgets, "one", "metadata.finalizers", []any{"clock.kopf.dev/finalizer"})
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	w.becomes(widgets, "one", "status.seen", 2)
	w.patch(widgets, "one", `{spec: {halt: true}}`)
	w.becomes(widgets, "one", "status.ended", "mismatch")
	w.becomes(widgets, "one", "metadata.finalizers", nil)
	w.patch(widgets, "one", `{spec: {halt: null}}`)
	w.eventually("it begins again", func() (any, bool) { n := e.count("begins one because null."); return n, n == 2 })
	w.becomes(widgets, "one", "metadata.finalizers", []any{"clock.kopf.dev/finalizer"})
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	e.says("ends one because deleted.")
	w.create(widgets, `{metadata: {name: two}, spec: {size: 1}}`)
	e.says("begins two because null.")
	e.stop()
	e.says("ends two because exiting.")
	w.becomes(widgets, "two", "status.ended", "exiting")
}
