package eval

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// filtered is an environment with the filters given as lines "name: expression".
func filtered(t *testing.T, lines ...string) *Env {
	t.Helper()
	source := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: t}\nspec:\n  filters:\n    " +
		strings.Join(lines, "\n    ") + "\n  handlers:\n    - {on: create, resource: pods, do: [{log: x}]}\n"
	bundle, problems := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(source)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	e, err := New(Options{Filters: bundle.Operators[0].Spec.Filters})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestFilters(t *testing.T) {
	e := filtered(t, "sized: has(spec.size)", "big: sized && spec.size > 2", "huge: big && spec.size > 100", "failing: spec.xyz")
	if problems := e.CheckFilters(); len(problems) > 0 {
		t.Fatal(problems)
	}
	for in, want := range map[string]bool{
		"sized": true, "big && sized": true, "huge": false, "!huge && big": true, "false && failing": false, "[1, 2].exists(i, i == 2 && big)": true,
	} {
		if got, err := expr(t, e, in, cel.BoolType).Bool(t.Context(), sample()); got != want || err != nil {
			t.Errorf("%s: %v %v", in, got, err)
		}
	}
	_, err := expr(t, e, "sized && failing", cel.BoolType).Bool(t.Context(), sample())
	if err == nil || err.Error() != "op.yaml:9:19: no such key: xyz (in: spec.xyz)" {
		t.Error("an error must point into the filter:", err)
	}
	if got := expr(t, e, "big", nil).Selected("spec"); !reflect.DeepEqual(got, []string{"size"}) {
		t.Error(got)
	}
}

// The object that a filter sees is that of the expression that uses it.
func TestFiltersSeeTheirPlace(t *testing.T) {
	e := filtered(t, "grown: new.spec.size > old.spec.size")
	if problems := e.CheckFilters(); len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := e.Expr(&spec.Expr{Text: "grown"}, Object|Change, cel.BoolType)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got, err := p.Bool(t.Context(), sample()); !got || err != nil {
		t.Error(got, err)
	}
	_, problems = e.Expr(&spec.Expr{Text: "spec.on && grown"}, Object, cel.BoolType)
	if len(problems) != 1 || problems[0].Message() != "filter cannot be used here: grown: new exists in change handlers only" {
		t.Error(problems)
	}
	_, problems = e.Expr(&spec.Expr{Text: "grown"}, Selector, cel.BoolType)
	if len(problems) != 1 || problems[0].Detail != "the filter grown is about an object, and there is none here" {
		t.Error(problems)
	}
}

// What is wrong with a filter is told once, at the filter.
func TestFilterErrors(t *testing.T) {
	e := filtered(t, "bad: spec.x + 'a' == nope", "number: 1 + 1", "a: b", "b: a && c", "c: spec.on",
		"spec: 'true'", "random: uuid() == 'x'")
	var got []string
	for _, d := range e.CheckFilters() {
		got = append(got, d.Message())
	}
	want := []string{
		"unknown variable: nope",
		"wrong type: this is int, needed is bool",
		"wrong name of a filter: spec is a variable already",
		"not available here: uuid() gives another answer each time; it exists in templates of actions only",
		"filter needs itself: a uses b uses a",
		"filter needs itself: b uses a uses b",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, in := range []string{"bad", "number && c", "a || b"} {
		if _, problems := e.Expr(&spec.Expr{Text: in}, Object|Change, cel.BoolType); len(problems) > 0 {
			t.Errorf("%s: told again: %v", in, problems)
		}
	}
}
