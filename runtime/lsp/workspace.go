package lsp

import (
	"bytes"
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// workspace has the open documents, and has them checked in the background. The
// documents of a folder are one bundle with the files beside them.
type workspace struct {
	// publish sends the diagnostics of a document.
	publish func(publishDiagnosticsParams)
	// parsed takes the operators of a folder, when they have been checked; nil where
	// nobody wants to know.
	parsed  func(folder string, operators []*spec.Operator)
	folders folders
	running sync.WaitGroup
	// ctx ends when nothing is to be checked any more.
	ctx context.Context

	mu        sync.Mutex
	encoding  encoding                            // guarded by mu, as all of these
	open      map[string]*document                // by URI
	groups    map[string]*group                   // by what groupOf says
	published map[string]publishDiagnosticsParams // by URI
	// kinds are known beside those in the files; nil is for the builtin ones.
	kinds *schema.Set
}

// group is what is kept of a bundle.
type group struct {
	// cancel ends the check that is under way.
	cancel context.CancelFunc
	// last is what the last check of all found, nil before it.
	last *checked
	// definitions are the texts that known was made of, above kinds.
	definitions []spec.Source
	kinds       *schema.Set
	known       *knowledge
}

func newWorkspace(ctx context.Context, publish func(publishDiagnosticsParams)) *workspace {
	return &workspace{
		ctx: ctx, publish: publish, encoding: utf16,
		open: map[string]*document{}, groups: map[string]*group{}, published: map[string]publishDiagnosticsParams{},
	}
}

// groupOf names the bundle of a document: its folder. What is no file is alone.
func groupOf(uri string) string {
	if path, ok := fileOf(uri); ok {
		return filepath.Dir(path)
	}
	return uri
}

// set takes a new version of a document, and begins to check it.
func (w *workspace) set(d *document) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[d.uri] = d
	w.checkLocked(groupOf(d.uri))
}

// close forgets a document, and what was told about it.
func (w *workspace) close(uri string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open[uri] == nil {
		return
	}
	delete(w.open, uri)
	delete(w.published, uri)
	w.publish(publishDiagnosticsParams{URI: uri, Diagnostics: []diagnostic{}})
	w.checkLocked(groupOf(uri))
}

// recheck begins to check a group, if something of it is open: files beside have changed.
func (w *workspace) recheck(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.groups[name] != nil {
		w.checkLocked(name)
	}
}

// recheckAll begins to check all that is open: files beside may have changed.
func (w *workspace) recheckAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recheckAllLocked()
}

func (w *workspace) recheckAllLocked() {
	for name := range w.groups {
		w.checkLocked(name)
	}
}

// setKinds takes the kinds that are known beside those in the files.
func (w *workspace) setKinds(kinds *schema.Set) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kinds = kinds
	w.recheckAllLocked()
}

// document is an open document.
func (w *workspace) document(uri string) (*document, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.open[uri]
	return d, d != nil
}

// units is how the client counts characters.
func (w *workspace) units() encoding {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.encoding
}

func (w *workspace) setEncoding(e encoding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.encoding = e
}

