package runtime_test

import (
	"maps"
	"testing"
)

// TestChildrenOfCycles tests in which cycles a child without a name is the same
// one: a resume finds that of the creation, also where it comes together with an
// update; a deletion makes its own.
func TestChildrenOfCycles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: cycles}
spec:
  handlers:
    - id: make
      on: [create, resume]
      resource: widgets.test.kopf.dev
      do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {labels: {of: make}}}}}]
    - id: both
      on: [create, update, resume]
      resource: widgets.test.kopf.dev
      match: {field: spec.size}
      do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {labels: {of: both}}}}}]
    - id: ends
      on: [create, delete]
      resource: widgets.test.kopf.dev
      do: [{create: {adopt: {owner: false}, object: {apiVersion: v1, kind: ConfigMap, metadata: {labels: {of: ends}}}}}]
`
	expect := func(when string, want map[string]int) {
		t.Helper()
		if got := w.childrenBy("of"); !maps.Equal(got, want) {
			t.Errorf("%s: children are %v, want %v", when, got, want)
		}
	}
	e := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "cycles.kopf.dev")
	expect("created", map[string]int{"make": 1, "both": 1, "ends": 1})
	e.stop()

	w.patch(widgets, "one", `{spec: {other: 1}}`)
	e = w.start(operator)
	w.becomes(widgets, "one", `metadata.annotations.cycles\.kopf\.dev/update-cycles`, "1")
	expect("changed elsewhere while no engine ran", map[string]int{"make": 1, "both": 1, "ends": 1})

	w.patch(widgets, "one", `{spec: {size: 2}}`)
	w.becomes(widgets, "one", `metadata.annotations.cycles\.kopf\.dev/update-cycles`, "2")
	expect("changed", map[string]int{"make": 1, "both": 2, "ends": 1})

	w.delete(widgets, "one")
	e.says("handler=ends", "succeeded", "reason=delete")
	if got := w.childrenBy("of")["ends"]; got != 2 {
		t.Errorf("deleted: %d children of the handler for both ends, want 2", got)
	}
}

// childrenBy counts the config maps by a label.
func (w *world) childrenBy(label string) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, child := range w.list(configMaps) {
		if value := child.GetLabels()[label]; value != "" {
			out[value]++
		}
	}
	return out
}
