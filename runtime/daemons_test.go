package runtime_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestDaemonStops tests why and how daemons stop, and that the finalizer is there until
// they have.
func TestDaemonStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  handlers:
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}."}]}
  daemons:
    - id: slow
      resource: widgets.test.kopf.dev
      match: {labels: {kind: slow}}
      do:
        - sleep: 1h
        - repeat:
            every: 50ms
            until: has(spec.go)
            do:
              - status: {round: "because ${stopped}"}
        - log: "slow ${name} stops because ${stopped}."
        - when: "!has(spec.go)"
          fail: it must not stop before it is told to
`)
	w.create(widgets, `{metadata: {name: one, labels: {kind: slow}}}`)
	w.becomes(widgets, "one", "metadata.finalizers", []any{"clock.kopf.dev/finalizer"})
	w.delete(widgets, "one")
	e.says("slow one stops because deleted.")
	w.vanishes(widgets, "one")
	e.says("bye one.")
	if n := e.count("bye one."); n != 1 {
		t.Errorf("the deletion handler has run %d times", n)
	}
}

// TestDaemonIsCutOff tests the cancellation: what the daemon does after the request is
// cut off, and a warning tells of one that is given up.
func TestDaemonIsCutOff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cancellation, says string }{
		{`{backoff: 100ms, timeout: 10s}`, "did not stop well"},
		{`{timeout: 100ms}`, "is given up"},
	} {
		t.Run(tt.cancellation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(fmt.Sprintf(timersHead+`
  daemons:
    - id: endless
      resource: widgets.test.kopf.dev
      cancellation: %s
      do:
        - log: "begins ${name}."
        - sleep: 1h
        # It goes on as if nothing had happened: two hundred thousand steps.
        - forEach: lists.range(200)
          do:
            - forEach: lists.range(1000)
              patch: {merge: {metadata: {labels: {n: "${string(key)}"}}}, target: {resource: widgets.test.kopf.dev, name: "other"}}
`, tt.cancellation))
			w.create(widgets, `{metadata: {name: other}}`)
			w.create(widgets, `{metadata: {name: one}}`)
			e.says("begins one.")
			e.says("begins other.")
			w.delete(widgets, "one")
			e.says(tt.says, "/one")
			w.vanishes(widgets, "one")
		})
	}
}

// TestDaemonRestarts tests what follows the end of a daemon.
func TestDaemonRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  daemons:
    - {id: done, resource: widgets.test.kopf.dev, do: [{log: "done runs."}]}
    - {id: always, resource: widgets.test.kopf.dev, restart: always, do: [{log: "always runs."}, {sleep: 20ms}]}
    - {id: never, resource: widgets.test.kopf.dev, restart: never, backoff: 10ms, do: [{log: "never runs."}, {fail: broken}], onFailure: [{log: "never failed: ${error.message}."}]}
    - {id: retried, resource: widgets.test.kopf.dev, retries: 3, backoff: 10ms, do: [{log: "retried runs ${retry}."}, {fail: broken}], onFailure: [{status: {retried: "${error.kind}"}}]}
    - {id: permanent, resource: widgets.test.kopf.dev, do: [{log: "permanent runs."}, {fail: {permanent: no way}}]}
`)
	w.create(widgets, `{metadata: {name: one}}`)
	e.says("retried runs 2.")
	e.says("never failed: broken")
	w.becomes(widgets, "one", "status.retried", "error")
	w.eventually("always runs on", func() (any, bool) { n := e.count("always runs."); return n, n > 10 })
	w.patch(widgets, "one", `{spec: {size: 2}}`) // ended for good, whatever changes
	n := e.count("always runs.")
	w.eventually("always runs on", func() (any, bool) { m := e.count("always runs."); return m, m > n+5 })
	for words, want := range map[string]int{"done runs.": 1, "never runs.": 1, "permanent runs.": 1, "retried runs 0.": 1, "retried runs 1.": 1, "retried runs 2.": 1, "retried runs 3.": 0} {
		if n := e.count(words); n != want {
			t.Errorf("%q is %d times in the log, want %d", words, n, want)
		}
	}
	e.says("failed for good", "handler=permanent", "no way")
	w.eventually("an event about the failure", func() (any, bool) {
		list := w.list(kubeEvents)
		for _, u := range list {
			if u.Object["reason"] == "HandlerFailed" {
				return nil, true
			}
		}
		return len(list), false
	})
	e.stop()
	again := w.start(timersHead + `
  daemons:
    - {id: done, resource: widgets.test.kopf.dev, do: [{log: "done runs."}]}
`)
	again.says("done runs.") // with the engine, it begins anew
	w.becomes(widgets, "one", "metadata.finalizers", nil)
}

