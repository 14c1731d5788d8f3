package kube_test

import (
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Kinds are found without a cluster by all that the language calls them.
func TestKinds(t *testing.T) {
	set := schema.NewSet(schema.Builtin())
	for _, crd := range []map[string]any{
		definition("example.com", "Thing", "things", "th", "v1beta1", "v1"),
		definition("other.com", "Gear", "gears", "ge", "v1"),
		definition("example.com", "Gear", "gears", "ge", "v1"),
		definition("pods.example.com", "Pod", "pods", "po", "v1"),
	} {
		if err := set.AddCRD(crd); err != nil {
			t.Fatal(err)
		}
	}
	kinds := kube.NewKinds(set)
	for resource, want := range map[string]string{
		"pods": "v1.Pod", "pod": "v1.Pod", "Pod": "v1.Pod", "po": "v1.Pod", "pods.pods.example.com": "pods.example.com/v1.Pod", "v1/pods": "v1.Pod",
		"deployments.apps": "apps/v1.Deployment", "deploy": "apps/v1.Deployment", "apps/v1/deployments": "apps/v1.Deployment",
		"hpa": "autoscaling/v2.HorizontalPodAutoscaler", "autoscaling/v1/horizontalpodautoscalers": "autoscaling/v1.HorizontalPodAutoscaler",
		"things": "example.com/v1.Thing", "th": "example.com/v1.Thing", "things.v1beta1.example.com": "example.com/v1beta1.Thing",
		"gears": "", "gears.other.com": "other.com/v1.Gear", "nothing": "", "events": "v1.Event",
		"{group: example.com, kind: Thing}": "example.com/v1.Thing", "{category: all}": "", "{any: true}": "", "{group: apps, version: v2, kind: Deployment}": "",
	} {
		if got := kinds.TypeOf(selector(t, resource)).Name(); got != want {
			t.Errorf("%s: got %q, want %q", resource, got, want)
		}
	}
	for kind, want := range map[[2]string]string{
		{"v1", "Pod"}: "v1.Pod", {"apps/v1", "Deployment"}: "apps/v1.Deployment", {"example.com/v1", "Thing"}: "example.com/v1.Thing",
		{"v1", "Deployment"}: "", {"", ""}: "", {"a/b/c", "Pod"}: "",
	} {
		if got := kinds.TypeOfKind(kind[0], kind[1]).Name(); got != want {
			t.Errorf("%v: got %q, want %q", kind, got, want)
		}
	}
	if none := kube.NewKinds(nil); none.TypeOf(selector(t, "pods")) != nil || none.TypeOfKind("v1", "Pod") != nil {
		t.Error("nothing is known of no kinds, and yet something is")
	}
}

// definition is a CustomResourceDefinition.
func definition(group, kind, plural, short string, versions ...string) map[string]any {
	var all []any
	for _, v := range versions {
		all = append(all, map[string]any{"name": v, "served": true, "schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object"}}})
	}
	return map[string]any{"spec": map[string]any{
		"group": group, "scope": "Namespaced", "versions": all,
		"names": map[string]any{"kind": kind, "plural": plural, "singular": plural[:len(plural)-1], "shortNames": []any{short}},
	}}
}

// selector is what the language understands by a resource.
func selector(t *testing.T, resource string) *spec.Selector {
	t.Helper()
	text := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  handlers:\n    - {on: event, resource: " + resource + ", do: [{log: x}]}\n"
	bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
	if len(found) > 0 {
		t.Fatalf("%s: %v", resource, found)
	}
	return bundle.Operators[0].Spec.Handlers[0].Resource[0]
}
