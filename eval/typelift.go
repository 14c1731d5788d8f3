package eval

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// liftFor lifts types where that settles an issue: where the expression can be evaluated
// as it is.
func (c *typeCheck) liftFor(issue *common.Error) bool {
	node := c.nodes[issue.ExprID]
	if node == nil || c.lifted[issue.ExprID] != nil {
		return false
	}
	message := issue.Message
	switch {
	case strings.HasPrefix(message, "found no matching overload") && node.Kind() == ast.CallKind:
		return c.liftCall(node)
	case strings.HasPrefix(message, "expression of type") || strings.HasPrefix(message, "expected type"):
		return c.liftWeakly(node)
	case strings.HasSuffix(message, "does not support field selection"):
		return c.liftNull(operandOf(node))
	}
	return false
}

// liftNull deals with cond ? null : object, which CEL takes for null.
func (c *typeCheck) liftNull(node ast.Expr) bool {
	if node.Kind() == ast.LiteralKind || c.types[node.ID()].Kind() != types.NullTypeKind || c.lifted[node.ID()] != nil {
		return false
	}
	to := c.schemaCELType(c.resultOf(node).of)
	if to.Kind() == types.NullTypeKind {
		return false
	}
	c.lift(node.ID(), to)
	return true
}

func (c *typeCheck) schemaCELType(t *schema.Type) *cel.Type {
	c.env.registry.mu.Lock()
	defer c.env.registry.mu.Unlock()
	return c.env.registry.celTypeLocked(t)
}

// liftCall lifts arguments of a call that no overload takes.
func (c *typeCheck) liftCall(node ast.Expr) bool {
	call := node.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.Index, operators.OptIndex, operators.In:
		if c.asField(node) {
			return true
		}
	case operators.Conditional:
		if !c.hasCondition(call) {
			return false
		}
		c.join(args[1], args[2])
		return true
	case "orValue", "or":
		if call.IsMemberFunction() && len(args) == 1 && c.alternative(call) {
			return true
		}
	}
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	any := false
	for _, arg := range args {
		any = c.liftWeakly(arg) || any
	}
	if any || len(args) != 2 {
		return any
	}
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
		return c.liftEquality(args[0], args[1])
	case operators.Add:
		if c.types[args[0].ID()].Kind() == types.ListKind && c.types[args[1].ID()].Kind() == types.ListKind {
			c.lift(args[0].ID(), cel.ListType(cel.DynType))
			return true
		}
	case operators.In:
		if of := c.types[args[1].ID()]; of.Kind() == types.ListKind && comparable(c.types[args[0].ID()], of.Parameters()[0]) {
			c.lift(args[0].ID(), cel.DynType)
			return true
		}
	}
	return false
}

// liftEquality lets values be compared that can be equal.
func (c *typeCheck) liftEquality(a, b ast.Expr) bool {
	if !comparable(c.types[a.ID()], c.types[b.ID()]) {
		return false
	}
	c.lift(a.ID(), cel.DynType)
	return true
}

// comparable tells whether values of two types can be equal although CEL's checker
// does not let them be compared: numbers, and null with what has parts, for which the
// API server may have null where nothing is.
func comparable(a, b *cel.Type) bool {
	switch {
	case a.Kind() == types.NullTypeKind:
		return hasParts(b)
	case b.Kind() == types.NullTypeKind:
		return hasParts(a)
	}
	return isNumber(a) && isNumber(b)
}

func hasParts(t *cel.Type) bool { return t.Kind() == types.ListKind || t.Kind() == types.MapKind }

func isNumber(t *cel.Type) bool {
	switch t.Kind() {
	case types.IntKind, types.UintKind, types.DoubleKind:
		return true
	}
	return false
}

// liftWeakly takes objects in the type of a node for the maps that they are.
func (c *typeCheck) liftWeakly(node ast.Expr) bool {
	if c.lifted[node.ID()] != nil {
		return false
	}
	of := c.types[node.ID()]
	weak := weakened(of)
	if weak == of {
		return false
	}
	c.lift(node.ID(), weak)
	return true
}

