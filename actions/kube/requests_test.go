package kube_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// configMap makes a ConfigMap and returns it.
func configMap(t *testing.T, client *kube.Client, namespace, name string) *kube.Object {
	t.Helper()
	o, err := client.Create(t.Context(), configMaps, namespace, fmt.Appendf(nil,
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q},"data":{"a":"1"}}`, name))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestReadAndWrite(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	made := configMap(t, client, ns, "one")
	if made.Name != "one" || made.Namespace != ns || made.UID == "" || made.ResourceVersion == "" {
		t.Errorf("%+v", made)
	}
	if strings.Contains(made.JSON(), "managedFields") {
		t.Error("managedFields are kept")
	}

	tried, err := client.MergePatch(t.Context(), configMaps, ns, "one", "", []byte(`{"data":{"b":"2"}}`), true)
	if err != nil || !strings.Contains(tried.JSON(), `"b":"2"`) {
		t.Errorf("dry run: %v, %v", tried, err)
	}
	read, err := client.Get(t.Context(), configMaps, ns, "one")
	if err != nil || *read != *made {
		t.Errorf("after the dry run: %+v, %v", read, err)
	}
	patched, err := client.MergePatch(t.Context(), configMaps, ns, "one", "", []byte(`{"data":{"a":null,"b":"2"}}`), false)
	if err != nil || patched.ResourceVersion == made.ResourceVersion || patched.UID != made.UID {
		t.Errorf("%+v, %v", patched, err)
	}
	object, err := patched.Decode()
	if err != nil || fmt.Sprint(object["data"]) != "map[b:2]" || object["kind"] != "ConfigMap" {
		t.Errorf("%v, %v", object, err)
	}
	if _, err := client.Get(t.Context(), configMaps, ns, "two"); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

func TestPatchOfASubresource(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	group := unique("sub") + ".example.com"
	install(t, client, crd(group, "Thing"))
	r, err := client.Discovery.ByKind(t.Context(), group+"/v1", "Thing")
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Create(t.Context(), r, ns, fmt.Appendf(nil, `{"apiVersion":%q,"kind":"Thing","metadata":{"name":"x"},"spec":{}}`, group+"/v1"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := client.MergePatch(t.Context(), r, ns, "x", "status", []byte(`{"status":{"ok":true},"spec":{"lost":1}}`), false)
	if err != nil || !strings.Contains(o.JSON(), `"status":{"ok":true}`) || strings.Contains(o.JSON(), "lost") {
		t.Errorf("%v, %v", o, err)
	}
}

// A name with a slash must not become the address of something else.
func TestNamesThatCannotExist(t *testing.T) {
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()})
	for _, name := range []string{"", ".", "..", "a/b", "a%2fb"} {
		if _, err := client.Get(t.Context(), configMaps, "default", name); err == nil {
			t.Errorf("%q: no error", name)
		}
		if _, err := client.MergePatch(t.Context(), configMaps, "default", name, "", []byte(`{}`), false); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
	if n := len(proxy.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestListInPages(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	for i := range 5 {
		configMap(t, client, ns, fmt.Sprintf("cm-%d", i))
	}
	var names []string
	options := metav1.ListOptions{Limit: 2, FieldSelector: "metadata.name!=kube-root-ca.crt"}
	for pages := 1; ; pages++ {
		meta, err := client.List(t.Context(), configMaps, ns, options, func(o *kube.Object) error {
			names = append(names, o.Name)
			if !strings.HasPrefix(o.JSON(), `{"apiVersion":"v1","kind":"ConfigMap",`) {
				t.Errorf("an item without its type: %s", o.JSON())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if meta.Continue == "" {
			if pages != 3 || meta.ResourceVersion == "" {
				t.Errorf("%d pages, %+v", pages, meta)
			}
			break
		}
		options.Continue = meta.Continue
	}
	if got := strings.Join(names, " "); got != "cm-0 cm-1 cm-2 cm-3 cm-4" {
		t.Error(got)
	}
}

func TestListEndsWithTheCaller(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	configMap(t, client, ns, "one")
	enough := errors.New("enough")
	if _, err := client.List(t.Context(), configMaps, ns, metav1.ListOptions{}, func(*kube.Object) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	if _, err := client.List(t.Context(), kube.Resource{Version: "v1", Plural: "nonesuch"}, ns, metav1.ListOptions{}, nil); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

func TestWatch(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	w, err := client.Watch(t.Context(), configMaps, ns, metav1.ListOptions{
		FieldSelector: "metadata.name=one", SendInitialEvents: new(true), AllowWatchBookmarks: true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		t.Fatal(err)
	}
	next := func(want watch.EventType) *kube.Object {
		t.Helper()
		event, err := w.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.Type != want {
			t.Fatalf("got %s, want %s", event.Type, want)
		}
		return event.Object
	}
	if mark := next(watch.Bookmark); !strings.Contains(mark.JSON(), metav1.InitialEventsAnnotationKey) || mark.ResourceVersion == "" {
		t.Errorf("%+v", mark)
	}
	made := configMap(t, client, ns, "one")
	configMap(t, client, ns, "two")
	if got := next(watch.Added); *got != *made {
		t.Errorf("%+v", got)
	}
	big := strings.Repeat("x", 200<<10) // longer than the reader's buffer
	patched, err := client.MergePatch(t.Context(), configMaps, ns, "one", "", []byte(`{"data":{"a":"`+big+`"}}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if got := next(watch.Modified); *got != *patched {
		t.Error("the large object differs")
	}
	if err := client.Dynamic.Resource(configMaps.GVR()).Namespace(ns).Delete(t.Context(), "one", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := next(watch.Deleted); got.UID != made.UID {
		t.Errorf("%+v", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Next(); err == nil {
		t.Error("a closed watch has a next event")
	}
}

func TestWatchTellsTheServersError(t *testing.T) {
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		return faultproxy.Fault{Status: http.StatusGone, InStream: true}, faultproxy.IsWatch(r)
	})
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()})
	w, err := client.Watch(t.Context(), configMaps, "default", metav1.ListOptions{})
	if err == nil {
		defer w.Close()
		_, err = w.Next()
	}
	if !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
		t.Errorf("%v", err)
	}
}

