package spec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// render loads files and returns what people would see.
func render(t *testing.T, paths ...string) (*Bundle, string) {
	t.Helper()
	bundle, found := Load(paths, strings.NewReader(""))
	var out strings.Builder
	p := diag.Printer{Out: &out, Sources: bundle.Sources}
	if err := p.Print(found); err != nil {
		t.Fatal(err)
	}
	return bundle, out.String()
}

// TestErrors compares the findings in each file with the output beside it.
func TestErrors(t *testing.T) {
	for _, path := range glob(t, "testdata/err/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, got := render(t, path)
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// TestSilence loads what must have no findings, the samples among it.
func TestSilence(t *testing.T) {
	for _, path := range append(glob(t, "testdata/ok/*.yaml"), glob(t, "../samples/*/operator.yaml")...) {
		if _, got := render(t, path); got != "" {
			t.Errorf("%s", got)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files for %s: %v", pattern, err)
	}
	return paths
}
