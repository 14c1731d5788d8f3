package lsp

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// sourceName is what editors show as the origin of a finding.
const sourceName = "kopf-declarative"

// bundle are the texts that are checked together: the open documents of a folder,
// and the files beside them.
type bundle struct {
	open []*document
	// beside are files that are not open.
	beside []spec.Source
	// kinds are known beside those that the texts define; nil is for the builtin ones.
	kinds *schema.Set
}

// sources are all texts of the bundle that are of the language.
func (b *bundle) sources() []spec.Source {
	out := make([]spec.Source, 0, len(b.open)+len(b.beside))
	for _, d := range b.open {
		if isOurs(d.content) || hasCRD(d.content) {
			out = append(out, spec.Source{Name: d.name, Text: []byte(d.content)})
		}
	}
	out = append(out, b.beside...)
	// Of two that exclude each other, the later one is wrong: in the order of lint.
	slices.SortFunc(out, func(a, b spec.Source) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// in are the findings in one file.
func in(found diag.List, name string) diag.List {
	var out diag.List
	for _, d := range found {
		if d.Subject.File == name {
			out = append(out, d)
		}
	}
	return out
}

// diagnosticsOf writes the findings about a document in the words of the protocol.
// A file that is none of ours has none.
func diagnosticsOf(d *document, found diag.List, b *bundle, e encoding) []diagnostic {
	out := []diagnostic{}
	if !isOurs(d.content) {
		return out
	}
	for _, f := range in(found, d.name) {
		out = append(out, diagnosticOf(d, f, b, e))
	}
	return out
}

func diagnosticOf(d *document, f *diag.Diagnostic, b *bundle, e encoding) diagnostic {
	out := diagnostic{
		Range:    d.span(f.Subject.Start.Offset, f.Subject.End.Offset, e),
		Severity: int(f.Severity) + 1,
		Source:   sourceName,
		Message:  f.Message(),
		Tags:     tagsOf(f),
	}
	if f.Rule != nil {
		out.Code = f.Rule.ID
		out.CodeDescription = &codeDescription{Href: f.Rule.URL()}
	}
	if c := f.Context; c != nil && c.Start.IsValid() {
		if where, ok := b.locate(*c, e); ok {
			out.RelatedInformation = []relatedInformation{{Location: where, Message: "see also"}}
		}
	}
	return out
}

// tagsOf lets editors show what is not needed in grey, and what is deprecated
// struck through.
func tagsOf(f *diag.Diagnostic) []int {
	switch id := f.ID(); {
	case strings.HasPrefix(id, "unused-") || strings.HasPrefix(id, "unreachable-") || id == "disable-unused":
		return []int{tagUnnecessary}
	case strings.HasPrefix(id, "deprecated-"):
		return []int{tagDeprecated}
	}
	return nil
}

// locate is the place of a range in whatever file of the bundle.
func (b *bundle) locate(r diag.Range, e encoding) (location, bool) {
	for _, d := range b.open {
		if d.name == r.File {
			return location{URI: d.uri, Range: d.span(r.Start.Offset, r.End.Offset, e)}, true
		}
	}
	for _, s := range b.beside {
		if s.Name == r.File {
			return location{URI: uriOf(s.Name), Range: newText(string(s.Text)).span(r.Start.Offset, r.End.Offset, e)}, true
		}
	}
	return location{}, false
}

// actionsIn are the fixes of what stands in a stretch of a document. The one right
// answer is preferred to guesses.
func actionsIn(d *document, found diag.List, from, to int, b *bundle, e encoding) []codeAction {
	out := []codeAction{}
	for _, f := range in(found, d.name) {
		if f.Fix == nil || f.Subject.End.Offset < from || f.Subject.Start.Offset > to {
			continue
		}
		edit, ok := b.edit(f.Fix, e)
		if !ok {
			continue
		}
		out = append(out, codeAction{
			Title: strings.ToUpper(f.Fix.Title[:1]) + f.Fix.Title[1:], Kind: quickFix, IsPreferred: f.Fix.Safe, Edit: edit,
			Diagnostics: []diagnostic{diagnosticOf(d, f, b, e)},
		})
	}
	return out
}

// edit is a fix in the words of the protocol.
func (b *bundle) edit(f *diag.Fix, e encoding) (workspaceEdit, bool) {
	out := workspaceEdit{Changes: map[string][]textEdit{}}
	for _, one := range f.Edits {
		where, ok := b.locate(one.Range, e)
		if !ok {
			return out, false
		}
		out.Changes[where.URI] = append(out.Changes[where.URI], textEdit{Range: where.Range, NewText: one.Text})
	}
	return out, true
}
