package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// patience is how long a test waits for what must happen. It is no measure of
// speed: a loaded machine may need most of it.
const patience = 60 * time.Second

// The resources that tests handle.
var (
	widgets    = schema.GroupVersionResource{Group: "test.kopf.dev", Version: "v1", Resource: "widgets"}
	gadgets    = schema.GroupVersionResource{Group: "test.kopf.dev", Version: "v1", Resource: "gadgets"}
	globals    = schema.GroupVersionResource{Group: "test.kopf.dev", Version: "v1", Resource: "globals"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	secrets    = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	kubeEvents = schema.GroupVersionResource{Group: "events.k8s.io", Version: "v1", Resource: "events"}
)

// crds are a resource with a status subresource, one without, and a
// cluster-scoped one.
func crds() []map[string]any {
	return []map[string]any{
		crd("Widget", "widgets", "Namespaced", `{status: {}}`),
		crd("Gadget", "gadgets", "Namespaced", `{}`),
		crd("Global", "globals", "Cluster", `{status: {}}`),
	}
}

func crd(kind, plural, scope, subresources string) map[string]any {
	return parse(fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.test.kopf.dev}
spec:
  group: test.kopf.dev
  scope: %[3]s
  names: {kind: %[1]s, plural: %[2]s, singular: %[4]s}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: %[5]s
      schema:
        openAPIV3Schema:
          type: object
          x-kubernetes-preserve-unknown-fields: true
          properties:
            spec: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {limited: {type: integer, maximum: 10}}}
            status: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {small: {type: integer, maximum: 10}}}
