package trial

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// resourceOf is what can be known without a cluster about the resource of an object. Where
// its kind is not known, the names are guessed, as Kubernetes itself makes them for its
// own kinds.
func resourceOf(object map[string]any, kinds *kube.Kinds) kube.Resource {
	apiVersion, kind := typeMeta(object)
	gvk := schema.KindOf(apiVersion, kind)
	if known, ok := kinds.Find(&spec.Selector{Group: text(gvk.Group), Version: text(gvk.Version), Kind: text(kind)}); ok {
		return known
	}
	plural, singular := meta.UnsafeGuessKindToResource(gvk)
	return kube.Resource{
		Group: gvk.Group, Version: gvk.Version, Kind: kind, Plural: plural.Resource, Singular: singular.Resource,
		Namespaced: essence.MetaText(object, "namespace") != "", Preferred: true,
	}
}

func text(s string) *spec.String { return &spec.String{Value: s} }

func typeMeta(object map[string]any) (apiVersion, kind string) {
	apiVersion, _ = object["apiVersion"].(string)
	kind, _ = object["kind"].(string)
	return apiVersion, kind
}

// checkKind refuses an object of another kind than the handler is for, as far as it is known
// what that is for.
func (t Target) checkKind(object map[string]any, kinds *kube.Kinds) error {
	_, kind := typeMeta(object)
	if kind == "" || len(t.resources) == 0 {
		return nil
	}
	is := resourceOf(object, kinds)
	var wanted []string
	for _, s := range t.resources {
		known, ok := kinds.Find(s)
		if !ok || known.Group == is.Group && known.Kind == is.Kind {
			return nil
		}
		wanted = append(wanted, known.Kind)
	}
	return fmt.Errorf("%s is for objects of kind %s, and this one is of kind %s", t.id, strings.Join(wanted, " or "), kind)
}
