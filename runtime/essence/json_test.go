package essence

import (
	"math"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

// The texts are those of Python 3.11:
// json.dumps(value, separators=(',', ':'), sort_keys=True).
func TestEncode(t *testing.T) {
	tests := []struct {
		value any
		want  string
	}{
		{nil, `null`},
		{true, `true`},
		{false, `false`},
		{int64(-9223372036854775808), `-9223372036854775808`},
		{7, `7`},
		{0.0, `0.0`},
		{math.Copysign(0, -1), `-0.0`},
		{1.0, `1.0`},
		{0.1, `0.1`},
		{-2.5, `-2.5`},
		{0.0001, `0.0001`},
		{0.00001, `1e-05`},
		{1e15, `1000000000000000.0`},
		{1e16, `1e+16`},
		{123456789012345680.0, `1.2345678901234568e+17`},
		{1.7976931348623157e308, `1.7976931348623157e+308`},
		{5e-324, `5e-324`},
		{"", `""`},
		{`a"b\c/d`, `"a\"b\\c/d"`},
		{"\b\f\n\r\t\x00\x1f\x7f", `"\b\f\n\r\t\u0000\u001f\u007f"`},
		{"<a href='x'>&</a>", `"<a href='x'>&</a>"`},
		{"grüß", `"gr\u00fc\u00df"`},
		{"\u2028\uffff", `"\u2028\uffff"`},
		{"a🌍b", `"a\ud83c\udf0db"`},
		{"a\xffb", `"a\ufffdb"`}, // no JSON text can hold it
		{[]any{}, `[]`},
		{[]any{int64(1), "a", nil, []any{}}, `[1,"a",null,[]]`},
		{map[string]any{}, `{}`},
		{map[string]any{"b": int64(1), "a": map[string]any{"d": nil, "c": "x"}, "é": true}, `{"a":{"c":"x","d":null},"b":1,"\u00e9":true}`},
	}
	for _, test := range tests {
		got, err := Encode(test.value)
		if err != nil || got != test.want {
			t.Errorf("%#v: got %s, %v; want %s", test.value, got, err, test.want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, value := range []any{math.NaN(), math.Inf(1), struct{}{}, map[string]any{"a": []any{int8(1)}}, map[string]any{"a": []byte("x")}} {
		if got, err := Encode(value); err == nil {
			t.Errorf("%#v: got %s", value, got)
		}
	}
}

func TestMarshalEndsInNewline(t *testing.T) {
	text, err := Marshal(map[string]any{"spec": map[string]any{"size": int64(1)}})
	if want := `{"spec":{"size":1}}` + "\n"; err != nil || text != want {
		t.Errorf("got %q, %v; want %q", text, err, want)
	}
}

func TestUnmarshal(t *testing.T) {
	got, err := Unmarshal(`{"spec": {"i": 1, "f": 1.5, "w": 2.0, "s": "gr\u00fc\u00df \ud83c\udf0d", "n": null, "big": 18446744073709551615}}` + "\n")
	want := map[string]any{"spec": map[string]any{
		"i": int64(1), "f": 1.5, "w": 2.0, "s": "grüß 🌍", "n": nil, "big": 18446744073709551615.0,
	}}
	if err != nil || !patch.Equal(got, want) {
		t.Errorf("got %#v, %v; want %#v", got, err, want)
	}
	if _, ok := got["spec"].(map[string]any)["i"].(int64); !ok {
		t.Errorf("a whole number is a %T", got["spec"].(map[string]any)["i"])
	}
	if got, err := Unmarshal("null"); got != nil || err != nil {
		t.Errorf("null: got %v, %v", got, err)
	}
	for _, text := range []string{"", "{", "[]", "1", `"x"`, `{"a":NaN}`, `{} x`, `{"a":[{"b":1e400}]}`} {
		if got, err := Unmarshal(text); err == nil || !strings.Contains(err.Error(), "not a JSON object") {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(`{"spec":{"a":[1,2.5,null,"\ud83c\udf0d"]}}`)
	f.Add(`{"a":1e400}`)
	f.Add(`null`)
	f.Add(`{"a":{"b":{"c":"\ud800"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		first, err := Unmarshal(text)
		if err != nil {
			return
		}
		written, err := Marshal(first)
		if err != nil {
			t.Fatalf("cannot write what was read: %v", err)
		}
		second, err := Unmarshal(written)
		if err != nil || !patch.Equal(first, second) {
			t.Fatalf("read %#v from %q, wrote %q, read %#v, %v", first, text, written, second, err)
		}
		if diff := Compare(first, second); len(diff) > 0 {
			t.Fatalf("differs from itself: %v", diff)
		}
	})
}
