package actions_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions"
)

func TestMetric(t *testing.T) {
	var got []string
	record := func(r *actions.Run) {
		r.Measure = func(name string, value float64, labels ...string) error {
			got = append(got, fmt.Sprintf("%s %v %v", name, value, labels))
			return nil
		}
	}
	a := offline(t, `
- metric: {name: runs_total, type: counter}
- metric: {name: seconds_total, type: counter, value: 1.5, labels: {zone: "${spec.text}", kind: fixed}}
- metric: {name: size, type: gauge, value: "${spec.list.size() - 5}"}
- metric: {name: wait_seconds, type: histogram, value: "${duration('90s').getSeconds()}", help: How long}
- {name: nothing, metric: {name: runs_total, type: counter, value: 0}}
- status: {result: "${steps.nothing == null}"}
`, record)
	if a.err != nil {
		t.Fatal(a.err)
	}
	text := fmt.Sprint(a.Object["spec"].(map[string]any)["text"])
	want := []string{"runs_total 1 []", "seconds_total 1.5 [fixed " + text + "]", "size -3 []", "wait_seconds 90 []", "runs_total 0 []"}
	if !slices.Equal(got, want) {
		t.Errorf("recorded: %q, want %q", got, want)
	}
	status, _ := a.Own.Status()
	wantJSON(t, "status", status, `{"status": {"result": true}}`)

	failsWith(t, offline(t, `- metric: {name: a_total, type: counter, value: -1}`, record), "permanent", "a counter cannot go down, found -1")
	failsWith(t, offline(t, `- metric: {name: a, type: gauge, value: "${spec.text}"}`, record), "permanent", "must be a number, found a string")
	failsWith(t, offline(t, `- metric: {name: a, type: gauge, value: "${omit()}"}`, record), "permanent", "must be a number, found nothing")
}

func TestMetricChecks(t *testing.T) {
	for _, c := range []struct{ step, rule, at, detail string }{
		{`{metric: {name: back-ups_total, type: counter}}`, "metric-name", "back-ups", `did you mean "back_ups_total"?`},
		{`{metric: {name: 1st, type: gauge, value: 1}}`, "metric-name", "1st", `did you mean "n1st"?`},
		{`{metric: {name: "a:b", type: gauge, value: 1}}`, "metric-name", `"a:b"`, `did you mean "a_b"?`},
		{`{metric: {name: kopf_runs_total, type: counter}}`, "metric-name", "kopf_", `did you mean "runs_total"?`},
		{`{metric: {name: runs, type: counter}}`, "metric-name", "runs", `ends in _total; did you mean "runs_total"?`},
		{`{metric: {name: size_total, type: gauge, value: 1}}`, "metric-name", "size_total", `did you mean "size"?`},
		{`{metric: {name: size_count, type: gauge, value: 1}}`, "metric-name", "size_count", `did you mean "size"?`},
		{`{metric: {name: size, type: gauge}}`, "metric-value", "{name", "a gauge needs a value"},
		{`{metric: {name: a_total, type: counter, labels: {"${name}": x}}}`, "metric-label", `"${name}"`, "are fixed"},
		{`{metric: {name: a_total, type: counter, labels: {my-label: x}}}`, "metric-label", "my-label", `did you mean "my_label"?`},
		{`{metric: {name: a_total, type: counter, labels: {__x: x}}}`, "metric-label", "__x", `did you mean "x"?`},
		{`{metric: {name: a, type: histogram, value: 1, labels: {le: x}}}`, "metric-label", "le: x", "for its buckets"},
	} {
		t.Run(c.step, func(t *testing.T) { check(t, c.step, c.rule, c.at, c.detail) })
	}
}
