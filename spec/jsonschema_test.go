package spec

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json") // checks it against draft 07 too
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// refusals are what the schema says about each document of a text.
func refusals(schema *jsonschema.Schema, text string) []string {
	p := &parser{report: &report{}}
	var out []string
	for _, v := range p.readDocuments(newSource("test.yaml", text)) {
		if err := schema.Validate(v.Native()); err != nil {
			out = append(out, err.Error())
		}
	}
	return out
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The schema takes what the parser takes.
func TestSchemaTakesWhatIsRight(t *testing.T) {
	schema := compiledSchema(t)
	paths := glob(t, "testdata/ok/*.yaml")
	paths = append(paths, glob(t, "../samples/*/operator.yaml")...)
	for _, path := range paths {
		for _, refusal := range refusals(schema, readText(t, path)) {
			t.Errorf("%s: %s", path, refusal)
		}
	}
}

// The schema refuses files with mistakes of form: unknown keys, wrong types and
// values, what is missing, names.
func TestSchemaRefusesMistakesOfForm(t *testing.T) {
	schema := compiledSchema(t)
	for _, name := range []string{"handlers", "kinds", "missing", "names", "tasks", "together", "types", "unknown"} {
		if len(refusals(schema, readText(t, filepath.Join("testdata/err", name+".yaml")))) == 0 {
			t.Errorf("%s.yaml is accepted", name)
		}
	}
}

// Each single mistake is refused at its place, by the parser too; what stands
// around it is right.
func TestSchemaFindsSingleMistakes(t *testing.T) {
	schema := compiledSchema(t)
	const before = "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  "
	handler := func(more string) string {
		return before + "handlers: [{on: create, resource: pods, " + more + "}]"
	}
	step := func(text string) string { return handler("do: [{" + text + "}]") }
	if found := refusals(schema, step("log: x")); found != nil {
		t.Fatal(found)
	}
	for _, c := range []struct{ text, place string }{
		{"apiVersion: kopf.dev/v1\nkind: Operator\nmetadata: {name: x}\nspec: {}", "/apiVersion"},
		{"apiVersion: kopf.dev/v1alpha1\nkind: Operater\nmetadata: {name: x}\nspec: {}", "/kind"},
		{"apiVersion: kopf.dev/v1\nkind: OperatorTest", "/apiVersion"},
		{"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {}", "metadata"},
		{"apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: X_y}\nspec: {}", "/metadata/name"},
		{before + "handler: []", "handler"},
		{before + "handlers: {}", "/spec/handlers"},
		{before + "resources: {a.b: pods}", "'a.b'"},
		{before + "resources: {a: a//b}", "/spec/resources/a"},
		{before + "filters: {a: }", "/spec/filters/a"},
		{before + "settings: {queueing: {workerLimit: 0}}", "workerLimit"},
		{before + "settings: {execution: {deadline: 0}}", "deadline"},
		{before + "settings: {networking: {qps: '5'}}", "qps"},
		{before + "timers: [{resource: pods, interval: soon, do: []}]", "interval"},
		{before + "timers: [{resource: pods, interval: 5s}]", "do"},
		{before + "probes: [{id: x}]", "expr"},
		{handler("do: [], on_failure: []"), "on_failure"},
		{handler("do: [], retries: 0"), "retries"},
		{handler("do: [], backoff: {factor: 0}"), "factor"},
		{handler("do: [], backoff: {initail: 5s}"), "initail"},
		{handler("do: [], match: {lables: {}}"), "lables"},
		{handler("do: [], match: {field: a..b}"), "field"},
		{handler("do: [], match: {when: '${x}'}"), "when"},
		{handler("do: [], errors: ignore"), "errors"},
		{before + "handlers: [{on: [create, updated], resource: pods, do: []}]", "/on"},
		{before + "handlers: [{on: create, resource: [], do: []}]", "/resource"},
		{step(""), "/do/0"},
		{step("log: x, fail: y"), "/do/0"},
		{step("frobnicate: x"), "frobnicate"},
		{step("log: [x]"), "log"},
		{step("log: {msg: x}"), "msg"},
		{step("status: ready"), "status"},
		{step("delete: 5"), "delete"},
		{step("create: {object: {}, adopt: {name: prefixed}}"), "name"},
		{step("create: {objects: text}"), "objects"},
		{step("create: {object: [], adopt: {labels: [a]}}"), "labels"},
		{step("condition: {type: Ready, status: Yes}"), "status"},
		{step("event: {reason: X, type: normal}"), "type"},
		{step("fail: {temporary: x, delay: later}"), "delay"},
		{step("repeat: {every: 5s, do: [{lgo: x}]}"), "lgo"},
	} {
		if _, found := Parse([]Source{{Name: "x.yaml", Text: []byte(c.text)}}); !found.HasErrors() {
			t.Errorf("the parser accepts:\n%s", c.text)
		}
		found := strings.Join(refusals(schema, c.text), "\n")
		if !strings.Contains(found, c.place) {
			t.Errorf("%s: got %q for:\n%s", c.place, found, c.text)
		}
	}
}

// Whoever points at a key is told what it is.
func TestSchemaDescribesEveryKey(t *testing.T) {
	var definitions struct {
		Definitions map[string]struct {
			Properties map[string]struct{ Description string }
		}
	}
	decodeJSON(t, JSONSchema(), &definitions)
	if len(definitions.Definitions) < 20 {
		t.Fatalf("only %d definitions", len(definitions.Definitions))
	}
	for name, d := range definitions.Definitions {
		for key, property := range d.Properties {
			if property.Description == "" {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
	}
}

// The copy that editors read is the schema of today.
func TestSchemaCopy(t *testing.T) {
	if readText(t, "../docs/schema.json") != string(JSONSchema()) {
		t.Error("docs/schema.json is stale: run make generate")
	}
}

func decodeJSON(t *testing.T, text []byte, out any) {
	t.Helper()
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
}
