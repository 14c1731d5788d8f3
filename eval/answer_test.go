package eval

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func TestAnswerSaysTheType(t *testing.T) {
	for _, test := range []struct{ text, known, seen string }{
		{"1", "int", "int"},
		{"1u", "uint", "uint"},
		{"1.5", "double", "double"},
		{"true", "bool", "bool"},
		{"'a'", "string", "string"},
		{"b'a'", "bytes", "bytes"},
		{"null", "null", "null"},
		{"now", "timestamp", "timestamp"},
		{"runtime", "duration", "duration"},
		{"type(now)", "type", "type"},
		{"spec.size", "any", "int"},
		{"spec.none", "any", "null"},
		{"spec", "any", "map"},
		{"labels", "map of string", "map of string"},
		{"body.metadata.labels", "any", "map"},
		{"{}", "map", "empty map"},
		{"{1: 'a'}", "map of string by int", "map of string by int"},
		{"[1, 2]", "list of int", "list of int"},
		{"[]", "list", "empty list"},
		{"['a', 1]", "list", "list"},
		{"[[1]]", "list of list of int", "list of list of int"},
		{"spec.items", "any", "list of map"},
		{"spec.items.map(i, i.name)", "list", "list of string"},
		{"spec.?size", "optional any", "optional int"},
		{"spec.?mode", "optional any", "optional without a value"},
		{"omit()", "any", "optional without a value"},
		{"quantity('1Gi')", "quantity", "quantity"},
		{"url('https://a')", "URL", "URL"},
		{"ip('10.0.0.1')", "IP address", "IP address"},
		{"cidr('10.0.0.0/8')", "CIDR", "CIDR"},
		{"semver('1.2.3')", "version", "version"},
	} {
		p := expr(t, newEnv(t), test.text, nil)
		if got := p.TypeWords(); got != test.known {
			t.Errorf("%s is known to be %q, not %q", test.text, got, test.known)
		}
		answer, err := p.Answer(t.Context(), sample())
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
		} else if answer.Type != test.seen || answer.Omitted != (test.seen == noValue) {
			t.Errorf("%s is of type %q, not %q: %+v", test.text, answer.Type, test.seen, answer)
		}
	}
}

func TestAnswerOfTemplates(t *testing.T) {
	for _, test := range []struct {
		text        string
		value       any
		words, seen string
	}{
		{`"${spec.size}"`, int64(3), "any", "int"},
		{`"n: ${spec.size}"`, "n: 3", "string", "string"},
		{`{a: ["${name}", 1]}`, map[string]any{"a": []any{"web", int64(1)}}, "map", "map"},
		{`["${name}"]`, []any{"web"}, "list", "list of string"},
		{`5`, int64(5), "int", "int"},
		{`"${spec.?mode} x"`, nil, "string", noValue},
	} {
		tpl := template(t, test.text)
		answer, err := tpl.Answer(t.Context(), sample())
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if !reflect.DeepEqual(answer.Value, test.value) || answer.Type != test.seen || tpl.TypeWords() != test.words {
			t.Errorf("%s is %v of type %q (%q), not %v of %q (%q)", test.text, answer.Value, answer.Type, tpl.TypeWords(), test.value, test.seen, test.words)
		}
	}
}

// What an expression saw is told up to what is missing, each once, and never names of
// loops.
func TestSeen(t *testing.T) {
	env, err := New(Options{Filters: []spec.Entry[*spec.Expr]{
		{Key: spec.String{Value: "big"}, Value: spec.NewExpr(spec.Source{Name: "filter", Text: []byte("spec.size > spec.limit")})},
	}})
	if err != nil {
		t.Fatal(err)
	}
	vars, found := env.Vars([]spec.Entry[*spec.Template]{{Key: spec.String{Value: "v"}, Value: &spec.Value{Kind: spec.StringKind, Scalar: "x"}}}, everything)
	if len(found) > 0 {
		t.Fatal(found)
	}
	b := sample()
	b = b.With(map[string]any{"vars": vars.Bind(t.Context(), b)})
	for _, test := range []struct{ text, seen string }{
		{"spec.size + name", `spec.size=3 name="web"`},
		{"spec.items[5].name", `spec.items=[{"n":1,"name":"a"},{"n":2,"name":"b"}]`},
		{"spec.template.lables.x", `spec.template={"labels":{"x":"y"}}`},
		{"spec.items.map(i, i.n + spec.name)", `spec.items=[{"n":1,"name":"a"},{"n":2,"name":"b"}] spec.name="disk"`},
		{"[name, {'a': spec.size + name}]", `name="web" spec.size=3`},
		{"vars.v + 1", `vars.v="x"`},
		{"runtime + spec.size", `runtime="1m30s" spec.size=3`},
		{"spec.ratio + spec.ratio + name", `spec.ratio=2.5 name="web"`},
		{"name == 'web' && big", `spec.size=3 spec={"`},
	} {
		p, found := env.Expr(spec.NewExpr(spec.Source{Name: "<expression>", Text: []byte(test.text)}), everything, nil)
		if len(found) > 0 {
			t.Errorf("%s: %v", test.text, found)
			continue
		}
		_, err := p.Eval(t.Context(), b)
		if err == nil {
			t.Errorf("%s does not fail", test.text)
			continue
		}
		var parts []string
		for _, s := range p.Seen(b, err) {
			value, _ := compactJSON(s.Value)
			parts = append(parts, s.Text+"="+value)
		}
		if got := strings.Join(parts, " "); got != test.seen && !(strings.HasSuffix(test.seen, `{"`) && strings.HasPrefix(got, test.seen)) {
			t.Errorf("%s\n  sees   %s\n  wanted %s", test.text, got, test.seen)
		}
	}
}
