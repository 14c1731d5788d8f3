package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Expression is what an expression says, for those who look at it without an
// object. To evaluate, see Program.
type Expression struct {
	src  source
	use  *usage
	root ast.Expr
	env  *cel.Env
}

// Inspector parses expressions to look at them. What cannot be parsed is left
// out: Env tells what is wrong with it.
type Inspector struct{ env *cel.Env }

// NewInspector makes an Inspector. It is safe for concurrent use.
func NewInspector() (*Inspector, error) {
	shared, err := base()
	return &Inspector{shared}, err
}

// Expr parses an expression.
func (i *Inspector) Expr(x *spec.Expr) (*Expression, bool) {
	if x == nil {
		return nil, false
	}
	return i.parse(exprSource(x))
}

// Template parses all expressions in a template, keys included, in the order of
// the file.
func (i *Inspector) Template(v *spec.Template) []*Expression {
	if v == nil {
		return nil
	}
	var out []*Expression
	if s, ok := v.String(); ok && mayHoldExpression(s) {
		segments, wrong := scanTemplate(s)
		if wrong != nil {
			return nil
		}
		for _, segment := range segments {
			if !segment.isExpression {
				continue
			}
			src := source{node: v, text: s[segment.start:segment.end], start: segment.start, end: segment.end}
			if x, ok := i.parse(src); ok {
				out = append(out, x)
			}
		}
	}
	for _, item := range v.Items {
		out = append(out, i.Template(item)...)
	}
	for _, f := range v.Fields {
		out = append(append(out, i.Template(f.Key)...), i.Template(f.Value)...)
	}
	return out
}

func (i *Inspector) parse(src source) (*Expression, bool) {
	parsed, issues := i.env.ParseSource(common.NewTextSource(src.text))
	if issues.Err() != nil {
		return nil, false
	}
	native := parsed.NativeRep()
	return &Expression{src: src, use: usageOf(native), root: native.Expr(), env: i.env}, true
}

// Range is where the expression stands.
func (x *Expression) Range() diag.Range { return x.src.whole() }

// Text is the expression as it is written.
func (x *Expression) Text() string { return x.src.text }

// Variables are the names of the variables and filters that are used, each once.
func (x *Expression) Variables() []string {
	var names []string
	for _, v := range x.use.variables {
		names = append(names, v.name)
	}
	return distinct(names)
}

// Functions are the names of the functions and operators that are called, each
// once.
func (x *Expression) Functions() []string {
	var names []string
	for _, f := range x.use.functions {
		names = append(names, f.name)
	}
	return distinct(names)
}

// Selected are the names that are selected from a variable, as those of
// Program.Selected.
func (x *Expression) Selected(variable string) []string { return x.use.names(variable) }

// Local is a name that a comprehension or cel.bind brings.
type Local struct {
	Name  string
	Range diag.Range
}

// Locals are the names that are no variables, in the order of the text.
func (x *Expression) Locals() []Local {
	var out []Local
	add := func(id int64, name string) {
		if strings.HasPrefix(name, "@") || strings.HasPrefix(name, "#") || name == "" || name == "__result__" {
			return
		}
		offset, ok := x.use.offset(id)
		if !ok {
			return
		}
		from := x.src.byteAt(offset)
		if at := strings.Index(x.src.text[min(from, len(x.src.text)):], name); at >= 0 {
			from += at
			out = append(out, Local{name, x.src.rangeOf(from, from+len(name))})
		}
	}
	for id, node := range x.use.nodes {
		if node.Kind() != ast.ComprehensionKind {
			continue
		}
		c := node.AsComprehension()
		for _, name := range []string{c.IterVar(), c.IterVar2(), c.AccuVar()} {
			add(id, name)
		}
	}
	slices.SortFunc(out, func(a, b Local) int { return a.Range.Start.Offset - b.Range.Start.Offset })
	return out
}

// Chains are the variables that are used, each with the names that are selected
// from it one after the other, as far as they are literal: spec.size and
// body['spec'] are chains.
func (x *Expression) Chains() [][]string {
	var out [][]string
	var walk func(e ast.Expr)
	walk = func(e ast.Expr) {
		if chain, ok := x.chain(e); ok {
			out = append(out, chain)
			return
		}
		for _, inner := range children(e) {
			walk(inner)
		}
	}
	walk(x.root)
	return out
}

// chain takes a node for a chain of selections from a variable.
func (x *Expression) chain(e ast.Expr) ([]string, bool) {
	if e.Kind() == ast.IdentKind {
		name := e.AsIdent()
		return []string{name}, !x.use.locals[name]
	}
	name, operand := selected(e)
	if operand == nil || name == "" {
		return nil, false
	}
	chain, ok := x.chain(operand)
	return append(chain, name), ok
}

// children are the nodes below a node.
func children(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			return append([]ast.Expr{c.Target()}, c.Args()...)
		}
		return c.Args()
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.MapKind:
		var out []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			out = append(out, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return out
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		return []ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()}
	}
	return nil
}
