package essence

import (
	"reflect"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

const before = `
metadata: {labels: {app: web, gone: x}}
spec: {size: 1, list: [1, 2], same: {a: [1], b: null}, kind: {deep: 1}}
`

const after = `
metadata: {labels: {app: db, new: z}, annotations: {a: b}}
spec: {size: 1.0, list: [2, 1], same: {a: [1]}, kind: text, nothing: null}
`

func changes(t *testing.T) Diff {
	return Compare(object(t, before), object(t, after))
}

func TestCompare(t *testing.T) {
	list := func(items ...any) []any { return items }
	want := Diff{
		{Add, []string{"metadata", "annotations"}, nil, map[string]any{"a": "b"}},
		{Change, []string{"metadata", "labels", "app"}, "web", "db"},
		{Remove, []string{"metadata", "labels", "gone"}, "x", nil},
		{Add, []string{"metadata", "labels", "new"}, nil, "z"},
		{Change, []string{"spec", "kind"}, map[string]any{"deep": int64(1)}, "text"},
		{Change, []string{"spec", "list"}, list(int64(1), int64(2)), list(int64(2), int64(1))},
	}
	if got := changes(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestCompareTopmost(t *testing.T) {
	labels := map[string]any{"labels": map[string]any{"a": "b"}}
	full := map[string]any{"metadata": labels}
	tests := []struct {
		name     string
		old, new any
		want     Diff
	}{
		{"nothing", nil, nil, nil},
		{"the same", full, full, nil},
		{"the first label", map[string]any{}, full, Diff{{Add, []string{"metadata"}, nil, labels}}},
		{"the last label", full, map[string]any{}, Diff{{Remove, []string{"metadata"}, labels, nil}}},
		{"a new object", nil, full, Diff{{Add, []string{}, nil, full}}},
		{"no object", full, nil, Diff{{Remove, []string{}, full, nil}}},
		{"null to value", map[string]any{"a": nil}, map[string]any{"a": "b"}, Diff{{Add, []string{"a"}, nil, "b"}}},
		{"value to null", map[string]any{"a": "b"}, map[string]any{"a": nil}, Diff{{Remove, []string{"a"}, "b", nil}}},
		{"null to absent", map[string]any{"a": nil}, map[string]any{}, nil},
		{"an empty map is a value", map[string]any{}, map[string]any{"a": map[string]any{}}, Diff{{Add, []string{"a"}, nil, map[string]any{}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Compare(test.old, test.new); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestTouches(t *testing.T) {
	tests := []struct {
		path string
		want bool
	}{
		{"", true},
		{"spec", true},
		{"spec.size", false},
		{"spec.list", true},
		{"spec.same", false},
		{"spec.kind.deep", true},
		{"spec.kind.other", false},
		{"metadata.labels", true},
		{"metadata.labels.app", true},
		{"metadata.labels.other", false},
		{"metadata.annotations", true},
		{"metadata.annotations.a", true},
		{"metadata.annotations.other", false},
		{"metadata.annotations.a.deeper", false},
		{"status", false},
	}
	for _, test := range tests {
		if got := changes(t).Touches(ParsePath(test.path)); got != test.want {
			t.Errorf("%q: got %v", test.path, got)
		}
	}
	if (Diff)(nil).Touches(nil) {
		t.Error("an empty diff touches the object")
	}
}

func TestRelative(t *testing.T) {
	tests := []struct {
		path string
		want Diff
	}{
		{"", changes(t)},
		{"spec.size", nil},
		{"status", nil},
		{"spec.list", Diff{{Change, []string{}, []any{int64(1), int64(2)}, []any{int64(2), int64(1)}}}},
		{"metadata.labels", Diff{
			{Change, []string{"app"}, "web", "db"},
			{Remove, []string{"gone"}, "x", nil},
			{Add, []string{"new"}, nil, "z"},
		}},
		{"metadata.annotations.a", Diff{{Add, []string{}, nil, "b"}}},
		{"metadata.annotations.other", nil},
		{"spec.kind.deep", Diff{{Remove, []string{}, int64(1), nil}}},
	}
	for _, test := range tests {
		if got := changes(t).Relative(ParsePath(test.path)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.path, got, test.want)
		}
	}
}

func TestRelativeOfFirstLabel(t *testing.T) {
	diff := Compare(object(t, `{}`), object(t, `metadata: {labels: {a: b}}`))
	want := Diff{{Add, []string{}, nil, map[string]any{"a": "b"}}}
	if got := diff.Relative([]string{"metadata", "labels"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !diff.Touches([]string{"metadata", "labels"}) {
		t.Error("the first label does not touch the labels")
	}
}

func TestValues(t *testing.T) {
	diff := Compare(object(t, `spec: {a.b: 1}`), object(t, `spec: {a.b: 2}`))
	want := []any{map[string]any{
		"op": "change", "path": []any{"spec", "a.b"}, "field": `spec.a\.b`, "old": int64(1), "new": int64(2),
	}}
	if got := diff.Values(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (Diff)(nil).Values(); got == nil || len(got) != 0 {
		t.Errorf("an empty diff is %#v, not an empty list", got)
	}
}

func TestPaths(t *testing.T) {
	tests := []struct {
		dotted string
		path   []string
	}{
		{``, []string{}},
		{`spec`, []string{"spec"}},
		{`spec.size`, []string{"spec", "size"}},
		{`metadata.labels.app\.kubernetes\.io/name`, []string{"metadata", "labels", "app.kubernetes.io/name"}},
		{`a\\.b`, []string{`a\`, "b"}},
		{`a..b`, []string{"a", "", "b"}},
		{`\..\.`, []string{".", "."}},
	}
	for _, test := range tests {
		if got := ParsePath(test.dotted); !reflect.DeepEqual(got, test.path) {
			t.Errorf("%q: got %q, want %q", test.dotted, got, test.path)
		}
		if got := FormatPath(test.path); got != test.dotted {
			t.Errorf("%q: got %q, want %q", test.path, got, test.dotted)
		}
	}
	if got := ParsePath(`a\b.c\`); !reflect.DeepEqual(got, []string{`a\b`, `c\`}) {
		t.Errorf("other backslashes: got %q", got)
	}
}

func TestLookup(t *testing.T) {
	obj := object(t, `spec: {a: {b: null}, list: [1]}`)
	tests := []struct {
		path  string
		value any
		found bool
	}{
		{"spec.a.b", nil, true},
		{"spec.a.c", nil, false},
		{"spec.a.b.c", nil, false},
		{"spec.list.0", nil, false},
		{"spec.a", map[string]any{"b": nil}, true},
	}
	for _, test := range tests {
		value, found := Lookup(obj, ParsePath(test.path))
		if found != test.found || !patch.Equal(value, test.value) {
			t.Errorf("%q: got %v, %v", test.path, value, found)
		}
	}
}
