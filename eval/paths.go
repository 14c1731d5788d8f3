package eval

import (
	"maps"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// paths are those behind names: those of variables, and of what loops and cel.bind
// bring. An empty path is one that is not known.
type paths map[string]string

func (n paths) with(name, path string) paths {
	out := maps.Clone(n)
	if out == nil {
		out = paths{}
	}
	out[name] = path
	return out
}

// pathOfVariable is where the data of a variable are.
func pathOfVariable(name string) string {
	part, ok := PartOfObject(name)
	if !ok {
		return name
	}
	path := "body"
	for _, segment := range part {
		path += segmentOf(segment)
	}
	return path
}

// path is that of a node; "" where it is no part of the data.
func (n paths) path(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		if path, known := n[name]; known {
			return path
		}
		return pathOfVariable(name)
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() == orderedName && len(c.Args()) == 1 {
			return n.path(c.Args()[0])
		}
		// An empty list or map in the place of what is absent has no parts.
		if optional, other := defaulted(e); optional != nil && isEmpty(other) {
			return n.path(optional)
		}
	case ast.ComprehensionKind:
		// What is filtered has the items of the list.
		if _, ok := filterOf(e.AsComprehension()); ok {
			return n.path(e.AsComprehension().IterRange())
		}
		return ""
	}
	name, operand := selected(e)
	if operand == nil {
		return ""
	}
	path := n.path(operand)
	switch {
	case path == "":
		return ""
	case name != "":
		return path + segmentOf(name)
	}
	return n.at(path, e.AsCall().Args()[1])
}

func isEmpty(e ast.Expr) bool {
	switch e.Kind() {
	case ast.ListKind:
		return len(e.AsList().Elements()) == 0
	case ast.MapKind:
		return len(e.AsMap().Entries()) == 0
	}
	return false
}

// at is the path of what stands in a map or list under a key that is no literal.
func (n paths) at(path string, key ast.Expr) string {
	switch of := n.path(key); of {
	case "":
		return ""
	case path + "[key]":
		return path + "[]" // a key of its own
	default:
		return path + "[" + of + "]"
	}
}

// filterOf is the condition of a loop that makes a list of some items of another one.
func filterOf(c ast.ComprehensionExpr) (condition ast.Expr, ok bool) {
	step := c.LoopStep()
	if c.AccuInit().Kind() != ast.ListKind || len(c.AccuInit().AsList().Elements()) > 0 || step.Kind() != ast.CallKind ||
		step.AsCall().FunctionName() != operators.Conditional {
		return nil, false
	}
	added := step.AsCall().Args()[1]
	if added.Kind() != ast.CallKind || added.AsCall().FunctionName() != operators.Add {
		return nil, false
	}
	item := added.AsCall().Args()[1]
	if item.Kind() != ast.ListKind || len(item.AsList().Elements()) != 1 {
		return nil, false
	}
	element := item.AsList().Elements()[0]
	isItself := element.Kind() == ast.IdentKind && element.AsIdent() == c.IterVar() && !c.HasIterVar2()
	return step.AsCall().Args()[0], isItself
}

// itemNames are the names in a loop over the items of a path.
func itemNames(item string) paths {
	if item == "" {
		return nil
	}
	key := strings.TrimSuffix(item, "[]") + "[key]"
	return paths{"item": item, "key": key}
}
