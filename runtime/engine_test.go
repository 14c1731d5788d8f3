package runtime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func TestOperatorsThatWouldCollide(t *testing.T) {
	text := `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: one}
spec: {handlers: [{on: create, resource: pods, do: [{log: x}]}], settings: {persistence: {prefix: shared.example.com}}}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: two}
spec: {handlers: [{on: create, resource: pods, do: [{log: x}]}], settings: {persistence: {prefix: shared.example.com}}}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: three}
spec: {handlers: [{on: create, resource: pods, do: [{log: x}]}]}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: four}
spec: {handlers: [{on: create, resource: pods, do: [{log: x}]}], settings: {persistence: {finalizer: three.kopf.dev/finalizer}}}
`
	bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = Compile(bundle)
	if len(found) != 2 || found[0].ID() != "same-prefix" || !strings.HasPrefix(found[0].Error(), "x.yaml:9:18: error: ") ||
		found[1].ID() != "same-finalizer" || !strings.HasPrefix(found[1].Error(), "x.yaml:19:18: error: ") {
		t.Errorf("findings: %v", found)
	}
}

// Steps that need the handled object are refused where there is none.
func TestActivitiesHaveNoObject(t *testing.T) {
	text := `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: one}
spec:
  startup:
    - do:
        - status: {a: b}
        - condition: {type: A, status: true}
        - patch: {merge: {a: b}}
        - delete:
        - event: {reason: A}
        - create: {object: {apiVersion: v1, kind: Pod}, adopt: true}
        - log: ${name}
        - patch: {merge: {a: b}, target: {resource: pods, name: x, namespace: y}}
        - delete: {target: {resource: pods, name: x, namespace: y}}
        - event: {reason: A, about: {apiVersion: v1, kind: Pod, metadata: {name: x}}}
        - create: {object: {apiVersion: v1, kind: Pod}, adopt: false}
        - create: {object: {apiVersion: v1, kind: Pod}}
        - memo: {a: "${memo}${param}${now}${operator.name}${retry}"}
  probes:
    - {id: x, expr: retry}
`
	bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = Compile(bundle)
	var got []string
	for _, d := range found {
		got = append(got, fmt.Sprintf("%d %s", d.Subject.Start.Line, d.ID()))
	}
	want := []string{"7 no-object", "8 no-object", "9 no-object", "10 no-object", "11 no-object", "12 no-object", "13 expression-scope", "21 expression-scope"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q\n%v", got, want, found)
	}
}

// A timer with a wrong schedule in an unknown time zone has two mistakes.
func TestMistakesOfTimers(t *testing.T) {
	text := `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: one}
spec:
  timers:
    - {resource: pods, schedule: "0 25 * * *", timeZone: Europe/Berln, do: [{log: hi}]}
`
	bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = Compile(bundle)
	var got []string
	for _, d := range found {
		got = append(got, fmt.Sprintf("%d:%d %s", d.Subject.Start.Line, d.Subject.Start.Column, d.ID()))
	}
	if want := []string{"6:58 time-zone", "6:37 schedule"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q: %v", got, want, found)
	}
}
