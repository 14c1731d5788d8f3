package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// candidate is something that can stand at the cursor.
type candidate struct {
	label  string
	kind   itemKind
	detail string
	doc    string
	// insert is what is put there, the label if it is empty; snippet has the place
	// of the cursor in it, for clients that know snippets.
	insert, snippet string
}

// completions are what can stand at a place of a text.
type completions struct {
	// from and to are the stretch to replace.
	from, to   int
	candidates []candidate
}

// complete finds what can stand at an offset. The text may be as broken as it is
// while somebody writes it: it is read with a mark at the cursor, so that there is
// always something there.
func complete(d *document, offset int, known *knowledge) completions {
	content := d.content
	marked := content[:offset] + cursorMark + content[offset:]
	root := documentAt(outline.Parse(marked), offset).Root
	node := root.At(offset)
	if node == nil || node.Kind != outline.Scalar || !strings.Contains(node.Text, cursorMark) || !isOperator(root) {
		return completions{from: offset, to: offset} // a comment, or another kind of document
	}
	p := placeOf(root, node)
	p.marked = len(cursorMark)
	if x, ok := p.expressionAt(offset); ok {
		return completeExpression(d, &p, x, offset, known)
	}
	c := completions{from: node.TextFrom, to: node.TextFrom + len(clean(node.Text))}
	if strings.Contains(node.Text, "\n") {
		c.from, c.to = offset, offset // in one of several lines
	}
	if node.IsKey() {
		c.candidates = append(p.keyCandidates(node.Parent, node.Field), p.fieldCandidates(node.Parent, node.Field, known)...)
		if node.Style != outline.Plain { // the colon comes behind the quote
			for i := range c.candidates {
				c.candidates[i].insert = c.candidates[i].label
			}
		}
		return c
	}
	if p.isPath() {
		c.candidates, c.from = p.pathCandidates(known)
		return c
	}
	c.candidates = append(p.values(known), p.fieldValues(known)...)
	if ownLine(content, node.From, offset) && !p.named {
		c.candidates = append(c.candidates, p.beginnings()...)
		c.candidates = append(c.candidates, p.fieldCandidates(node, nil, known)...)
	}
	if len(c.candidates) == 0 {
		c.from, c.to = offset, offset
	}
	return c
}

// completeExpression completes inside of an expression.
func completeExpression(d *document, p *place, x expression, offset int, known *knowledge) completions {
	env, err := known.environment(d, p, x)
	if err != nil {
		return completions{from: offset, to: offset}
	}
	written := clean(x.text)
	found := env.Complete(written, offset-x.from, p.siteIn(x))
	c := completions{from: x.from + found.From, to: x.from + found.To}
	called := strings.HasPrefix(written[found.To:], "(")
	for _, s := range found.Symbols {
		c.candidates = append(c.candidates, symbolCandidate(s, called))
	}
	return c
}

func (p *place) siteIn(x expression) eval.Site {
	site := p.site()
	site.Template = x.template
	return site
}

var symbolKinds = map[eval.SymbolKind]itemKind{
	eval.VariableSymbol: variableItem, eval.LocalSymbol: variableItem, eval.FilterSymbol: referenceItem,
	eval.FieldSymbol: fieldItem, eval.VarSymbol: referenceItem, eval.StepSymbol: referenceItem, eval.IndexSymbol: referenceItem,
	eval.ChildSymbol: referenceItem, eval.FunctionSymbol: functionItem, eval.MethodSymbol: methodItem, eval.KeywordSymbol: keywordItem,
}

// symbolCandidate makes a candidate of a symbol; called says that a parenthesis
// follows already.
func symbolCandidate(s eval.Symbol, called bool) candidate {
	c := candidate{label: s.Name, kind: symbolKinds[s.Kind], detail: s.Type, doc: s.Doc, insert: s.Text()}
	c.detail, _, _ = strings.Cut(s.Type, "\n")
	if called || s.Kind != eval.FunctionSymbol && s.Kind != eval.MethodSymbol {
		return c
	}
	c.insert, c.snippet = s.Name+"()", ""
	if s.Arguments {
		c.insert, c.snippet = s.Name+"(", s.Name+"($0)"
	}
	return c
}

// keyCandidates are the keys that a mapping does not have yet: those that it needs
// first, then in the order of the language. own is the field that is being written.
func (p *place) keyCandidates(m *outline.Node, own *outline.Field) []candidate {
	has := map[string]bool{}
	for _, f := range m.Fields {
		if f != own {
			has[f.Key.Value()] = true
		}
	}
	var keys []spec.Key
	acts := p.hasAction(has)
	for _, k := range p.keys {
		if !has[k.Name()] && !(k.Action && acts) {
			keys = append(keys, k)
		}
	}
	slices.SortStableFunc(keys, func(a, b spec.Key) int { return order(a) - order(b) })
	var out []candidate
	for _, k := range keys {
		c := keyCandidate(k)
		if own == nil || own.Colon < 0 {
			c.insert = k.Name() + ": "
			if isBlock(k) {
				c.insert = k.Name() + ":"
			}
		}
		out = append(out, c)
	}
	return out
}

