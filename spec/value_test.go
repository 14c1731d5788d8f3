package spec

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestTyping(t *testing.T) {
	tests := map[string]any{
		"null": nil, "~": nil, "": nil, "Null": nil, "!!null x y": "error", "!!null ''": nil,
		"true": true, "FALSE": false, "tRue": "tRue", "yes": "yes", "on": "on", "!!bool 'true'": true, "!!bool yes": "error",
		"0": int64(0), "-0": int64(0), "+12": int64(12), "0o17": int64(15), "0x1F": int64(31), "00": int64(0),
		"9223372036854775807": int64(9223372036854775807), "-9223372036854775808": int64(-9223372036854775808),
		"9223372036854775808": "error", "0xFFFFFFFFFFFFFFFF": "error", "0777": "error", "!!int '5'": int64(5),
		"1_000": "1_000", "0b1": "0b1", "1:30": "1:30", "0o8": "0o8", "1.2.3": "1.2.3", "2026-11-24": "2026-11-24",
		"2026-11-24T01:41:06Z": "2026-11-24T01:41:06Z", "!!timestamp 2026-11-24": "2026-11-24",
		"1.5": 1.5, "1.": 1.0, ".5": 0.5, "1e3": 1000.0, "-1.5E-3": -0.0015, "!!float 3": 3.0, "1e400": "error",
		".inf": "error", "-.INF": "error", ".NaN": "error", ".": ".", "e3": "e3", "+": "+",
		"'5'": "5", `"true"`: "true", "!!str 5": "5", "!!binary eA==": "error", "!other x": "error",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			r := &report{}
			docs := r.readDocuments(newSource("t.yaml", "k: "+text))
			if len(docs) != 1 {
				t.Fatalf("no document: %v", r.found)
			}
			v := docs[0].Get("k")
			if want == "error" {
				if len(r.found) != 1 || !v.broken {
					t.Errorf("got %#v and %v", v.Scalar, r.found)
				}
				return
			}
			if len(r.found) != 0 || !reflect.DeepEqual(v.Native(), want) {
				t.Errorf("got %#v and %v, want %#v", v.Scalar, r.found, want)
			}
		})
	}
}

func TestNative(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"keys are text":     {"{1: a, true: b, null: c, 1.50: d}", `{"1":"a","1.50":"d","null":"c","true":"b"}`},
		"aliases":           {"a: &x [1, {b: 2}]\nc: *x\nd: {e: *x}", `{"a":[1,{"b":2}],"c":[1,{"b":2}],"d":{"e":[1,{"b":2}]}}`},
		"an anchored key":   {"&k 5: a\nb: *k\n*k : c", `{"5":"a","b":5}`},
		"merge":             {"a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x, e: 4}", `{"a":{"b":1,"c":2},"d":{"b":1,"c":3,"e":4}}`},
		"merge of several":  {"<<: [{a: 1}, {a: 2, b: 2}]\nb: 3", `{"a":1,"b":3}`},
		"no merge":          {`"<<": {a: 1}`, `{"\u003c\u003c":{"a":1}}`},
		"first key counts":  {"a: 1\na: 2", `{"a":1}`},
		"empty collections": {"a: []\nb: {}", `{"a":[],"b":{}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			docs := (&report{}).readDocuments(newSource("t.yaml", tt.text))
			got, err := json.Marshal(docs[0].Native())
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestMergeKeepsOrder(t *testing.T) {
	v := readOne(t, "a: 1\n<<: {b: 2, c: 3}\nd: 4")
	var keys []string
	for _, f := range v.Fields {
		keys = append(keys, f.Key.Scalar.(string))
	}
	if got := strings.Join(keys, ""); got != "abcd" {
		t.Errorf("got %s", got)
	}
}

// Each value at k ends where the mark is.
func TestRanges(t *testing.T) {
	tests := map[string]string{
		"flow list":         "k: «[a, [b]  ,  # c ]\n ]» # d",
		"flow map":          "k: «{a: b, c: {d: e} }»\n",
		"empty list":        "k: «[ ]»",
		"empty map":         "k: &x !!map «{\n}»",
		"block list":        "k:\n  «- a\n  - b: c»\n\nl: 1",
		"block map":         "k:\n  «a: b\n  c:\n    - d»\n# e\n",
		"nothing":           "k:«»\nl: 1",
		"nothing, anchored": "k: «&a»\nl: 1",
		"alias":             "a: «x»\nk: 1",
		"literal":           "k: «|\n  a\n  b»\n\n",
		"empty literal":     "k: «|-»\n\nl: 1",
		"quoted":            "k: «'a b'» # c",
		"number":            "k: !!int «5»",
	}
	for name, marked := range tests {
		t.Run(name, func(t *testing.T) {
			key := "k"
			if name == "alias" {
				key = "a"
			}
			text := strings.NewReplacer("«", "", "»", "").Replace(marked)
			v := readOne(t, text).Get(key)
			got := text[:v.Range.Start.Offset] + "«" + text[v.Range.Start.Offset:v.Range.End.Offset] + "»" + text[v.Range.End.Offset:]
			if got != marked {
				t.Errorf("got  %q\nwant %q", got, marked)
			}
		})
	}
}
