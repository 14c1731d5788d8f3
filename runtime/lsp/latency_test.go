package lsp_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/many"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/lsptest"
)

// BenchmarkEdit is the time from an edit to its diagnostics, in the built command; the
// aim is 100 ms. Each edit makes a mistake, or mends it.
func BenchmarkEdit(b *testing.B) {
	sample, err := os.ReadFile("../../samples/evc/operator.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, text, find string }{
		{"sample", string(sample), "spec."},
		{"1000handlers", many.Handlers(1000), "spec.title + ' 500'"},
	} {
		b.Run(c.name, func(b *testing.B) { edits(b, c.text, c.find) })
	}
}

func edits(b *testing.B, text, find string) {
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	client, err := lsptest.Start(ctx, binary)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := client.Initialize(ctx, map[string]any{}); err != nil {
		b.Fatal(err)
	}
	uri := "file://" + b.TempDir() + "/operator.yaml"
	first, err := client.Measure(ctx, uri, 1, func() error { return client.Open(ctx, uri, text) })
	if err != nil {
		b.Fatal(err)
	}
	at := strings.Index(text, find) + len(find)
	before := text[:at]
	place := lsptest.Position{Line: strings.Count(before, "\n"), Character: at - strings.LastIndexByte(before, '\n') - 1}
	var took []time.Duration
	version := 1
	for b.Loop() {
		version++
		change, text := lsptest.Range{Start: place, End: place}, "("
		if version%2 == 1 {
			change.End.Character++
			text = ""
		}
		d, err := client.Measure(ctx, uri, version, func() error { return client.Change(ctx, uri, version, &change, text) })
		if err != nil {
			b.Fatal(err)
		}
		if wrong := len(d.Diagnostics) > 0; wrong != (version%2 == 0) {
			b.Fatalf("version %d has %d findings", version, len(d.Diagnostics))
		}
		took = append(took, d.After)
	}
	slices.Sort(took)
	b.ReportMetric(float64(first.After.Milliseconds()), "ms-to-open")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-99%")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	if err := client.Shutdown(ctx); err != nil {
		b.Fatal(fmt.Errorf("%w: %s", err, client.Stderr.String()))
	}
}
