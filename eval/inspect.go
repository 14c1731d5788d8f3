package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

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

// Reveals tells whether the value of the expression may hold something secret.
// secret says so of a chain: that it is secret, or holds what is. Comparisons,
// sizes, hashes and tests whether something is there tell nothing of it.
func (x *Expression) Reveals(secret func(chain []string) bool) bool {
	return (&revealing{x, secret}).node(x.root, nil)
}

type revealing struct {
	*Expression
	secret func(chain []string) bool
}

// node looks at a node, in which the names given are secret loop variables.
func (r *revealing) node(e ast.Expr, locals []string) bool {
	if chain, ok := r.chain(e); ok {
		return !(e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly()) && r.secret(chain)
	}
	switch e.Kind() {
	case ast.IdentKind:
		return slices.Contains(locals, e.AsIdent())
	case ast.SelectKind:
		return !e.AsSelect().IsTestOnly() && r.node(e.AsSelect().Operand(), locals)
	case ast.CallKind:
		if tellsLittle(qualified(e.AsCall())) {
			return false
		}
		if e.AsCall().FunctionName() == operators.Conditional {
			args := e.AsCall().Args()
			return r.node(args[1], locals) || r.node(args[2], locals)
		}
	case ast.ComprehensionKind:
		return r.loop(e.AsComprehension(), locals)
	}
	return slices.ContainsFunc(children(e), func(inner ast.Expr) bool { return r.node(inner, locals) })
}

// loop follows what a loop collects. Its first variable is the key where there
// are two; exists() and all() collect a truth value.
func (r *revealing) loop(c ast.ComprehensionExpr, locals []string) bool {
	if init := c.AccuInit(); init.Kind() == ast.LiteralKind && init.AsLiteral().Type() == cel.BoolType {
		return false
	}
	inner := slices.DeleteFunc(slices.Clone(locals), func(name string) bool {
		return name == c.IterVar() || name == c.IterVar2() || name == c.AccuVar()
	})
	if r.node(c.IterRange(), locals) && !r.keysOnly(c) {
		loop := c.IterVar()
		if c.HasIterVar2() {
			loop = c.IterVar2()
		}
		inner = append(inner, loop)
	}
	if r.node(c.AccuInit(), inner) {
		inner = append(inner, c.AccuVar())
	}
	return r.node(c.LoopStep(), inner) || r.node(c.Result(), inner)
}

// keysOnly tells whether a loop runs over the keys of a map: that is what it
// does with one variable where the range is a part of an object. Lists of what
// is secret, such as the diff, and vars of unknown form are no such thing.
func (r *revealing) keysOnly(c ast.ComprehensionExpr) bool {
	over := c.IterRange()
	if over.Kind() == ast.CallKind && over.AsCall().FunctionName() == orderedName {
		over = over.AsCall().Args()[0]
	}
	chain, ok := r.chain(over)
	return ok && !c.HasIterVar2() && len(chain) > 1 && chain[0] != "vars"
}

// tellsLittle are the functions whose result gives nothing away.
func tellsLittle(function string) bool {
	switch function {
	case operators.Equals, operators.NotEquals, operators.In, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot,
		operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
		"size", "has", "hash.sha256", "hash.short", "changed", "isReady":
		return true
	}
	for _, method := range []string{"size", "matches", "startsWith", "endsWith", "contains", "hasValue"} {
		if strings.HasSuffix(function, "."+method) {
			return true
		}
	}
	return function == touchedName
}
