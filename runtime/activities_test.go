package runtime_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// TestActivities: startup runs before the first handler, with retries; cleanup when all
// has stopped; both share a memo with the objects' handlers.
func TestActivities(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: active}
spec:
  startup:
    - id: first
      backoff: 100ms
      param: {limit: 2}
      vars: {tried: "${retry}"}
      do:
        - memo: {attempts: "${int(vars.tried) + 1}", gone: later}
        - when: retry < param.limit
          fail: not yet
        - memo: {gone: null}
    - id: second
      do:
        - name: made
          create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: at-startup, namespace: ` + w.ns + `}, data: {attempts: "${string(memo.attempts)}"}}}
        - name: read
          get: {target: {resource: v1/configmaps, name: at-startup, namespace: ` + w.ns + `}}
        - memo: {config: "${steps.read.data}"}
  cleanup:
    - id: fails
      retries: 1
      do: [{fail: not at the end}]
      onFailure: [{log: "cleanup said ${error.message}"}]
    - id: last
      do:
        - log: "ends after ${memo.attempts} with ${operator.name}"
  handlers:
    - id: count
      on: [create, update]
      resource: widgets.test.kopf.dev
      match: {when: memo.attempts == 3}
      do:
        - memo: {handled: "${memo.?handled.orValue(0) + 1}"}
        - status: {seen: "${memo}"}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	want := func(handled int) map[string]any {
		return map[string]any{"attempts": 3, "handled": handled, "config": map[string]any{"attempts": "3"}}
	}
	w.becomes(widgets, "one", "status.seen", want(1))
	w.patch(widgets, "one", `{spec: {a: 1}}`)
	w.becomes(widgets, "one", "status.seen", want(2))
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	w.becomes(widgets, "two", "status.seen", want(1))
	e.stop()
	e.says("cleanup said not at the end", "handler=fails")
	e.says("ends after 3 with active", "handler=last")
}

// TestFailedStartup: an operator whose startup fails for good does not begin, and others do.
func TestFailedStartup(t *testing.T) {
	const failing = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: failing}
spec:
  startup:
    - id: check
      do: [{fail: {permanent: nothing works here}}]
      onFailure: [{log: "gave up: ${error.kind}"}]
  handlers:
    - {on: create, resource: widgets.test.kopf.dev, do: [{status: {failing: true}}]}
`
	w := newWorld(t)
	e := w.start(failing + `
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: working}
spec:
  handlers:
    - {on: create, resource: widgets.test.kopf.dev, do: [{status: {working: true}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.becomes(widgets, "one", "status", map[string]any{"working": true})
	e.says("the operator does not begin", "nothing works here")
	e.says("gave up: permanent")

	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	err := compile(t, failing).Run(t.Context(), runtime.Options{Client: w.client, Log: log})
	if err == nil || !strings.Contains(err.Error(), `"check" failed: nothing works here`) {
		t.Errorf("an engine of nothing but failed operators ended with: %v", err)
	}
}

// A startup that is retried for ever ends with the engine.
func TestStartupEndsWithTheEngine(t *testing.T) {
	client, err := kube.Connect(kube.Options{Kubeconfig: newWorld(t).kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	engine := compile(t, `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: waiting}
spec:
  startup:
    - {do: [{fail: {temporary: never, delay: 1h}}]}
`)
	ctx, cancel := context.WithCancel(t.Context())
	tried := make(chan struct{}, 1)
	log := slog.New(slog.NewTextHandler(writerFunc(func(line []byte) {
		if strings.Contains(string(line), "will be tried again") {
			tried <- struct{}{}
		}
	}), nil))
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx, runtime.Options{Client: client, Log: log}) }()
	<-tried
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

// TestProbes: the health page shows what the probes of each operator yield, and what is wrong
// with those that yield nothing.
func TestProbes(t *testing.T) {
	w := newWorld(t)
	e := w.startWith(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: probed}
spec:
  startup:
    - do: [{memo: {teams: [a, b]}}]
  probes:
    - {id: teams, expr: size(memo.teams)}
    - {id: name, expr: operator.name}
    - {id: broken, expr: memo.nothing.at_all}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: other}
spec:
  probes:
    - {id: well, expr: now > timestamp('2020-01-01T00:00:00Z')}
`, runtime.Options{Client: w.client, Namespaces: scope.Exactly(w.ns), Listen: "127.0.0.1:0"})
	var got map[string]map[string]any
	code, text := e.page("/healthz", &got)
	probed := got["probed"]
	broken, _ := probed["broken"].(map[string]any)
	if code != http.StatusOK || probed["teams"] != 2.0 || probed["name"] != "probed" || got["other"]["well"] != true ||
		!strings.Contains(fmt.Sprint(broken["error"]), "nothing") {
		t.Errorf("/healthz: %d %s", code, text)
	}
}
