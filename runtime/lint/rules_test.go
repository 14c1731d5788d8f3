package lint

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var update = flag.Bool("update", false, "rewrite the expected output in examples")

// withoutText are the rules that are about no text, so have no example.
var withoutText = []string{"internal", "unreadable"}

// lint is what people see of a text.
func lint(t *testing.T, name, text string) (diag.List, string) {
	t.Helper()
	bundle, found := Sources([]spec.Source{{Name: name, Text: []byte(text)}}, nil)
	var out strings.Builder
	if err := (&diag.Printer{Out: &out, Sources: bundle.Sources}).Print(found); err != nil {
		t.Fatal(err)
	}
	return found, out.String()
}

// Each rule has an example that breaks it, and no other rule of its severity or
// a worse one; what is found in it is pinned; and the good one stays silent.
func TestExamples(t *testing.T) {
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			e := ExampleOf(r)
			if slices.Contains(withoutText, r.ID) {
				return
			}
			if e.Bad == "" || e.Good == "" {
				t.Fatalf("no examples in examples/bad/%s.yaml and examples/good/%s.yaml", r.ID, r.ID)
			}
			found, got := lint(t, r.ID+".yaml", e.Bad)
			if !slices.ContainsFunc(found, func(d *diag.Diagnostic) bool { return d.Rule == r }) {
				t.Errorf("the bad example does not break it:\n%s", got)
			}
			if *update {
				if err := os.WriteFile("examples/bad/"+r.ID+".txt", []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if got != e.Found {
				t.Errorf("got:\n%s\nwant:\n%s", got, e.Found)
			}
			if found, got := lint(t, r.ID+".yaml", e.Good); len(found) > 0 {
				t.Errorf("the good example is not silent:\n%s", got)
			}
		})
	}
}

// What is explained is whole, and no example is left over.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] {
			t.Errorf("%s stands twice", r.ID)
		}
		seen[r.ID] = true
		if r.Summary == "" || !strings.HasSuffix(r.Explanation, ".") {
			t.Errorf("%s is not explained", r.ID)
		}
	}
	err := fs.WalkDir(examples, "examples", func(path string, entry fs.DirEntry, err error) error {
		id := strings.TrimSuffix(entry.Name(), filepath.Ext(path))
		if err == nil && !entry.IsDir() && !seen[id] {
			t.Errorf("%s is about no rule", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// No layer reports a rule that is not listed: a finding can be about a declared
// rule only, so every declaration in the sources must be in Rules, and every
// finding must be made by a rule.
func TestEveryRuleIsListed(t *testing.T) {
	declared := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			switch name := typeName(literal.Type); {
			case name == "diag.Rule":
				declared++
				if id := idOf(literal); Rule(id) == nil {
					t.Errorf("%s declares the rule %q, which Rules does not list", path, id)
				}
			case strings.HasSuffix(path, "runtime/trial/trial.go"): // shows an error at run time as a finding
			case name == "diag.Diagnostic" || name == "Diagnostic" && !strings.HasSuffix(path, "spec/diag/rule.go"):
				t.Errorf("%s makes a finding without a rule", path)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if declared != len(Rules()) {
		t.Errorf("%d rules are declared, and %d are listed", declared, len(Rules()))
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok {
			return pkg.Name + "." + e.Sel.Name
		}
	}
	return ""
}

func idOf(literal *ast.CompositeLit) string {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		value, isLiteral := pair.Value.(*ast.BasicLit)
		if key, ok := pair.Key.(*ast.Ident); ok && isLiteral && key.Name == "ID" {
			id, _ := strconv.Unquote(value.Value)
			return id
		}
	}
	return ""
}

// What cannot be read has no text, but a rule all the same.
func TestUnreadable(t *testing.T) {
	_, found := spec.Load([]string{filepath.Join(t.TempDir(), "missing.yaml")}, nil)
	if len(found) != 1 || found[0].Rule != Rule("unreadable") {
		t.Errorf("got %v", found)
	}
}

// The samples, and everything that the language has, are silent.
func TestSilence(t *testing.T) {
	paths, err := filepath.Glob("../../samples/*/operator.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	more, err := filepath.Glob("testdata/ok/*.yaml")
	if err != nil || len(more) == 0 {
		t.Fatal("no testdata/ok", err)
	}
	for _, path := range append(paths, more...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := lint(t, path, string(text)); got != "" {
			t.Errorf("%s", got)
		}
	}
}