`, kind, plural, scope, strings.ToLower(kind), subresources))
}

func parse(text string) map[string]any {
	var out map[string]any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		panic(err)
	}
	return normal(out).(map[string]any)
}

// normal gives numbers the types that objects of the API have.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return v
}

// world is a namespace of its own on the real API server.
type world struct {
	t          *testing.T
	kubeconfig string
	client     *kube.Client
	ns         string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, kubeconfig: clustertest.Kubeconfig(t)}
	w.client = w.connect(w.kubeconfig)
	if err := w.client.ApplyCRDs(t.Context(), crds()); err != nil {
		t.Fatal(err)
	}
	ns, err := w.client.Dynamic.Resource(namespaces).Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"generateName": "engine-"},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.ns = ns.GetName()
	t.Cleanup(w.clean)
	return w
}

// clean takes away what a test may have left, finalizers included.
func (w *world) clean() {
	ctx := context.Background()
	for _, gvr := range []schema.GroupVersionResource{widgets, gadgets} {
		list, err := w.client.Dynamic.Resource(gvr).Namespace(w.ns).List(ctx, metav1.ListOptions{})
		if err != nil {
			continue
		}
		for _, u := range list.Items {
			_, _ = w.client.Dynamic.Resource(gvr).Namespace(w.ns).Patch(ctx, u.GetName(), types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		}
	}
	_ = w.client.Dynamic.Resource(namespaces).Delete(ctx, w.ns, metav1.DeleteOptions{})
}

func (w *world) connect(kubeconfig string) *kube.Client {
	w.t.Helper()
	client, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig, UserAgent: "kopf-declarative-test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// engine is an engine that runs in this process.
type engine struct {
	w    *world
	stop func()
	log  *lockedBuffer
	// compiled is the engine itself; nil for a process.
	compiled *runtime.Engine
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// compile loads operators that must have no findings.
func compile(t testing.TB, documents string) *runtime.Engine {
	t.Helper()
	bundle, found := spec.Parse([]spec.Source{{Name: "operator.yaml", Text: []byte(documents)}})
	compiled, more := runtime.Compile(bundle)
	for _, d := range append(found, more...) {
		t.Errorf("%v", d)
	}
	if t.Failed() {
		t.FailNow()
	}
	return compiled
}

// start runs operators and waits until they watch.
func (w *world) start(documents string) *engine {
	w.t.Helper()
	return w.startWith(documents, runtime.Options{Client: w.client, Namespaces: scope.Exactly(w.ns)})
}

func (w *world) startWith(documents string, o runtime.Options) *engine {
	w.t.Helper()
	compiled := compile(w.t, documents)
	e := &engine{w: w, log: &lockedBuffer{}, compiled: compiled}
	o.Version = "v0-test"
	o.Log = slog.New(slog.NewTextHandler(e.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ready := make(chan struct{})
	o.Ready = func() { close(ready) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- compiled.Run(ctx, o) }()
	e.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the engine ended with: %v", err)
		}
	})
	w.t.Cleanup(func() {
		e.stop()
		if w.t.Failed() {
			w.t.Logf("log of the engine:\n%s", e.log)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		w.t.Fatalf("the engine did not start: %v", err)
	case <-time.After(patience):
		w.t.Fatalf("the engine is not ready after %s", patience)
	}
	return e
}

// eventually waits until the condition holds; the condition says what it sees.
func (w *world) eventually(what string, holds func() (seen any, ok bool)) {
	w.t.Helper()
	var seen any
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var ok bool
		if seen, ok = holds(); ok {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.t.Fatalf("not seen in %s: %s; last seen: %v", patience, what, seen)
}

// says waits for a line of the log that has all these words.
func (e *engine) says(words ...string) {
	e.w.t.Helper()
	e.w.eventually("log line with "+strings.Join(words, ", "), func() (any, bool) {
		return "no such line", e.count(words...) > 0
	})
}

// count is the number of log lines that have all these words.
func (e *engine) count(words ...string) int {
	n := 0
	for _, line := range strings.Split(e.log.String(), "\n") {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			n++
		}
	}
	return n
}

func (w *world) in(gvr schema.GroupVersionResource) interface {
	Create(context.Context, *unstructured.Unstructured, metav1.CreateOptions, ...string) (*unstructured.Unstructured, error)
	Get(context.Context, string, metav1.GetOptions, ...string) (*unstructured.Unstructured, error)
	List(context.Context, metav1.ListOptions) (*unstructured.UnstructuredList, error)
	Delete(context.Context, string, metav1.DeleteOptions, ...string) error
	Patch(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (*unstructured.Unstructured, error)
} {
	if gvr == globals || gvr == namespaces {
		return w.client.Dynamic.Resource(gvr)
	}
	return w.client.Dynamic.Resource(gvr).Namespace(w.ns)
}

// create makes an object from YAML; kind and version follow from the resource.
func (w *world) create(gvr schema.GroupVersionResource, text string) *unstructured.Unstructured {
	w.t.Helper()
	object := parse(text)
	object["apiVersion"] = gvr.GroupVersion().String()
	object["kind"] = map[string]string{"widgets": "Widget", "gadgets": "Gadget", "globals": "Global", "configmaps": "ConfigMap", "secrets": "Secret"}[gvr.Resource]
	out, err := w.in(gvr).Create(w.t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) patch(gvr schema.GroupVersionResource, name, merge string) *unstructured.Unstructured {
	w.t.Helper()
	body, err := yaml.YAMLToJSON([]byte(merge))
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := w.in(gvr).Patch(w.t.Context(), name, types.MergePatchType, body, metav1.PatchOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) delete(gvr schema.GroupVersionResource, name string) {
	w.t.Helper()
	if err := w.in(gvr).Delete(w.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// get reads an object; nil where there is none.
func (w *world) get(gvr schema.GroupVersionResource, name string) map[string]any {
	w.t.Helper()
	u, err := w.in(gvr).Get(context.Background(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return u.Object
}

func (w *world) list(gvr schema.GroupVersionResource) []unstructured.Unstructured {
	w.t.Helper()
	out, err := w.in(gvr).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(out.Items, func(u unstructured.Unstructured) bool { return u.GetName() == "kube-root-ca.crt" })
}

// becomes waits until the value at a dotted path of an object is as wanted;
// nil is for an absent one.
func (w *world) becomes(gvr schema.GroupVersionResource, name, path string, want any) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%s/%s: %s = %v", gvr.Resource, name, path, want), func() (any, bool) {
		object := w.get(gvr, name)
		seen, _ := essence.Lookup(object, essence.ParsePath(path))
		return seen, object != nil && patch.Equal(seen, normal(want))
	})
}

// vanishes waits until an object is gone.
func (w *world) vanishes(gvr schema.GroupVersionResource, name string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%s/%s is gone", gvr.Resource, name), func() (any, bool) {
		object := w.get(gvr, name)
		return object, object == nil
	})
}

// handled waits until the engine has handled an object to the end: its essence
// is stored, and no progress is left.
func (w *world) handled(gvr schema.GroupVersionResource, name, prefix string) {
	w.t.Helper()
	w.eventually(gvr.Resource+"/"+name+" is handled", func() (any, bool) {
		annotations := annotationsOf(w.get(gvr, name))
		_, stored := annotations[prefix+"/last-handled-configuration"]
		for key := range annotations {
			name, own := strings.CutPrefix(key, prefix+"/")
			if own && !slices.Contains([]string{"last-handled-configuration", "kopf-managed", "update-cycles", "tracked-children", "failed-handlers"}, name) {
				return annotations, false
			}
		}
		return annotations, stored
	})
}

func annotationsOf(object map[string]any) map[string]any {
	value, _ := essence.Lookup(object, []string{"metadata", "annotations"})
	out, _ := value.(map[string]any)
	return out
}
