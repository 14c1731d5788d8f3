package runtime

import (
	"slices"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// TestOneMetricInTwoForms: within an operator and across operators.
func TestOneMetricInTwoForms(t *testing.T) {
	const text = `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: one}
spec:
  handlers:
    - {id: a, on: create, resource: pods, do: [{metric: {name: a_total, type: counter, labels: {x: "1", y: "2"}}}]}
    - {id: b, on: create, resource: pods, do: [{metric: {name: a_total, type: counter, labels: {y: "1", x: "2"}}}]}
    - {id: c, on: create, resource: pods, do: [{metric: {name: a_total, type: counter}}]}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: two}
spec:
  handlers:
    - {id: a, on: create, resource: pods, do: [{metric: {name: b, type: gauge, value: 1}}]}
    - {id: b, on: create, resource: pods, do: [{metric: {name: b, type: histogram, value: 1}}]}
`
	bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = Compile(bundle)
	want := []string{
		"x.yaml:8:64: error: one metric in two forms: a_total at x.yaml:6:64 has the labels x, y, here it has no labels",
		"x.yaml:16:64: error: one metric in two forms: b at x.yaml:15:64 is a gauge, here it is a histogram",
	}
	var got []string
	for _, d := range found {
		got = append(got, d.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings: %q, want %q", got, want)
	}
}
