package runtime_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/runtime/status"
)

// server is the address that an engine says it listens at.
func (e *engine) server() string {
	e.w.t.Helper()
	e.says("serving metrics, health and status")
	return "http://" + regexp.MustCompile(`"serving metrics, health and status" address=(\S+)`).FindStringSubmatch(e.log.String())[1]
}

// page reads a page of the engine's server, and its JSON into a value if there is one.
func (e *engine) page(path string, into any) (code int, text string) {
	e.w.t.Helper()
	resp, err := http.Get(e.server() + path)
	if err != nil {
		e.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		e.w.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			e.w.t.Fatalf("%s: %v in %s", path, err, body)
		}
	}
	return resp.StatusCode, string(body)
}

// TestReadyz: not ready while a resource is missing, and why; ready when it is there.
func TestReadyz(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := strings.ReplaceAll(w.ns, "engine-", "late")
	e := w.startWith(strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: waits}
spec:
  handlers:
    - {id: there, on: create, resource: widgets.test.kopf.dev, do: [{log: hi}]}
    - {id: missing, on: create, resource: NAME.late.kopf.dev, do: [{log: hi}]}
`, "NAME", name), runtime.Options{Client: w.client, Namespaces: scope.Exactly(w.ns), Listen: "127.0.0.1:0"})
	var ready runtime.Ready
	if code, text := e.page("/readyz", &ready); code != http.StatusServiceUnavailable || ready.Ready ||
		!slices.ContainsFunc(ready.NotReady["waits"], func(reason string) bool { return strings.Contains(reason, "the cluster has no resource "+name) }) {
		t.Errorf("/readyz while a resource is missing: %d %s", code, text)
	}
	if code, text := e.page("/healthz", nil); code != http.StatusOK || text != "{}\n" {
		t.Errorf("/healthz: %d %s", code, text)
	}
	late := crd("Late", name, "Namespaced", `{}`)
	text, _ := json.Marshal(late)
	late = parse(strings.ReplaceAll(string(text), "test.kopf.dev", "late.kopf.dev"))
	if err := w.client.ApplyCRDs(t.Context(), []map[string]any{late}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.client.Dynamic.Resource(customResources).Delete(context.Background(), name+".late.kopf.dev", metav1.DeleteOptions{})
	})
	w.eventually("the engine is ready", func() (any, bool) {
		ready = runtime.Ready{}
		code, text := e.page("/readyz", &ready)
		return text, code == http.StatusOK && ready.Ready && len(ready.NotReady) == 0
	})
	if code, text := e.page("/metrics", nil); code != http.StatusOK || !strings.Contains(text, `kopf_operator_paused{operator="waits"} 0`) {
		t.Errorf("/metrics: %d %s", code, text)
	}
}

// TestStatusOfWork: what is under way is told with attempt, time and error; what is over
// is not.
func TestStatusOfWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.startWith(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: busy}
spec:
  handlers:
    - {id: done, on: create, resource: widgets.test.kopf.dev, do: [{log: hi}]}
    - id: slow
      on: create
      resource: widgets.test.kopf.dev
      do:
        - when: spec.size > 1
          fail: {temporary: "too large: ${spec.size}", delay: 1h}
    - {id: after, needs: slow, on: create, resource: widgets.test.kopf.dev, do: [{log: hi}]}
`, runtime.Options{Client: w.client, Namespaces: scope.Exactly(w.ns), Listen: "127.0.0.1:0"})
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {size: 2}}`)
	w.handled(widgets, "one", "busy.kopf.dev")
	w.recorded(widgets, "two", "busy.kopf.dev", "slow")
	var op status.Operator
	w.eventually("one object is under way", func() (any, bool) {
		s, err := status.Fetch(t.Context(), e.server())
		if err != nil {
			return err, false
		}
		op = s.Operators[0]
		return op, s.Ready && op.UnderWay == 1 && len(op.Objects) == 2
	})
	slow, after := op.Objects[0], op.Objects[1]
	if slow.Handler != "slow" || slow.State != status.Retrying || slow.Attempt != 1 || slow.Error != "too large: 2" || slow.Next == nil ||
		slow.Resource != "widgets.test.kopf.dev" || slow.Namespace != w.ns || slow.Name != "two" {
		t.Errorf("the handler that is retried: %+v", slow)
	}
	if after.Handler != "after" || after.State != status.Waiting || after.Attempt != 0 || after.Next != nil {
		t.Errorf("the handler that waits for it: %+v", after)
	}
	if h := op.Handlers[0]; h.ID != "done" || h.Outcomes["succeeded"] != 2 || h.Runs() != 2 {
		t.Errorf("the runs of a handler: %+v", h)
	}
	if len(op.Resources) != 1 || op.Resources[0] != (status.Resource{Resource: "widgets.test.kopf.dev", Watched: 2, UnderWay: 1}) {
		t.Errorf("the resources: %+v", op.Resources)
	}
	e.measures(map[string]float64{`kopf_objects_under_way{operator="busy",resource="widgets.test.kopf.dev"}`: 1})
	w.delete(widgets, "two")
	w.eventually("nothing is under way", func() (any, bool) {
		s, err := status.Fetch(t.Context(), e.server())
		return s, err == nil && s.Operators[0].UnderWay == 0
	})
}
