package actions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/conform"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// writing is how a template is written into objects.
func (c *compiler) writing(t *eval.Template, mode conform.Mode) conform.Writing {
	return conform.Writing{Texts: t.Texts(), Kinds: c.kinds.Schemas(), Mode: mode}
}

// checkCreate compares what is created with the schemas.
func (c *compiler) checkCreate(x *spec.Create, a *createAction) {
	if c.kinds == nil {
		return
	}
	if x.Object != nil {
		c.checkCreated(x.Object, a.object, x, a.adopt)
	}
	if x.Objects == nil {
		return
	}
	if x.Objects.Kind != spec.ListKind {
		w := c.writing(a.objects, conform.Whole)
		w.Given = []string{"metadata"}
		*c.diags = append(*c.diags, w.Check(x.Objects, schema.ListOf(schema.AnyObject()), "objects", x.Objects.Range)...)
		return
	}
	for _, item := range x.Objects.Items {
		c.checkCreated(item, a.objects, x, a.adopt)
	}
}

// checkCreated checks one object.
func (c *compiler) checkCreated(v *spec.Value, t *eval.Template, x *spec.Create, adopt *adoption) {
	w := c.writing(t, conform.Whole)
	w.Given = []string{"metadata", "apiVersion", "kind"} // package spec misses the last two
	if v.Kind != spec.MapKind {
		*c.diags = append(*c.diags, w.Check(v, schema.AnyObject(), "object", v.Range)...)
		return
	}
	r, known := c.kindOf(v.Get("apiVersion"), v.Get("kind"))
	of := schema.AnyObject()
	at := v.Range
	if kind := v.Get("kind"); kind != nil {
		at = kind.Range
	}
	if known {
		of = c.kinds.TypeOfKind(r.GVK().GroupVersion().String(), r.Kind)
	}
	*c.diags = append(*c.diags, w.Check(v, of, "object", at)...)
	if !known {
		return
	}
	c.checkPlace(v, r, at, adopt)
	c.checkNested(x, of)
	if status := keyOf(v, "status"); status != nil && r.Status {
		c.report(ruleUnwritten, status.Range, "%s have their status apart: the API server takes none when it creates one", r.Plural)
	}
}

// keyOf is the key of a map, nil where it has none of that name.
func keyOf(v *spec.Value, name string) *spec.Value {
	for _, f := range v.Fields {
		if text, ok := f.Key.String(); ok && text == name {
			return f.Key
		}
	}
	return nil
}

// checkPlace checks that a created object can have a name and a namespace.
func (c *compiler) checkPlace(v *spec.Value, r kube.Resource, at diag.Range, adopt *adoption) {
	meta := v.Get("metadata")
	lacking := func(key string) bool { return meta == nil || lacks(meta, key) }
	if meta != nil && !r.Namespaced && meta.Kind == spec.MapKind && meta.Get("namespace") != nil {
		c.report(ruleClusterScoped, keyOf(meta, "namespace").Range, "%s are not in namespaces: this one is left out", r.Plural)
	}
	if r.Namespaced && lacking("namespace") && (!adopt.namespace || c.noNamespace()) {
		why := c.whyNone()
		if !c.noNamespace() {
			why = "adopt does not take that of the handled object"
		}
		c.report(ruleNoNamespace, at, "%s are in namespaces, and %s: the object needs a metadata.namespace", r.Plural, why)
	}
	named := adopt.enabled && adopt.naming != "keep" || strings.HasSuffix(r.Kind, "Review")
	if !named && lacking("name") && lacking("generateName") {
		c.report(ruleNoName, at, "nothing gives it a name: it needs a metadata.name")
	}
}