// TestTimerErrors tests that a timer is retried, goes on after success, and ends with a
// permanent error.
func TestTimerErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  timers:
    - id: flaky
      resource: widgets.test.kopf.dev
      interval: 50ms
      backoff: 20ms
      do:
        - log: "flaky attempt ${retry}."
        - when: retry < 2
          fail: not yet
        - status: {successes: "${status.?successes.orValue(0) + 1}"}
    - id: broken
      resource: widgets.test.kopf.dev
      interval: 50ms
      do:
        - log: "broken runs."
        - fail: {permanent: never}
      onFailure:
        - status: {broken: "${error.kind}: ${error.message}"}
`)
	w.create(widgets, `{metadata: {name: one}}`)
	w.becomes(widgets, "one", "status.broken", "permanent: never")
	w.eventually("three successes", func() (any, bool) {
		n, _ := at(w.get(widgets, "one"), "status.successes").(int64)
		return n, n >= 3
	})
	if e.count("flaky attempt 3.") > 0 {
		t.Error("the attempts are counted on after a success")
	}
	if n := e.count("broken runs."); n != 1 {
		t.Errorf("a timer that has failed for good has run %d times", n)
	}
}

// TestTimerIdle tests that only changes of the essence hold up a timer.
func TestTimerIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  timers:
    - id: calm
      resource: widgets.test.kopf.dev
      idle: 2s
      do:
        - log: "calm at ${spec.size}."
        - status: {calm: "${spec.size}"}
    - id: noisy
      resource: widgets.test.kopf.dev
      interval: 300ms
      do: [{status: {noise: "${status.?noise.orValue(0) + 1}"}}]
    - id: delayed
      resource: widgets.test.kopf.dev
      interval: 1h
      initialDelay: ${spec.delay}
      do: [{log: "delayed runs at ${status.noise > 2}."}]
    - id: late
      resource: widgets.test.kopf.dev
      interval: 1h
      initialDelay: ${spec.nonsense}
      do: [{log: "late runs."}]
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 0, delay: 1.5s}}`)
	for size := range 5 {
		w.patch(widgets, "one", fmt.Sprintf(`{spec: {size: %d}}`, size))
		time.Sleep(500 * time.Millisecond) // far less than idle
	}
	w.becomes(widgets, "one", "status.calm", 4)
	noise, _ := at(w.get(widgets, "one"), "status.noise").(int64)
	e.says("delayed runs at true.")
	w.eventually("much noise", func() (any, bool) {
		n, _ := at(w.get(widgets, "one"), "status.noise").(int64)
		return n, n > noise+10
	})
	if n := e.count("calm at"); n != 1 {
		t.Errorf("the idle timer has run %d times after one change, want once", n)
	}
	w.patch(widgets, "one", `{spec: {size: 7}}`)
	w.becomes(widgets, "one", "status.calm", 7)
	if e.count("late runs.") > 0 || e.count("cannot be evaluated", "handler=late") == 0 {
		t.Error("a timer runs without a delay that can be evaluated, or nobody says so")
	}
}

// TestIdleTimerWritesNothing tests that an object with nothing but a timer that has
// nothing to say is left alone.
func TestIdleTimerWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  timers:
    - {id: quiet, resource: widgets.test.kopf.dev, interval: 50ms, do: [{log: "quiet ${name}."}]}
