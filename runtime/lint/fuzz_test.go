package lint

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint/mutate"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// patience is how long one text may take, on a machine that does much else.
const patience = time.Minute

// Whatever the text: no panic and no hang, every finding has a rule and a place,
// and safe fixes can be made. It begins with definitions that have one mistake.
func FuzzSources(f *testing.F) {
	for _, r := range Rules() {
		e := ExampleOf(r)
		f.Add(e.Bad)
		f.Add(e.Good)
	}
	for _, text := range mutants(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 20_000 {
			t.Skip("longer texts are no other than these")
		}
		for _, d := range findings(t, text) {
			if d.Rule == nil || d.Subject.Start.Offset > len(text) || d.Subject.End.Offset > len(text) {
				t.Errorf("%v", d)
			}
		}
	})
}

// findings are those of a text that is linted in time.
func findings(t *testing.T, text string) diag.List {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var found diag.List
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, found = Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
		diag.Apply("x.yaml", []byte(text), found.SafeFixes())
	}()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatalf("lint hangs: %v", ctx.Err())
	}
	return found
}

// mutants are definitions with one mistake: one of each kind of some samples.
func mutants(f *testing.F) []string {
	f.Helper()
	var out []string
	for _, name := range []string{"evc", "indexing", "timers", "builtin"} {
		text, err := os.ReadFile(filepath.Join("../../samples", name, "operator.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		made, err := mutate.Of(name, string(text))
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range mutate.Spread(made, 1) {
			out = append(out, m.Text)
		}
	}
	return out
}
