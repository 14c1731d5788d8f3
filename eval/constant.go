package eval

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Constant is a condition that is the same for every object.
type Constant struct {
	Value bool
	Range diag.Range
	// Whole says that it is the whole expression; otherwise it is a part of a
	// larger condition.
	Whole bool
}

// Constants are the conditions in the expression that need no object: the whole,
// or else the operands of && and || that are.
func (x *Expression) Constants() []Constant {
	if value, ok := x.fold(x.root); ok {
		if b, isBool := value.(types.Bool); isBool {
			return []Constant{{bool(b), x.Range(), true}}
		}
		return nil
	}
	if len(x.use.variables) == 0 {
		return x.evaluated()
	}
	var out []Constant
	var walk func(e ast.Expr)
	walk = func(e ast.Expr) {
		for _, inner := range children(e) {
			value, ok := x.fold(inner)
			b, isBool := value.(types.Bool)
			switch {
			case ok && isBool && isLogical(e):
				from, to := x.extent(inner)
				out = append(out, Constant{bool(b), x.src.rangeOf(from, to), false})
			case !ok && isLogical(inner):
				walk(inner)
			}
		}
	}
	if isLogical(x.root) {
		walk(x.root)
	}
	return out
}

// evaluated is the constant of an expression without variables that calls
// functions.
func (x *Expression) evaluated() []Constant {
	for _, f := range x.use.functions {
		if known, ok := function(f.name); ok && known.TemplatesOnly {
			return nil
		}
	}
	compiled, issues := x.env.Compile(x.src.text)
	if issues.Err() != nil {
		return nil
	}
	program, err := x.env.Program(compiled, cel.CostLimit(DefaultCostLimit))
	if err != nil {
		return nil
	}
	value, _, err := program.Eval(cel.NoVars())
	b, ok := value.(types.Bool)
	if err != nil || !ok {
		return nil
	}
	return []Constant{{bool(b), x.Range(), true}}
}

func isLogical(e ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot:
		return true
	}
	return false
}

// fold is the value of a node that depends on nothing.
func (x *Expression) fold(e ast.Expr) (ref.Val, bool) {
	if e.Kind() == ast.LiteralKind {
		return e.AsLiteral(), true
	}
	if e.Kind() != ast.CallKind {
		return nil, false
	}
	c := e.AsCall()
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalAnd:
		return x.logical(args, types.False)
	case operators.LogicalOr:
		return x.logical(args, types.True)
	case operators.LogicalNot:
		value, _ := x.fold(args[0])
		b, ok := value.(types.Bool)
		return !b, ok
	case operators.Conditional:
		value, _ := x.fold(args[0])
		b, ok := value.(types.Bool)
		if !ok {
			return nil, false
		}
		if b {
			return x.fold(args[1])
		}
		return x.fold(args[2])
	}
	if len(args) != 2 {
		return nil, false
	}
	return x.compared(c.FunctionName(), args[0], args[1])
}

// logical folds && and ||: decisive is the value that decides alone.
func (x *Expression) logical(args []ast.Expr, decisive types.Bool) (ref.Val, bool) {
	all := true
	for _, arg := range args {
		value, ok := x.fold(arg)
		b, isBool := value.(types.Bool)
		if ok && isBool && b == decisive {
			return decisive, true
		}
		all = all && ok && isBool
	}
	return !decisive, all
}

// compared folds comparisons of two literals, and of a path with itself.
func (x *Expression) compared(operator string, left, right ast.Expr) (ref.Val, bool) {
	if a, ok := dotted(left); ok && !x.use.locals[a] {
		if b, ok := dotted(right); ok && a == b {
			switch operator {
			case operators.Equals, operators.LessEquals, operators.GreaterEquals:
				return types.True, true
			case operators.NotEquals, operators.Less, operators.Greater:
				return types.False, true
			}
		}
	}
	a, ok := x.fold(left)
	b, both := x.fold(right)
	if !ok || !both {
		return nil, false
	}
	switch operator {
	case operators.Equals:
		return a.Equal(b), true
	case operators.NotEquals:
		equal, isBool := a.Equal(b).(types.Bool)
		return !equal, isBool
	}
	comparer, comparable := a.(traits.Comparer)
	if !comparable {
		return nil, false
	}
	order, ok := comparer.Compare(b).(types.Int)
	if !ok {
		return nil, false
	}
	switch operator {
	case operators.Less:
		return types.Bool(order < 0), true
	case operators.LessEquals:
		return types.Bool(order <= 0), true
	case operators.Greater:
		return types.Bool(order > 0), true
	case operators.GreaterEquals:
		return types.Bool(order >= 0), true
	}
	return nil, false
}

// extent is the stretch of the text that a node and all below it take.
func (x *Expression) extent(e ast.Expr) (from, to int) {
	from, to = len(x.src.text), 0
	var walk func(ast.Expr)
	walk = func(e ast.Expr) {
		if offset, ok := x.use.offset(e.ID()); ok {
			at, end := x.src.tokenAt(offset)
			from, to = min(from, at), max(to, end)
			if e.Kind() == ast.LiteralKind {
				if text, isText := e.AsLiteral().(types.String); isText {
					to = max(to, min(at+len(string(text))+2, len(x.src.text)))
				}
			}
		}
		for _, inner := range children(e) {
			walk(inner)
		}
	}
	walk(e)
	return min(from, to), to
}
