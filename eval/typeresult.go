package eval

import (
	"fmt"
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// result is what is known of the result of an expression.
type result struct {
	of *schema.Type
	// optional says that there may be no value.
	optional bool
}

// Type is the type of what the expression yields, as CEL sees it; nil where it is not
// known, or the Env has no types. An optional without value counts as null.
func (p *Program) Type() *schema.Type {
	if p.result.optional {
		return p.result.of.OrNull()
	}
	return p.result.of
}

// resultOf is the type of a node. Of maps and lists that are written out, all parts are
// known.
func (c *typeCheck) resultOf(node ast.Expr) result {
	switch node.Kind() {
	case ast.MapKind:
		if fields, ok := c.entries(node.AsMap()); ok {
			return result{of: schema.ObjectOf("", fields)}
		}
	case ast.ListKind:
		if elements := node.AsList().Elements(); len(elements) == 1 && len(node.AsList().OptionalIndices()) == 0 {
			return result{of: schema.ListOf(c.resultOf(elements[0]).of)}
		}
	}
	if element := collected(node); element != nil && c.types[node.ID()].Kind() == types.ListKind {
		return result{of: schema.ListOf(c.resultOf(element).of)}
	}
	of := c.types[node.ID()]
	if of.Kind() == types.NullTypeKind && node.Kind() == ast.CallKind && node.AsCall().FunctionName() == operators.Conditional {
		a, b := c.resultOf(node.AsCall().Args()[1]), c.resultOf(node.AsCall().Args()[2])
		if a.of.Kind() == schema.Null {
			a = b
		}
		return result{a.of.OrNull(), a.optional}
	}
	return result{c.env.registry.schemaType(presentType(of)), isOptional(of)}
}

// collected is the element that list.map(i, element) collects; nil for anything else.
func collected(node ast.Expr) ast.Expr {
	if node.Kind() != ast.ComprehensionKind {
		return nil
	}
	c := node.AsComprehension()
	if init := c.AccuInit(); init.Kind() != ast.ListKind || c.Result().Kind() != ast.IdentKind {
		return nil
	}
	step := c.LoopStep()
	if step.Kind() == ast.CallKind && step.AsCall().FunctionName() == operators.Conditional {
		step = step.AsCall().Args()[1]
	}
	if step.Kind() != ast.CallKind || step.AsCall().FunctionName() != operators.Add {
		return nil
	}
	one := step.AsCall().Args()[1]
	if one.Kind() != ast.ListKind || len(one.AsList().Elements()) != 1 || len(one.AsList().OptionalIndices()) > 0 {
		return nil
	}
	return one.AsList().Elements()[0]
}

// entries are the fields of a map that is written out with fixed keys.
func (c *typeCheck) entries(m ast.MapExpr) ([]schema.Field, bool) {
	var fields []schema.Field
	seen := map[string]bool{}
	for _, e := range m.Entries() {
		entry := e.AsMapEntry()
		name, ok := literalText(entry.Key())
		if !ok || seen[name] {
			return nil, false
		}
		seen[name] = true
		value := c.resultOf(entry.Value())
		fields = append(fields, schema.Field{Name: name, Type: value.of, Required: !entry.IsOptional() && !value.optional})
	}
	return fields, true
}

// Type is the type of what the template yields: JSON. It is nil where it is not known,
// or the Env has no types.
func (t *Template) Type() *schema.Type {
	if !t.typed {
		return nil
	}
	return typeOfPart(t.root).of
}

// typeOfPart is the type of a part of a template.
func typeOfPart(p part) result {
	switch p := p.(type) {
	case constant:
		return result{of: typeOfValue(p.value)}
	case mixed:
		return result{of: schema.Of(schema.String), optional: anyOptional(p)}
	case expression:
		return result{p.program.result.of.JSON(), p.program.result.optional}
	case listPart:
		return result{of: schema.ListOf(sameType(p))}
	case mapPart:
		return result{of: p.typeOf()}
	}
	return result{}
}

func anyOptional(parts []part) bool {
	for _, p := range parts {
		if typeOfPart(p).optional {
			return true
		}
	}
	return false
}

// sameType is the type that all parts have; nil where they have none in common.
func sameType(parts []part) *schema.Type {
	var of *schema.Type
	for i, p := range parts {
		next := typeOfPart(p).of
		if i > 0 && next != of && (next.Kind() != of.Kind() || next.Kind() >= schema.List) {
			return nil
		}
		of = next
	}
	return of
}

// typeOf is the type of a map with expressions in it.
func (p mapPart) typeOf() *schema.Type {
	var fields []schema.Field
	for _, f := range p {
		key, ok := f.key.(constant)
		if !ok {
			return schema.MapOf(nil)
		}
		name, err := keyOf(key.value)
		if err != nil {
			return nil
		}
		value := typeOfPart(f.value)
		fields = append(fields, schema.Field{Name: name, Type: value.of, Required: !value.optional})
	}
	return schema.ObjectOf("", fields)
}

// typeOfValue is the type of JSON-like data.
func typeOfValue(v any) *schema.Type {
	switch x := v.(type) {
	case nil:
		return schema.Of(schema.Null)
	case bool:
		return schema.Of(schema.Bool)
	case int64:
		return schema.Of(schema.Int)
	case float64:
		return schema.Of(schema.Double)
	case string:
		return schema.Of(schema.String)
	case []any:
		parts := make([]part, len(x))
		for i, item := range x {
			parts[i] = constant{item}
		}
		return schema.ListOf(sameType(parts))
	case map[string]any:
		var fields []schema.Field
		for name, value := range x {
			fields = append(fields, schema.Field{Name: name, Type: typeOfValue(value), Required: true})
		}
		return schema.ObjectOf("", fields)
	}
	panic(fmt.Sprintf("no JSON: %T", v))
}

// Durations are the kinds of values that Template.Duration takes.
var Durations = []schema.Kind{schema.String, schema.Int, schema.Double}

// ADuration says what Template.Duration needs.
const ADuration = "a duration: a text such as 1m30s or a number of seconds"

// MustBe tells that the template yields what is of none of these kinds, if that is
// known. Needed says what they are for.
func (t *Template) MustBe(needed string, kinds ...schema.Kind) diag.List {
	of := t.Type()
	if of.Kind() == schema.Any || of.Kind() == schema.Null || slices.Contains(kinds, of.Kind()) || of.Kind() == schema.IntOrString {
		return nil
	}
	at := t.place
	if x, ok := t.root.(expression); ok {
		at = x.program.Range()
	}
	return diag.List{finding(ruleType, "wrong type", "this is "+of.String()+", needed is "+needed, at)}
}

// Key tells that the expression yields what cannot be a key of an index, nor a list of
// keys, if that is known.
func (p *Program) Key() diag.List {
	of := p.Type()
	if of.Kind() == schema.List {
		of = of.Elem()
	}
	switch of.Kind() {
	case schema.List, schema.Map, schema.Object:
		return diag.List{finding(ruleType, "wrong type", "this is "+p.Type().String()+", and a key is a text, a number or a boolean, or a list of these", p.Range())}
	}
	return nil
}
