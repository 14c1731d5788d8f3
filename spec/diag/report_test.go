package diag

import (
	"encoding/json"
	"strings"
	"testing"
)

func sample() *Report {
	rule := &Rule{ID: "a-rule", Severity: Warning, Summary: "a summary", Explanation: "Because of `x`."}
	at := Range{File: "dir with spaces/ü.yaml", Start: Pos{2, 3, 10}, End: Pos{2, 5, 12}}
	other := Range{File: "/work/b.yaml", Start: Pos{1, 1, 0}, End: Pos{1, 1, 0}}
	d := rule.At(at, "100%%, a:b\r\nnext")
	d.Context = &other
	d.Correct("x")
	return &Report{
		Version: "v1", Rules: []*Rule{rule}, Dir: "/work", Files: []string{at.File, other.File},
		Found: List{d, d, {Summary: "no place", Subject: Range{File: "/elsewhere/c.yaml"}}},
	}
}

func TestGitHub(t *testing.T) {
	var out strings.Builder
	if err := sample().GitHub(&out); err != nil {
		t.Fatal(err)
	}
	want := "::error file=/elsewhere/c.yaml::no place\n" +
		"::warning file=dir with spaces/ü.yaml,line=2,endLine=2,col=3,endColumn=5,title=a-rule::a summary: 100%25, a:b%0D%0Anext%0Ahttps://github.com/kopf-declarative/kopf-declarative/blob/main/docs/rules/a-rule.md\n"
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
	odd := &Diagnostic{Summary: "s", Subject: Range{File: "a:b,c%.yaml"}}
	if got := command(odd); got != "::error file=a%3Ab%2Cc%25.yaml::s\n" {
		t.Errorf("got %s", got)
	}
}

func TestJSON(t *testing.T) {
	var out strings.Builder
	if err := sample().JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got jsonReport
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || got.Summary != (jsonSummary{Errors: 1, Warnings: 1}) || len(got.Findings) != 2 || len(got.Files) != 2 {
		t.Errorf("got %s", &out)
	}
	f := got.Findings[1]
	if f.Rule != "a-rule" || f.Range.Start != (jsonPos{2, 3, 10}) || f.Context.File != "/work/b.yaml" || !f.Fix.Safe || f.Fix.Edits[0].Text != "x" {
		t.Errorf("got %s", &out)
	}
	out.Reset()
	if err := (&Report{}).JSON(&out); err != nil || !strings.Contains(out.String(), `"findings": []`) {
		t.Errorf("an empty report is %s, %v", &out, err)
	}
}

func TestURIs(t *testing.T) {
	r := &Report{Dir: "/work"}
	tests := map[string]sarifURI{
		"a.yaml":            {"a.yaml", sourceRoot},
		"./a/../b c.yaml":   {"b%20c.yaml", sourceRoot},
		"/work/x/ü.yaml":    {"x/%C3%BC.yaml", sourceRoot},
		"/elsewhere/y.yaml": {"file:///elsewhere/y.yaml", ""},
		"<stdin>":           {"%3Cstdin%3E", sourceRoot},
		"a:b.yaml":          {"./a:b.yaml", sourceRoot},
	}
	for file, want := range tests {
		if got := r.uri(file); got != want {
			t.Errorf("%s: got %v, want %v", file, got, want)
		}
	}
}

func TestApply(t *testing.T) {
	text := "\ufeffa: 1\r\nb: 2\r\nc: 3\r\n"
	fix := func(part, with string, safe bool) *Diagnostic {
		d := (&Rule{ID: part}).At(find(t, text, part), "")
		d.Suggest(with).Safe = safe
		return d
	}
	list := List{fix("3", "three", true), fix("1", "one", true), fix("2", "guess", false), fix(": 3", "lost", true)}
	fixes := list.SafeFixes()
	got := string(Apply("f.yaml", []byte(text), fixes))
	if want := "\ufeffa: one\r\nb: 2\r\nclost\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if again := string(Apply("other.yaml", []byte(text), fixes)); again != text {
		t.Errorf("another file became %q", again)
	}
}
