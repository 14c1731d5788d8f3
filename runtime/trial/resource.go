package trial

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// resourceOf is what can be known without a cluster about the resource of an object: from
// its definition, where that is at hand; else the names are guessed, as Kubernetes itself
// guesses them for its own kinds.
func resourceOf(object map[string]any, crds []map[string]any) kube.Resource {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	out := kube.Resource{Group: gvk.Group, Version: gvk.Version, Kind: kind, Preferred: true}
	for _, crd := range crds {
		if textAt(crd, "spec", "group") == gvk.Group && textAt(crd, "spec", "names", "kind") == kind {
			return defined(out, crd)
		}
	}
	plural, singular := meta.UnsafeGuessKindToResource(gvk)
	out.Plural, out.Singular = plural.Resource, singular.Resource
	out.Namespaced = essence.MetaText(object, "namespace") != ""
	return out
}

// defined takes over what a CustomResourceDefinition says.
func defined(out kube.Resource, crd map[string]any) kube.Resource {
	out.Plural = textAt(crd, "spec", "names", "plural")
	out.Singular = textAt(crd, "spec", "names", "singular")
	if out.Singular == "" {
		out.Singular = strings.ToLower(out.Kind)
	}
	out.ShortNames = textsAt(crd, "spec", "names", "shortNames")
	out.Categories = textsAt(crd, "spec", "names", "categories")
	out.Namespaced = textAt(crd, "spec", "scope") == "Namespaced"
	out.Preferred = out.Version == preferredVersion(crd)
	return out
}

// preferredVersion is the one that the API server would prefer.
func preferredVersion(crd map[string]any) string {
	found, _ := essence.Lookup(crd, []string{"spec", "versions"})
	list, _ := found.([]any)
	var names []string
	for _, v := range list {
		if served, _ := essence.Lookup(v, []string{"served"}); served == true {
			names = append(names, textAt(v, "name"))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.MaxFunc(names, version.CompareKubeAwareVersionStrings)
}

func textAt(object any, path ...string) string {
	found, _ := essence.Lookup(object, path)
	text, _ := found.(string)
	return text
}

func textsAt(object any, path ...string) []string {
	found, _ := essence.Lookup(object, path)
	list, _ := found.([]any)
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}