// bundleLocked are the open documents of a group and the files beside them.
func (w *workspace) bundleLocked(name string) *bundle {
	b := &bundle{kinds: w.kinds}
	open := map[string]bool{}
	for uri, d := range w.open {
		if groupOf(uri) == name {
			b.open = append(b.open, d)
			open[d.name] = true
		}
	}
	slices.SortFunc(b.open, func(a, b *document) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	if filepath.IsAbs(name) {
		b.beside = w.folders.beside(name, open)
	}
	return b
}

// checkLocked begins to check a group. A check that is under way is overtaken.
func (w *workspace) checkLocked(name string) {
	g := w.groups[name]
	if g == nil {
		g = &group{cancel: func() {}}
		w.groups[name] = g
	}
	g.cancel()
	b := w.bundleLocked(name)
	if len(b.open) == 0 {
		delete(w.groups, name)
		w.tellParsed(name, nil)
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	g.cancel = cancel
	last := g.last
	w.running.Go(func() {
		defer cancel()
		w.check(ctx, name, g, b, last)
	})
}

func (w *workspace) tellParsed(name string, operators []*spec.Operator) {
	if w.parsed != nil {
		w.parsed(name, operators)
	}
}

// check checks a bundle: what was edited first, if all would take long.
func (w *workspace) check(ctx context.Context, name string, g *group, b *bundle, last *checked) {
	if last != nil && last.took > slow {
		if found, ok := checkEdited(ctx, b, *last); ok {
			w.tell(ctx, b, func(d *document, e encoding) []diagnostic { return diagnosticsOf(d, found, b, e) })
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
	all, ok := checkAll(ctx, b)
	if !ok {
		return
	}
	w.mu.Lock()
	if ctx.Err() == nil {
		g.last = &all
	}
	w.mu.Unlock()
	w.tell(ctx, b, func(d *document, e encoding) []diagnostic { return diagnosticsOf(d, all.found, b, e) })
	if ctx.Err() == nil {
		w.tellParsed(name, all.operators)
	}
}

// tell sends the diagnostics of the documents, unless an edit has overtaken them. What
// was sent of this version already is not sent again.
func (w *workspace) tell(ctx context.Context, b *bundle, of func(*document, encoding) []diagnostic) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range b.open {
		if ctx.Err() != nil || w.open[d.uri] != d {
			return
		}
		p := publishDiagnosticsParams{URI: d.uri, Version: &d.version, Diagnostics: of(d, w.encoding)}
		if !reflect.DeepEqual(w.published[d.uri], p) {
			w.published[d.uri] = p
			w.publish(p)
		}
	}
}

// known is what the definitions beside a document say about kinds of objects.
func (w *workspace) known(uri string) *knowledge {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := groupOf(uri)
	definitions := w.bundleLocked(name).definitions(nil)
	g := w.groups[name]
	if g == nil {
		return knowledgeOf(definitions, w.kinds)
	}
	if g.known == nil || g.kinds != w.kinds || !slices.EqualFunc(g.definitions, definitions, sameSource) {
		g.definitions, g.kinds, g.known = definitions, w.kinds, knowledgeOf(definitions, w.kinds)
	}
	return g.known
}

// actions are the fixes for what stands in a stretch of a document. They are those
// of the last check of all; if the document has been edited since, it is checked
// here.
func (w *workspace) actions(ctx context.Context, d *document, from, to int) []codeAction {
	w.mu.Lock()
	name := groupOf(d.uri)
	b, e := w.bundleLocked(name), w.encoding
	var last *checked
	if g := w.groups[name]; g != nil {
		last = g.last
	}
	w.mu.Unlock()
	switch {
	case last != nil && last.documents[d.name] == d && last.kinds == b.kinds:
		return actionsIn(d, last.found, from, to, b, e)
	case last != nil && last.took > slow:
		if found, ok := checkEdited(ctx, b, *last); ok {
			return actionsIn(d, found, from, to, b, e)
		}
	}
	all, _ := checkAll(ctx, b)
	return actionsIn(d, all.found, from, to, b, e)
}

func sameSource(a, b spec.Source) bool { return a.Name == b.Name && bytes.Equal(a.Text, b.Text) }

// knowledgeOf reads definitions, above other kinds; nil is for the builtin ones. What is
// wrong with them is not told here.
func knowledgeOf(definitions []spec.Source, kinds *schema.Set) *knowledge {
	if kinds == nil {
		kinds = schema.Builtin()
	}
	set := schema.NewSet(kinds)
	parsed, _ := spec.Parse(definitions)
	for _, crd := range parsed.CRDs {
		_ = set.AddCRD(crd.Object) // what is understood of it is added
	}
	return &knowledge{set: set, kinds: kube.NewKinds(set)}
}

// stop waits until nothing is being checked. The context must have ended.
func (w *workspace) stop() { w.running.Wait() }