`)
	created := w.create(widgets, `{metadata: {name: one}}`)
	w.eventually("ten runs", func() (any, bool) { n := e.count("quiet one."); return n, n > 10 })
	if object := w.get(widgets, "one"); at(object, "metadata.resourceVersion") != created.GetResourceVersion() {
		t.Errorf("the object was written: %v", object)
	}
}

// TestDaemonSeesItsOwnChanges tests that what a daemon writes is there for its next step
// after a sleep, even before the watch brings it.
func TestDaemonSeesItsOwnChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  daemons:
    - id: counter
      resource: widgets.test.kopf.dev
      do:
        - repeat:
            every: 1ms
            until: status.n >= 50
            do:
              - status: {n: "${status.?n.orValue(0) + 1}"}
              - {name: round, return: "${1}", when: "false"}
        - log: "counted to ${status.n}."
        - patch: {merge: {metadata: {labels: {counted: "yes"}}}}
        - sleep: 1ms
        - log: "label ${labels.counted}."
      result: ${status.n}
`)
	w.create(widgets, `{metadata: {name: one}}`)
	e.says("counted to 50.")
	e.says("label yes.")
	w.becomes(widgets, "one", "status.counter", 50)
}

// TestBackgroundSettings tests what the settings of timers and daemons do: the daemon takes
// some time to end, in which it asks for an object again and again.
func TestBackgroundSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		settings string
		first    string // of the words at the end
		lingers  bool
	}{
		{`{}`, "bye one.", false},
		{`{cancellationPolling: 20ms}`, "bye one.", true},
		{`{instantExitTimeout: 60s}`, "slow one ends.", false},
	} {
		t.Run(tt.settings, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(fmt.Sprintf(timersHead+`
  settings: {background: %s}
  handlers:
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}."}]}
  daemons:
    - id: slow
      resource: widgets.test.kopf.dev
      do:
        - log: "slow ${name} begins."
        - sleep: 1h
        - forEach: lists.range(200)
          get: {target: {resource: widgets.test.kopf.dev, name: "${name}"}}
        - log: "slow ${name} ends."
`, tt.settings))
			w.create(widgets, `{metadata: {name: one}}`)
			e.says("slow one begins.")
			w.delete(widgets, "one")
			w.vanishes(widgets, "one")
			text := e.log.String()
			bye, end := strings.Index(text, "bye one."), strings.Index(text, "slow one ends.")
			if bye < 0 || end < 0 || (bye < end) != (tt.first == "bye one.") {
				t.Errorf("%q is not the first of both", tt.first)
			}
			if n := e.count("has not ended yet"); (n > 0) != tt.lingers {
				t.Errorf("it is said %d times that the daemon has not ended", n)
			}
		})
	}
}

// TestTimerSchedule tests that a timer runs at the times of its schedule, and sharply.
func TestTimerSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(timersHead + `
  timers:
    - {id: cron, resource: widgets.test.kopf.dev, schedule: "@every 1s", timeZone: Europe/Berlin, do: [{log: "cron runs."}]}
    - {id: sharp, resource: widgets.test.kopf.dev, interval: 1s, sharp: true, do: [{log: "sharp runs."}, {sleep: 700ms}]}
    - {id: dull, resource: widgets.test.kopf.dev, interval: 1s, do: [{log: "dull runs."}, {sleep: 700ms}]}
`)
	w.create(widgets, `{metadata: {name: one}}`)
	w.eventually("seven sharp runs", func() (any, bool) { n := e.count("sharp runs."); return n, n >= 7 })
	if n := e.count("dull runs."); n >= 6 {
		t.Errorf("%d runs of a timer that counts from end to begin, while one that counts from begin to begin had seven", n)
	}
	if n := e.count("cron runs."); n < 4 || n > 8 {
		t.Errorf("%d runs by the schedule in the time of seven seconds", n)
	}
}
