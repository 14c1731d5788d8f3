// Command generate writes the pages of the rules, and their list into
// docs/lint.md: go run ./generate DOCS, from runtime/lint.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate DOCS")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate writes the pages anew: those of rules that are gone go too.
func generate(docs string) error {
	pages := filepath.Join(docs, "rules")
	if err := os.RemoveAll(pages); err != nil {
		return err
	}
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return err
	}
	for _, r := range lint.Rules() {
		if err := os.WriteFile(filepath.Join(pages, r.ID+".md"), []byte(lint.Page(r)), 0o644); err != nil {
			return err
		}
	}
	return list(filepath.Join(docs, "lint.md"))
}

// The lines between which the list stands.
const (
	begin = "<!-- The list of rules is generated: make generate. -->\n"
	end   = "<!-- End of the list. -->\n"
)

func list(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, both := strings.Cut(rest, end)
	if !ok || !both {
		return fmt.Errorf("%s has no place for the list of rules", path)
	}
	return os.WriteFile(path, []byte(before+begin+"\n"+lint.Table()+"\n"+end+after), 0o644)
}
