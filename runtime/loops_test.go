package runtime_test

import "testing"

// TestRepeatsAtOnce: no delay means none, but not for ever.
func TestRepeatsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: hot}
spec:
  handlers:
    - {id: arbitrary, on: create, resource: widgets.test.kopf.dev, match: {field: metadata.name, value: one}, backoff: 0s, do: [{log: "try of ${name}."}, {fail: oops}]}
    - {id: temporary, on: create, resource: widgets.test.kopf.dev, match: {field: metadata.name, value: two}, do: [{log: "try of ${name}."}, {fail: {temporary: later, delay: 0s}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	for name, handler := range map[string]string{"one": "arbitrary", "two": "temporary"} {
		e.says("will be tried again", "handler="+handler, "attempt=31", `"again in"=4.`)
		if n := e.count("will be tried again", "handler="+handler, `"again in"=0s`); n != 30 {
			t.Errorf("%s: %d attempts were repeated at once, want 30", handler, n)
		}
		if n := e.count("try of " + name + "."); n != 31 {
			t.Errorf("%s: %d attempts, want 31 in a short time", handler, n)
		}
	}
}

// TestEventHandlersInALoop: a handler of raw events that makes the next event
// is slowed down, and holds up neither other handlers nor the end of the object.
func TestEventHandlersInALoop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: loop}
spec:
  handlers:
    - {id: loop, on: event, resource: widgets.test.kopf.dev, do: [{log: "event ${event.type}."}, {status: {n: "${string(now)}"}}]}
    - {id: calm, on: update, resource: widgets.test.kopf.dev, do: [{log: "updated."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("changes too fast")
	n := e.count("event MODIFIED.")
	if n < 20 || n > 32 {
		t.Errorf("%d events were handled at once", n)
	}
	w.patch(widgets, "one", `{spec: {a: 1}}`)
	e.says("updated.")
	w.delete(widgets, "one")
	e.says("event DELETED.")
	if more := e.count("event MODIFIED.") - n; more > 5 {
		t.Errorf("%d more events were handled", more)
	}
	if n := e.count("changes too fast"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// TestOptionalDeletionHandlerSeesWhatWasHandled: its object is gone, but `old` is
// what was handled last.
func TestOptionalDeletionHandlerSeesWhatWasHandled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: sees}
spec:
  handlers:
    - {id: made, on: create, resource: widgets.test.kopf.dev, do: [{log: made}]}
    - {id: gone, on: delete, optional: true, resource: widgets.test.kopf.dev, do: [{log: "gone ${old.spec.size} ${new.spec.size} ${diff.size()}."}, {fail: oops}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "sees.kopf.dev")
	w.delete(widgets, "one")
	e.says("gone 1 1 0.")
	e.says("it leaves no record, so it is not tried again", "handler=gone", "oops")
}
