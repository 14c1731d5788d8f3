package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// maxRounds limits how often fixes are made on top of fixes.
const maxRounds = 20

// fix makes the fixes that have one right answer, until there are none, and
// tells what is left; with --diff it shows what it would write instead. The
// text of the standard input goes to the standard output.
func (a *app) fix(ctx context.Context, paths []string) error {
	sources, unread := spec.ReadSources(paths, a.stdin)
	bundle, found := spec.Parse(sources)
	kinds, err := a.kinds(ctx, bundle.Operators)
	if err != nil {
		return err
	}
	before := a.check(bundle, append(slices.Clone(unread), found...), kinds)
	after, fixed, done := before, sources, []*diag.Fix(nil)
	for range maxRounds {
		fixes := after.found.SafeFixes()
		if len(fixes) == 0 {
			break
		}
		done = append(done, fixes...)
		fixed = applied(fixed, fixes)
		after = a.checkSources(fixed, unread, kinds)
	}
	if a.settings.diff {
		return a.showDiff(sources, fixed, before)
	}
	return a.writeFixed(sources, fixed, done, after)
}

// checkSources loads and checks texts, as load and check do with files.
func (a *app) checkSources(sources []spec.Source, unread diag.List, kinds known) loaded {
	bundle, found := spec.Parse(sources)
	return a.check(bundle, append(slices.Clone(unread), found...), kinds)
}

func applied(sources []spec.Source, fixes []*diag.Fix) []spec.Source {
	out := make([]spec.Source, len(sources))
	for i, s := range sources {
		out[i] = spec.Source{Name: s.Name, Text: diag.Apply(s.Name, s.Text, fixes)}
	}
	return out
}

// showDiff prints what would be written, and to the standard error what was
// found, so that the diff can be applied.
func (a *app) showDiff(sources, fixed []spec.Source, l loaded) error {
	for i, s := range sources {
		if _, err := a.stdout.Write(diff.Diff(s.Name, s.Text, s.Name, fixed[i].Text)); err != nil {
			return err
		}
	}
	if err := a.printFindings(a.stderr, l); err != nil {
		return err
	}
	return failing(l)
}

func failing(l loaded) error {
	if l.found.HasErrors() {
		return errReported
	}
	return nil
}

func (a *app) writeFixed(sources, fixed []spec.Source, done []*diag.Fix, l loaded) error {
	for i, s := range sources {
		if s.Name == spec.StdinName {
			if _, err := a.stdout.Write(fixed[i].Text); err != nil {
				return err
			}
			continue
		}
		if bytes.Equal(s.Text, fixed[i].Text) {
			continue
		}
		// An existing file keeps its mode, and a link remains one.
		if err := os.WriteFile(s.Name, fixed[i].Text, 0o666); err != nil {
			return fmt.Errorf("cannot write the fixes: %w", err)
		}
	}
	for _, f := range done {
		fmt.Fprintf(a.stderr, "fixed %s: %s\n", f.Edits[0].Range, f.Title)
	}
	if a.readsStdin(sources) {
		if err := a.printFindings(a.stderr, l); err != nil {
			return err
		}
		return failing(l)
	}
	return a.tell(l)
}

func (a *app) readsStdin(sources []spec.Source) bool {
	for _, s := range sources {
		if s.Name == spec.StdinName {
			return true
		}
	}
	return false
}
