package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// checkEnums finds comparisons of a field, of which the schema lists the values, with a
// text that is none of them.
func (c *typeCheck) checkEnums(u *usage) diag.List {
	var problems diag.List
	for _, f := range u.functions {
		switch f.name {
		case operators.Equals, operators.NotEquals, operators.In:
		default:
			continue
		}
		args := u.nodes[f.id].AsCall().Args()
		if f.name != operators.In {
			problems = append(problems, c.neverEqual(args[0], args[1])...)
			problems = append(problems, c.neverEqual(args[1], args[0])...)
			continue
		}
		if args[1].Kind() != ast.ListKind {
			continue
		}
		for _, element := range args[1].AsList().Elements() {
			problems = append(problems, c.neverEqual(args[0], element)...)
		}
	}
	return problems
}

// neverEqual tells that a field never is what it is compared with.
func (c *typeCheck) neverEqual(field, literal ast.Expr) diag.List {
	text, ok := literalText(literal)
	if !ok {
		return nil
	}
	instead := ""
	if field.Kind() == ast.CallKind && field.AsCall().FunctionName() == "orValue" && field.AsCall().IsMemberFunction() {
		if instead, ok = literalText(field.AsCall().Args()[0]); !ok {
			return nil
		}
		field = field.AsCall().Target()
	}
	values := c.valuesOf(field)
	if len(values) == 0 || slices.Contains(values, text) || text == instead {
		return nil
	}
	from := c.startOf(literal)
	at := strings.Index(c.src.text[from:], text)
	if at < 0 { // it is written with an escape
		at, text = 0, ""
	}
	d := finding(ruleEnum, ruleEnum.Summary, "", c.src.rangeOf(from+at, from+at+len(text)))
	name := c.text(field)
	if name == "" {
		name = fieldOf(field)
	}
	d.Detail = name + " is never \"" + text + "\""
	if guess, ok := diag.Nearest(text, values); ok {
		d.Detail += "; did you mean \"" + guess + "\"?"
		d.SuggestWord(text, guess)
	} else {
		d.Detail += "; it is one of " + strings.Join(values, ", ")
	}
	return diag.List{d}
}

// valuesOf are the texts that a field can be, as far as the schema lists them; none where
// it does not.
func (c *typeCheck) valuesOf(node ast.Expr) []string {
	of := c.declared(node)
	if of.Kind() != schema.String || of.Schema() == nil {
		return nil
	}
	var values []string
	for _, value := range of.Schema().Enum {
		if text, ok := value.(string); ok {
			values = append(values, text)
		}
	}
	return values
}

// declared is the type of a field by its schema, nil for anything else.
func (c *typeCheck) declared(node ast.Expr) *schema.Type {
	if node.Kind() == ast.SelectKind && node.AsSelect().IsTestOnly() {
		return nil
	}
	name, operand := selected(node)
	if operand == nil || name == "" || c.types[operand.ID()] == nil {
		return nil
	}
	f, _ := c.env.registry.typeOfObject(presentType(c.types[operand.ID()]).TypeName()).Field(name)
	return f.Type
}
