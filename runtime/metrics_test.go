package runtime_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// metrics are all samples as a scrape brings them, by name and labels.
func (e *engine) metrics() map[string]float64 {
	e.w.t.Helper()
	recorder := httptest.NewRecorder()
	e.compiled.Metrics().Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if recorder.Code != 200 {
		e.w.t.Fatalf("/metrics: %d: %s", recorder.Code, recorder.Body)
	}
	out := map[string]float64{}
	for line := range strings.Lines(recorder.Body.String()) {
		line = strings.TrimSpace(line)
		at := strings.LastIndex(line, " ")
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			e.w.t.Fatalf("%s: %v", line, err)
		}
		out[line[:at]] = value
	}
	return out
}

// measures compares samples with what they must be.
func (e *engine) measures(want map[string]float64) {
	e.w.t.Helper()
	got := e.metrics()
	for sample, value := range want {
		if seen, there := got[sample]; !there || seen != value {
			e.w.t.Errorf("%s is %v (there: %v), want %v", sample, seen, there, value)
		}
	}
}

// TestMetricsOfKnownWork: what was done is what a scrape says, exactly.
func TestMetricsOfKnownWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: counted}
spec:
  handlers:
    - {id: good, on: create, resource: widgets.test.kopf.dev, do: [{status: {sum: "${[1, 2, 3].map(x, x * 2).size()}"}}]}
    - id: stubborn
      on: create
      resource: widgets.test.kopf.dev
      backoff: 10ms
      do:
        - when: retry < 2
          fail: not yet
    - {id: bad, on: create, resource: widgets.test.kopf.dev, do: [{fail: {permanent: never}}]}
    - {id: needy, needs: bad, on: create, resource: widgets.test.kopf.dev, do: [{log: never}]}
    - {id: careless, on: create, resource: widgets.test.kopf.dev, errors: ignored, do: [{fail: oops}]}
    - {id: typo, on: create, resource: widgets.test.kopf.dev, match: {when: "spec.no.such > 1"}, do: [{log: never}]}
    - {id: seen, on: event, resource: widgets.test.kopf.dev, match: {field: spec.watched}, do: [{fail: oops}]}
`)
	for _, name := range []string{"one", "two"} {
		w.create(widgets, `{metadata: {name: `+name+`}, spec: {size: 1}}`)
		w.handled(widgets, name, "counted.kopf.dev")
	}
	w.create(widgets, `{metadata: {name: three}, spec: {watched: true}}`)
	w.handled(widgets, "three", "counted.kopf.dev")
	w.delete(widgets, "two")
	const resource = `operator="counted",resource="widgets.test.kopf.dev"`
	w.eventually("two objects are left", func() (any, bool) {
		n := e.metrics()["kopf_objects_watched{"+resource+"}"]
		return n, n == 2
	})
	runs := func(handler, outcome string) string {
		return `kopf_handler_runs_total{handler="` + handler + `",operator="counted",outcome="` + outcome + `"}`
	}
	e.measures(map[string]float64{
		runs("good", "succeeded"):     3,
		runs("good", "failed"):        0,
		runs("stubborn", "retried"):   6,
		runs("stubborn", "succeeded"): 3,
		runs("bad", "failed"):         3,
		runs("needy", "failed"):       3,
		runs("careless", "ignored"):   3,
		`kopf_handler_retries_total{handler="stubborn",operator="counted"}`:          6,
		`kopf_handler_retries_total{handler="good",operator="counted"}`:              0,
		`kopf_handler_duration_seconds_count{handler="stubborn",operator="counted"}`: 9,
		`kopf_handler_duration_seconds_count{handler="needy",operator="counted"}`:    0,
		"kopf_queue_depth{" + resource + "}":                                         0,
		"kopf_braked_objects_total{" + resource + "}":                                0,
		"kopf_object_errors_total{" + resource + "}":                                 0,
		`kopf_operator_paused{operator="counted"}`:                                   0,
		`kopf_events_dropped_total{operator="counted"}`:                              0,
	})
	got := e.metrics()
	// Each object costs its status, the records while stubborn is retried, and the end.
	if n := got[`kopf_api_requests_total{code="200",operator="counted",verb="patch"}`]; n < 3*4 {
		t.Errorf("%v patches were counted", n)
	}
	if n := got[`kopf_filter_errors_total{handler="typo",operator="counted"}`]; n < 3 {
		t.Errorf("%v faults of the filter were counted", n)
	}
	if n := got[runs("seen", "failed")]; n < 1 {
		t.Errorf("%v failures of the event handler were counted", n)
	}
	if got[`kopf_cel_evaluations_total{operator="counted"}`] < 3 || got[`kopf_cel_cost_total{operator="counted"}`] < 10 {
		t.Errorf("evaluations and their cost: %v, %v", got[`kopf_cel_evaluations_total{operator="counted"}`], got[`kopf_cel_cost_total{operator="counted"}`])
	}
	if got["kopf_queue_latency_seconds_count{"+resource+"}"] < 3 {
		t.Errorf("the queue's latency was not measured")
	}
	for sample, value := range got {
		if strings.HasPrefix(sample, `kopf_build_info{`) && (value != 1 || !strings.Contains(sample, `version="v0-test"`)) {
			t.Errorf("%s %v", sample, value)
		}
		if strings.Contains(sample, `"one"`) || strings.Contains(sample, w.ns) {
			t.Errorf("the name of an object is a label: %s", sample)
		}
	}
	problems, err := testutil.GatherAndLint(e.compiled.Metrics().Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

// TestMetricsOfTrouble: a brake and a watch that is cut are counted.
func TestMetricsOfTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: loop}
spec:
  handlers:
    - {id: spin, on: [create, update], resource: widgets.test.kopf.dev, do: [{patch: {merge: {spec: {n: "${has(spec.n) ? spec.n + 1 : 1}"}}}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	const resource = `operator="loop",resource="widgets.test.kopf.dev"`
	w.eventually("the object is slowed down", func() (any, bool) {
		n := e.metrics()["kopf_braked_objects_total{"+resource+"}"]
		return n, n == 1
	})
	proxy.Disconnect()
	w.eventually("the watch is opened again", func() (any, bool) {
		n := e.metrics()[`kopf_watch_restarts_total{operator="loop",reason="cut",resource="widgets.test.kopf.dev"}`]
		return n, n >= 1
	})
}

// TestMetricsOfSteps: what steps record stands beside the engine's own, once for all
// operators.
func TestMetricsOfSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operator := func(name, value string) string {
		return `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: ` + name + `}
spec:
  handlers:
    - id: record
      on: create
      resource: widgets.test.kopf.dev
      do:
        - metric: {name: things_total, type: counter, value: ` + value + `, labels: {zone: "${spec.zone}"}}
        - metric: {name: last_size, type: gauge, value: "${spec.size}", help: Size of the last thing}
        - metric: {name: thing_size, type: histogram, value: "${spec.size}"}
        - metric: {name: never_total, type: counter, value: 0}
---`
	}
	e := w.start(operator("steps-a", "2") + operator("steps-b", "0.5"))
	e.measures(map[string]float64{"never_total": 0})
	w.create(widgets, `{metadata: {name: one}, spec: {zone: north, size: 3}}`)
	for _, name := range []string{"steps-a", "steps-b"} {
		w.handled(widgets, "one", name+".kopf.dev")
	}
	e.measures(map[string]float64{`things_total{zone="north"}`: 2.5, "last_size": 3, "thing_size_count": 2, "thing_size_sum": 6})
	problems, err := testutil.GatherAndLint(e.compiled.Metrics().Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}
