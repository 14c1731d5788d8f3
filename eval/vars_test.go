package eval

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// varsOf compiles the vars given as YAML flow map.
func varsOf(t *testing.T, text string) (*Vars, diag.List) {
	t.Helper()
	source := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: t}\nspec:\n  handlers:\n" +
		"    - {on: create, resource: pods, do: [{log: x}], vars: " + text + "}\n"
	bundle, problems := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(source)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return newEnv(t).Vars(bundle.Operators[0].Spec.Handlers[0].Vars, everything)
}

func TestVars(t *testing.T) {
	v, problems := varsOf(t, `{c: "${vars.b}!", b: "${vars.a + 1}", a: 1, list: ["${name}"], gone: "${omit()}", bad: "${spec.xyz}"}`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b := sample()
	b = b.With(map[string]any{"vars": v.Bind(t.Context(), b)})
	e := newEnv(t)
	tests := map[string]any{
		"vars.c": "2!", "vars.b": int64(2), "vars['a']": int64(1), "vars.list[0]": "web", "has(vars.gone)": false,
		"vars.?gone.hasValue()": false, "has(vars.a)": true, "'a' in vars": true, "'zz' in vars": false, "vars.?b.orValue(0)": int64(2),
	}
	for in, want := range tests {
		if got, err := expr(t, e, in, nil).Eval(t.Context(), b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v", in, got, err)
		}
	}
	_, err := expr(t, e, "1 + vars.bad", nil).Eval(t.Context(), b)
	if err == nil || !strings.HasPrefix(err.Error(), "op.yaml:6:153: no such key: xyz") {
		t.Error("an error must point into the var:", err)
	}
}

// Each is evaluated when it is first used, once.
func TestVarsAreLazy(t *testing.T) {
	v, _ := varsOf(t, `{a: "${random.string(20)}", broken: "${1 / 0}"}`)
	b := sample()
	bound := b.With(map[string]any{"vars": v.Bind(t.Context(), b)})
	e := newEnv(t)
	first, err := expr(t, e, "vars.a", nil).Eval(t.Context(), bound)
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := expr(t, e, "vars.a", nil).Eval(t.Context(), bound); first != second {
		t.Error("evaluated twice")
	}
	again := b.With(map[string]any{"vars": v.Bind(t.Context(), b)})
	if third, _ := expr(t, e, "vars.a", nil).Eval(t.Context(), again); first == third {
		t.Error("not evaluated again for another attempt")
	}
}

func TestVarsAsAWhole(t *testing.T) {
	v, _ := varsOf(t, `{b: 2, a: "${name}", gone: "${omit()}"}`)
	b := sample()
	b = b.With(map[string]any{"vars": v.Bind(t.Context(), b)})
	e := newEnv(t)
	for in, want := range map[string]any{
		"vars":                         map[string]any{"a": "web", "b": int64(2)},
		"vars.map(k, k)":               []any{"a", "b"},
		"size(vars)":                   int64(2),
		"vars == {'b': 2, 'a': 'web'}": true,
		"merge(vars, {'b': null})":     map[string]any{"a": "web"},
		"vars.transformList(k, v, v)":  []any{"web", int64(2)},
		"json.encode(vars)":            `{"a":"web","b":2}`,
		"type(vars) == map":            true,
	} {
		if got, err := expr(t, e, in, nil).Eval(t.Context(), b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v", in, got, err)
		}
	}
}

func TestVarsErrors(t *testing.T) {
	tests := []struct {
		in    string
		found []string
	}{
		{`{a: "${vars.b}", b: "${vars.c}", c: "x ${vars.a}", d: "${vars.a}"}`, []string{
			"var needs itself: a uses b uses c uses a", "var needs itself: b uses c uses a uses b", "var needs itself: c uses a uses b uses c"}},
		{`{a: "${vars.a}"}`, []string{"var needs itself: a uses a"}},
		{`{size: 1, b: "${vars.sise}"}`, []string{"unknown var: sise; did you mean size?"}},
		{`{a: "${nope}"}`, []string{"unknown variable: nope"}},
	}
	for _, test := range tests {
		_, problems := varsOf(t, test.in)
		var got []string
		for _, d := range problems {
			got = append(got, d.Message())
		}
		if !reflect.DeepEqual(got, test.found) {
			t.Errorf("%s: got %q", test.in, got)
		}
	}
}

// A cycle that cannot be seen at load ends as an error, not as a hang.
func TestVarsCycleAtRunTime(t *testing.T) {
	v, problems := varsOf(t, `{a: "${vars['b' + '']}", b: "${vars['a' + '']}"}`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b := sample()
	b = b.With(map[string]any{"vars": v.Bind(t.Context(), b)})
	_, err := expr(t, newEnv(t), "vars.a", nil).Eval(t.Context(), b)
	if err == nil || !strings.Contains(err.Error(), "its value needs itself") {
		t.Error(err)
	}
}

// Steps may name vars that do not exist; who compiles them asks.
func TestVarsCheck(t *testing.T) {
	v, _ := varsOf(t, `{size: 1}`)
	uses := template(t, `{a: "${vars.size}", b: "${vars.sice} ${vars['more']}"}`)
	problems := v.Check(uses.Selections("vars"))
	if len(problems) != 2 || problems[0].Detail != "sice; did you mean size?" || problems[1].Detail != "more" {
		t.Error(problems)
	}
}
