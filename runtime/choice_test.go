package runtime_test

import (
	"fmt"
	"testing"
)

// TestWhatIsWatchedChanges: a resource gets a new preferred version, and another
// selector matches it from then on. One watch takes over from the other, and what
// was handled stays handled.
func TestWhatIsWatchedChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	group := w.group("moving")
	names := fmt.Sprintf(`{kind: Moving%[1]s, plural: moving%[1]s}`, x)
	moving := w.install(group, "moving"+x, names, "v1")
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: mover}
spec:
  resources: {cm: configmaps}
  handlers:
    - {id: made, on: create, resource: moving%[1]s, do: [{log: "made ${name} ${resource.version}."}]}
    - {id: waits, on: create, resource: moving%[1]s, do: [{wait: {for: "children.cm != []", poll: 1h}}, {log: "child of ${name}."}]}
    - {id: again, on: resume, resource: moving%[1]s, do: [{log: "resumed ${name}."}]}
    - {id: changed, on: update, resource: {category: movable%[1]s}, do: [{log: "changed ${name} ${resource.version}."}]}
    - {id: seen, on: event, resource: moving%[1]s, do: [{log: "seen ${name} ${resource.version}."}]}
`, x))
	w.object(moving, "Moving"+x, "one")
	e.says("made one v1.")
	e.says("handler=waits", "waiting")

	w.install(group, "moving"+x, fmt.Sprintf(`{kind: Moving%[1]s, plural: moving%[1]s, categories: [movable%[1]s]}`, x), "v1 v2")
	e.says("seen one v2.")
	w.create(configMaps, fmt.Sprintf(`{metadata: {name: child, ownerReferences: [{apiVersion: %s/v1, kind: Moving%s, name: one, uid: %s}]}}`, group, x, at(w.get(moving, "one"), "metadata.uid")))
	e.says("child of one.")
	w.handled(moving, "one", "mover.kopf.dev")
	w.patch(moving, "one", `{spec: {a: 1}}`)
	e.says("changed one v2.")
	w.object(moving, "Moving"+x, "two")
	e.says("made two v2.")
	for line, want := range map[string]int{"made one": 1, "child of one.": 1, "resumed": 0, "changed one": 1, "made two": 1, "seen two v1.": 0} {
		if n := e.count(line); n != want {
			t.Errorf("%q: %d times, want %d", line, n, want)
		}
	}
}
