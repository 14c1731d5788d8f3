package conform

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

func kinds(t testing.TB) *schema.Set {
	t.Helper()
	text, err := os.ReadFile("testdata/widgets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd map[string]any
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	set := schema.NewSet(schema.Builtin())
	if err := set.AddCRD(crd); err != nil {
		t.Fatal(err)
	}
	return set
}

// template parses a template; its first line is line 1 and stands at column 1.
func template(t testing.TB, text string) *spec.Value {
	t.Helper()
	head := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec: {handlers: [{id: x, on: create, resource: pods, param: 1, do: [{create: {object:\n"
	bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(head + text + "\n}}]}]}")}})
	if found.HasErrors() {
		t.Fatal(found.Err())
	}
	return bundle.Operators[0].Spec.Handlers[0].Do[0].Create.Object
}

const headLines = 4

// said are findings as "line:column: detail".
func said(found diag.List) []string {
	var out []string
	for _, d := range found.Sorted() {
		text := fmt.Sprintf("%d:%d: %s", d.Subject.Start.Line-headLines, d.Subject.Start.Column, d.Detail)
		if d.Severity != diag.Error {
			text = d.Severity.String() + " " + text
		}
		if d.Fix != nil && d.Fix.Safe {
			text += " [fix]"
		}
		out = append(out, text)
	}
	return out
}

// types are the types of the expressions in tests: ${int} is an int.
var types = map[string]*schema.Type{
	"dyn": nil, "int": schema.Of(schema.Int), "string": schema.Of(schema.String), "bool": schema.Of(schema.Bool),
	"double": schema.Of(schema.Double), "time": schema.Of(schema.Timestamp), "span": schema.Of(schema.Duration), "bytes": schema.Of(schema.Bytes),
	"either": schema.Of(schema.IntOrString),
	"ints":   schema.ListOf(schema.Of(schema.Int)), "list": schema.ListOf(nil), "strings": schema.MapOf(schema.Of(schema.String)), "map": schema.MapOf(nil),
	"sized": schema.ObjectOf("", []schema.Field{{Name: "size", Type: schema.Of(schema.Int), Required: true}, {Name: "mode", Type: schema.Of(schema.String)}}),
	"wrong": schema.ObjectOf("", []schema.Field{{Name: "size", Type: schema.Of(schema.Bool), Required: true}}),
	"more":  schema.ObjectOf("", []schema.Field{{Name: "size", Type: schema.Of(schema.Int), Required: true}, {Name: "sort", Type: schema.Of(schema.Int), Required: true}}),
}

func texts(v *spec.Value) Text {
	s, _ := v.String()
	if !strings.Contains(s, "${") {
		return Text{Constant: s, IsConstant: true}
	}
	name, whole := strings.CutPrefix(s, "${")
	name, closed := strings.CutSuffix(name, "}")
	if !whole || !closed {
		return Text{Type: schema.Of(schema.String)}
	}
	name, optional := strings.CutPrefix(name, "?")
	return Text{Type: types[name], Optional: optional}
}

func check(t *testing.T, set *schema.Set, mode Mode, text string) diag.List {
	t.Helper()
	v := template(t, text)
	apiVersion, _ := v.Get("apiVersion").String()
	kind, _ := v.Get("kind").String()
	root := set.Type(schema.KindOf(apiVersion, kind))
	if root == nil {
		t.Fatalf("no kind %s of %s", kind, apiVersion)
	}
	w := Writing{Texts: texts, Kinds: set, Mode: mode, Given: []string{"metadata"}}
	return w.Check(v, root, "object", v.Get("kind").Range)
}

// whole is a test of one object, given as a flow mapping.
type whole struct {
	mode Mode
	text string
	want []string
}

const widget = "{apiVersion: example.com/v1, kind: Widget, spec: "

func TestCustomKinds(t *testing.T) {
	set := kinds(t)
	// In these the spec is one line, {size: 1, …}, whose third field begins in
	// column 59.
	tests := map[string]struct{ field, want string }{
		"nothing wrong":       {"name: abc, code: a, ratio: 0.5, even: 4, level: 3, flag: true", ""},
		"too small":           {"ratio: 0", `ratio: "ratio" must be more than 0, and is 0`},
		"no multiple":         {"even: 3", `even: "even" must be a multiple of 2, and is 3`},
		"integral":            {"even: 4.0", ""},
		"not whole":           {"even: 4.5", `even: "even" must be a whole number, and is a number (4.5)`},
		"enum":                {"mode: fats", `mode: "mode" cannot be "fats"; did you mean "fast"?`},
		"enum, not near":      {"mode: other", `mode: "mode" cannot be "other"; it must be "fast" or "slow"`},
		"enum, spelling":      {"mode: Fast", `mode: "mode" cannot be "Fast"; did you mean "fast"? [fix]`},
		"enum of numbers":     {"level: 4", `level: "level" cannot be 4; it must be 1, 2 or 3`},
		"too short":           {"name: a", `name: "name" must have at least 2 characters, and has 1`},
		"empty":               {"name: ''", `name: "name" must not be empty`},
		"too long":            {"name: abcdef", `name: "name" must have at most 5 characters, and has 6`},
		"pattern":             {"code: A1", `code: "code" must match the pattern ^[a-z]+$, and is "A1"`},
		"format":              {"address: 1.2.3", `address: "address" must be in the form of "ipv4", and is "1.2.3"`},
		"number for text":     {"code: 1e3", `code: "code" must be text, and is a number (1e3); write "1e3" [fix]`},
		"boolean for text":    {"code: true", `code: "code" must be text, and is a boolean (true); write "true" [fix]`},
		"text for number":     {"level: '2'", `level: "level" must be a whole number, and is text ("2"); leave out the quotes [fix]`},
		"word for number":     {"level: two", `level: "level" must be a whole number, and is text ("two")`},
		"word for boolean":    {"flag: yes", `flag: "flag" must be a boolean, and is text ("yes"); write true [fix]`},
		"number for boolean":  {"flag: 1", `flag: "flag" must be a boolean, and is a whole number (1)`},
		"null":                {"note: null, code: null", ""},
		"int or string":       {"port: http", ""},
		"string or int":       {"port: 80", ""},
		"neither":             {"port: 1.5", `port: "port" must be a whole number or text, and is a number (1.5)`},
		"neither, a list":     {"port: [1]", `port: "port" must be a whole number or text, and is a list`},
		"time":                {"since: 2026-01-31T12:00:00Z", ""},
		"no time":             {"since: yesterday", `since: "since" must be a time such as 2026-01-31T12:00:00Z, and is "yesterday"`},
		"day":                 {"day: 2026-01-31", ""},
		"no duration":         {"every: soon", `every: "every" must be a duration such as 1h30m, and is "soon"`},
		"base64":              {"secret: eHl6", ""},
		"no base64":           {"secret: '***'", `secret: "secret" must be text in base64, and is "***"`},
		"free":                {"free: {a: {b: [1]}}", ""},
		"free, but no map":    {"free: 1", ""},
		"partly free":         {"partly: {other: 1}", ""},
		"partly known":        {"partly: {known: x}", `known: "known" must be a whole number, and is text ("x")`},
		"list for text":       {"code: [a]", `code: "code" must be text, and is a list`},
		"text for list":       {"words: a", `words: "words" must be a list, and is text ("a")`},
		"item":                {"words: [1]", `1]: an item of "words" must be text, and is a whole number (1); write "1" [fix]`},
		"too few":             {"words: []", `words: "words" must have at least 1 items, and has 0`},
		"too many":            {"words: [a, b, c]", `words: "words" must have at most 2 items, and has 3`},
		"value":               {"table: {a: b}", `a: "a" must be a whole number, and is text ("b")`},
		"too many fields":     {"table: {a: 1, b: 2}", `table: "table" must have at most 1 fields, and has 2`},
		"map for text":        {"code: {a: b}", `code: "code" must be text, and is a map`},
		"missing in a list":   {"disks: [{gb: 1}]", `{gb: example.com/v1.Widget.spec.disks needs "id"`},
		"computed key":        {"disks: [{'${string}': 1}]", ""},
		"unknown":             {"sizee: 1", `*sizee: example.com/v1.Widget.spec has no field "sizee"; did you mean "size"?`},
		"unknown, spelling":   {"Size: 1", `*Size: example.com/v1.Widget.spec has no field "Size"; did you mean "size"? [fix]`},
		"unknown, far":        {"other: 1", `*other: example.com/v1.Widget.spec has no field "other"`},
		"one level down":      {"gb: 1", `*gb: example.com/v1.Widget.spec has no field "gb"; it belongs one level down, into "disks"`},
		"one level up":        {"spec: {}", `*spec: example.com/v1.Widget.spec has no field "spec"; it belongs one level up, beside "spec"`},
		"embedded":            {"template: {apiVersion: v1, kind: ConfigMap, data: {a: 1}}", `a: "a" must be text, and is a whole number (1); write "1" [fix]`},
		"embedded, unknown":   {"template: {apiVersion: v1, kind: Pod, spec: {container: []}}", `*container: v1.Pod.spec has no field "container"; did you mean "containers"?`},
		"embedded, who knows": {"template: {apiVersion: x/v1, kind: Pod, spec: {container: []}}", ""},

		"expression":              {"level: '${int}', code: '${string}', flag: '${bool}', words: '${list}', table: '${map}'", ""},
		"expression, unknown":     {"level: '${dyn}', code: '${dyn}', flag: '${dyn}', words: '${dyn}', table: '${dyn}'", ""},
		"expression, text":        {"level: '${string}'", `level: "level" must be a whole number, and is text`},
		"expression, mixed":       {"level: '1${int}'", `level: "level" must be a whole number, and is text`},
		"expression, number":      {"code: '${int}'", `code: "code" must be text, and is a whole number`},
		"expression, time":        {"code: '${time}', since: '${time}'", ""},
		"expression, no time":     {"since: '${span}'", `since: "since" must be a time such as 2026-01-31T12:00:00Z, and is a duration`},
		"expression, text time":   {"since: '${string}', every: '${string}', secret: '${string}'", ""},
		"expression, bytes":       {"secret: '${bytes}'", ""},
		"expression, list":        {"words: '${ints}'", `words: an item of "words" must be text, and is a whole number`},
		"expression, map":         {"table: '${strings}'", `table: a value of "table" must be a whole number, and is text`},
		"expression, no list":     {"words: '${map}'", `words: "words" must be a list, and is a map`},
		"expression, either":      {"level: '${either}', port: '${int}', code: '${either}'", ""},
		"expression, not either":  {"port: '${bool}'", `port: "port" must be a whole number or text, and is a boolean`},
		"expression, optional":    {"code: '${?string}'", ""},
		"expression, no optional": {"disks: [{id: '${?string}'}]", `warning id: "id" is required, and this may leave it out; give it a value in any case, such as by .orValue(…)`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := widget + "{size: 1, " + tt.field + "}}"
			if strings.Contains(tt.field, "size: ") {
				text = widget + "{" + tt.field + "}}"
			}
			compare(t, text, said(check(t, set, Whole, text)), tt.want)
		})
	}
}

// compare compares findings of a text of one line with what is wanted, whose place is
// said by the key of the value, or by *key.
func compare(t *testing.T, text string, got []string, want string) {
	t.Helper()
	var all []string
	if want != "" {
		warning, rest := "", want
		if cut, ok := strings.CutPrefix(rest, "warning "); ok {
			warning, rest = "warning ", cut
		}
		key, detail, _ := strings.Cut(rest, ": ")
		column := 0
		switch name, isKey := strings.CutPrefix(key, "*"); {
		case isKey:
			column = strings.LastIndex(text, name+": ") + 1
		case strings.ContainsAny(key, "{]"):
			column = strings.LastIndex(text, key) + 1
		default:
			column = strings.LastIndex(text, key+": ") + len(key) + 3
		}
		all = []string{fmt.Sprintf("%s1:%d: %s", warning, column, detail)}
	}
	if !slices.Equal(got, all) {
		t.Errorf("got  %q\nwant %q in\n%s", got, all, text)
	}
}

func TestObjects(t *testing.T) {
	set := kinds(t)
	tests := map[string]whole{
		"required at the top": {text: "{apiVersion: example.com/v1, kind: Widget}", want: []string{`1:36: example.com/v1.Widget needs "spec"`}},
		"required below":      {text: widget + "{name: abc}}", want: []string{`1:44: example.com/v1.Widget.spec needs "size"`}},
		"null is nothing":     {text: widget + "{size: null}}", want: []string{`1:44: example.com/v1.Widget.spec needs "size"`}},
		"merge":               {mode: Merge, text: widget + "{name: null, disks: [{gb: 1}]}}", want: []string{`1:71: example.com/v1.Widget.spec.disks needs "id"`}},
		"merge, unknown":      {mode: Merge, text: widget + "{sizee: null}}", want: []string{`1:51: example.com/v1.Widget.spec has no field "sizee"; did you mean "size"?`}},
		"apply":               {mode: Apply, text: widget + "{disks: [{gb: 1}]}}"},
		"whole expression":    {text: widget + "'${sized}'}"},
		"wrong field in it":   {text: widget + "'${wrong}'}", want: []string{`1:50: "size" of "spec" must be a whole number, and is a boolean`}},
		"one more in it":      {text: widget + "'${more}'}", want: []string{`1:50: "spec" has the field "sort", which example.com/v1.Widget.spec has not`}},
		"a map may be right":  {text: widget + "'${map}'}"},
		"a list is not":       {text: widget + "'${list}'}", want: []string{`1:50: "spec" must be a map, and is a list`}},
		"pod template": {
			text: "{apiVersion: apps/v1, kind: Deployment, spec: {selector: {matchLabels: {a: b}}, template: {containers: [{naem: x}]}}}",
			want: []string{`1:92: apps/v1.Deployment.spec.template has no field "containers"; it belongs one level down, into "spec"`},
		},
		"container": {
			text: "{apiVersion: apps/v1, kind: Deployment, spec: {replcas: 1, template: {spec: {image: x, containers: [{naem: x, ports: [{containerPort: '80'}], env: [{name: A, value: 1}]}]}}}}",
			want: []string{
				`1:41: apps/v1.Deployment.spec needs "selector"`,
				`1:48: apps/v1.Deployment.spec has no field "replcas"; did you mean "replicas"?`,
				`1:78: apps/v1.Deployment.spec.template.spec has no field "image"; it belongs one level down, into "containers"`,
				`1:102: apps/v1.Deployment.spec.template.spec.containers has no field "naem"; did you mean "name"?`,
				`1:135: "containerPort" must be a whole number, and is text ("80"); leave out the quotes [fix]`,
				`1:166: "value" must be text, and is a whole number (1); write "1" [fix]`,
			},
		},
		"amounts": {
			text: "{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, resources: {limits: {cpu: 0.5, memory: 10GB, x: 1.2.3, y: true, z: '${int}Mi'}, requests: {cpu: '${bool}'}}}]}}",
			want: []string{
				`1:98: "memory" must be an amount such as 100Mi or 0.5, and is "10GB"; did you mean "10G"?`,
				`1:107: "x" must be an amount such as 100Mi or 0.5, and is "1.2.3"`,
				`1:117: "y" must be an amount such as 100Mi, and is a boolean (true)`,
				`1:155: "cpu" must be an amount such as 100Mi, and is a boolean`,
			},
		},
		"labels": {
			text: "{apiVersion: v1, kind: ConfigMap, metadata: {labels: {a: 1}, annotation: {}, ownerReferences: [{name: x}]}, data: {a: true}}",
			want: []string{
				`1:58: "a" must be text, and is a whole number (1); write "1" [fix]`,
				`1:62: metadata has no field "annotation"; did you mean "annotations"?`,
				`1:96: metadata.ownerReferences needs "apiVersion", "kind" and "uid"`,
				`1:119: "a" must be text, and is a boolean (true); write "true" [fix]`,
			},
		},
		"secret": {
			text: "{apiVersion: v1, kind: Secret, data: {a: plain text}, stringData: {a: plain text}}",
			want: []string{`1:42: "a" must be text in base64, and is "plain text"; plain text goes into stringData`},
		},
		"service": {
			text: "{apiVersion: v1, kind: Service, spec: {selector: {a: b}, ports: [{targetPort: http, nodePort: 99999999999}], status: {}}}",
			want: []string{
				`1:66: v1.Service.spec.ports needs "port"`,
				`1:95: "nodePort" must fit into 32 bits, and is 99999999999`,
				`1:110: v1.Service.spec has no field "status"; it belongs one level up, beside "spec"`,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := said(check(t, set, tt.mode, tt.text)); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q in\n%s", got, tt.want, tt.text)
			}
		})
	}
}
