package spec

import (
	"strings"
	"testing"
)

// readOne reads a text of one document.
func readOne(t *testing.T, text string) *Value {
	t.Helper()
	r := &report{}
	docs := r.readDocuments(newSource("t.yaml", text))
	for _, d := range r.found {
		t.Error(d.Error())
	}
	if len(docs) != 1 {
		t.Fatalf("got %d documents", len(docs))
	}
	return docs[0]
}

// Each text has one scalar at key k; each X in its decoded string must be found
// at an X in the source, in order, and each Y at the escape marked below.
func TestPosAt(t *testing.T) {
	tests := map[string]struct {
		text, value string
		end         string // what the source has left behind the scalar
	}{
		"plain":             {"k: aXb # c", "aXb", " # c"},
		"plain, wide":       {"k: \"ä😀\"\nl: X", "", ""},
		"plain over lines":  {"k: a X\n  X\n\n\n  bX\nl: 1", "a X X\n\nbX", "\nl: 1"},
		"plain in flow":     {"k: [aX, X b\n  X]", "", ""},
		"tag":               {"k: !!str X", "X", ""},
		"anchor and tag":    {"k: &a !!str # c\n  X", "X", ""},
		"single":            {"k: 'it''s X''X'", "it's X'X", ""},
		"single over lines": {"k: 'X  \n   X\n\n  X' # e", "X X\nX", " # e"},
		"double":            {`k: "\tX\u00e4X\x41\U0001F600X\"X\\"`, "\tXäXA😀X\"X\\", ""},
		"all escapes": {`k: "\0\a\b\t\n\v\f\r\e\ \"\'\\\N\_\L\PX\x41X\u263aX\U0001F600X"`,
			"\x00\a\b\t\n\v\f\r\x1b \"'\\\u0085\u00a0\u2028\u2029XAX\u263aX\U0001F600X", ""},
		"unicode breaks":          {"k: 'X\u2028  X\u0085X\u2029\n X'", "X\u2028X X\u2029\nX", ""},
		"double over lines":       {"k: \"X \\\n   \\  X\n\n  X\"", "X   X\nX", ""},
		"literal":                 {"k: |\n  X\n   X\n\n  aX\n", "X\n X\n\naX\n", "\n"},
		"literal strip":           {"k: |-\n  X\n  X\n\n\nl: 1", "X\nX", "\n\n\nl: 1"},
		"literal keep":            {"k: |+\n  X\n\n\nl: 1", "X\n\n\n", "\n\n\nl: 1"},
		"literal with indent":     {"k: |2 # c\n     X\n  X\n", "   X\nX\n", "\n"},
		"literal, indent, keep":   {"k: |2+\n   X\n\n", " X\n\n", "\n\n"},
		"literal, blank lines":    {"k: |\n\n \n  X\n", "\n\nX\n", "\n"},
		"folded":                  {"k: >\n  X\n  X\n\n  X\n    X\n  X\n", "X X\nX\n  X\nX\n", "\n"},
		"folded strip":            {"k: >-\n  X\n  X\n", "X X", "\n"},
		"folded keep with indent": {"k: >+1\n  X\n\n", " X\n\n", "\n\n"},
		"folded, tab":             {"k: >\n  X\n  \tX\n  X\n", "X\n\tX\nX\n", "\n"},
		"windows lines":           {"k: |\r\n  X\r\n  X\r\n", "X\nX\n", "\r\n"},
		"byte order mark":         {"\ufeffk: X", "X", ""},
		"json":                    {`{"k": "X\"X"}`, `X"X`, "}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := readOne(t, tt.text)
			if tt.value == "" {
				checkMarks(t, tt.text, v)
				return
			}
			v = v.Get("k")
			if v.Scalar != tt.value {
				t.Fatalf("value %q, want %q", v.Scalar, tt.value)
			}
			checkMarks(t, tt.text, v)
			if rest := tt.text[v.Range.End.Offset:]; rest != tt.end {
				t.Errorf("left behind the scalar: %q, want %q", rest, tt.end)
			}
		})
	}
}

// checkMarks compares the X's of all strings in a tree with the source.
func checkMarks(t *testing.T, text string, v *Value) {
	t.Helper()
	var found []int
	walkStrings(v, func(v *Value, s string) {
		if v.text == nil {
			t.Errorf("no text for %q", s)
		}
		for i := range s {
			if s[i] != 'X' {
				continue
			}
			p := v.PosAt(i)
			found = append(found, p.Offset)
			if r := v.RangeOf(i, i+1); text[r.Start.Offset:r.End.Offset] != "X" || r.Start != p {
				t.Errorf("range of the X at %d is %v to %v", i, r.Start, r.End)
			}
		}
	})
	var want []int
	for i := range text {
		if text[i] == 'X' {
			want = append(want, i)
		}
	}
	if len(found) != len(want) {
		t.Fatalf("found %v, want %v", found, want)
	}
	for i := range want {
		if found[i] != want[i] {
			t.Errorf("X number %d found at %d, want %d", i, found[i], want[i])
		}
	}
}

func walkStrings(v *Value, visit func(*Value, string)) {
	if s, ok := v.String(); ok {
		visit(v, s)
	}
	for _, item := range v.Items {
		walkStrings(item, visit)
	}
	for _, f := range v.Fields {
		walkStrings(f.Key, visit)
		walkStrings(f.Value, visit)
	}
}

func TestRangeOfEscape(t *testing.T) {
	text := "\nk: \"ä\\u00e4\\\n  b\""
	v := readOne(t, text).Get("k")
	s, _ := v.String()
	i := strings.LastIndex(s, "ä")
	r := v.RangeOf(i, i+len("ä"))
	if got := text[r.Start.Offset:r.End.Offset]; got != `\u00e4` {
		t.Errorf("got %q", got)
	}
	if r.Start.Line != 2 || r.Start.Column != 6 || r.End.Column != 12 {
		t.Errorf("got %+v", r)
	}
	if got := v.RangeOf(0, len(s)); text[got.Start.Offset:got.End.Offset] != "ä\\u00e4\\\n  b" {
		t.Errorf("got %+v", got)
	}
	if end := v.PosAt(len(s)); text[end.Offset] != '"' {
		t.Errorf("the end is at %+v", end)
	}
}