// hasAction tells whether a step has its action: it can have no other.
func (p *place) hasAction(has map[string]bool) bool {
	return slices.ContainsFunc(p.keys, func(k spec.Key) bool { return k.Action && has[k.Name()] })
}

// order is the place of a key among the candidates.
func order(k spec.Key) int {
	if k.Required {
		return 0
	}
	return 1
}

func keyCandidate(k spec.Key) candidate {
	detail := k.Type
	if k.Required {
		detail += ", required"
	}
	return candidate{label: k.Name(), kind: propertyItem, detail: detail, doc: keyDoc(k)}
}

// isBlock tells whether the value of a key is mostly written in the lines below it.
func isBlock(k spec.Key) bool {
	return k.Named || len(k.Keys()) > 0 && k.Content == spec.OtherContent
}

// beginnings are the keys with which a mapping can begin that is to stand where
// there is a word in a line of its own: as the value of a key, or as an item.
func (p *place) beginnings() []candidate {
	if len(p.keys) == 0 {
		return nil
	}
	out := p.keyCandidates(&outline.Node{}, nil)
	if !p.whole || p.key == nil || !p.key.Listed {
		return out
	}
	for i := range out {
		out[i].label = "- " + out[i].label
		out[i].insert = "- " + out[i].insert
	}
	return out
}

// ownLine tells whether nothing but dashes stands before a place in its line.
func ownLine(content string, from, offset int) bool {
	line := content[:min(from, offset)]
	line = line[strings.LastIndexByte(line, '\n')+1:]
	return strings.Trim(line, " \t-") == ""
}

// values are the words that the value of the place's key may be.
func (p *place) values(known *knowledge) []candidate {
	if p.key == nil || p.named {
		return nil
	}
	var out []candidate
	add := func(kind itemKind, detail, doc string, labels ...string) {
		for _, label := range labels {
			out = append(out, candidate{label: label, kind: kind, detail: detail, doc: doc})
		}
	}
	add(enumItem, p.key.Name(), keyDoc(*p.key), p.key.Values...)
	switch p.key.Content {
	case spec.BoolContent:
		add(enumItem, p.key.Name(), keyDoc(*p.key), "true", "false")
	case spec.SelectorContent:
		out = append(out, p.resources(known)...)
	}
	if p.isNeeds() {
		out = append(out, p.handlerIDs()...)
	}
	return out
}

// isNeeds tells whether the value is the id of another handler.
func (p *place) isNeeds() bool { return p.key != nil && p.key.Path == "spec.handlers.needs" }

// handlerIDs are the ids that a handler can need: those of the others, each once.
func (p *place) handlerIDs() []candidate {
	handlers := p.root.Get("spec", "handlers")
	var taken []string
	for _, other := range p.node.Parent.Values() {
		taken = append(taken, other.Value())
	}
	var out []candidate
	for _, h := range handlers.Values() {
		id := h.Get("id")
		if id == nil || slices.Contains(p.around, h) || slices.Contains(taken, id.Value()) {
			continue
		}
		out = append(out, candidate{label: id.Value(), kind: referenceItem, detail: "handler", doc: handlerDoc(h)})
	}
	return out
}

// handlerDoc says what a handler is for.
func handlerDoc(h *outline.Node) string {
	var on, resources []string
	for _, v := range h.Get("on").Values() {
		on = append(on, v.Value())
	}
	for _, v := range h.Get("resource").Values() {
		resources = append(resources, v.Value())
	}
	return fmt.Sprintf("on %s of %s", strings.Join(on, ", "), strings.Join(resources, ", "))
}

// resources are the aliases of the operator, and the resources that are known.
func (p *place) resources(known *knowledge) []candidate {
	var out []candidate
	if aliases := p.root.Get("spec", "resources"); aliases != nil && !slices.Contains(p.around, aliases) {
		for _, name := range namesOf(aliases) {
			out = append(out, candidate{label: name.Name, kind: referenceItem, detail: "alias", doc: name.Doc})
		}
	}
	for _, r := range known.resources() {
		hidden := slices.ContainsFunc(out, func(alias candidate) bool { return alias.label == r.name })
		if !hidden {
			out = append(out, candidate{label: r.name, kind: valueItem, detail: r.kind})
		}
	}
	return out
}
