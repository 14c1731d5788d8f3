package runtime

import (
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
