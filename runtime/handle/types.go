package handle

import (
	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func field(name string, t *schema.Type) schema.Field {
	return schema.Field{Name: name, Type: t, Required: true}
}

// childrenType has the objects of each alias.
func (c *compiler) childrenType(op *spec.Operator) *schema.Type {
	var aliases []schema.Field
	for _, entry := range op.Spec.Resources {
		aliases = append(aliases, field(entry.Key.Value, schema.ListOf(c.objectType([]*spec.Selector{entry.Value}))))
	}
	return schema.ObjectOf("children", aliases).AndMore() // what is not there is told elsewhere
}

// indexType has the values of each index.
func (c *compiler) indexType(op *spec.Operator) *schema.Type {
	var indexes []schema.Field
	for _, x := range op.Spec.Indexes {
		value, _ := c.env.With(c.objectTypes(x.Resource)).Template(x.Value, indexScope)
		indexes = append(indexes, field(x.ID.Value, value.Type()))
	}
	return schema.ObjectOf("index", indexes).AndMore() // what is not there is told elsewhere
}

// objectType is the type of the objects of some resources: where they are of one kind that
// is known, that, and else what all objects have.
func (c *compiler) objectType(selectors []*spec.Selector) *schema.Type {
	var of *schema.Type
	for _, s := range selectors {
		one := c.kinds.TypeOf(s)
		if one == nil || of != nil && of != one {
			return schema.AnyObject()
		}
		of = one
	}
	if of == nil {
		return schema.AnyObject()
	}
	return of
}

// objectTypes are those of the variables about an object.
func (c *compiler) objectTypes(selectors []*spec.Selector) eval.Types {
	if c.kinds == nil {
		return nil
	}
	body := c.objectType(selectors)
	if known := c.types[body]; known != nil {
		return known
	}
	types := eval.ObjectTypes(body)
	c.types[body] = types
	return types
}

// fieldTypes are those of the variables that a handler of one field sees differently.
func fieldTypes(body *schema.Type, field *spec.Path) eval.Types {
	if field == nil {
		return nil
	}
	of := typeAt(body, field.Segments)
	return eval.Types{"old": of, "new": of}
}

// path checks that there can be such a field.
func (c *compiler) path(p *spec.Path) {
	if p == nil {
		return
	}
	if d := eval.CheckPath(c.env.Known("body"), p.Segments, p.Places); d != nil {
		c.found = append(c.found, d)
	}
}

// typeAt is the type of a field that may be absent.
func typeAt(body *schema.Type, path []string) *schema.Type {
	of, _ := body.At(path)
	return of.OrNull()
}

// paramTypes is the type of param, which is null where the handler has none.
func paramTypes(param *eval.Template) eval.Types {
	if param == nil {
		return nil
	}
	return eval.Types{"param": param.Type()}
}

// resultTypes is the type of steps behind all of them.
func resultTypes(steps *actions.Program) eval.Types {
	if steps == nil {
		return nil
	}
	return eval.Types{"steps": steps.Results()}
}

// knowing compiles with the types of more variables, where kinds are known.
func (c *compiler) knowing(types eval.Types, compile func()) {
	outer := c.env
	if c.kinds != nil {
		c.env = c.env.With(types)
	}
	compile()
	c.env = outer
}

// inside compiles a sub-handler with what is known at its place.
func (c *compiler) inside(sub actions.Subhandler, compile func()) {
	outer := c.env
	c.env = sub.Env
	compile()
	c.env = outer
}
