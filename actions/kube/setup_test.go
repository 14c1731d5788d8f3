package kube_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
)

var configMaps = kube.Resource{Version: "v1", Kind: "ConfigMap", Plural: "configmaps", Namespaced: true}

// connect returns a client of the test cluster.
func connect(t *testing.T, o kube.Options) *kube.Client {
	t.Helper()
	if o.Kubeconfig == "" {
		o.Kubeconfig = clustertest.Kubeconfig(t)
	}
	client, err := kube.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// as returns a client that acts as a user without rights.
func as(t *testing.T, user string) *kube.Client {
	t.Helper()
	config := rest.CopyConfig(connect(t, kube.Options{}).REST)
	config.Impersonate.UserName = user
	client, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// unique makes a name that no other test run has.
func unique(prefix string) string {
	return prefix + "-" + strings.ToLower(rand.Text()[:8])
}

// namespace makes a namespace that goes with the test.
func namespace(t *testing.T, client *kube.Client) string {
	t.Helper()
	name := unique("kube")
	r := client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}
	if _, err := r.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Delete(context.Background(), name, metav1.DeleteOptions{}) })
	return name
}

// crd describes a resource of a group of its own.
func crd(group, kind string, more ...func(names map[string]any)) map[string]any {
	plural := strings.ToLower(kind) + "s"
	names := map[string]any{"kind": kind, "plural": plural, "singular": strings.ToLower(kind)}
	for _, change := range more {
		change(names)
	}
	return map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": names["plural"].(string) + "." + group},
		"spec": map[string]any{
			"group": group, "scope": "Namespaced", "names": names,
			"versions": []any{version("v1", true), version("v1beta1", false)},
		},
	}
}

func version(name string, storage bool) map[string]any {
	return map[string]any{
		"name": name, "served": true, "storage": storage,
		"subresources": map[string]any{"status": map[string]any{}},
		"schema": map[string]any{"openAPIV3Schema": map[string]any{
			"type": "object", "x-kubernetes-preserve-unknown-fields": true,
		}},
	}
}

// install applies CRDs that go with the test.
func install(t *testing.T, client *kube.Client, crds ...map[string]any) {
	t.Helper()
	t.Cleanup(func() {
		r := client.Dynamic.Resource(schema.GroupVersionResource{
			Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
		})
		for _, crd := range crds {
			name := (&unstructured.Unstructured{Object: crd}).GetName()
			_ = r.Delete(context.Background(), name, metav1.DeleteOptions{})
		}
	})
	if err := client.ApplyCRDs(t.Context(), crds); err != nil {
		t.Fatal(err)
	}
}
