package lsp

import (
	"context"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// A bundle that takes longer than slow is not checked as a whole at each edit: what
// the edit has touched is checked at once, and all of it when nothing has been
// edited for the time of pause.
const (
	slow  = 50 * time.Millisecond
	pause = 300 * time.Millisecond
)

// checked is what was found when a bundle was checked as a whole.
type checked struct {
	found diag.List
	// documents are the open ones, by their names, as they were.
	documents map[string]*document
	operators []*spec.Operator
	kinds     *schema.Set // of the bundle
	took      time.Duration
}

// checkAll checks a bundle as a whole. It ends early, and is false, when the context
// does.
func checkAll(ctx context.Context, b *bundle) (checked, bool) {
	out := checked{documents: map[string]*document{}, kinds: b.kinds}
	for _, d := range b.open {
		out.documents[d.name] = d
	}
	begin := time.Now()
	parsed, found, ok := lintSources(ctx, b.sources(), b.kinds)
	out.found, out.operators, out.took = found, parsed.Operators, time.Since(begin)
	return out, ok
}

// lintSources is lint.Sources, but ends when the context does.
func lintSources(ctx context.Context, sources []spec.Source, kinds *schema.Set) (*spec.Bundle, diag.List, bool) {
	parsed, found := spec.Parse(sources)
	if ctx.Err() != nil {
		return parsed, nil, false
	}
	_, more := lint.Compile(parsed, kinds)
	if ctx.Err() != nil {
		return parsed, nil, false
	}
	found = lint.Check(parsed, append(found, more...), kinds)
	return parsed, found, ctx.Err() == nil
}

// checkEdited checks what has been edited since a bundle was checked as a whole. What
// was found elsewhere then is taken to hold still.
func checkEdited(ctx context.Context, b *bundle, before checked) (diag.List, bool) {
	if before.kinds != b.kinds {
		return nil, false // all of it may be different now
	}
	var out diag.List
	var sources []spec.Source
	focused := map[string]*focus{}
	for _, d := range b.open {
		was := before.documents[d.name]
		if was == nil || !isOurs(d.content) {
			return nil, false // nothing is known of it
		}
		if was.content == d.content {
			out = append(out, in(before.found, d.name)...)
			continue
		}
		old, now := changed(was.content, d.content)
		f := focusOn(d.content, d.documents(), now)
		focused[d.name] = f
		sources = append(sources, spec.Source{Name: d.name, Text: f.text})
		out = append(out, f.keep(in(before.found, d.name), old, now, d.text)...)
	}
	_, found, ok := lintSources(ctx, append(sources, b.definitions(focused)...), b.kinds)
	for _, d := range found {
		if f := focused[d.Subject.File]; f != nil && f.counts(d) {
			out = append(out, d)
		}
	}
	return out.Sorted(), ok
}

// definitions are the files that define resources, without those given.
func (b *bundle) definitions(without map[string]*focus) []spec.Source {
	var out []spec.Source
	for _, s := range b.sources() {
		if without[s.Name] == nil && hasCRD(string(s.Text)) {
			out = append(out, s)
		}
	}
	return out
}
