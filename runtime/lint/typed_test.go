package lint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// What types find in all places of an operator is pinned.
func TestTyped(t *testing.T) {
	files, err := filepath.Glob("testdata/typed/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, got := lint(t, filepath.Base(file), string(text))
			pinned := file[:len(file)-len(".yaml")] + ".txt"
			if *update {
				if err := os.WriteFile(pinned, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(pinned)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// Expressions of all sorts about builtin kinds, as people write them, fit the types.
func TestTypesFitBuiltinKinds(t *testing.T) {
	text, err := os.ReadFile("testdata/real.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found, _ := lint(t, "real.yaml", string(text))
	for _, d := range found {
		if d.Severity == diag.Error || d.ID() == "never-equal" {
			t.Error(d)
		}
	}
}
