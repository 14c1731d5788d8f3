package essence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

// object makes an object of YAML, with the number types that a client yields.
func object(t testing.TB, text string) map[string]any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Unmarshal(string(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func file(t testing.TB, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return object(t, string(text))
}

func mustMarshal(t testing.TB, e map[string]any) string {
	t.Helper()
	text, err := Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var ours = Options{Prefixes: []string{"evc.kopf.dev"}}

func TestOfRealObjects(t *testing.T) {
	objects, err := filepath.Glob("testdata/*.essence.yaml")
	if err != nil || len(objects) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, path := range objects {
		name := strings.TrimSuffix(filepath.Base(path), ".essence.yaml")
		t.Run(name, func(t *testing.T) {
			obj, want := file(t, name+".yaml"), file(t, name+".essence.yaml")
			got := Of(obj, ours)
			if !patch.Equal(got, want) {
				t.Errorf("got  %s\nwant %s", mustMarshal(t, got), mustMarshal(t, want))
			}
			if !patch.Equal(obj, file(t, name+".yaml")) {
				t.Error("the object was changed")
			}
			if !Matches(obj, ours, mustMarshal(t, want)) {
				t.Error("the object does not match its own essence")
			}
		})
	}
}

func TestOfWithFields(t *testing.T) {
	const obj = `
apiVersion: v1
kind: Thing
metadata:
  name: x
  finalizers: [a]
  labels: {l: "1"}
  annotations: {a: "1", own.dev/x: "1", kopf.zalando.org/y: "1", m.dev/kopf-managed: "yes", m.dev/z: "1"}
spec: {size: 1}
status: {phase: Ready, sub: {a: 1, b: 2}, kopf: {progress: {h: {retries: 1}}, other: 1}, none: null}
`
	const base = `metadata: {labels: {l: "1"}, annotations: {a: "1"}}, spec: {size: 1}`
	tests := []struct {
		name   string
		fields []string
		want   string
	}{
		{"none", nil, `{` + base + `}`},
		{"in the essence already", []string{"spec", "spec.size", "metadata.labels.l", "metadata.annotations"}, `{` + base + `}`},
		{"absent", []string{"status.absent", "spec.absent.deep", "status.phase.deep", "absent"}, `{` + base + `}`},
		{"of the status", []string{"status.phase"}, `{` + base + `, status: {phase: Ready}}`},
		{"null", []string{"status.none"}, `{` + base + `, status: {none: null}}`},
		{"siblings", []string{"status.sub.a", "status.sub.b"}, `{` + base + `, status: {sub: {a: 1, b: 2}}}`},
		{"above after below", []string{"status.sub.a", "status.sub"}, `{` + base + `, status: {sub: {a: 1, b: 2}}}`},
		{"below after above", []string{"status.sub", "status.sub.a"}, `{` + base + `, status: {sub: {a: 1, b: 2}}}`},
		{"status without records", []string{"status"}, `{` + base + `, status: {phase: Ready, sub: {a: 1, b: 2}, kopf: {other: 1}, none: null}}`},
		{"nothing but records", []string{"status.kopf.progress"}, `{` + base + `}`},
		{"of the metadata", []string{"metadata.finalizers"}, `{metadata: {finalizers: [a], labels: {l: "1"}, annotations: {a: "1"}}, spec: {size: 1}}`},
		{"metadata without records", []string{"metadata"}, `{metadata: {name: x, finalizers: [a], labels: {l: "1"}, annotations: {a: "1"}}, spec: {size: 1}}`},
		{"a record of ours", []string{"metadata.annotations.own\\.dev/x"}, `{` + base + `}`},
		{"a record of a neighbour, by name", []string{"metadata.annotations.m\\.dev/z"}, `{metadata: {labels: {l: "1"}, annotations: {a: "1", m.dev/z: "1"}}, spec: {size: 1}}`},
		{"the kind", []string{"kind"}, `{kind: Thing, ` + base + `}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opts := Options{Prefixes: []string{"own.dev"}, Without: [][]string{{"status", "kopf", "progress"}}}
			for _, field := range test.fields {
				opts.Fields = append(opts.Fields, ParsePath(field))
			}
			source := object(t, obj)
			if got, want := Of(source, opts), object(t, test.want); !patch.Equal(got, want) {
				t.Errorf("got  %s\nwant %s", mustMarshal(t, got), mustMarshal(t, want))
			}
			if !patch.Equal(source, object(t, obj)) {
				t.Error("the object was changed")
			}
		})
	}
}

// scramble overwrites every value that can be reached.
func scramble(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			scramble(child)
			v[key] = "scrambled"
		}
		v["new"] = "scrambled"
	case []any:
		for i, child := range v {
			scramble(child)
			v[i] = "scrambled"
		}
	}
}

func TestOfSharesNothing(t *testing.T) {
	opts := Options{Fields: [][]string{{"status"}, {"metadata"}, {"metadata", "ownerReferences"}}}
	for _, name := range []string{"pod.yaml", "deployment.yaml", "foreign.yaml", "bare.yaml"} {
		obj := file(t, name)
		scramble(Of(obj, opts))
		if diff := Compare(file(t, name), obj); len(diff) > 0 {
			t.Errorf("%s: the object changed with its essence: %v", name, diff)
		}
	}
}

func TestMatches(t *testing.T) {
	obj := file(t, "pod.yaml")
	text := mustMarshal(t, Of(obj, ours))
	obj["spec"].(map[string]any)["nodeName"] = "node-8"
	if Matches(obj, ours, text) {
		t.Error("a changed object matches its old essence")
	}
	if !Matches(map[string]any{}, ours, "{}") {
		t.Error("the final newline is not optional")
	}
	if Matches(map[string]any{"spec": make(chan int)}, ours, "{}") {
		t.Error("what is not JSON matches")
	}
}
