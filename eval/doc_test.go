package eval

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The map of the package has each of its files, and no others.
func TestDocHasAllFiles(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`[a-z]+\.go\b`).FindAllString(string(text), -1)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file != "doc.go" && !strings.HasSuffix(file, "_test.go") && !slices.Contains(told, file) {
			t.Errorf("doc.go does not tell of %s", file)
		}
	}
	for _, file := range told {
		if !slices.Contains(files, file) {
			t.Errorf("doc.go tells of %s, which does not exist", file)
		}
	}
}
