package lint

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/eval"
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
