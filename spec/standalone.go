package spec

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// NewExpr is an expression that does not stand in YAML: all of the text, as it is.
func NewExpr(s Source) *Expr {
	src := newSource(s.Name, string(s.Text))
	n := len(src.text)
	text := &scalarText{src: src, pieces: []piece{{n: n, srcN: n}}, end: n}
	node := &Value{Kind: StringKind, Scalar: src.text, Range: src.rangeOf(0, n), text: text, size: 1}
	return &Expr{Text: src.text, Node: node}
}

// ParseValues reads the documents of a YAML or JSON text that is no definition, such as
// a template or an object. Empty ones are left out.
func ParseValues(s Source) ([]*Value, diag.List) {
	r := &report{}
	values := r.readDocuments(newSource(s.Name, string(s.Text)))
	return values, r.found.Sorted()
}
