package runtime_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// A patch that cannot be written is sent again, and the handlers behind it do
// not run again.
func TestHandlersDoNotRunAgainForAPatchThatFailed(t *testing.T) {
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	refused := make(chan struct{}, 3)
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		if r.Method != http.MethodPatch || !strings.HasSuffix(r.URL.Path, "/widgets/one") {
			return faultproxy.Fault{}, false
		}
		select {
		case refused <- struct{}{}:
			return faultproxy.Fault{Status: http.StatusInternalServerError}, true
		default:
			return faultproxy.Fault{}, false
		}
	})
	e := w.startWith(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: sender}
spec:
  settings: {queueing: {errorDelays: 10ms}}
  handlers:
    - id: once
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: "ran for ${name}"
        - status: {done: "${name}"}
        - patch: {merge: {metadata: {labels: {done: "yes"}}}}
`, runtime.Options{Client: w.connect(proxy.Kubeconfig()), Namespaces: scope.Exactly(w.ns)})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "sender.kopf.dev")
	w.becomes(widgets, "one", "status.done", "one")
	w.becomes(widgets, "one", "metadata.labels", map[string]any{"done": "yes"})
	if len(refused) != cap(refused) {
		t.Fatalf("%d patches were refused, want %d", len(refused), cap(refused))
	}
	if n := e.count("ran for one"); n != 1 {
		t.Errorf("the handler ran %d times", n)
	}
	e.says("cannot handle the object now")
}

// An object whose own records do not fit is nobody's fault: handlers have
// succeeded, and the reason is told.
func TestRecordsThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: large}
spec:
  settings: {queueing: {errorDelays: 10ms}}
  handlers:
    - id: once
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: "ran for ${name}"
        - status: {done: "${name}"}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {text: "`+strings.Repeat("x", 300_000)+`"}}`)
	w.becomes(widgets, "one", "status.done", "one")
	e.says("what the engine itself keeps on the object is refused", "Too long")
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	w.handled(widgets, "two", "large.kopf.dev")
	if n := e.count("ran for one"); n != 1 {
		t.Errorf("the handler ran %d times", n)
	}
	if n := e.count("failed for good"); n != 0 {
		t.Error("a handler was blamed")
	}
}
