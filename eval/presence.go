package eval

import (
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// proof finds what is there where conditions hold.
type proof struct {
	// evaluated says that what is evaluated counts as well: where a condition was
	// evaluated, all that it looked at was there. Tests alone say what they say.
	evaluated bool
	// filters are those that names may stand for.
	filters map[string]*Program
}

// when are the facts where a condition is true, or false.
func (p proof) when(e ast.Expr, want bool, n paths) Facts {
	out := Facts{}
	if p.evaluated {
		p.lookedAt(e, n, out)
	}
	if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
		if path := n.path(e.AsSelect().Operand()); want && path != "" {
			there(out, path+segmentOf(e.AsSelect().FieldName()))
			out[path+notNull] = true
		}
		return out
	}
	if e.Kind() == ast.ComprehensionKind {
		return out.And(p.whenAll(e.AsComprehension(), want, n))
	}
	if e.Kind() == ast.IdentKind && p.filters[e.AsIdent()] != nil {
		return out.And(p.filters[e.AsIdent()].Facts(want, ""))
	}
	if e.Kind() == ast.CallKind {
		return p.whenCall(e.AsCall(), want, n, out)
	}
	return out
}

// whenCall adds what a call says that is true, or false.
func (p proof) whenCall(c ast.CallExpr, want bool, n paths, out Facts) Facts {
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalNot:
		return out.And(p.when(args[0], !want, n))
	case operators.LogicalAnd, operators.LogicalOr:
		left, right := p.when(args[0], want, n), p.when(args[1], want, n)
		if want == (c.FunctionName() == operators.LogicalAnd) {
			return out.And(left).And(right)
		}
		return out.And(left.Or(right))
	case operators.In:
		if path := n.path(args[1]); want && path != "" {
			if key, ok := literalText(args[0]); ok {
				there(out, path+segmentOf(key))
			} else if n.path(args[0]) != "" {
				there(out, n.at(path, args[0]))
			}
		}
	case operators.Equals, operators.NotEquals:
		if path := n.path(comparedToNull(args)); path != "" && want == (c.FunctionName() == operators.NotEquals) {
			there(out, path)
			out[path+notNull] = true
		}
		if want == (c.FunctionName() == operators.NotEquals) {
			differs(out, args[0], args[1], n)
		} else {
			equals(out, args[0], args[1], n)
		}
	case "hasValue":
		if want && c.IsMemberFunction() {
			hasValue(out, c.Target(), n)
		}
	case "orValue":
		// A default that answers false is not what has answered true.
		if other, ok := literal(args[0]); ok && c.IsMemberFunction() && other == types.Bool(!want) {
			hasValue(out, c.Target(), n)
		}
	}
	return out
}

// there notes what has a path, and all that leads there.
func there(out Facts, path string) {
	for path != "" {
		out[path] = true
		if path = path[:max(strings.LastIndexAny(path, ".["), 0)]; path != "" {
			out[path+notNull] = true
		}
	}
}

// hasValue notes what an optional is about.
func hasValue(out Facts, optional ast.Expr, n paths) { there(out, n.path(optional)) }

// comparedToNull is what is compared with null; an empty text where nothing is.
func comparedToNull(args []ast.Expr) ast.Expr {
	for i, arg := range args {
		if arg.Kind() == ast.LiteralKind && arg.AsLiteral() == types.NullValue {
			return args[1-i]
		}
	}
	return ast.NewExprFactory().NewLiteral(0, types.String(""))
}

// equals notes that an optional has a value where it equals something else than its
// default: spec.?a.orValue(”) == 'x'.
func equals(out Facts, a, b ast.Expr, n paths) {
	for _, pair := range [][2]ast.Expr{{a, b}, {b, a}} {
		target, other := defaulted(pair[0])
		if target == nil {
			continue
		}
		fallback, known := literal(other)
		wanted, both := literal(pair[1])
		if known && both && fallback != wanted {
			hasValue(out, target, n)
		}
	}
}

// differs is equals for !=.
func differs(out Facts, a, b ast.Expr, n paths) {
	for _, pair := range [][2]ast.Expr{{a, b}, {b, a}} {
		target, other := defaulted(pair[0])
		if target == nil {
			continue
		}
		fallback, known := literal(other)
		unwanted, both := literal(pair[1])
		if known && both && fallback == unwanted {
			hasValue(out, target, n)
		}
	}
}

// defaulted takes optional.orValue(other) apart.
func defaulted(e ast.Expr) (optional, other ast.Expr) {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "orValue" || !e.AsCall().IsMemberFunction() {
		return nil, nil
	}
	return e.AsCall().Target(), e.AsCall().Args()[0]
}

