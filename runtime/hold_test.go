package runtime_test

import "testing"

// TestHoldForAFilterOfDeletions: whether an object needs the finalizer is asked
// as if it were being deleted, for that is when the handler will be asked.
func TestHoldForAFilterOfDeletions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: holds}
spec:
  handlers:
    - {id: made, on: create, resource: widgets.test.kopf.dev, do: [{log: "made ${name}."}]}
    - {id: gone, on: delete, resource: widgets.test.kopf.dev, match: {when: "reason == 'delete'"}, do: [{log: "gone ${name}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "holds.kopf.dev")
	w.patch(widgets, "one", `{status: {seen: true}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	w.handled(widgets, "two", "holds.kopf.dev")
	w.delete(widgets, "one")
	e.says("gone one.")
	w.vanishes(widgets, "one")
}
