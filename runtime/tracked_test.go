package runtime_test

import (
	"fmt"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// TestTrackedChildrenWithRightsInTheirNamespace: the rights to make a child in
// another namespace are enough to delete it there.
func TestTrackedChildrenWithRightsInTheirNamespace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	client := w.as("confined", `[{apiGroups: [test.kopf.dev], resources: ["*"], verbs: ["*"]}, {apiGroups: [events.k8s.io], resources: [events], verbs: ["*"]}]`)
	w.grant(other.ns, client.REST.Impersonate.UserName, `[{apiGroups: [""], resources: [configmaps], verbs: ["*"]}]`)
	e := w.startWith(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: confined}
spec:
  handlers:
    - id: reach
      on: create
      resource: widgets.test.kopf.dev
      do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: far, namespace: %s}}}}]
`, other.ns), runtime.Options{Client: client, Namespaces: scope.Exactly(w.ns)})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "confined.kopf.dev")
	if other.get(configMaps, "far") == nil {
		t.Fatal("there is no child")
	}
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	if other.get(configMaps, "far") != nil {
		t.Error("the child has outlived its parent")
	}
	if n := e.count("cannot handle the object now"); n != 0 {
		t.Errorf("%d errors of the engine", n)
	}
}
