package mutate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint/mutate"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	all     = flag.Bool("all", false, "make each mistake at every place, instead of at two per kind and sample")
	only    = flag.String("only", "", "only the mistakes whose name holds this")
	showing = flag.Int("showing", 20, "how many of the mistakes are shown that lint does not get right")
)

// The rates that lint must reach, in percent.
const (
	wantFound  = 100
	wantLine   = 100
	wantColumn = 95
	wantWord   = 95
	// wantAlone is how many mistakes must be one finding, and not several.
	wantAlone = 99
)

// perKind is how many mistakes of each kind are made in each sample.
const perKind = 2

// One mistake at a time, made by a program, at places of all samples: lint must
// find each, at its line and column, with the word that was meant, and find
// nothing else.
func TestSingleMistakes(t *testing.T) {
	results := checkAll(mutants(t))
	var total rates
	groups := map[string]*rates{}
	shown := 0
	for _, r := range results {
		if groups[r.Group] == nil {
			groups[r.Group] = &rates{}
		}
		groups[r.Group].add(r)
		total.add(r)
		if !r.word || !r.alone {
			if shown++; shown <= *showing {
				t.Log(describe(r))
			}
		}
	}
	if shown > *showing {
		t.Logf("and %d more", shown-*showing)
	}
	t.Log("\n" + table(groups, total))
	for name, part := range groups {
		if part.found < part.mutants || part.line < part.mutants {
			t.Errorf("%s: not all are found on the right line", name)
		}
	}
	for _, rate := range []struct {
		what      string
		got, want float64
	}{
		{"found", percent(total.found, total.mutants), wantFound},
		{"on the right line", percent(total.line, total.mutants), wantLine},
		{"in the right column", percent(total.column, total.mutants), wantColumn},
		{"with the right word", percent(total.word, total.typos), wantWord},
		{"once", percent(total.alone, total.mutants), wantAlone},
	} {
		if rate.got < rate.want {
			t.Errorf("%.1f%% are reported %s; wanted are %.0f%%", rate.got, rate.what, rate.want)
		}
	}
}

// examples are rules whose good examples have what no sample has.
var examples = []string{"needs-cycle", "same-metric", "unseen-patch", "wait-children"}

// mutants are those of the samples and of some good examples of the rules; with
// -all, of all of them.
func mutants(t *testing.T) []mutate.Mutant {
	t.Helper()
	var out []mutate.Mutant
	add := func(name, text string) {
		made, err := mutate.Of(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if !*all {
			made = mutate.Spread(made, perKind)
		}
		out = append(out, made...)
	}
	paths, err := filepath.Glob("../../../samples/*/operator.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		add("samples/"+filepath.Base(filepath.Dir(path)), string(text))
	}
	for _, r := range lint.Rules() {
		good := lint.ExampleOf(r).Good
		isASCII := !strings.ContainsFunc(good, func(r rune) bool { return r > 0x7e })
		if good != "" && isASCII && (*all || slices.Contains(examples, r.ID)) {
			add("rules/"+r.ID, good)
		}
	}
	return slices.DeleteFunc(out, func(m mutate.Mutant) bool { return !strings.Contains(m.Name(), *only) })
}

// result is what lint makes of a mutant.
type result struct {
	mutate.Mutant
	found diag.List
	// line, column and word say that one of the findings is right about it; alone
	// says that there is no other.
	line, column, word, alone bool
	rendered                  string
}

func checkAll(mutants []mutate.Mutant) []result {
	out := make([]result, len(mutants))
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < len(mutants); i += workers {
				out[i] = check(mutants[i])
			}
		})
	}
	wait.Wait()
	return out
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
	if !r.word || !r.alone {
		var out strings.Builder
		if err := (&diag.Printer{Out: &out, Sources: bundle.Sources}).Print(found); err != nil {
			out.WriteString(err.Error())
		}
		r.rendered = out.String()
	}
	return r
}

// describe is a mutant that lint does not understand, for people.
func describe(r result) string {
	want := fmt.Sprintf("one finding at %d:%d", r.Line, r.Column)
	if r.Word != "" {
		want += ", did you mean " + r.Word
	}
	got := r.rendered
	if got == "" {
		got = "nothing\n"
	}
	return fmt.Sprintf("%s\n  %d | %s\nwant %s\ngot\n%s", r.Name(), r.Line, strings.Split(r.Text, "\n")[r.Line-1], want, got)
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

// percent of nothing is all of it.
func percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

// table shows the rates of all groups.
func table(groups map[string]*rates, total rates) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-20s %6s  %7s %7s %7s %7s %7s\n", "mistakes", "", "found", "line", "column", "word", "once")
	row := func(name string, c rates) {
		word := "-"
		if c.typos > 0 {
			word = fmt.Sprintf("%.1f%%", percent(c.word, c.typos))
		}
		fmt.Fprintf(&out, "%-20s %6d  %6.1f%% %6.1f%% %6.1f%% %7s %6.1f%%\n", name, c.mutants, percent(c.found, c.mutants),
			percent(c.line, c.mutants), percent(c.column, c.mutants), word, percent(c.alone, c.mutants))
	}
	names := make([]string, 0, len(groups))
	for name := range groups {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		row(name, *groups[name])
	}
	row("all", total)
	return out.String()
}

// What is mutated is good: it has no finding, so each that a mutant has is about
// its mistake.
func TestOriginalsAreClean(t *testing.T) {
	paths, err := filepath.Glob("../../../samples/*/operator.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, found := lint.Sources([]spec.Source{{Name: path, Text: text}}, nil); len(found) > 0 {
			t.Errorf("%v", found)
		}
	}
}
