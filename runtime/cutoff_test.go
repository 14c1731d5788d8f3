package runtime_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// TestCutOffHandler: a handler that outlasts the engine does not take those down
// with it that had succeeded before: these do not run again.
func TestCutOffHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: cutoff}
spec:
  settings: {queueing: {exitTimeout: 100ms}}
  handlers:
    - {id: quick, on: create, resource: widgets.test.kopf.dev, do: [{log: "quick was here"}, {status: {quick: true}}]}
    - {id: slow, on: create, resource: widgets.test.kopf.dev, do: [{get: {target: {resource: configmaps, name: slow}}}]}
`
	e, proxy := w.startBehind(operator)
	asked := make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		if strings.HasSuffix(r.URL.Path, "/configmaps/slow") {
			once()
			<-r.Context().Done()
		}
		return faultproxy.Fault{}, false
	})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	<-asked
	e.stop()
	object := w.get(widgets, "one")
	if got := verdict(progress(object, "cutoff.kopf.dev", "quick")); got != "succeeded" {
		t.Errorf("quick: %s", got)
	}
	if got := verdict(progress(object, "cutoff.kopf.dev", "slow")); got != "no record" {
		t.Errorf("slow: %s", got)
	}
	if at(object, "status.quick") != true {
		t.Error("the status that quick had set is lost")
	}

	again := w.start(operator)
	w.handled(widgets, "one", "cutoff.kopf.dev")
	if again.count("quick was here") != 0 || again.count("handler=slow", "succeeded") != 1 {
		t.Error("after the restart, not just the handler that was cut off has run")
	}
}

// TestTrackedChildThatStays: where a child cannot be deleted, the deletion
// handlers that have succeeded are not run again with each attempt.
func TestTrackedChildThatStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: stays}
spec:
  settings: {queueing: {errorDelays: [10ms]}}
  handlers:
    - id: make
      on: create
      resource: widgets.test.kopf.dev
      do: [{create: {object: {apiVersion: test.kopf.dev/v1, kind: Global}}}]
    - {id: last, on: delete, resource: widgets.test.kopf.dev, do: [{log: "last words"}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "stays.kopf.dev")
	proxy.Forget()
	refused := func(r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/globals") && r.Method == http.MethodDelete
	}
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		return faultproxy.Fault{Status: http.StatusForbidden}, refused(r)
	})
	w.delete(widgets, "one")
	w.eventually("three attempts to delete the child", func() (any, bool) { n := proxy.Count(refused); return n, n >= 3 })
	proxy.Fail(nil)
	w.vanishes(widgets, "one")
	if n := e.count("last words"); n != 1 {
		t.Errorf("the deletion handler ran %d times", n)
	}
}
