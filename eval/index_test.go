package eval

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// fakeIndexes has the index pods with a key of each kind.
func fakeIndexes() Indexes {
	content := map[any][]any{"a": {"one", map[string]any{"n": int64(2)}}, int64(7): {"seven"}, true: {"yes"}}
	return Indexes{
		IDs:  []string{"pods", "empty"},
		Keys: func(id string) []any { return map[string][]any{"pods": {true, int64(7), "a"}}[id] },
		Len:  func(id string) int { return map[string]int{"pods": 3}[id] },
		Get: func(id string, key any) ([]any, bool) {
			if id != "pods" {
				return nil, false
			}
			if f, ok := key.(float64); ok {
				key = int64(f)
			}
			values, found := content[key]
			return values, found
		},
	}
}

func TestIndexInExpressions(t *testing.T) {
	e, err := New(Options{Indexes: []string{"pods", "empty"}})
	if err != nil {
		t.Fatal(err)
	}
	b := sample().With(map[string]any{"index": BindIndexes(fakeIndexes())})
	tests := map[string]any{
		"index.pods['a'][0]":                      "one",
		"index.pods.a[1].n":                       int64(2),
		"index['pods'][7]":                        []any{"seven"},
		"index.pods[7.0]":                         []any{"seven"},
		"index.pods[dyn(7u)]":                     []any{"seven"},
		"index.pods[true]":                        []any{"yes"},
		"index.pods[?'a'].orValue([]).size()":     int64(2),
		"index.pods[?'zz'].orValue([])":           []any{},
		"index.pods[?name].orValue([])":           []any{},
		"index.pods.?a[?0].orValue('')":           "one",
		"'a' in index.pods":                       true,
		"7 in index.pods":                         true,
		"'7' in index.pods":                       false,
		"has(index.pods.a)":                       true,
		"has(index.pods.zz)":                      false,
		"size(index.pods)":                        int64(3),
		"index.empty.size()":                      int64(0),
		"index.size()":                            int64(2),
		"index.pods.exists(k, k == 'a')":          true,
		"index.pods.map(k, string(k))":            []any{"true", "7", "a"},
		"index.pods.map(k, index.pods[k].size())": []any{int64(1), int64(1), int64(2)},
		"index.pods.all(k, v, size(v) > 0)":       true,
		"index.empty":                             map[string]any{},
		"{'x': index.pods}":                       map[string]any{"x": map[string]any{"a": []any{"one", map[string]any{"n": int64(2)}}, "7": []any{"seven"}, "true": []any{"yes"}}},
		"index.pods == {'a': ['one', {'n': 2}], 7: ['seven'], true: ['yes']}": true,
		"index.pods == index.empty": false,
	}
	for in, want := range tests {
		if got, err := expr(t, e, in, nil).Eval(t.Context(), b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v, want %v", in, got, err, want)
		}
	}
	_, err = expr(t, e, "index.pods['zz'][0]", nil).Eval(t.Context(), b)
	if err == nil || !strings.Contains(err.Error(), "no such key: zz") {
		t.Error("a missing key:", err)
	}
}

func TestMistakesWithIndexes(t *testing.T) {
	e, err := New(Options{
		Indexes: []string{"by_node", "by_owner"},
		Filters: []spec.Entry[*spec.Expr]{{Key: spec.String{Value: "busy"}, Value: &spec.Expr{Text: "index.by_node.size() > 3"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text  string
		scope Scope
		want  string // in the finding; empty for none
	}{
		{"index.by_node[name]", Object, ""},
		{"index['by_owner'].size()", Object, ""},
		{"index.map(id, id)", Object, ""},
		{"[{'by_nod': 1}].map(index, index.by_nod)", Object, ""},
		{"index.by_nod[name]", Object, "by_nod; did you mean by_node?"},
		{"index['by_ownr']", Selector, "by_ownr; did you mean by_owner?"},
		{"has(index.something)", Object, "something; the indexes are by_node, by_owner"},
		{"index.?by_nod", Object, "did you mean by_node?"},
		{"size(index.by_node)", Object | Indexing, "an index cannot read indexes"},
		{"busy", Object, ""},
		{"busy", Object | Indexing, "busy: an index cannot read indexes"},
		{"memo.x", Object | Indexing, "an index cannot read the memo"},
		{"name + resource.plural + operator.name", Object | Indexing, ""},
	} {
		_, problems := e.Expr(&spec.Expr{Text: tt.text}, tt.scope, (*cel.Type)(nil))
		switch {
		case tt.want == "" && len(problems) > 0:
			t.Errorf("%s: %v", tt.text, problems)
		case tt.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Detail, tt.want)):
			t.Errorf("%s: %v, want %q", tt.text, problems, tt.want)
		}
	}
}