// literal is the value of a literal that can be compared.
func literal(e ast.Expr) (any, bool) {
	if e.Kind() != ast.LiteralKind {
		return nil, false
	}
	switch v := e.AsLiteral().(type) {
	case types.String, types.Int, types.Bool, types.Double, types.Null, types.Uint:
		return v, true
	}
	return nil, false
}

// whenAll are the facts about items where all() is true, or exists() is false.
func (p proof) whenAll(c ast.ComprehensionExpr, want bool, n paths) Facts {
	path := n.path(c.IterRange())
	step := c.LoopStep()
	if path == "" || c.HasIterVar2() || step.Kind() != ast.CallKind || len(step.AsCall().Args()) != 2 {
		return nil
	}
	switch {
	case want && step.AsCall().FunctionName() == operators.LogicalAnd, !want && step.AsCall().FunctionName() == operators.LogicalOr:
		return p.when(step.AsCall().Args()[1], want, n.with(c.IterVar(), path+"[]"))
	}
	return nil
}

// lookedAt notes what is evaluated in any case.
func (p proof) lookedAt(e ast.Expr, n paths, out Facts) {
	switch e.Kind() {
	case ast.CallKind:
		switch c := e.AsCall(); c.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr:
			return // an error on one side may be made up for by the other
		case operators.Conditional:
			p.lookedAt(c.Args()[0], n, out)
			return
		case operators.OptSelect, operators.OptIndex:
			p.lookedAt(c.Args()[0], n, out)
			return
		}
	case ast.ComprehensionKind:
		p.lookedAt(e.AsComprehension().IterRange(), n, out)
		return
	case ast.SelectKind:
		if e.AsSelect().IsTestOnly() {
			p.lookedAt(e.AsSelect().Operand(), n, out)
			return
		}
	}
	if _, operand := selected(e); operand != nil {
		if path := n.path(e); path != "" && !optionalChain(operand) {
			out[path] = true
			out[n.path(operand)+notNull] = true
		}
	}
	for _, inner := range children(e) {
		p.lookedAt(inner, n, out)
	}
}

// optionalChain tells a selection from an optional, of which nothing needs to be there.
func optionalChain(e ast.Expr) bool {
	for {
		if e.Kind() == ast.CallKind {
			switch e.AsCall().FunctionName() {
			case operators.OptSelect, operators.OptIndex:
				return true
			}
		}
		_, operand := selected(e)
		if operand == nil {
			return false
		}
		e = operand
	}
}

// Facts are what is there where the expression has been evaluated to true, or to false.
// Item is the path of the current item of a loop, if any.
func (p *Program) Facts(want bool, item string) Facts {
	if p == nil || p.ast == nil {
		return nil
	}
	return proof{evaluated: true, filters: p.filters}.when(p.ast.NativeRep().Expr(), want, itemNames(item))
}

// Evaluated is what is there where the expression has been evaluated, whatever its
// value is.
func (p *Program) Evaluated(item string) Facts {
	if p == nil || p.ast == nil {
		return nil
	}
	out := Facts{}
	proof{evaluated: true}.lookedAt(p.ast.NativeRep().Expr(), itemNames(item), out)
	return out
}

// Evaluated is what is there where the template has been rendered.
func (t *Template) Evaluated(item string) Facts {
	var out Facts
	for _, p := range t.programs {
		out = out.And(p.Evaluated(item))
	}
	return out
}

// ItemPath is the path of the items of what an expression yields; "" where it is none.
func (p *Program) ItemPath(item string) string {
	if p.ast == nil {
		return ""
	}
	if path := itemNames(item).path(p.ast.NativeRep().Expr()); path != "" {
		return path + "[]"
	}
	return ""
}

// ItemFacts are those about each item of what an expression yields.
func (p *Program) ItemFacts(item string) Facts {
	if p.ast == nil {
		return nil
	}
	over, n := p.ast.NativeRep().Expr(), itemNames(item)
	return aboutItems(over, n).And(nonEmpty(over, n))
}

// nonEmpty is what is there where a list or map has items: it is there itself.
func nonEmpty(over ast.Expr, n paths) Facts {
	out := Facts{}
	there(out, n.path(over))
	return out
}

// aboutItems are what a filter says of the items that it leaves.
func aboutItems(e ast.Expr, n paths) Facts {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == orderedName {
		return aboutItems(e.AsCall().Args()[0], n)
	}
	if e.Kind() != ast.ComprehensionKind {
		return nil
	}
	c := e.AsComprehension()
	condition, ok := filterOf(c)
	path := n.path(c.IterRange())
	if !ok || path == "" {
		return nil
	}
	return aboutItems(c.IterRange(), n).And(proof{evaluated: true}.when(condition, true, n.with(c.IterVar(), path+"[]")))
}
