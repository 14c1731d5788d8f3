package runtime_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// TestKubernetesEvents tests what people see with kubectl describe.
func TestKubernetesEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(configMaps, `{metadata: {name: other}}`)
	w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: herald}
spec:
  handlers:
    - id: tell
      on: create
      resource: widgets.test.kopf.dev
      do:
        - event: {reason: Plain, message: "hello ${name}"}
        - event: {type: "${spec.kind}", reason: "${'Odd'}", message: "${spec}"}
        - event: {reason: Silent}
        - {name: other, get: {target: {resource: configmaps, name: other}}}
        - event: {reason: About, message: this, about: "${steps.other}"}
        - event: {reason: AboutParts, message: parts, about: {apiVersion: v1, kind: ConfigMap, name: other, namespace: "${meta.namespace}"}}
    - {id: odd, on: create, resource: widgets.test.kopf.dev, do: [{event: {type: "${'Strange'}", reason: Never}}]}
    - {id: raw, on: event, resource: widgets.test.kopf.dev, match: {when: event.type == 'ADDED'}, do: [{event: {reason: Raw, message: "raw ${event.type}"}}]}
`)
	one := w.create(widgets, `{metadata: {name: one}, spec: {kind: Warning}}`)
	for _, want := range []struct{ about, kind, reason, note string }{
		{"one", "Normal", "Plain", "hello one"},
		{"one", "Warning", "Odd", `{"kind":"Warning"}`},
		{"one", "Normal", "Silent", ""},
		{"other", "Normal", "About", "this"},
		{"other", "Normal", "AboutParts", "parts"},
		{"one", "Normal", "Raw", "raw ADDED"},
		{"one", "Warning", "HandlerFailed", `"odd" failed: an event is Normal or Warning, found "Strange"`},
	} {
		e := w.tells(want.about, want.kind, want.reason, want.note)
		if e["reportingController"] != "herald" || !strings.HasPrefix(fmt.Sprint(e["reportingInstance"]), "herald-") || e["eventTime"] == nil || e["action"] != want.reason {
			t.Errorf("%s: %v", want.reason, e)
		}
	}
	regarding := w.tells("one", "Normal", "Plain", "")["regarding"].(map[string]any)
	for key, want := range map[string]any{"apiVersion": "test.kopf.dev/v1", "kind": "Widget", "name": "one", "namespace": w.ns, "uid": string(one.GetUID())} {
		if regarding[key] != want {
			t.Errorf("regarding.%s: %v", key, regarding[key])
		}
	}
	if regarding := w.tells("other", "Normal", "About", "")["regarding"].(map[string]any); regarding["kind"] != "ConfigMap" || regarding["uid"] == nil {
		t.Errorf("about another object: %v", regarding)
	}
}

// TestEventSeries: the same event again and again is one event with a count,
// which is complete when the engine has stopped.
func TestEventSeries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: insistent}
spec:
  handlers:
    - id: again
      on: create
      resource: widgets.test.kopf.dev
      retries: 6
      backoff: 10ms
      do:
        - event: {reason: Trying, message: "once more"}
        - event: {reason: Counting, message: "attempt ${retry}"}
        - fail: the same
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "insistent.kopf.dev")
	e.stop()
	posted := map[string][]any{}
	for _, event := range w.told("one") {
		reason := fmt.Sprint(event["reason"])
		posted[reason] = append(posted[reason], at(event, "series.count"))
	}
	want := map[string][]any{"Trying": {int64(6)}, "HandlerRetried": {int64(5)}, "HandlerFailed": {nil}, "Counting": {nil, nil, nil, nil, nil, nil}}
	if fmt.Sprint(posted) != fmt.Sprint(want) {
		t.Errorf("posted: %v, want %v", posted, want)
	}
}

// TestEventsNeverBlock: an API server that takes no events holds up nothing.
func TestEventsNeverBlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: unheard}
spec:
  handlers:
    - id: tell
      on: create
      resource: widgets.test.kopf.dev
      do:
        - {forEach: "lists.range(2000)", event: {reason: Many, message: "number ${item}"}}
        - status: {told: true}
`)
	posts := func(r *http.Request) bool { return requested(r) == "POST events" }
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		if posts(r) {
			<-r.Context().Done()
		}
		return faultproxy.Fault{}, posts(r)
	})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.becomes(widgets, "one", "status.told", true)
	w.handled(widgets, "one", "unheard.kopf.dev")
	w.eventually("an event is on its way", func() (any, bool) { n := proxy.Count(posts); return n, n > 0 })
	e.stop()
	e.says("Kubernetes events were dropped")
	if n := len(w.told("one")); n != 0 {
		t.Errorf("%d events were posted", n)
	}
}

func TestPostingSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: NAME}
spec:
  settings: {posting: POSTING}
  handlers:
    - {id: tell, on: create, resource: widgets.test.kopf.dev, do: [{event: {reason: ByNAME, message: told}}, {fail: {permanent: no}}]}
`
	quiet, proxy := w.startBehind(strings.NewReplacer("NAME", "quiet", "POSTING", "{enabled: false}").Replace(operator))
	w.start(strings.NewReplacer("NAME", "loud", "POSTING", "{enabled: true, reportingComponent: somebody.test.kopf.dev}").Replace(operator))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	if e := w.tells("one", "Normal", "Byloud", "told"); e["reportingController"] != "somebody.test.kopf.dev" {
		t.Errorf("the reporting controller is %v", e["reportingController"])
	}
	w.handled(widgets, "one", "quiet.kopf.dev")
	quiet.stop()
	if n := proxy.Count(func(r *http.Request) bool { return strings.HasSuffix(requested(r), " events") }); n != 0 {
		t.Errorf("%d requests for events", n)
	}
}
