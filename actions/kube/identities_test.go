package kube_test

import (
	"context"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// TestIdentities: a list and a watch tell who the objects are, and hold nothing else.
func TestIdentities(t *testing.T) {
	t.Parallel()
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	make := func(name string) *kube.Object {
		t.Helper()
		o, err := client.Create(t.Context(), configMaps, ns, []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"`+name+`","labels":{"of":"test"}},"data":{"a":"`+strings.Repeat("x", 1000)+`"}}`))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	same := func(got, want *kube.Object) {
		t.Helper()
		if got.Namespace != ns || got.Name != want.Name || got.UID != want.UID || got.ResourceVersion != want.ResourceVersion || got.JSON() != "" {
			t.Errorf("got %+v, want the identity of %s", got, want)
		}
	}
	one := make("one")
	o := metav1.ListOptions{LabelSelector: "of=test"}
	meta, err := client.Identities().List(t.Context(), configMaps, ns, o, func(o *kube.Object) error {
		same(o, one)
		return nil
	})
	if err != nil || meta.ResourceVersion == "" {
		t.Fatal(meta, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o.ResourceVersion = meta.ResourceVersion
	w, err := client.Identities().Watch(ctx, configMaps, ns, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	next := func(kind watch.EventType, want *kube.Object) {
		t.Helper()
		event, err := w.Next()
		if err != nil || event.Type != kind {
			t.Fatalf("%v: %v", event.Type, err)
		}
		if want != nil {
			same(event.Object, want)
		}
	}
	next(watch.Added, make("two"))
	patched, err := client.Dynamic.Resource(configMaps.GVR()).Namespace(ns).Patch(t.Context(), "one", types.MergePatchType, []byte(`{"data":{"a":"y"}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	next(watch.Modified, &kube.Object{Name: "one", UID: one.UID, ResourceVersion: patched.GetResourceVersion()})
	if err := client.Dynamic.Resource(configMaps.GVR()).Namespace(ns).Delete(t.Context(), "one", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	next(watch.Deleted, nil)
}
