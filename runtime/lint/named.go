package lint

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Named are the resources that operators name: by selectors, and the apiVersions of
// objects that are written out.
func Named(operators []*spec.Operator) (selectors []*spec.Selector, apiVersions []string) {
	inspector, err := eval.NewInspector()
	if err != nil {
		return nil, nil // runtime.Compile says it for each operator
	}
	versions := map[string]bool{}
	for _, op := range operators {
		v := newView(op, inspector)
		for s := range v.selectors {
			selectors = append(selectors, s)
		}
		for _, entry := range op.Spec.Resources {
			selectors = append(selectors, entry.Value)
		}
		for _, p := range v.allPlaces() {
			written(p.value, p.key() == "apiVersion", versions)
		}
	}
	for version := range versions {
		apiVersions = append(apiVersions, version)
	}
	slices.Sort(apiVersions)
	return selectors, apiVersions
}

// written finds the values of apiVersion in a template.
func written(v *spec.Value, isVersion bool, found map[string]bool) {
	if v == nil {
		return
	}
	if text, ok := v.String(); ok && isVersion {
		found[text] = true
	}
	for _, item := range v.Items {
		written(item, false, found)
	}
	for _, f := range v.Fields {
		written(f.Value, f.Key.Scalar == "apiVersion", found)
	}
}

// Unknown are the names of resources of which nothing is known but what all objects have,
// so that expressions about them are not checked by types. Known is as for Sources.
func Unknown(bundle *spec.Bundle, known *schema.Set) []string {
	schemas, _ := runtime.Schemas(bundle, known)
	kinds := kube.NewKinds(schemas)
	selectors, _ := Named(bundle.Operators)
	var out []string
	for _, s := range selectors {
		if name := resourceNameOf(s); name != "" && kinds.TypeOf(s) == nil && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// resourceNameOf is what a selector by name calls its resource, empty for others.
func resourceNameOf(s *spec.Selector) string {
	for _, name := range []*spec.String{s.Plural, s.AnyName, s.Kind, s.Singular, s.ShortName} {
		if name == nil {
			continue
		}
		if s.Group != nil && s.Group.Value != "" {
			return name.Value + "." + s.Group.Value
		}
		return name.Value
	}
	return ""
}
