package diag

import (
	"strings"
	"testing"
)

// What is cut fits the terminal, and no mark loses its letter.
func TestNarrow(t *testing.T) {
	text := strings.Repeat("漢e\u0301", 100) + "SUBJECT" + strings.Repeat("漢e\u0301", 100) + "\n"
	for width := 30; width < 60; width++ {
		var out strings.Builder
		p := &Printer{Out: &out, Sources: map[string][]byte{"f.yaml": []byte(text)}, Width: width}
		if err := p.PrintOne(&Diagnostic{Subject: find(t, text, "SUBJECT")}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if got := cellsOf([]rune(lines[1])); got > width || got < width-4 {
			t.Errorf("width %d: %d cells: %s", width, got, lines[1])
		}
		if strings.Contains(lines[1], "…\u0301") {
			t.Errorf("a mark without its letter: %s", lines[1])
		}
		before, _, _ := strings.Cut(lines[1], "SUBJECT")
		if at := strings.Index(lines[2], "^"); at != cellsOf([]rune(before)) {
			t.Errorf("width %d: the caret stands at %d: \n%s\n%s", width, at, lines[1], lines[2])
		}
	}
}

// The context of another file stands behind, with its place.
func TestOtherFile(t *testing.T) {
	other := Range{File: "e.yaml", Start: Pos{1, 4, 3}, End: Pos{1, 5, 4}}
	text := "name: x\n"
	var out strings.Builder
	p := &Printer{Out: &out, Sources: map[string][]byte{"f.yaml": []byte(text), "e.yaml": []byte("n: x\n")}}
	if err := p.Print(List{{Summary: "again", Subject: find(t, text, "x"), Context: &other}}); err != nil {
		t.Fatal(err)
	}
	want := `f.yaml:1:7: error: again
  1 | name: x
    |       ^
  e.yaml:1:4:
  1 | n: x
    |    -
1 error in 1 file
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

// find is the range of the first occurrence of a part of a text.
func find(t *testing.T, text, part string) Range {
	t.Helper()
	i := strings.Index(text, part)
	if i < 0 {
		t.Fatalf("%q is not in the text", part)
	}
	pos := func(offset int) Pos {
		before := text[:offset]
		start := strings.LastIndexByte(before, '\n') + 1
		return Pos{Line: 1 + strings.Count(before, "\n"), Column: 1 + len([]rune(before[start:])), Offset: offset}
	}
	return Range{File: "f.yaml", Start: pos(i), End: pos(i + len(part))}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("a", 300) + "SUBJECT" + strings.Repeat("b", 300)
	tests := map[string]struct{ text, part, want string }{
		"simple":      {"a: 1\nkey: value\n", "value", "  2 | key: value\n    |      ^~~~~\n"},
		"one letter":  {"a: 1\n", "1", "  1 | a: 1\n    |    ^\n"},
		"empty":       {"a:\nb: 1", "", "  1 | a:\n    | ^\n"},
		"tab":         {"a:\t\tx y\n", "x", "  1 | a:              x y\n    |                 ^\n"},
		"wide":        {"漢字: 漢 x\n", "漢 x", "  1 | 漢字: 漢 x\n    |       ^~~~\n"},
		"combining":   {"e\u0301: x\n", "x", "  1 | e\u0301: x\n    |    ^\n"},
		"tab inside":  {"k: a\tb c\n", "a\tb", "  1 | k: a    b c\n    |    ^~~~~~\n"},
		"many lines":  {"a: |\n  b\n", "|\n  b", "  1 | a: |\n    |    ^\n"},
		"windows":     {"a: b\r\nc: d\r\n", "b\r\nc", "  1 | a: b\n    |    ^\n"},
		"control":     {"a: \u202ex\x1b[1m\n", "x", "  1 | a: \ufffdx\ufffd[1m\n    |     ^\n"},
		"byte order":  {"\ufeffa: x\n", "x", "  1 | a: x\n    |    ^\n"},
		"long, left":  {"x" + long, "x", "  1 | x" + strings.Repeat("a", 158) + "…\n    | ^\n"},
		"long, right": {long + "x", "x", "  1 | …" + strings.Repeat("b", 158) + "x\n    | " + strings.Repeat(" ", 159) + "^\n"},
		"long, amid": {long, "SUBJECT", "  1 | …" + strings.Repeat("a", 75) + "SUBJECT" + strings.Repeat("b", 76) +
			"…\n    | " + strings.Repeat(" ", 76) + "^~~~~~~\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			p := &Printer{Out: &out, Sources: map[string][]byte{"f.yaml": []byte(tt.text)}}
			if err := p.PrintOne(&Diagnostic{Subject: find(t, tt.text, tt.part)}); err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(out.String(), "\n")
			if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestPrint(t *testing.T) {
	text := "a: 1\nb: 2\nc: 3\na: 4\n"
	first := find(t, text, "a: 1")
	again := Range{File: "f.yaml", Start: Pos{4, 1, 15}, End: Pos{4, 2, 16}}
	list := List{
		{Rule: &Rule{ID: "r2"}, Summary: "two", Subject: again, Context: &first},
		{Rule: &Rule{ID: "r1"}, Summary: "one", Detail: "detail", Severity: Warning, Subject: find(t, text, "b")},
		{Rule: &Rule{ID: "r2"}, Summary: "two", Subject: again, Context: &first},
		{Summary: "no place", Subject: Range{File: "e.yaml"}},
	}
	want := `e.yaml: error: no place
f.yaml:2:1: warning: one: detail [r1]
  2 | b: 2
    | ^
f.yaml:4:1: error: two [r2]
  1 | a: 1
    | ----
  .
  4 | a: 4
    | ^
2 errors, 1 warning in 2 files
`
	var out strings.Builder
	p := &Printer{Out: &out, Sources: map[string][]byte{"f.yaml": []byte(text)}}
	if err := p.Print(list); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
	out.Reset()
	p.Color = true
	if err := p.Print(list[1:2]); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "\x1b[1;33mwarning:\x1b[0m one") {
		t.Errorf("no colour in %q", got)
	}
	out.Reset()
	if err := p.Print(nil); err != nil || out.String() != "" {
		t.Errorf("an empty list prints %q, %v", out.String(), err)
	}
}

func TestErr(t *testing.T) {
	if err := (List{{Severity: Warning}}).Err(); err != nil {
		t.Errorf("a warning is the error %v", err)
	}
	err := List{{Summary: "b", Subject: Range{File: "b"}}, {Summary: "a", Subject: Range{File: "a"}}}.Err()
	if err == nil || err.Error() != "a: error: a\nb: error: b" {
		t.Errorf("got %v", err)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"retries", "result", "resource", "onFailure", "do", "on", "delete"}
	tests := map[string]string{
		"retires":    "retries",
		"retry":      "",
		"resorce":    "resource",
		"on_failure": "onFailure",
		"onfailure":  "onFailure",
		"onFailures": "onFailure",
		"deleet":     "delete",
		"Do":         "do",
		"ob":         "on",
		"od":         "",
		"o":          "",
		"del":        "delete",
		"res":        "",
		"xyz":        "",
		"":           "",
		"delete":     "",
	}
	for word, want := range tests {
		if got, _ := Nearest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
