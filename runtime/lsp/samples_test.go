package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// sampleTexts are the files of all samples.
func sampleTexts(t testing.TB) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../samples/*/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	out := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

// Whatever the samples use where they use it is offered there: each name in each
// expression, each key, each word that a key can have. And all of it is explained.
func TestSamples(t *testing.T) {
	asked := 0
	for name, content := range sampleTexts(t) {
		known := knowledgeOf([]spec.Source{{Name: name, Text: []byte(content)}}, nil)
		d := newDocument("file://"+name, 1, newText(content))
		for _, document := range d.documents() {
			if document.Root.Get("kind").Value() != kindOperator {
				continue
			}
			document.Root.Walk(func(n *outline.Node) {
				if n.Kind != outline.Scalar || n.Style == outline.Alias {
					return
				}
				p := placeOf(document.Root, n)
				for _, word := range wordsAt(&p) {
					offset := n.TextFrom + strings.Index(n.Text, word) + len(word)
					got := labels(complete(d, offset, known))
					if !slices.Contains(got, word) {
						t.Errorf("%s: %s in %q is not offered", name, word, oneLine(n.Text))
					}
					if _, ok := explain(d, offset-1, known); !ok {
						t.Errorf("%s: %s in %q is not explained", name, word, oneLine(n.Text))
					}
					asked++
				}
			})
		}
	}
	if asked < 500 {
		t.Errorf("only %d places", asked)
	}
}

// wordsAt are words of a scalar that must be offered there: a key of the language, a
// word that a key can have, the variables of an expression.
func wordsAt(p *place) []string {
	n := p.node
	switch {
	case n.IsKey() && !p.named && !p.free:
		return []string{n.Value()}
	case !n.IsKey() && p.key != nil && slices.Contains(p.key.Values, n.Value()):
		return []string{n.Value()}
	}
	if n.Style != outline.Plain || p.key == nil || p.key.Content != spec.ExpressionContent || n.IsKey() || p.named {
		return nil
	}
	inspector, err := eval.NewInspector()
	if err != nil {
		return nil
	}
	x, ok := inspector.Expr(&spec.Expr{Text: n.Text})
	if !ok {
		return nil
	}
	return x.Variables()
}

// Nothing that stands anywhere in the samples is too much for any question, at no place
// and however the text is cut.
func TestEveryPlace(t *testing.T) {
	known := knowledgeOf(nil, nil)
	for _, content := range sampleTexts(t) {
		for offset := 0; offset <= len(content); offset += 7 {
			d := newDocument("file:///op.yaml", 1, newText(content[:offset]))
			c := complete(d, offset, known)
			if c.from > offset || c.to < offset || strings.Contains(content[c.from:min(c.to, len(content))], "\n") {
				t.Fatalf("at %d: replaces %d to %d", offset, c.from, c.to)
			}
			explain(d, offset, known)
			definition(d, offset)
			symbols(d.documents())
		}
	}
}

// What is none of ours is told from what is.
func TestIsOurs(t *testing.T) {
	for content, want := range map[string]bool{
		"apiVersion: kopf.dev/v1alpha1\nkind: Operatr\n":                 true,
		"apiVersion: kopf.dev/v1\nkind: Operator\n":                      true,
		"apiVersion: kopf.dev/v1\nkind: EphemeralVolumeClaim\n":          false,
		"apiVersion: operators.coreos.com/v1alpha1\nkind: OperatorGroup": false,
		"services: {}\n": false,
		"":               false,
	} {
		if got := isOurs(content); got != want {
			t.Errorf("%q: %v", content, got)
		}
	}
}

// No text is too much for any question, wherever it is asked.
func FuzzAnswers(f *testing.F) {
	for _, content := range sampleTexts(f) {
		f.Add(content, len(content)/2, len(content)/2+1, len(content)/2)
	}
	f.Add(full, 0, 0, len(full))
	known := knowledgeOf(nil, nil)
	f.Fuzz(func(t *testing.T, content string, from, to, offset int) {
		if from < 0 || to < from || to > len(content) || len(content) > 5000 {
			return
		}
		content = content[:from] + content[to:]
		if offset < 0 || offset > len(content) {
			return
		}
		d := newDocument("file:///op.yaml", 1, newText(content))
		c := complete(d, offset, known)
		if c.from > offset || c.to < offset || c.to > len(content) {
			t.Fatalf("replaces %d to %d at %d of %q", c.from, c.to, offset, content)
		}
		explain(d, offset, known)
		definition(d, offset)
		symbols(d.documents())
		focusOn(content, d.documents(), stretch{offset, offset})
	})
}
