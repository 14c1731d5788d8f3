package kube_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

func gvkOf(apiVersion, kind string) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(apiVersion, kind)
}

// with gives a CRD's versions a schema whose spec has the field at, of a format.
func with(crd map[string]any, format string) map[string]any {
	versions, _, _ := unstructured.NestedSlice(crd, "spec", "versions")
	for _, v := range versions {
		v.(map[string]any)["schema"] = map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{
			"spec": map[string]any{"type": "object", "properties": map[string]any{"at": map[string]any{"type": "string", "format": format}}},
		}}}
	}
	crd["spec"].(map[string]any)["versions"] = versions
	return crd
}

// TestShapes: one request for a group and version, whoever asks for how many of its kinds.
func TestShapes(t *testing.T) {
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()})
	other, err := client.With(kube.Options{UserAgent: "other"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range [][2]string{
		{"v1 Secret", "data.key"}, {"v1 Pod", "status.startTime"}, {"v1 Event", "lastTimestamp"},
		{"coordination.k8s.io/v1 Lease", "spec.renewTime"}, {"apps/v1 Deployment", "metadata.creationTimestamp"},
		{"coordination.k8s.io/v1 LeaseCandidate", "metadata.creationTimestamp"},
	} {
		kind, path := test[0], test[1]
		for _, c := range []*kube.Client{client, other, client} {
			apiVersion, name, _ := strings.Cut(kind, " ")
			live, err := c.Shapes.Of(t.Context(), gvkOf(apiVersion, name))
			if err != nil {
				t.Fatal(err)
			}
			if live.Shape().At(strings.Split(path, ".")...) == nil || live.Shape().At("metadata", "labels") != nil {
				t.Errorf("%s: the shape is wrong", kind)
			}
			if why := live.Unknown(); (why != nil) != (name == "LeaseCandidate") {
				t.Errorf("%s: %v", kind, why)
			}
		}
	}
	isDocument := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/openapi/v3/") }
	isIndex := func(r *http.Request) bool { return r.URL.Path == "/openapi/v3" }
	if n := proxy.Count(isDocument); n != 3 {
		t.Errorf("%d documents were read", n)
	}
	if n := proxy.Count(isIndex); n != 2 { // once more for the kind that is not in its document
		t.Errorf("the index was read %d times", n)
	}
	proxy.Forget()
	if err := client.Shapes.Renew(t.Context(), time.Hour); err != nil || len(proxy.Requests()) != 0 {
		t.Errorf("a renewal in time: %v, %d requests", err, len(proxy.Requests()))
	}
	if err := client.Shapes.Renew(t.Context(), 0); err != nil || len(proxy.Requests()) != 1 {
		t.Errorf("a renewal of what has not changed: %v, %d requests", err, len(proxy.Requests()))
	}
	if live := (*kube.LiveShape)(nil); live.Shape().At("metadata", "deletionTimestamp") == nil {
		t.Error("nothing is known of metadata")
	}
}

// TestShapesFollowTheCluster: a definition that comes, changes, goes, and comes again.
func TestShapesFollowTheCluster(t *testing.T) {
	client := connect(t, kube.Options{})
	group := unique("shapes") + ".example.com"
	gvk := schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Clock"}
	live, err := client.Shapes.Of(t.Context(), gvk)
	if missing := (*kube.Undescribed)(nil); err != nil || !errors.As(live.Unknown(), &missing) || missing.Kind != gvk {
		t.Fatalf("before it exists: %v, %v", live.Unknown(), err)
	}
	await := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !holds(); {
			if time.Now().After(deadline) {
				t.Fatalf("not seen: %s (%v)", what, live.Unknown())
			}
			if err := client.Shapes.Renew(t.Context(), 50*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock := func(format string) map[string]any { return with(crd(group, "Clock"), format) }
	install(t, client, clock("date-time"))
	await("the schema", func() bool { return live.Unknown() == nil && live.Shape().At("spec", "at") != nil })
	apply := func(format string) {
		t.Helper()
		if err := client.ApplyCRDs(t.Context(), []map[string]any{clock(format)}); err != nil {
			t.Fatal(err)
		}
	}
	apply("password")
	await("a schema without it", func() bool { return live.Shape().At("spec", "at") == nil })
	apply("date")
	await("a changed schema", func() bool { return live.Shape().At("spec", "at") != nil })
	definitions := client.Dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if err := definitions.Delete(context.Background(), "clocks."+group, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await("that it is gone", func() bool { return live.Unknown() != nil })
	if live.Shape().At("spec", "at") == nil {
		t.Error("what is left of it has lost its shape")
	}
	apply("password")
	await("it again", func() bool { return live.Unknown() == nil && live.Shape().At("spec", "at") == nil })
	if again, err := client.Shapes.Of(t.Context(), gvk); err != nil || again != live {
		t.Errorf("another shape for the same kind: %v", err)
	}
}

// TestShapesThatCannotBeRead: what passes is an error, what does not is an answer.
func TestShapesThatCannotBeRead(t *testing.T) {
	gvk := gvkOf("apps/v1", "Deployment")
	for status, answered := range map[int]bool{
		http.StatusForbidden: true, http.StatusNotFound: true, http.StatusInternalServerError: false, http.StatusServiceUnavailable: false,
	} {
		for _, path := range []string{"/openapi/v3", "/openapi/v3/apis/apps/v1"} {
			proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
			client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()})
			proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
				return faultproxy.Fault{Status: status}, r.URL.Path == path
			})
			live, err := client.Shapes.Of(t.Context(), gvk)
			if answered != (err == nil) {
				t.Errorf("%d for %s: %v", status, path, err)
			}
			missing := (*kube.Undescribed)(nil)
			if answered && (live.Unknown() == nil || errors.As(live.Unknown(), &missing) || live.Shape().At("metadata", "creationTimestamp") == nil || live.Shape().At("spec") != nil) {
				t.Errorf("%d for %s: %v", status, path, live.Unknown())
			}
			proxy.Fail(nil)
			if err := client.Shapes.Renew(t.Context(), 0); err != nil {
				t.Error(err)
			}
			if live, err = client.Shapes.Of(t.Context(), gvk); err != nil || live.Unknown() != nil || live.Shape().At("spec") == nil {
				t.Errorf("after %d for %s: %v", status, path, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connect(t, kube.Options{}).Shapes.Of(ctx, gvk); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

// TestShapesKeepLittle: of documents of more than two megabytes, little stays in memory.
func TestShapesKeepLittle(t *testing.T) {
	client := connect(t, kube.Options{})
	if _, err := client.Shapes.Of(t.Context(), gvkOf("coordination.k8s.io/v1", "Lease")); err != nil { // what all have in common
		t.Fatal(err)
	}
	before := live()
	for _, gvk := range []schema.GroupVersionKind{gvkOf("v1", "Pod"), gvkOf("apps/v1", "Deployment")} {
		if _, err := client.Shapes.Of(t.Context(), gvk); err != nil {
			t.Fatal(err)
		}
	}
	if kept := live() - before; kept > 400<<10 {
		t.Errorf("%d kB are kept", kept>>10)
	}
	runtime.KeepAlive(client)
}

// live is the memory that is in use.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
