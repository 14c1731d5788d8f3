// Package editor measures the language server from outside: how long it takes from
// an edit to its diagnostics, in the built command, over its standard input and
// output.
package editor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/proc"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/lsptest"
)

// File is a file that is edited.
type File struct {
	Title, Text string
	// Find is where it is edited: behind the first place of these characters, which
	// must be inside of an expression.
	Find string
}

// Result is what was measured of a file.
type Result struct {
	File
	// Open is the time until the file is checked that has just been opened, with the
	// start of the process.
	Open time.Duration
	// Median and P99 are of the times from an edit to its diagnostics.
	Median, P99 time.Duration
	// CPU is the processor time of an edit.
	CPU time.Duration
	// PeakMiB is the most memory that the server has had.
	PeakMiB float64
}

// Measure edits a file so many times, each time as soon as the diagnostics of the
// edit before have come: a mistake is made, and mended.
func Measure(ctx context.Context, binary, folder string, f File, edits int) (Result, error) {
	out := Result{File: f}
	begin := time.Now()
	client, err := lsptest.Start(ctx, binary)
	if err != nil {
		return out, err
	}
	if _, err := client.Initialize(ctx, map[string]any{}); err != nil {
		return out, err
	}
	s := &session{Client: client, uri: "file://" + folder + "/operator.yaml"}
	if err := s.Open(ctx, s.uri, f.Text); err != nil {
		return out, err
	}
	if _, err := s.Await(ctx, s.uri, func(d lsptest.Diagnostics) bool { return d.Version == 1 }); err != nil {
		return out, err
	}
	out.Open = time.Since(begin)
	before, err := proc.CPU(client.PID())
	if err != nil {
		return out, err
	}
	took, err := s.edit(ctx, f, edits)
	if err != nil {
		return out, err
	}
	after, err := proc.CPU(client.PID())
	if err != nil {
		return out, err
	}
	out.CPU = (after - before) / time.Duration(edits)
	out.Median, out.P99 = took[len(took)/2], took[len(took)*99/100]
	if out.PeakMiB, err = proc.PeakMiB(client.PID()); err != nil {
		return out, err
	}
	return out, client.Shutdown(ctx)
}

type session struct {
	*lsptest.Client
	uri string
}

// edit returns how long the edits took, the shortest first.
func (s *session) edit(ctx context.Context, f File, edits int) ([]time.Duration, error) {
	at := strings.Index(f.Text, f.Find) + len(f.Find)
	head := f.Text[:at]
	place := lsptest.Position{Line: strings.Count(head, "\n"), Character: at - strings.LastIndexByte(head, '\n') - 1}
	var took []time.Duration
	for version := 2; version < edits+2; version++ {
		change, text := lsptest.Range{Start: place, End: place}, "("
		if version%2 == 1 {
			change.End.Character++
			text = ""
		}
		d, err := s.Measure(ctx, s.uri, version, func() error { return s.Change(ctx, s.uri, version, &change, text) })
		if err != nil {
			return nil, err
		}
		if wrong := len(d.Diagnostics) > 0; wrong != (version%2 == 0) {
			return nil, fmt.Errorf("version %d has %d findings: %v", version, len(d.Diagnostics), d.Diagnostics)
		}
		took = append(took, d.After)
	}
	slices.Sort(took)
	return took, nil
}

// Table is Markdown, a row for each file.
func Table(results []Result) string {
	var b strings.Builder
	b.WriteString("| edited file | lines | edit, median ms | 99 % ms | CPU ms per edit | to start and open, ms | peak MiB |\n| --- | --: | --: | --: | --: | --: | --: |\n")
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f | %.1f | %.0f | %.0f |\n",
			r.Title, strings.Count(r.Text, "\n"), ms(r.Median), ms(r.P99), ms(r.CPU), ms(r.Open), r.PeakMiB)
	}
	return b.String()
}
