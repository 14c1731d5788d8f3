package patch_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("bad test data %s: %v", text, err)
	}
	return value
}

func check(t *testing.T, what string, got map[string]any, want string) {
	t.Helper()
	if expected := parse(t, want); !reflect.DeepEqual(got, expected) {
		text, _ := json.Marshal(got)
		t.Errorf("%s = %s, want %s", what, text, want)
	}
}

func TestApply(t *testing.T) {
	for _, c := range []struct{ obj, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{"a":"b"}`, `{"a":{"x":{"y":null}}}`, `{"a":{"x":{}}}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		check(t, "Apply("+c.obj+", "+c.patch+")", patch.Apply(parse(t, c.obj), parse(t, c.patch)), c.want)
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		{`{"a":1}`, `{"a":null}`, `{"a":null}`},
		{`{"a":null}`, `{"a":1}`, `{"a":1}`},
		{`{"a":{"x":1,"y":null}}`, `{"a":{"y":2,"z":null}}`, `{"a":{"x":1,"y":2,"z":null}}`},
		{`{"a":{"x":1}}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{}`, `{"a":{"b":null}}`, `{"a":{"b":null}}`},
	} {
		check(t, "Merge("+c.first+", "+c.second+")", patch.Merge(parse(t, c.first), parse(t, c.second)), c.want)
	}
}

// Over must do in one patch what the two do one after the other, whatever
// stands at the place where they meet.
func TestOverIsExact(t *testing.T) {
	values := []string{`null`, `1`, `[1]`, `{}`, `{"x":1}`, `{"x":2,"y":null}`, `{"x":null}`, `{"x":{"z":1}}`, `{"x":{"z":null,"w":2}}`}
	objects := []string{`{}`, `{"k":1}`, `{"k":{}}`, `{"k":{"x":1,"y":2}}`, `{"k":{"x":{"z":5,"v":6},"q":1}}`}
	for _, object := range objects {
		for _, first := range values {
			for _, second := range values {
				obj, a, b := parse(t, object), parse(t, `{"k":`+first+`}`), parse(t, `{"k":`+second+`}`)
				want, _ := json.Marshal(patch.Apply(patch.Apply(obj, a), b))
				check(t, object+" + "+first+" + "+second, patch.Apply(obj, patch.Over(obj, a, b)), string(want))
			}
		}
	}
}

func TestDiff(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`{"a":1}`, `{"a":1}`, `{}`},
		{`{"a":1}`, `{"a":2}`, `{"a":2}`},
		{`{"a":1,"b":2}`, `{"b":2}`, `{"a":null}`},
		{`{}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1,"d":3}}`, `{"a":{"c":null,"d":3}}`},
		{`{"a":[1,2]}`, `{"a":[2]}`, `{"a":[2]}`},
		{`{"a":{"b":1}}`, `{"a":{}}`, `{"a":{"b":null}}`},
		{`{"a":{"b":1}}`, `{"a":"x"}`, `{"a":"x"}`},
		{`{"a":1}`, `{"a":null}`, `{"a":null}`},
		{`{}`, `{"a":null}`, `{}`},
	} {
		check(t, "Diff("+c.old+", "+c.new+")", patch.Diff(parse(t, c.old), parse(t, c.new)), c.want)
	}
}

func TestEffective(t *testing.T) {
	for _, c := range []struct{ obj, patch, want string }{
		{`{"a":1}`, `{"a":1}`, `{}`},
		{`{"a":1}`, `{"a":2,"b":null}`, `{"a":2}`},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1,"c":null}}`, `{"a":{"c":null}}`},
		{`{}`, `{"a":{}}`, `{"a":{}}`},
		{`{"a":{"b":1}}`, `{"a":{}}`, `{}`},
		{`{"a":[1]}`, `{"a":{}}`, `{"a":{}}`},
		{`{}`, `{"a":{"b":{"c":null}}}`, `{}`},
		{`{"a":[{"b":1}]}`, `{"a":[{"b":1}]}`, `{}`},
		{`{"a":[1,2]}`, `{"a":[1]}`, `{"a":[1]}`},
	} {
		check(t, "Effective("+c.obj+", "+c.patch+")", patch.Effective(parse(t, c.obj), parse(t, c.patch)), c.want)
	}
}

func TestEqual(t *testing.T) {
	tests := []struct {
		a, b any
		want bool
	}{
		{nil, nil, true},
		{nil, false, false},
		{nil, map[string]any{}, false},
		{int64(1), 1.0, true},
		{int64(1), 1, true},
		{1.0, 1, true},
		{int64(1), 1.5, false},
		{int64(1), true, false},
		{int64(1), "1", false},
		{int64(9007199254740993), 9007199254740992.0, false},
		{int64(9223372036854775807), 9223372036854775807.0, false},
		{0.1, 0.1, true},
		{"a", "a", true},
		{"a", "b", false},
		{true, true, true},
		{[]any{int64(1), "a"}, []any{1.0, "a"}, true},
		{[]any{int64(1)}, []any{int64(1), int64(1)}, false},
		{[]any{int64(1), int64(2)}, []any{int64(2), int64(1)}, false},
		{[]any{}, map[string]any{}, false},
		{map[string]any{"a": int64(1)}, map[string]any{"a": 1.0}, true},
		{map[string]any{"a": nil}, map[string]any{}, false},
		{map[string]any{"a": nil}, map[string]any{"b": nil}, false},
	}
	for _, test := range tests {
		if patch.Equal(test.a, test.b) != test.want || patch.Equal(test.b, test.a) != test.want {
			t.Errorf("%#v and %#v: want %v both ways", test.a, test.b, test.want)
		}
	}
}
