package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

const crdForm = "apiextensions.k8s.io/v1"

// crdChecker finds what keeps the schemas of a CustomResourceDefinition from being
// understood. What else the API server demands of it is left to it.
type crdChecker struct{ found diag.List }

func (c *crdChecker) crd(v *spec.Value) {
	body := v.Get("spec")
	if body == nil {
		return
	}
	c.fields(body, map[string][]spec.Kind{
		"group": text, "scope": text, "names": {spec.MapKind}, "versions": {spec.ListKind},
	})
	if names := body.Get("names"); names != nil {
		c.fields(names, map[string][]spec.Kind{
			"kind": text, "plural": text, "singular": text, "shortNames": {spec.ListKind}, "categories": {spec.ListKind},
		})
	}
	versions := body.Get("versions")
	if versions == nil {
		return
	}
	for _, version := range versions.Items {
		c.fields(version, map[string][]spec.Kind{"name": text, "served": {spec.BoolKind}, "schema": {spec.MapKind}, "subresources": {spec.MapKind}})
		if version.Get("schema") != nil {
			c.schema(version.Get("schema").Get("openAPIV3Schema"))
		}
	}
}

var text = []spec.Kind{spec.StringKind}

// fields checks of what kind some values of a map are.
func (c *crdChecker) fields(v *spec.Value, kinds map[string][]spec.Kind) {
	for _, f := range v.Fields {
		name, _ := f.Key.String()
		if wanted := kinds[name]; wanted != nil && !slices.Contains(wanted, f.Value.Kind) && f.Value.Kind != spec.Null {
			c.report(f.Value, "%q must be %s, and is %s", name, words(wanted), f.Value.Kind)
		}
	}
}

func words(kinds []spec.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, " or ")
}

func (c *crdChecker) report(v *spec.Value, detail string, args ...any) {
	at := v.Range
	if at.Start.Line != at.End.Line {
		at.End = at.Start
	}
	c.found = append(c.found, ruleCRD.At(at, detail, args...))
}

// schemaTypes are the types that a schema may have.
var schemaTypes = []string{"array", "boolean", "integer", "number", "object", "string"}

// schema checks a schema and those in it.
func (c *crdChecker) schema(v *spec.Value) {
	if v == nil {
		return
	}
	if v.Kind != spec.MapKind {
		c.report(v, "a schema must be a map, and is %s", v.Kind)
		return
	}
	c.fields(v, map[string][]spec.Kind{
		"type": text, "format": text, "description": text, "pattern": text, "nullable": {spec.BoolKind},
		"properties": {spec.MapKind}, "required": {spec.ListKind}, "enum": {spec.ListKind},
		"items": {spec.MapKind}, "additionalProperties": {spec.MapKind, spec.BoolKind},
		"x-kubernetes-preserve-unknown-fields": {spec.BoolKind}, "x-kubernetes-int-or-string": {spec.BoolKind}, "x-kubernetes-embedded-resource": {spec.BoolKind},
	})
	c.schemaType(v.Get("type"))
	for _, key := range []string{"items", "additionalProperties"} {
		if inner := v.Get(key); inner != nil && inner.Kind == spec.MapKind {
			c.schema(inner)
		}
	}
	if properties := v.Get("properties"); properties != nil {
		for _, f := range properties.Fields {
			c.schema(f.Value)
		}
	}
}

func (c *crdChecker) schemaType(v *spec.Value) {
	if v == nil {
		return
	}
	name, isText := v.String()
	if !isText || slices.Contains(schemaTypes, name) {
		return
	}
	d := ruleCRD.At(v.Range, "there is no type %q", name)
	c.found = append(c.found, d)
	if guess, ok := diag.Nearest(name, schemaTypes); ok {
		d.Detail += fmt.Sprintf("; did you mean %q?", guess)
		d.SuggestWord(name, guess)
		return
	}
	d.Detail += "; the types are " + strings.Join(schemaTypes, ", ")
}
