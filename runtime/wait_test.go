package runtime_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime"
)

// In all these tests a wait polls once an hour, so that only waking explains
// what goes on.

// TestWaitForChild: a waiting handler holds up nobody, says what it waits for,
// and goes on as soon as its child is ready.
func TestWaitForChild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: waiter}
spec:
  settings: {queueing: {workerLimit: 1}}
  resources: {w: widgets.test.kopf.dev, cm: configmaps}
  handlers:
    - id: slow
      on: create
      resource: w
      do:
        - log: "looking at ${name}."
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: "child-of-${name}"}, data: {ready: "no"}}}
        - wait: {for: "children.cm.size() == 1 && children.cm[0].data.ready == 'yes'", poll: 1h, message: "${name} has ${children.cm.size()} children"}
        - log: "went on with ${name}."
    - {id: other, on: create, resource: w, do: [{log: "other handler of ${name}."}]}
    - {id: failing, on: create, resource: w, do: [{log: "failing of ${name}."}, {when: name == 'one', fail: {temporary: later, delay: 1h}}]}
    - {id: needy, on: create, resource: w, needs: slow, do: [{log: "needy of ${name}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("other handler of one.")
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	e.says("other handler of two.")
	object := w.recorded(widgets, "two", "waiter.kopf.dev", "slow")
	// Whether the child was seen already or not, the handler waits.
	record := progress(object, "waiter.kopf.dev", "slow")
	if delay := verdict(record); !strings.HasPrefix(delay, "in 1h0m") && delay != "at once" {
		t.Errorf("the record %v", record)
	}
	if message := fmt.Sprint(record["message"]); !strings.HasPrefix(message, "two has ") {
		t.Errorf("the message %q", message)
	}
	w.patch(configMaps, "child-of-two", `{data: {ready: "yes"}}`)
	e.says("went on with two.")
	e.says("needy of two.")
	w.handled(widgets, "two", "waiter.kopf.dev")
	for line, want := range map[string]int{"went on with one.": 0, "needy of one.": 0, "failing of one.": 1} {
		if n := e.count(line); n != want {
			t.Errorf("%q: %d times, want %d", line, n, want)
		}
	}
	w.patch(configMaps, "child-of-one", `{data: {ready: "yes"}}`)
	e.says("went on with one.")
	e.says("needy of one.")
	// What failed is not woken by that: it has its time. The sentinel shows that
	// the cycle was looked at to the end.
	w.create(widgets, `{metadata: {name: three}, spec: {}}`)
	e.says("other handler of three.")
	if n := e.count("failing of one."); n != 1 {
		t.Errorf("a child's change made a failed handler run: %d times", n)
	}
	if names(w.list(configMaps)) != "child-of-one child-of-three child-of-two" {
		t.Errorf("children: %s", names(w.list(configMaps)))
	}
	for _, event := range w.told("two") {
		if event["type"] == "Warning" {
			t.Errorf("waiting is no failure: %v", event["note"])
		}
	}
}

func TestWaitForTheEndOfAChild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: waiter}
spec:
  resources: {w: widgets.test.kopf.dev, cm: configmaps, s: secrets}
  handlers:
    - id: make
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}
        - {wait: {for: "children.cm != []", poll: 1h}}
    - {id: alone, on: create, resource: w, needs: make, do: [{wait: {for: "children.cm == [] && children.s == []", poll: 1h}}, {log: alone at last}]}
    - id: last
      on: delete
      resource: w
      do:
        - delete: {target: {resource: cm, name: held}}
        - wait: {for: "children.cm.filter(c, c.metadata.name == 'held') == []", poll: 1h}
        - log: "children are gone"
