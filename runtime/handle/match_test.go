package handle

import (
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// load compiles an operator of which only the handlers are of interest.
func load(t *testing.T, handlers string) *Operator {
	t.Helper()
	text := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: test}\nspec:\n  handlers:\n" + handlers
	bundle, found := spec.Parse([]spec.Source{{Name: "test.yaml", Text: []byte(text)}})
	for _, d := range found {
		t.Fatal(d)
	}
	op, found := Compile(bundle.Operators[0], nil)
	for _, d := range found {
		t.Fatal(d)
	}
	return op
}

func TestSelectorsForTheServer(t *testing.T) {
	for _, tt := range []struct {
		name, handlers, labels, fields string
	}{
		{"none", `
    - {on: event, resource: pods, do: []}`, "", ""},
		{"all forms", `
    - {on: event, resource: pods, match: {labels: {a: x, b: {in: [z, y]}, c: {exists: true}, d: {exists: false}}}, do: []}`,
			"!d,a=x,b in (y,z),c", ""},
		{"what only the engine knows is not sent", `
    - {on: event, resource: pods, match: {labels: {a: x, b: {when: "value == 'y'"}, c: {equals: z, exists: true}}}, do: []}`, "a=x", ""},
		{"only what all have", `
    - {on: event, resource: pods, match: {labels: {a: x, b: y}}, do: []}
    - {on: create, resource: pods, match: {labels: {b: y, a: z}}, do: []}`, "b=y", ""},
		{"not where a finalizer may be left", `
    - {on: delete, resource: pods, match: {labels: {a: x}}, do: []}`, "", ""},
		{"an optional deletion leaves none", `
    - {on: delete, optional: true, resource: pods, match: {labels: {a: x}}, do: []}`, "a=x", ""},
		{"nor where children may hold their parent", `
    - {on: create, resource: pods, match: {labels: {a: x}}, do: [{create: {object: {apiVersion: v1, kind: ConfigMap}}}]}`, "", ""},
		{"no label can have such a value", `
    - {on: event, resource: pods, match: {labels: {a: "not a label!"}}, do: []}`, "", ""},
		{"a name never changes", `
    - {on: delete, resource: pods, match: {field: metadata.name, value: one}, do: []}`, "", "metadata.name=one"},
		{"other fields do", `
    - {on: event, resource: pods, match: {field: spec.nodeName, value: one}, do: []}`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			handlers := load(t, tt.handlers+"\n").Handlers
			if got := LabelSelector(handlers, nil); got != tt.labels {
				t.Errorf("label selector %q, want %q", got, tt.labels)
			}
			if got := FieldSelector(handlers, nil); got != tt.fields {
				t.Errorf("field selector %q, want %q", got, tt.fields)
			}
		})
	}
}

func TestCompileFindsAllMistakes(t *testing.T) {
	text := `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: test}
spec:
  resources: {pods: v1/pods, sets: apps/v1/replicasets}
  filters: {big: "spec.size >"}
  handlers:
    - id: one
      on: create
      resource: pods
      match: {when: "nme == 'x'"}
      do:
        - log: "${oldd}"
        - wait: {for: "children.pod.size() > 0"}
        - log: "${vars.texxt}"
      vars: {text: x}
`
	bundle, found := spec.Parse([]spec.Source{{Name: "test.yaml", Text: []byte(text)}})
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = Compile(bundle.Operators[0], nil)
	var seen []string
	for _, d := range found {
		seen = append(seen, d.Error())
	}
	all := strings.Join(seen, "\n")
	for _, want := range []string{"test.yaml:6:", "test.yaml:11:22", "test.yaml:13:19", "test.yaml:14:33", `did you mean "pods"?`, "test.yaml:15:", "did you mean text?"} {
		if !strings.Contains(all, want) {
			t.Errorf("no finding with %s among:\n%s", want, all)
		}
	}
}
