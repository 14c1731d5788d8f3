package runtime_test

import "testing"

func TestCreateHandler(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: greeter}
spec:
  handlers:
    - id: greet
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: "hello ${name}"
        - status: {greeted: "${spec.who}"}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {who: world}}`)
	w.becomes(widgets, "one", "status.greeted", "world")
	w.handled(widgets, "one", "greeter.kopf.dev")
	e.says("hello one")
	w.patch(widgets, "one", `{spec: {who: moon}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {who: mars}}`)
	w.becomes(widgets, "two", "status.greeted", "mars")
	if n := e.count("hello one"); n != 1 {
		t.Errorf("the create handler ran %d times", n)
	}
}

func TestUpdateAndDeleteHandlers(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: life}
spec:
  resources:
    w: widgets.test.kopf.dev
  handlers:
    - id: grown
      on: update
      resource: w
      do:
        - log: "from ${old.spec.size} to ${new.spec.size}: ${diff[0].op} ${diff[0].field}, ${changed('spec')}"
    - id: resized
      on: field
      field: spec.size
      resource: w
      do:
        - log: "field ${old} ${new} ${diff[0].path}"
    - id: bye
      on: delete
      resource: w
      do:
        - log: "bye ${name}"
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "life.kopf.dev")
	w.becomes(widgets, "one", "metadata.finalizers", []any{"life.kopf.dev/finalizer"})
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	e.says("from 1 to 2: change spec.size, true")
	e.says("field 1 2 []")
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	e.says("bye one")
}
