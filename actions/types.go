package actions

import (
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// knowing is the environment with the types of more variables, where kinds are known.
func (c *compiler) knowing(types eval.Types) *eval.Env {
	if c.kinds == nil {
		return c.env
	}
	return c.env.With(types)
}

// knowResults lets what comes next know the types of the results.
func (c *compiler) knowResults() {
	c.env = c.knowing(eval.Types{"steps": schema.ObjectOf("steps", c.results).AndMore()}) // what is not there is told elsewhere
}

// itemTypes are the types of item and key in a loop over a collection.
func itemTypes(over *schema.Type) eval.Types {
	switch over.Kind() {
	case schema.List:
		return eval.Types{"item": over.Elem(), "key": schema.Of(schema.Int)}
	case schema.Map:
		return eval.Types{"item": over.Elem(), "key": schema.Of(schema.String)}
	case schema.Object:
		return eval.Types{"item": nil, "key": schema.Of(schema.String)}
	}
	return eval.Types{"item": nil, "key": nil}
}

// result notes the type of the result of a named step.
func (c *compiler) result(s *step) {
	if c.kinds == nil {
		return
	}
	of := c.resultType(s)
	switch {
	case s.forEach != nil && s.whenPerItem:
		of = schema.ListOf(of.OrNull())
	case s.forEach != nil:
		of = schema.ListOf(of)
	}
	if s.when != nil && !s.whenPerItem {
		of = of.OrNull()
		if g, ok := s.action.(*group); ok && s.forEach == nil {
			c.mayBeNull(g.names)
		}
	}
	c.results = append(c.results, schema.Field{Name: s.name, Type: of, Required: true})
	c.knowResults()
}

// mayBeNull are the results in a group that is left out.
func (c *compiler) mayBeNull(names []string) {
	for i, f := range c.results {
		for _, name := range names {
			if f.Name == name {
				c.results[i].Type = f.Type.OrNull()
			}
		}
	}
}

// resultType is the type of what the action of a step yields, nil where it is not known.
func (c *compiler) resultType(s *step) *schema.Type {
	source := s.source
	switch {
	case source.Do != nil:
		return c.groupType(s.action.(*group))
	case source.Create != nil:
		return c.createdType(source.Create)
	case source.Get != nil:
		of := c.targetType(source.Get.Target)
		if s.action.(*getAction).mustHave {
			return of
		}
		return of.OrNull()
	case source.Patch != nil:
		return c.patchedType(source.Patch)
	case source.Status != nil:
		return c.env.Known("status")
	case source.Repeat != nil:
		return schema.Of(schema.Int)
	}
	return nil
}

// groupType has the results of the steps in a group.
func (c *compiler) groupType(g *group) *schema.Type {
	return schema.ObjectOf("the group", g.results)
}

// createdType is the type of the objects that are created.
func (c *compiler) createdType(x *spec.Create) *schema.Type {
	if x.Objects == nil {
		return c.writtenType(x.Object)
	}
	var of *schema.Type
	for i, item := range x.Objects.Items {
		one := c.writtenType(item)
		if i > 0 && one != of {
			return schema.ListOf(schema.AnyObject())
		}
		of = one
	}
	return schema.ListOf(of)
}

// writtenType is the type of an object that is written out.
func (c *compiler) writtenType(v *spec.Value) *schema.Type {
	if v == nil || v.Kind != spec.MapKind {
		return schema.AnyObject()
	}
	return c.kindType(v.Get("apiVersion"), v.Get("kind"))
}

// kindType is the type of the objects of a kind that is written out.
func (c *compiler) kindType(apiVersion, kind *spec.Value) *schema.Type {
	if apiVersion == nil || kind == nil {
		return schema.AnyObject()
	}
	versionText, _ := apiVersion.String()
	kindText, _ := kind.String()
	if of := c.kinds.TypeOfKind(versionText, kindText); of != nil {
		return of
	}
	return schema.AnyObject()
}

// targetType is the type of an object that a step names.
func (c *compiler) targetType(t *spec.Target) *schema.Type {
	switch {
	case t == nil:
		return nil
	case t.Resource == nil:
		return c.kindType(t.APIVersion, t.Kind)
	}
	if of := c.kinds.TypeOf(t.Resource); of != nil {
		return of
	}
	return schema.AnyObject()
}

// patchedType is the type of an object that is patched. Of subresources, only status
// is a view of the whole object.
func (c *compiler) patchedType(x *spec.Patch) *schema.Type {
	switch {
	case x.Subresource != nil && x.Subresource.Value != "status":
		return nil
	case x.Target == nil:
		return c.env.Known("body")
	}
	return c.targetType(x.Target)
}
