package mutate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint/mutate"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	all     = flag.Bool("all", false, "make every mistake at every place, instead of a few of each kind per file")
	failing = flag.Int("failing", 20, "how many of what lint does not find are shown")
	only    = flag.String("only", "", "only mutants whose name holds this")
	noise   = flag.Bool("noise", false, "show mutants with several findings")
)

// definitions are the samples, and the good examples of the rules.
func definitions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	paths, err := filepath.Glob("../../../samples/*/operator.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out["samples/"+filepath.Base(filepath.Dir(path))] = string(text)
	}
	for _, r := range lint.Rules() {
		if good := lint.ExampleOf(r).Good; good != "" && !strings.ContainsFunc(good, func(r rune) bool { return r > 0x7e }) {
			out["rules/"+r.ID] = good
		}
	}
	return out
}

// result is what lint makes of a mutant.
type result struct {
	mutate.Mutant
	found                     diag.List
	line, column, word, alone bool
	rendered                  string
}

func check(m mutate.Mutant) result {
	bundle, found := lint.Sources([]spec.Source{{Name: "operator.yaml", Text: []byte(m.Text)}}, nil)
	r := result{Mutant: m, found: found, alone: len(found) < 2}
	for _, d := range found {
		line := d.Subject.Start.Line == m.Line
		column := line && d.Subject.Start.Column == m.Column
		r.line = r.line || line
		r.column = r.column || column
		r.word = r.word || column && (m.Word == "" || strings.Trim(d.Suggestion(), `"'`) == m.Word)
	}
	var out strings.Builder
	if err := (&diag.Printer{Out: &out, Sources: bundle.Sources}).Print(found); err != nil {
		out.WriteString(err.Error())
	}
	r.rendered = out.String()
	return r
}

// rates count results.
type rates struct{ mutants, found, line, column, typos, word, alone int }

func (c *rates) add(r result) {
	count := func(n *int, ok bool) {
		if ok {
			*n++
		}
	}
	c.mutants++
	count(&c.found, len(r.found) > 0)
	count(&c.line, r.line)
	count(&c.column, r.column)
	count(&c.typos, r.Word != "")
	count(&c.word, r.Word != "" && r.word)
	count(&c.alone, r.alone)
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

func (c rates) String() string {
	word := "     -"
	if c.typos > 0 {
		word = fmt.Sprintf("%5.1f%%", percent(c.word, c.typos))
	}
	return fmt.Sprintf("%6d  %5.1f%%  %5.1f%%  %5.1f%%  %s  %5.1f%%", c.mutants, percent(c.found, c.mutants), percent(c.line, c.mutants),
		percent(c.column, c.mutants), word, percent(c.alone, c.mutants))
}

// One mistake at a time, made by a program, at places of all samples: lint must
// find each, at its line and column, with the word that was meant.
func TestSingleMistakes(t *testing.T) {
	var mutants []mutate.Mutant
	texts := definitions(t)
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		made, err := mutate.Of(name, texts[name])
		if err != nil {
			t.Fatal(err)
		}
		if !*all {
			made = mutate.Spread(made, 2)
		}
		mutants = append(mutants, made...)
	}
	var total rates
	groups := map[string]*rates{}
	shown := 0
	for _, m := range mutants {
		if !strings.Contains(m.Name(), *only) {
			continue
		}
		r := check(m)
		total.add(r)
		if groups[m.Group] == nil {
			groups[m.Group] = &rates{}
		}
		groups[m.Group].add(r)
		if !r.word && shown < *failing {
			shown++
			t.Log(describe(r))
		}
		if *noise && !r.alone {
			t.Log(others(r))
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-20s %6s  %6s  %6s  %6s  %6s  %6s\n", "mistakes", "", "found", "line", "column", "word", "alone")
	kinds := make([]string, 0, len(groups))
	for kind := range groups {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		fmt.Fprintf(&table, "%-20s %s\n", kind, groups[kind])
	}
	fmt.Fprintf(&table, "%-20s %s\n", "all", total)
	t.Log("\n" + table.String())
}

// others are the findings beside the one that is expected.
func others(r result) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s (%d:%d):", r.Name(), r.Line, r.Column)
	for _, d := range r.found {
		if d.Subject.Start.Line != r.Line || d.Subject.Start.Column != r.Column {
			fmt.Fprintf(&out, " %s at %d:%d", d.ID(), d.Subject.Start.Line, d.Subject.Start.Column)
		}
	}
	return out.String()
}

// describe is a mutant that lint does not understand, for people.
func describe(r result) string {
	want := fmt.Sprintf("%d:%d", r.Line, r.Column)
	if r.Word != "" {
		want += ", did you mean " + r.Word
	}
	got := r.rendered
	if got == "" {
		got = "nothing\n"
	}
	line := strings.Split(r.Text, "\n")[r.Line-1]
	return fmt.Sprintf("%s\n  %d | %s\nwant %s\ngot\n%s", r.Name(), r.Line, line, want, got)
}
