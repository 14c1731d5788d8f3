package eval

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of docs/expressions.md")

const docsPage = "../docs/expressions.md"

// The page lists exactly what the tables have.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	wanted := section(t, section(t, section(t, string(page), "variables", variablesTable()), "functions", functionsTable()), "libraries", librariesTable())
	if wanted == string(page) {
		return
	}
	if !*update {
		t.Fatalf("%s does not list what the tables have; run go test ./eval -run TestDocs -update", docsPage)
	}
	if err := os.WriteFile(docsPage, []byte(wanted), 0o644); err != nil {
		t.Fatal(err)
	}
}

// section is the page with another text between a section's markers.
func section(t *testing.T, page, name, text string) string {
	t.Helper()
	start := "<!-- " + name + ": written by go test ./eval -update -->\n"
	before, rest, ok := strings.Cut(page, start)
	_, after, closed := strings.Cut(rest, "<!-- end -->")
	if !ok || !closed {
		t.Fatalf("%s has no section %s", docsPage, name)
	}
	return before + start + text + "<!-- end -->" + after
}

func variablesTable() string {
	var out strings.Builder
	out.WriteString("| variable | type | where | |\n| --- | --- | --- | --- |\n")
	for _, v := range Variables {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", v.Name, v.TypeText(), v.Scope, v.Doc)
	}
	return out.String()
}

func functionsTable() string {
	var out strings.Builder
	out.WriteString("| function | where | |\n| --- | --- | --- |\n")
	for _, f := range Functions {
		signature := strings.ReplaceAll(strings.ReplaceAll(f.Signatures[0], " -> ", " → "), "|", "\\|")
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", signature, f.Where(), f.Doc)
	}
	return out.String()
}

func librariesTable() string {
	var out strings.Builder
	out.WriteString("| library | |\n| --- | --- |\n")
	for _, library := range Libraries[1:] {
		names := strings.ReplaceAll(strings.Join(NamesOf(library), "` `"), "|", "\\|")
		fmt.Fprintf(&out, "| %s | `%s` |\n", library, names)
	}
	return out.String()
}
