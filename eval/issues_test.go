package eval

import (
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Each mistake is told once, in words that say what to do.
func TestLoadErrors(t *testing.T) {
	const (
		resourceFilter = Selector
		objectFilter   = Object
		retried        = Object | Retry
	)
	tests := []struct {
		in    string
		scope Scope
		want  *cel.Type
		found []string
	}{
		{"", everything, nil, []string{"empty expression"}},
		{" \n", everything, nil, []string{"empty expression"}},
		{"${spec.x} == 1", everything, nil, []string{"this is an expression already: write it without ${ }"}},
		{"spec.x ==", everything, nil, []string{"incomplete expression: something is missing at its end"}},
		{"a b", everything, nil, []string{"syntax error: unexpected 'b'"}},
		{"1 + 2)", everything, nil, []string{"syntax error: unexpected ')'"}},
		{"size(spec.x > 1", everything, nil, []string{"unclosed (: the ) that belongs to it is missing"}},
		{"spec.list.map(i, i", everything, nil, []string{"unclosed (: the ) that belongs to it is missing"}},
		{"[1, (2]", everything, nil, []string{"unclosed (: the ) that belongs to it is missing"}},
		{"f([1]])", everything, nil, []string{"unexpected ']': nothing is there that it could close"}},
		{"f(!(k in labels, 1)", everything, nil, []string{"unclosed (: the ) that belongs to it is missing"}},
		{"f(a b", everything, nil, []string{"syntax error: unexpected 'b'"}},
		{"not spec.x", everything, nil, []string{"unexpected 'not': CEL writes !"}},
		{"spec.x <> 1", everything, nil, []string{"unexpected '<>': CEL writes !="}},
		{"'abc", everything, nil, []string{`unclosed or invalid string: a text ends with the quote that it began with; a backslash in it is written \\`}},
		{"spec.a and spec.b", everything, nil, []string{"unexpected 'and': CEL writes &&"}},
		{"spec.a = 3", everything, nil, []string{"unexpected '=': CEL compares with =="}},
		{"spec.a # 3", everything, nil, []string{"unexpected character: '#'"}},
		{"spec.a == namespace", everything, nil, []string{"reserved word: namespace is a reserved word of CEL; write meta.namespace"}},
		{"package", everything, nil, []string{"reserved word: package is a reserved word of CEL and cannot be a name"}},
		{"has(spec)", everything, nil, []string{"invalid expression: invalid argument to has() macro"}},

		{"spek.x == metta.x", everything, nil, []string{"unknown variable: spek; did you mean spec?", "unknown variable: metta; did you mean meta?"}},
		{"whatever", everything, nil, []string{"unknown variable: whatever"}},
		{"spec.list.map(elem, elm.x)", everything, nil, []string{"unknown variable: elm; did you mean elem?"}},
		{"sizes(spec)", everything, nil, []string{"unknown function: sizes(); did you mean size()?"}},
		{"hash.sha265(name)", everything, nil, []string{"unknown function: hash.sha265(); did you mean hash.sha256()?"}},
		{"spec.x.fliter(i, i > 1)", everything, nil, []string{"unknown function: fliter(); did you mean filter()?"}},
		{"hahs.short(name)", everything, nil, []string{"unknown variable: hahs; did you mean hash?"}},
		{"itn(spec.x)", everything, nil, []string{"unknown function: itn(); did you mean int()?"}},
		{"name.startWith('a')", everything, nil, []string{"unknown function: startWith(); did you mean startsWith()?"}},

		{"1 + 'a'", everything, nil, []string{"wrong types: operator + does not take int and string"}},
		{"[1][labels]", everything, nil, []string{"wrong types: list(int) cannot be indexed by map(string, string)"}},
		{"retry == name", everything, nil, []string{"wrong types: operator == does not take int and string"}},
		{"size(retry)", everything, nil, []string{"wrong types: size() does not take (int)"}},
		{"name.startsWith(1)", everything, nil, []string{"wrong types: string has no startsWith(int)"}},
		{"spec.x ? 1 : labels", everything, nil, []string{"wrong types: both branches of ?: must have one type, these have int and map(string, string); dyn(…) around one of them lifts that"}},
		{"retry.map(i, i)", everything, nil, []string{"wrong type: cannot walk through int; a list or a map is needed"}},
		{"name.x", everything, nil, []string{"invalid expression: type 'string' does not support field selection"}},
		{"duration('1x')", everything, nil, []string{"invalid expression: invalid duration argument"}},
		{"name.matches('(')", everything, nil, []string{"invalid expression: invalid matches argument"}},
		{"retry && true", everything, nil, []string{"wrong type: this is int, needed is bool"}},

		{"retry", everything, cel.BoolType, []string{"wrong type: this is int, needed is bool"}},
		{"spec.?on", everything, cel.BoolType, []string{"wrong type: this is optional(dyn), needed is bool; take the value out with .orValue(…)"}},
		{"started", everything, cel.DurationType, []string{"wrong type: this is timestamp, needed is duration"}},
		{"name", everything, Collection, []string{"wrong type: this is string, needed is list or map"}},
		{"spec.on", everything, cel.BoolType, nil},
		{"labels", everything, Collection, nil},
		{"spec.items", everything, Collection, nil},
		{"[1]", everything, Collection, nil},

		{"old.x == spec.x", objectFilter, nil, []string{"not available here: old exists in change handlers only"}},
		{"reason + 1 == 2", objectFilter, nil, []string{"not available here: reason exists in change handlers only"}},
		{"old.x && new.x", objectFilter, nil, []string{"not available here: old exists in change handlers only", "not available here: new exists in change handlers only"}},
		{"spec.x && resource.group == ''", resourceFilter, nil, []string{"not available here: spec exists in handlers and filters of objects only"}},
		{"event.type == 'ADDED'", retried, nil, []string{"not available here: event exists in on: event only"}},
		{"item.x == key", objectFilter, nil, []string{"not available here: item exists in forEach only", "not available here: key exists in forEach only"}},
		{"spec.list.map(item, item.x)", objectFilter, nil, nil},
		{"cel.bind(old, 1, old + 1) == 2", objectFilter, nil, nil},
		{"[old].map(old, old)", objectFilter, nil, []string{"not available here: old exists in change handlers only"}},
		{"changed('spec.x')", objectFilter, nil, []string{"not available here: changed() exists in change handlers only"}},
		{"changed('spec..x')", everything, nil, []string{"wrong path: changed() needs a dotted path such as 'spec.size', without empty parts"}},
		{"changed('metadata.labels.a.b/c')", everything, nil, []string{"wrong path: each dot begins a new segment; write changed(['metadata', 'labels', 'a.b/c'])"}},
		{"changed(5)", everything, nil, []string{"wrong types: changed() needs a dotted path or a list of segments"}},
		{"random.string(3) == 'a'", everything, nil, []string{"not available here: random.string() gives another answer each time; it exists in templates of actions only"}},
		{"random.int(1, 3) == 1 || uuid() == ''", objectFilter, nil, []string{
			"not available here: random.int() gives another answer each time; it exists in templates of actions only",
			"not available here: uuid() gives another answer each time; it exists in templates of actions only"}},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			p, problems := newEnv(t).Expr(&spec.Expr{Text: test.in}, test.scope, test.want)
			var got []string
			for _, d := range problems {
				got = append(got, d.Message())
			}
			if len(got) != len(test.found) {
				t.Fatalf("got %q", got)
			}
			for i := range got {
				if got[i] != test.found[i] {
					t.Errorf("got  %q\nwant %q", got[i], test.found[i])
				}
			}
			if _, err := p.Eval(t.Context(), sample()); len(problems) > 0 && err == nil {
				t.Error("the broken expression has a value")
			}
		})
	}
}

// Random values exist in templates of actions, and in no other template.
func TestRandomInTemplates(t *testing.T) {
	v, _ := parsed(t, `"${random.string(3)}${random.int(1, 2)}${uuid()}"`)
	if _, problems := newEnv(t).Template(v, Object|Steps); len(problems) > 0 {
		t.Error(problems)
	}
	if _, problems := newEnv(t).Template(v, Object); len(problems) != 3 {
		t.Error(problems)
	}
}
