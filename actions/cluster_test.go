package actions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
)

// crds are what the handled objects are: with a status subresource, without
// one, and cluster-scoped.
const crds = `
- {kind: Split, plural: splits, scope: Namespaced, subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}}
- {kind: Plain, plural: plains, scope: Namespaced, subresources: {}}
- {kind: Wide, plural: wides, scope: Cluster, subresources: {status: {}}}
`

const testGroup = "actions.kopf.dev"

// world is a namespace of a real API server for one test.
type world struct {
	*testing.T
	client    *kube.Client
	namespace string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	client, err := kube.Connect(kube.Options{Kubeconfig: clustertest.Kubeconfig(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.ApplyCRDs(t.Context(), crdObjects(t)); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, client: client}
	namespace := w.make("", `{apiVersion: v1, kind: Namespace, metadata: {generateName: actions-}}`)
	w.namespace = namespace.GetName()
	t.Cleanup(func() {
		err := client.Dynamic.Resource(gvr("v1", "namespaces")).Delete(context.Background(), w.namespace, metav1.DeleteOptions{})
		if err != nil {
			t.Log(err)
		}
	})
	return w
}

func crdObjects(t *testing.T) []map[string]any {
	var kinds []struct {
		Kind, Plural, Scope string
		Subresources        map[string]any
	}
	if err := yaml.Unmarshal([]byte(crds), &kinds); err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for _, k := range kinds {
		out = append(out, map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": k.Plural + "." + testGroup},
			"spec": map[string]any{
				"group": testGroup, "scope": k.Scope,
				"names": map[string]any{"kind": k.Kind, "plural": k.Plural, "singular": strings.ToLower(k.Kind)},
				"versions": []any{map[string]any{
					"name": "v1", "served": true, "storage": true, "subresources": k.Subresources,
					"schema": map[string]any{"openAPIV3Schema": map[string]any{
						"type": "object", "x-kubernetes-preserve-unknown-fields": true,
						"properties": map[string]any{"spec": map[string]any{
							"type": "object", "x-kubernetes-preserve-unknown-fields": true,
							"properties": map[string]any{"replicas": map[string]any{"type": "integer"}},
						}, "status": map[string]any{
							"type": "object", "x-kubernetes-preserve-unknown-fields": true,
							"properties": map[string]any{"replicas": map[string]any{"type": "integer"}},
						}},
					}},
				}},
			},
		})
	}
	return out
}

func gvr(groupVersion, plural string) schema.GroupVersionResource {
	gv, err := schema.ParseGroupVersion(groupVersion)
	if err != nil {
		panic(err)
	}
	return gv.WithResource(plural)
}

// beforePuts does something right before each of the next PUT requests.
func (w *world) beforePuts(times int, do func()) {
	config := rest.CopyConfig(w.client.REST)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return transport(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPut && times > 0 {
				times--
				do()
			}
			return next.RoundTrip(r)
		})
	})
	client, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		w.Fatal(err)
	}
	w.client = client
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func jsonOf(t *testing.T, text string) []byte {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// make creates an object.
func (w *world) make(namespace, text string) *unstructured.Unstructured {
	w.Helper()
	u := &unstructured.Unstructured{Object: object(w.T, text)}
	resource, err := w.client.Discovery.ByKind(w.Context(), u.GetAPIVersion(), u.GetKind())
	if err != nil {
		w.Fatal(err)
	}
	client := w.client.Dynamic.Resource(resource.GVR())
	var made *unstructured.Unstructured
	if resource.Namespaced {
		made, err = client.Namespace(namespace).Create(w.Context(), u, metav1.CreateOptions{})
	} else {
		made, err = client.Create(w.Context(), u, metav1.CreateOptions{})
	}
	if err != nil {
		w.Fatal(err)
	}
	return made
}

// parent creates the handled object.
func (w *world) parent(kind, rest string) *unstructured.Unstructured {
	w.Helper()
	return w.make(w.namespace, fmt.Sprintf("{apiVersion: %s/v1, kind: %s, %s}", testGroup, kind, rest))
}

// read reads an object; nil where it is missing.
func (w *world) read(groupVersion, plural, namespace, name string) *unstructured.Unstructured {
	w.Helper()
	u, err := w.client.Dynamic.Resource(gvr(groupVersion, plural)).Namespace(namespace).Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return u
}

func (w *world) configMap(name string) *unstructured.Unstructured {
	return w.read("v1", "configmaps", w.namespace, name)
}

// run makes an attempt of a handler of the parent.
func (w *world) run(parent *unstructured.Unstructured, steps string, adjust ...func(*actions.Run)) *attempt {
	w.Helper()
	program := compile(w.T, steps)
	gvk := parent.GroupVersionKind()
	resource, err := w.client.Discovery.ByKind(w.Context(), gvk.GroupVersion().String(), gvk.Kind)
	if err != nil {
		w.Fatal(err)
	}
	a := newAttempt(parent.Object, resource)
	a.Client = w.client
	for _, change := range adjust {
		change(a.Run)
	}
	a.err = program.Run(w.Context(), a.Run)
	return a
}

// must is a run that has to succeed.
func (w *world) must(parent *unstructured.Unstructured, steps string, adjust ...func(*actions.Run)) *attempt {
	w.Helper()
	a := w.run(parent, steps, adjust...)
	if a.err != nil {
		w.Fatal(a.err)
	}
	return a
}

// write sends what the attempt collected, as the engine does.
func (w *world) write(a *attempt) *unstructured.Unstructured {
	w.Helper()
	var answer *unstructured.Unstructured
	status, guarded := a.Own.Status()
	answer = w.send(a, answer, status, guarded, "status")
	main, guarded := a.Own.Main()
	return w.send(a, answer, main, guarded)
}

func (w *world) send(a *attempt, before *unstructured.Unstructured, merge map[string]any, guarded bool, subresource ...string) *unstructured.Unstructured {
	w.Helper()
	if len(merge) == 0 {
		return before
	}
	if guarded {
		version := a.Own.ResourceVersion()
		if before != nil {
			version = before.GetResourceVersion()
		}
		merge = patch.Merge(merge, map[string]any{"metadata": map[string]any{"resourceVersion": version}})
	}
	data, err := json.Marshal(merge)
	if err != nil {
		w.Fatal(err)
	}
	self := actions.Reference(a.Object)
	answer, err := w.client.Dynamic.Resource(a.Resource.GVR()).Namespace(self.Namespace).
		Patch(w.Context(), self.Name, types.MergePatchType, data, metav1.PatchOptions{}, subresource...)
	if err != nil {
		w.Fatal(err)
	}
	return answer
}

func field(u *unstructured.Unstructured, path ...string) any {
	if u == nil {
		return nil
	}
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	return value
}
