package eval

import (
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// usage is what an expression uses of its surroundings.
type usage struct {
	variables []use
	functions []use
	// selected are the names selected from a variable; anything is used for
	// a variable that is used as a whole.
	selected []selection
	// locals are the names that comprehensions and cel.bind introduce.
	locals map[string]bool
	// folds tells that there is a loop.
	folds bool
	info  *ast.SourceInfo
	// nodes are all expressions by id. They are dropped when all is compiled,
	// and found again where an error needs them.
	nodes map[int64]ast.Expr
}

// use is a name at a node.
type use struct {
	name string
	id   int64
}

// selection is one name selected from a variable.
type selection struct {
	variable, name string
	id             int64
}

// anything stands for every name of a variable.
const anything = "*"

// usageOf walks a parsed expression.
func usageOf(parsed *ast.AST) *usage {
	u := &usage{locals: map[string]bool{}, nodes: map[int64]ast.Expr{}, info: parsed.SourceInfo()}
	u.walk(parsed.Expr(), nil)
	return u
}

// offset is where a node stands, in code points; ok is false for nodes of
// which CEL does not know it.
func (u *usage) offset(id int64) (offset int, ok bool) {
	r, ok := u.info.GetOffsetRange(id)
	return int(r.Start), ok
}

// walk visits e, in which the names bound are local.
func (u *usage) walk(e ast.Expr, bound []string) {
	if e == nil {
		return
	}
	u.nodes[e.ID()] = e
	switch e.Kind() {
	case ast.IdentKind:
		u.variable(e, anything, bound)
	case ast.SelectKind:
		u.selection(e, e.AsSelect().Operand(), e.AsSelect().FieldName(), bound)
	case ast.CallKind:
		u.call(e, bound)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			u.walk(element, bound)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			u.walk(entry.AsMapEntry().Key(), bound)
			u.walk(entry.AsMapEntry().Value(), bound)
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			u.walk(field.AsStructField().Value(), bound)
		}
	case ast.ComprehensionKind:
		u.comprehension(e.AsComprehension(), bound)
	}
}

// variable notes a name unless it is local.
func (u *usage) variable(e ast.Expr, selected string, bound []string) {
	name := e.AsIdent()
	if slices.Contains(bound, name) {
		return
	}
	u.variables = append(u.variables, use{name, e.ID()})
	u.selected = append(u.selected, selection{name, selected, e.ID()})
}

// selection notes operand.name, operand['name'] and their optional forms.
func (u *usage) selection(e, operand ast.Expr, name string, bound []string) {
	if operand.Kind() != ast.IdentKind {
		u.walk(operand, bound)
		return
	}
	u.nodes[operand.ID()] = operand
	u.variable(operand, name, bound)
	if n := len(u.selected); n > 0 && u.selected[n-1].id == operand.ID() {
		u.selected[n-1].id = e.ID()
	}
}

// call notes the function and walks the arguments.
func (u *usage) call(e ast.Expr, bound []string) {
	c := e.AsCall()
	u.functions = append(u.functions, use{qualified(c), e.ID()})
	args := c.Args()
	if name, ok := constantIndex(c); ok {
		u.nodes[args[1].ID()] = args[1]
		u.selection(e, args[0], name, bound)
		return
	}
	if c.IsMemberFunction() {
		u.walk(c.Target(), bound)
	}
	for _, arg := range args {
		u.walk(arg, bound)
	}
}

// constantIndex is the text that an index or an optional selection names.
func constantIndex(c ast.CallExpr) (string, bool) {
	switch c.FunctionName() {
	case operators.Index, operators.OptIndex, operators.OptSelect:
	default:
		return "", false
	}
	if len(c.Args()) != 2 {
		return "", false
	}
	return literalText(c.Args()[1])
}

// qualified is the name of the called function with the names in front of it:
// hash.sha256 parses as a call of sha256 on hash.
func qualified(c ast.CallExpr) string {
	if !c.IsMemberFunction() {
		return c.FunctionName()
	}
	if prefix, ok := dotted(c.Target()); ok {
		return prefix + "." + c.FunctionName()
	}
	return c.FunctionName()
}

// dotted is the text of a name or of a chain of plain selections.
func dotted(e ast.Expr) (string, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent(), true
	case ast.SelectKind:
		prefix, ok := dotted(e.AsSelect().Operand())
		return prefix + "." + e.AsSelect().FieldName(), ok && !e.AsSelect().IsTestOnly()
	}
	return "", false
}

// comprehension walks a loop. cel.bind is one without a range.
func (u *usage) comprehension(c ast.ComprehensionExpr, bound []string) {
	if r := c.IterRange(); r.Kind() != ast.ListKind || len(r.AsList().Elements()) > 0 {
		u.folds = true
	}
	u.walk(c.IterRange(), bound)
	u.walk(c.AccuInit(), bound)
	names := []string{c.IterVar(), c.AccuVar()}
	if c.HasIterVar2() {
		names = append(names, c.IterVar2())
	}
	for _, name := range names {
		u.locals[name] = true
	}
	u.walk(c.LoopCondition(), append(slices.Clone(bound), names...))
	u.walk(c.LoopStep(), append(slices.Clone(bound), names...))
	u.walk(c.Result(), append(slices.Clone(bound), c.AccuVar()))
}

// names are the names selected from a variable, sorted, each once.
func (u *usage) names(variable string) []string {
	var names []string
	for _, s := range u.selected {
		if s.variable == variable {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
