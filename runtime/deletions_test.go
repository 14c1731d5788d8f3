package runtime_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// TestDeletionThatCannotBeChecked: with a label selector, the engine asks whether
// an object is gone or only has other labels. Where it cannot ask, it asks again.
func TestDeletionThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: checks}
spec:
  settings: {queueing: {errorDelays: [10ms]}}
  handlers:
    - {id: gone, on: delete, optional: true, resource: widgets.test.kopf.dev, match: {labels: {app: web}}, do: [{log: "gone ${name}."}]}
    - {id: seen, on: event, resource: widgets.test.kopf.dev, match: {labels: {app: web}}, do: [{log: "seen ${name} ${event.type}."}]}
`)
	w.create(widgets, `{metadata: {name: one, labels: {app: web}}, spec: {}}`)
	w.create(widgets, `{metadata: {name: other, labels: {app: web}}, spec: {}}`)
	e.says("seen one ADDED")
	e.says("seen other ADDED")
	var refusals atomic.Int32
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		check := r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/widgets/one")
		return faultproxy.Fault{Status: http.StatusInternalServerError}, check && refusals.Add(1) <= 3
	})
	w.patch(widgets, "other", `{metadata: {labels: {app: db}}}`)
	w.delete(widgets, "one")
	e.says("gone one.")
	if n := refusals.Load(); n != 4 {
		t.Errorf("%d checks, want 3 in vain and one more", n)
	}
	if e.count("seen one DELETED") != 1 || e.count("gone one.") != 1 {
		t.Error("the deletion was not handled once")
	}
	if e.count("gone other.") != 0 || e.count("seen other DELETED") != 0 {
		t.Error("other labels were taken for a deletion")
	}
}