// weakened is a type in which objects are maps.
func weakened(t *cel.Type) *cel.Type {
	switch t.Kind() {
	case types.StructKind:
		return dynMap
	case types.ListKind:
		if elem := t.Parameters()[0]; weakened(elem) != elem {
			return cel.ListType(weakened(elem))
		}
	case types.MapKind:
		if elem := t.Parameters()[1]; weakened(elem) != elem {
			return cel.MapType(t.Parameters()[0], weakened(elem))
		}
	case types.OpaqueKind:
		if isOptional(t) {
			if elem := t.Parameters()[0]; weakened(elem) != elem {
				return cel.OptionalType(weakened(elem))
			}
		}
	}
	return t
}

// asField turns object['field'], object[?'field'] and 'field' in object into what they
// are for an object.
func (c *typeCheck) asField(node ast.Expr) bool {
	call := node.AsCall()
	operand, name := call.Args()[0], call.Args()[1]
	if call.FunctionName() == operators.In {
		operand, name = name, operand
	}
	text, ok := literalText(name)
	if !ok || presentType(c.types[operand.ID()]).Kind() != types.StructKind {
		return false
	}
	c.own()
	node = c.nodes[node.ID()]
	operand, name = c.nodes[operand.ID()], c.nodes[name.ID()]
	factory := ast.NewExprFactory()
	switch call.FunctionName() {
	case operators.In:
		node.SetKindCase(factory.NewPresenceTest(node.ID(), operand, text))
	case operators.Index:
		node.SetKindCase(factory.NewSelect(node.ID(), operand, text))
	default:
		node.SetKindCase(factory.NewCall(node.ID(), operators.OptSelect, operand, name))
	}
	if at, ok := c.parsed.SourceInfo().GetOffsetRange(name.ID()); ok {
		c.parsed.SourceInfo().SetOffsetRange(node.ID(), at)
	}
	return true
}

// join gives both branches of a condition one type: that of the other one where one is
// null or an empty map.
func (c *typeCheck) join(a, b ast.Expr) {
	for _, pair := range [][2]ast.Expr{{a, b}, {b, a}} {
		if to := c.orEmpty(c.types[pair[0].ID()], pair[1]); to != nil {
			c.lift(pair[0].ID(), to)
			c.lift(pair[1].ID(), to)
			return
		}
	}
	c.lift(a.ID(), cel.DynType)
}

// orEmpty is the type of what is of this type, or else is the node: null or {}.
func (c *typeCheck) orEmpty(of *cel.Type, node ast.Expr) *cel.Type {
	switch {
	case c.types[node.ID()].Kind() == types.NullTypeKind:
		if _, isScalar := scalarKinds[of.Kind()]; isScalar {
			return cel.NullableType(of)
		}
		if of.Kind() == types.StructKind {
			return of
		}
	case node.Kind() == ast.MapKind && len(node.AsMap().Entries()) == 0 && of.Kind() == types.StructKind:
		return of
	}
	return nil
}

// scalarKinds are those of which null can be told in a type.
var scalarKinds = map[types.Kind]bool{
	types.BoolKind: true, types.IntKind: true, types.DoubleKind: true, types.StringKind: true, types.BytesKind: true,
	types.TimestampKind: true, types.DurationKind: true, types.UintKind: true,
}

// alternative gives an optional and what stands for its value one type, as join does.
func (c *typeCheck) alternative(call ast.CallExpr) bool {
	target, other := call.Target(), call.Args()[0]
	of := c.types[target.ID()]
	if !isOptional(of) {
		return false
	}
	to := cel.DynType
	if call.FunctionName() == "orValue" {
		if known := c.orEmpty(presentType(of), other); known != nil {
			to = known
		}
	}
	c.lift(target.ID(), cel.OptionalType(to))
	if to != cel.DynType {
		c.lift(other.ID(), to)
	}
	return true
}