// While the API server is too busy it says when to come again, and the clients do.
func TestTooManyRequests(t *testing.T) {
	real := connect(t, kube.Options{})
	ns := namespace(t, real)
	configMap(t, real, ns, "one")
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()})
	for name, patch := range map[string]func() error{
		"own": func() error {
			_, err := client.MergePatch(t.Context(), configMaps, ns, "one", "", []byte(`{"data":{"own":"1"}}`), false)
			return err
		},
		"dynamic": func() error {
			_, err := client.Dynamic.Resource(configMaps.GVR()).Namespace(ns).
				Patch(t.Context(), "one", types.MergePatchType, []byte(`{"data":{"dynamic":"1"}}`), metav1.PatchOptions{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			proxy.Forget()
			proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) {
				return faultproxy.Fault{Status: http.StatusTooManyRequests, RetryAfter: 1}, len(proxy.Requests()) <= 1
			})
			began := time.Now()
			if err := patch(); err != nil {
				t.Error(err)
			}
			if n, took := len(proxy.Requests()), time.Since(began); n != 2 || took < time.Second {
				t.Errorf("%d requests in %s", n, took)
			}
		})
	}
	t.Run("without a time", func(t *testing.T) {
		proxy.Forget()
		proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) {
			return faultproxy.Fault{Status: http.StatusTooManyRequests}, true
		})
		_, err := client.Get(t.Context(), configMaps, ns, "one")
		if !apierrors.IsTooManyRequests(err) || len(proxy.Requests()) != 1 {
			t.Errorf("%v, %d requests", err, len(proxy.Requests()))
		}
	})
}

func TestRequestTimeout(t *testing.T) {
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig(), RequestTimeout: 200 * time.Millisecond})
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		<-r.Context().Done()
		return faultproxy.Fault{}, true
	})
	_, err := client.MergePatch(t.Context(), configMaps, "default", "one", "", []byte(`{}`), false)
	if err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("%v", err)
	}
	_, err = client.Dynamic.Resource(configMaps.GVR()).Namespace("default").Get(t.Context(), "one", metav1.GetOptions{})
	if err == nil {
		t.Error("no error")
	}
}

// The limit of requests must not end what is meant to take long.
func TestWatchOutlivesTheRequestTimeout(t *testing.T) {
	client := connect(t, kube.Options{RequestTimeout: 100 * time.Millisecond})
	ns := namespace(t, client)
	w, err := client.Watch(t.Context(), configMaps, ns, metav1.ListOptions{FieldSelector: "metadata.name=one"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	made := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() {
		defer close(made)
		configMap(t, client, ns, "one")
	})
	if event, err := w.Next(); err != nil || event.Object.Name != "one" {
		t.Errorf("%v, %v", event, err)
	}
	<-made
}

func TestWarningsAreLoggedOnce(t *testing.T) {
	var log strings.Builder
	client := connect(t, kube.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ns := namespace(t, client)
	group := unique("warn") + ".example.com"
	install(t, client, crd(group, "Thing"))
	r, err := client.Discovery.ByKind(t.Context(), group+"/v1", "Thing")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} { // a finalizer without a domain draws a warning
		if _, err := client.Create(t.Context(), r, ns, fmt.Appendf(nil,
			`{"apiVersion":%q,"kind":"Thing","metadata":{"name":%q,"finalizers":["plain"]}}`, group+"/v1", name)); err != nil {
			t.Fatal(err)
		}
		if _, err := client.MergePatch(t.Context(), r, ns, name, "", []byte(`{"metadata":{"finalizers":null}}`), false); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "the API server warns: "); n != 1 {
		t.Errorf("%d warnings: %s", n, log.String())
	}
}

func TestApplyCRDs(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	group := unique("crds") + ".example.com"
	install(t, client, crd(group, "Car"), crd(group, "Bus"))
	install(t, client, crd(group, "Car")) // again is no change
	for _, plural := range []string{"cars", "buss"} {
		for _, version := range []string{"v1", "v1beta1"} {
			r, err := client.Discovery.ByGVR(t.Context(), schema.GroupVersionResource{Group: group, Version: version, Resource: plural})
			if err != nil {
				t.Fatal(err)
			}
			text, _ := json.Marshal(map[string]any{"apiVersion": r.GVK().GroupVersion().String(), "kind": r.Kind, "metadata": map[string]any{"generateName": "x"}})
			if _, err := client.Create(t.Context(), r, ns, text); err != nil {
				t.Errorf("%s is not served: %v", r, err)
			}
		}
	}
	t.Run("an invalid one", func(t *testing.T) {
		bad := crd(group, "Bad")
		bad["spec"].(map[string]any)["scope"] = "Wrong"
		checkLine(t, client.ApplyCRDs(t.Context(), []map[string]any{bad}), "the CRD bads."+group+" cannot be applied: ")
	})
	t.Run("one whose names are taken", func(t *testing.T) {
		taken := crd(group, "Van", func(names map[string]any) { names["kind"] = "Car" })
		r := client.Dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
		t.Cleanup(func() { _ = r.Delete(context.Background(), "vans."+group, metav1.DeleteOptions{}) })
		checkLine(t, client.ApplyCRDs(t.Context(), []map[string]any{taken}), "its names are taken: ")
	})
}
