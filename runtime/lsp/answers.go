package lsp

import (
	"context"
	"fmt"
	"slices"
)

// The answers to requests about a document. One that is not open has none.

func (s *server) completion(_ context.Context, p positionParams) (completionList, error) {
	out := completionList{Items: []completionItem{}}
	d, ok := s.workspace.document(p.TextDocument.URI)
	if !ok {
		return out, nil
	}
	e := s.workspace.units()
	found := complete(d, d.offset(p.Position, e), s.workspace.known(d.uri))
	s.mu.Lock()
	snippets := s.snippets
	s.mu.Unlock()
	for i, c := range found.candidates {
		out.Items = append(out.Items, c.item(i, d.span(found.from, found.to, e), snippets))
	}
	return out, nil
}

// item is a candidate in the words of the protocol.
func (c candidate) item(i int, replaced span, snippets bool) completionItem {
	out := completionItem{
		Label: c.label, Kind: c.kind, Detail: c.detail, SortText: fmt.Sprintf("%04d", i), InsertTextFormat: plainInsert,
		TextEdit: textEdit{Range: replaced, NewText: c.label},
	}
	if c.doc != "" {
		doc := markdown(c.doc)
		out.Documentation = &doc
	}
	if c.insert != "" {
		out.TextEdit.NewText = c.insert
	}
	if c.snippet != "" && snippets {
		out.TextEdit.NewText, out.InsertTextFormat = c.snippet, snippetInsert
	}
	return out
}

func (s *server) hover(_ context.Context, p positionParams) (*hover, error) {
	d, ok := s.workspace.document(p.TextDocument.URI)
	if !ok {
		return nil, nil
	}
	e := s.workspace.units()
	found, ok := explain(d, d.offset(p.Position, e), s.workspace.known(d.uri))
	if !ok {
		return nil, nil
	}
	return &hover{Contents: markdown(found.text), Range: d.span(found.from, found.to, e)}, nil
}

func (s *server) definition(_ context.Context, p positionParams) (*location, error) {
	d, ok := s.workspace.document(p.TextDocument.URI)
	if !ok {
		return nil, nil
	}
	e := s.workspace.units()
	n := definition(d, d.offset(p.Position, e))
	if n == nil {
		return nil, nil
	}
	return &location{URI: d.uri, Range: d.span(n.From, n.To, e)}, nil
}

func (s *server) documentSymbol(_ context.Context, p documentParams) ([]documentSymbol, error) {
	d, ok := s.workspace.document(p.TextDocument.URI)
	if !ok {
		return []documentSymbol{}, nil
	}
	return documentSymbols(d, symbols(d.documents()), s.workspace.units()), nil
}

func documentSymbols(d *document, symbols []symbol, e encoding) []documentSymbol {
	out := []documentSymbol{}
	for _, s := range symbols {
		out = append(out, documentSymbol{
			Name: s.name, Detail: s.detail, Kind: s.kind,
			// A key is in front of what belongs to it.
			Range:          d.span(min(s.node.From, s.label.From), max(s.node.To, s.label.To), e),
			SelectionRange: d.span(s.label.From, s.label.To, e),
			Children:       documentSymbols(d, s.children, e),
		})
	}
	return out
}

func (s *server) codeAction(ctx context.Context, p codeActionParams) ([]codeAction, error) {
	d, ok := s.workspace.document(p.TextDocument.URI)
	if only := p.Context.Only; !ok || len(only) > 0 && !slices.Contains(only, quickFix) {
		return []codeAction{}, nil
	}
	e := s.workspace.units()
	return s.workspace.actions(ctx, d, d.offset(p.Range.Start, e), d.offset(p.Range.End, e)), nil
}
