package runtime_test

import (
	"strings"
	"testing"
)

// once keeps what a step has done over the retries of a cycle: its result, and
// what it has changed in the object itself.
func TestOnce(t *testing.T) {
	for name, settings := range map[string]string{
		"annotations": "", "status": "\n  settings: {persistence: {progress: {storage: status}, diffbase: {storage: status}}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      do:
        - name: id
          once: true
          do:
            - log: "making an id."
            - name: made
              create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {generateName: "made-"}}}
            - name: nothing
              when: "false"
              get: {target: {resource: v1/configmaps, name: none}}
            - patch: {json: [{op: add, path: /spec/list/-, value: "${reason}"}]}
            - condition: {type: Made, status: true, reason: Made}
        - name: items
          forEach: "['a', 'b']"
          once: true
          do:
            - log: "item ${item}."
            - name: inner
              get: {target: {resource: w, name: "${name}"}}
            - when: item == 'b' && retry < 1
              fail: {temporary: not yet, delay: 100ms}
            - status: {'item-${item}': "${retry}"}
        - condition: {type: Ready, status: true, reason: Done}
        - when: retry < 2
          fail: {temporary: still not, delay: 100ms}
        - status: {made: "${steps.made.metadata.name}", again: "${steps.id.made.metadata.name}", nothing: "${string(steps.nothing == null)}", items: "${size(steps.items)}", reason: "${reason}"}
`) + settings)
			w.create(widgets, `{metadata: {name: one}, spec: {list: []}}`)
			w.becomes(widgets, "one", "status.reason", "create")
			w.becomes(widgets, "one", "spec.list", []any{"create"})
			made := w.list(configMaps)
			if len(made) != 1 {
				t.Fatalf("%d children, want 1", len(made))
			}
			w.becomes(widgets, "one", "status.made", made[0].GetName())
			w.becomes(widgets, "one", "status.again", made[0].GetName())
			w.becomes(widgets, "one", "status.nothing", "true")
			w.becomes(widgets, "one", "status.items", 2)
			w.becomes(widgets, "one", "status.item-a", 0)
			w.becomes(widgets, "one", "status.item-b", 1)
			status, _ := w.get(widgets, "one")["status"].(map[string]any)
			if conditions, _ := status["conditions"].([]any); len(conditions) != 2 {
				t.Errorf("conditions: %v, want that of the step with once and the other", conditions)
			}
			for text, want := range map[string]int{"making an id.": 1, "item a.": 1, "item b.": 2} {
				if n := e.count(text); n != want {
					t.Errorf("%q was said %d times, want %d", text, n, want)
				}
			}
		})
	}
}

// A result that is too large to be kept is a mistake that no retry mends.
func TestOnceTooLarge(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      do:
        - once: true
          get: {target: {resource: v1/configmaps, name: large}}
    - id: other
      on: create
      resource: w
      do:
        - subhandlers: [{id: large, do: [{name: it, get: {target: {resource: v1/configmaps, name: large}}}, {return: "${steps.it.data}"}]}]
    - {id: fine, on: create, resource: w, do: [{log: "fine."}]}
`))
	w.create(configMaps, `{metadata: {name: large}, data: {a: "`+strings.Repeat("x", 200<<10)+`"}}`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("failed for good", "handler=parent ", "too large to be kept")
	e.says("failed for good", "handler=other/large ", "too large to be kept")
	e.says("fine.")
	w.handled(widgets, "one", subPrefix)
}

// What a step with once changes is refused where the API server will never take
// it, and the handler alone fails for it.
func TestOnceRefused(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      do: [{once: true, patch: {merge: {spec: {limited: 11}}}}]
    - {id: fine, on: create, resource: w, do: [{status: {fine: true}}]}
`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.becomes(widgets, "one", "status.fine", true)
	w.handled(widgets, "one", subPrefix)
	e.says("failed for good", "handler=parent ", "cannot keep what a step with once has done")
}

// Timers, daemons and activities keep the results in memory over their retries;
// nothing is left on the object.
func TestOnceInMemory(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: subs}
spec:
  startup:
    - id: begin
      do:
        - {name: a, once: true, do: [{log: "begin once."}, {name: id, memo: {id: "${uuid()}"}}]}
        - {when: retry < 2, fail: {temporary: not yet, delay: 100ms}}
  timers:
    - id: clock
      resource: widgets.test.kopf.dev
      interval: 1h
      do:
        - {name: a, once: true, do: [{log: "clock once."}, {status: {clock: first}}, {name: b, get: {target: {resource: widgets.test.kopf.dev, name: "${name}"}}}]}
        - {when: retry < 2, fail: {temporary: not yet, delay: 100ms}}
        - status: {clock: "${steps.b.metadata.name} at ${retry}"}
  daemons:
    - id: watchdog
      resource: widgets.test.kopf.dev
      do:
        - repeat:
            every: 50ms
            until: retry == 1
            do:
              - {once: true, log: "watchdog once."}
              - {log: "watchdog round."}
              - {when: retry < 1, fail: {temporary: not yet, delay: 100ms}}
        - status: {watchdog: done}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.becomes(widgets, "one", "status.clock", "one at 2")
	w.becomes(widgets, "one", "status.watchdog", "done")
	for text, want := range map[string]int{"begin once.": 1, "clock once.": 1, "watchdog once.": 1, "watchdog round.": 2} {
		if n := e.count(text); n != want {
			t.Errorf("%q was said %d times, want %d", text, n, want)
		}
	}
	if annotations := annotationsOf(w.get(widgets, "one")); len(annotations) > 0 {
		t.Errorf("left on the object: %v", annotations)
	}
}
