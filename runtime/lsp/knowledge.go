package lsp

import (
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// knowledge is what is known beside the text at hand: the kinds of objects, from
// the definitions in the files beside it and from what each cluster has.
type knowledge struct {
	set   *schema.Set
	kinds *kube.Kinds
}

// resourceName is how an operator can name a resource.
type resourceName struct{ name, kind string }

// resources are those that are known, each by its plural and its group.
func (k *knowledge) resources() []resourceName {
	var out []resourceName
	for _, r := range k.set.Resources() {
		if !r.Preferred {
			continue
		}
		name := r.Plural
		if r.Group != "" {
			name += "." + r.Group
		}
		out = append(out, resourceName{name, r.Kind})
	}
	return out
}