`)
	object := w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.recorded(widgets, "one", "waiter.kopf.dev", "alone")
	w.create(secrets, fmt.Sprintf(`{metadata: {name: foster, ownerReferences: [{apiVersion: test.kopf.dev/v1, kind: Widget, name: one, uid: %s}]}}`, object.GetUID()))
	w.delete(configMaps, "child")
	w.delete(secrets, "foster")
	e.says("alone at last")
	w.handled(widgets, "one", "waiter.kopf.dev")

	w.create(configMaps, fmt.Sprintf(`{metadata: {name: held, finalizers: [test.kopf.dev/hold], ownerReferences: [{apiVersion: test.kopf.dev/v1, kind: Widget, name: one, uid: %s}]}}`, object.GetUID()))
	w.delete(widgets, "one")
	w.recorded(widgets, "one", "waiter.kopf.dev", "last")
	if n := e.count("children are gone"); n != 0 {
		t.Error("it did not wait")
	}
	w.patch(configMaps, "held", `{metadata: {finalizers: null}}`)
	e.says("children are gone")
	w.vanishes(widgets, "one")
}

// TestWaitForReadObjects: objects that a get has read wake the handler too,
// also when they were missing at first.
func TestWaitForReadObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	e := w.startWith(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: onlooker}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - id: near
      on: create
      resource: w
      match: {field: metadata.namespace, value: %[1]s}
      do:
        - {name: cm, get: {target: {resource: configmaps, name: near}}}
        - {wait: {for: steps.cm != null && steps.cm.data.go == 'yes', poll: 1h, message: "${steps.cm == null ? 'missing' : 'not yet'}"}}
        - log: "near goes"
    - id: far
      on: create
      resource: w
      match: {field: metadata.namespace, value: %[1]s}
      do:
        - {name: cm, get: {target: {resource: configmaps, name: far, namespace: %[2]s}}}
        - {wait: {for: steps.cm.data.go == 'yes', poll: 1h}}
        - log: "far goes"
    - id: wide
      on: create
      resource: w
      match: {field: metadata.namespace, value: %[1]s}
      do:
        - {name: ns, get: {target: {resource: namespaces, name: %[1]s}}}
        - {wait: {for: "'go' in steps.ns.metadata.labels", poll: 1h}}
        - log: "wide goes"
    - id: self
      on: create
      resource: w
      match: {field: metadata.namespace, value: %[1]s}
      do:
        - {name: me, get: {target: {resource: w, name: "${name}"}}}
        - {wait: {for: has(steps.me.spec.go), poll: 1h}}
        - log: "self goes"
`, w.ns, other.ns), runtime.Options{Client: w.client})
	other.create(configMaps, `{metadata: {name: far}, data: {go: "no"}}`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	message := func(id string) string {
		return fmt.Sprint(progress(w.recorded(widgets, "one", "onlooker.kopf.dev", id), "onlooker.kopf.dev", id)["message"])
	}
	if got := message("near"); got != "missing" {
		t.Errorf("the message %q", got)
	}
	if got := message("far"); got != "waiting for: steps.cm.data.go == 'yes'" {
		t.Errorf("the message %q", got)
	}
	w.create(configMaps, `{metadata: {name: near}, data: {go: "no"}}`)
	w.eventually("another message", func() (any, bool) { return message("near"), message("near") == "not yet" })
	w.patch(configMaps, "near", `{data: {go: "yes"}}`)
	e.says("near goes")
	other.patch(configMaps, "far", `{data: {go: "yes"}}`)
	e.says("far goes")
	w.patch(namespaces, w.ns, `{metadata: {labels: {go: "yes"}}}`)
	e.says("wide goes")
	w.patch(widgets, "one", `{spec: {go: "yes"}}`)
	e.says("self goes")
	w.handled(widgets, "one", "onlooker.kopf.dev")
	for _, line := range []string{"near goes", "far goes", "wide goes", "self goes"} {
		if n := e.count(line); n != 1 {
			t.Errorf("%q: %d times", line, n)
		}
	}
}

func TestWaitTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: hasty}
spec:
  handlers:
    - id: own
      on: create
      resource: widgets.test.kopf.dev
      do: [{log: "own look"}, {wait: {for: "false", poll: 50ms, timeout: 400ms, message: "godot of ${name}"}}]
      onFailure: [{status: {own: "${error.message}"}}]
    - id: last
      on: create
      resource: widgets.test.kopf.dev
      do: [{log: "last look"}, {wait: {for: "false", poll: 1h, timeout: 300ms}}]
    - id: handler
      on: create
      resource: widgets.test.kopf.dev
      timeout: 200ms
      do: [{wait: {for: "false", poll: 50ms}}]
    - id: tries
      on: create
      resource: widgets.test.kopf.dev
      retries: 3
      do: [{log: "try"}, {wait: {for: "false", poll: 10ms}}]
    - id: wrong
      on: create
      resource: widgets.test.kopf.dev
      errors: permanent
      do: [{wait: {for: spec.nothing == 1}}]
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "hasty.kopf.dev")
	w.becomes(widgets, "one", "status.own", "gave up after 400ms: godot of one")
	e.says("failed for good", "handler=last", "gave up after 300ms: waiting for: false")
	e.says("failed for good", "handler=handler", "its timeout is 200ms")
	e.says("failed for good", "handler=tries", "3 of 3 attempts made")
	e.says("failed for good", "handler=wrong", "spec.nothing")
	if n := e.count("own look"); n < 3 {
		t.Errorf("polled %d times", n)
	}
	if n := e.count("last look"); n != 2 { // one more look at the timeout
		t.Errorf("looked %d times", n)
	}
	if n := e.count("msg=try"); n != 3 {
		t.Errorf("tried %d times", n)
	}
}

// TestWaitSurvivesRestarts: what has changed while no engine ran is seen at
// once, and what has not is waited for as before.
func TestWaitSurvivesRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: durable}
spec:
  resources: {w: widgets.test.kopf.dev, cm: configmaps}
  handlers:
    - id: slow
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {generateName: child-}, data: {of: "${name}"}}}
        - wait: {for: "children.cm.exists(c, has(c.data.ready))", poll: 1h}
        - log: "went on with ${name}."
    - id: read
      on: create
      resource: w
      do:
        - {name: cm, get: {target: {resource: cm, name: "for-${name}"}}}
        - {wait: {for: steps.cm != null, poll: 1h}}
        - log: "read for ${name}."
    - {id: done, on: create, resource: w, do: [{log: "done ${name}."}]}
    - {id: delayed, on: create, resource: w, match: {labels: {delayed: "yes"}}, do: [{log: "delayed ${name}."}, {fail: {temporary: later, delay: 1h}}]}
`
	first := w.start(operator)
	w.create(widgets, `{metadata: {name: one, labels: {delayed: "yes"}}, spec: {}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	w.recorded(widgets, "one", "durable.kopf.dev", "read")
	w.recorded(widgets, "two", "durable.kopf.dev", "read")
	first.stop()
	for _, cm := range w.list(configMaps) {
		if at(cm.Object, "data.of") == "one" {
			w.patch(configMaps, cm.GetName(), `{data: {ready: "yes"}}`)
		}
	}
	w.create(configMaps, `{metadata: {name: for-one}}`)

	second := w.start(operator)
	second.says("went on with one.")
	second.says("read for one.")
	w.create(configMaps, `{metadata: {name: for-two}}`)
	second.says("read for two.")
	for line, want := range map[string]int{"went on with two.": 0, "done one.": 0, "done two.": 0, "delayed one.": 0} {
		if n := second.count(line); n != want {
			t.Errorf("%q: %d times, want %d", line, n, want)
		}
	}
	for _, cm := range w.list(configMaps) {
		if at(cm.Object, "data.of") == "two" {
			w.patch(configMaps, cm.GetName(), `{data: {ready: "yes"}}`)
		}
	}
	second.says("went on with two.")
	w.handled(widgets, "two", "durable.kopf.dev")
	if n := len(w.list(configMaps)); n != 4 {
		t.Errorf("%d objects, want two children and two that were read", n)
	}
}
