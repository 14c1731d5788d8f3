package runtime

import (
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Schemas are the kinds of a bundle's CustomResourceDefinitions, beside those that are
// known anyway: the builtin ones where known is nil.
func Schemas(bundle *spec.Bundle, known *schema.Set) (*schema.Set, diag.List) {
	if known == nil {
		known = schema.Builtin()
	}
	var found diag.List
	out := schema.NewSet(known)
	for _, crd := range bundle.CRDs {
		c := &crdChecker{}
		c.crd(crd.Node)
		found = append(found, c.found...)
		if err := out.AddCRD(crd.Object); err != nil && len(c.found) == 0 {
			found = append(found, ruleCRD.At(crd.Range, "it does not have the form of %s", crdForm))
		}
	}
	return out, found
}
