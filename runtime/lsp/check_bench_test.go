package lsp

import (
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/bench/many"
)

// BenchmarkCheckEdited is what an edit of one of 1000 handlers costs.
func BenchmarkCheckEdited(b *testing.B) {
	before := newDocument("file:///op.yaml", 1, newText(many.Handlers(1000)))
	all, _ := checkAll(b.Context(), &bundle{open: []*document{before}})
	after := strings.Replace(before.content, "spec.title + ' 500'", "spec.title( + ' 500'", 1)
	for b.Loop() {
		d := newDocument(before.uri, 2, newText(after))
		if found, ok := checkEdited(b.Context(), &bundle{open: []*document{d}}, all); !ok || len(found) != 1 {
			b.Fatal(found)
		}
	}
}

// BenchmarkCompleteLarge is a completion in one of 1000 handlers, right after an edit.
func BenchmarkCompleteLarge(b *testing.B) {
	text := many.Handlers(1000)
	at := strings.Index(text, "spec.title + ' 500'") + len("spec.")
	known := knowledgeOf(nil, nil)
	for b.Loop() {
		d := newDocument("file:///op.yaml", 2, newText(text))
		if found := complete(d, at, known); len(found.candidates) == 0 {
			b.Fatal("nothing")
		}
	}
}