// checkNested checks that the paths of nested objects lead to objects.
func (c *compiler) checkNested(x *spec.Create, of *schema.Type) {
	if x.Adopt == nil {
		return
	}
	for _, path := range x.Adopt.Nested {
		at := of
		for _, segment := range withoutLabels(path.Segments) {
			for at.Kind() == schema.List {
				at = at.Elem()
			}
			next, found := at.At([]string{segment})
			if !found {
				d := ruleNested.At(path.Range, "%s has no field %q", at, segment)
				if guess, ok := diag.Nearest(segment, namesOf(at)); ok {
					d.Detail += fmt.Sprintf("; did you mean %q?", guess)
					d.Suggest(strings.Join(renamed(path.Segments, segment, guess), "."))
				}
				*c.diags = append(*c.diags, d)
				return
			}
			at = next
		}
		for at.Kind() == schema.List {
			at = at.Elem()
		}
		if _, found := at.At([]string{"metadata", "labels"}); !found {
			c.report(ruleNested, path.Range, "%s is no object: it has no metadata", at)
		}
	}
}

// renamed is a path with another name for one of its segments.
func renamed(path []string, segment, name string) []string {
	out := slices.Clone(path)
	if i := slices.Index(out, segment); i >= 0 {
		out[i] = name
	}
	return out
}

func namesOf(t *schema.Type) []string {
	var names []string
	for _, f := range t.Fields() {
		names = append(names, f.Name)
	}
	return names
}

// checkPatch compares a patch with the schema of what it changes.
func (c *compiler) checkPatch(x *spec.Patch, a *patchAction) {
	r, of, own := c.patched(x)
	if of == nil {
		return
	}
	switch a.subresource {
	case "", "status":
	case "scale":
		of = scaleType
	default:
		return
	}
	switch {
	case x.Merge != nil:
		if a.subresource == "status" && lacks(x.Merge, "status") {
			return // said already
		}
		c.checkWritten(x.Merge, a.merge, of, conform.Merge)
	case x.Apply != nil:
		c.checkWritten(x.Apply, a.apply, of, conform.Apply)
	case x.JSON != nil:
		*c.diags = append(*c.diags, c.writing(a.json, conform.Whole).CheckJSON(x.JSON, of)...)
	}
	c.checkStatus(x, a, r, own)
}

// patched is the resource and the type of what a patch changes; the type is nil where
// nothing is known. The handled object may be a target, too.
func (c *compiler) patched(x *spec.Patch) (r kube.Resource, of *schema.Type, own bool) {
	switch {
	case c.kinds == nil:
		return r, nil, false
	case x.Target == nil:
		if c.own == nil {
			return r, nil, true
		}
		return *c.own, c.env.Known("body"), true
	}
	r, known := c.checkTarget(x.Target)
	if !known {
		return r, nil, false
	}
	return r, c.kinds.TypeOfKind(r.GVK().GroupVersion().String(), r.Kind), c.own != nil && c.own.GVR() == r.GVR()
}

// checkWritten checks a template that must be a map.
func (c *compiler) checkWritten(v *spec.Template, t *eval.Template, of *schema.Type, mode conform.Mode) {
	*c.diags = append(*c.diags, c.writing(t, mode).Check(v, of, "patch", v.Range)...)
}

// checkStatus reports a status beside other fields, where the API server takes only
// those. The engine sends that of the handled object apart.
func (c *compiler) checkStatus(x *spec.Patch, a *patchAction, r kube.Resource, own bool) {
	if a.subresource != "" || !r.Status {
		return
	}
	for _, v := range []*spec.Template{x.Merge, x.Apply} {
		if v == nil || v == x.Merge && own {
			continue
		}
		if key := keyOf(v, "status"); key != nil {
			c.report(ruleUnwritten, key.Range, "%s have their status apart: a patch of it needs subresource: status", r.Plural)
		}
	}
}

// scaleType is what the subresource scale has.
var scaleType = schema.ObjectOf("autoscaling/v1.Scale", []schema.Field{
	{Name: "apiVersion", Type: schema.Of(schema.String)}, {Name: "kind", Type: schema.Of(schema.String)},
	{Name: "metadata", Type: schema.AnyObject()},
	{Name: "spec", Type: schema.ObjectOf("autoscaling/v1.Scale.spec", []schema.Field{{Name: "replicas", Type: schema.Of(schema.Int)}})},
})
