package kube_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// The errors are those of the real server, so that what it says is what counts.
func TestWhatErrorsMean(t *testing.T) {
	client := connect(t, kube.Options{})
	ns := namespace(t, client)
	configMap(t, client, ns, "one")
	dynamic := client.Dynamic.Resource(configMaps.GVR()).Namespace(ns)
	create := func(c *kube.Client, namespace, text string) error {
		_, err := c.Create(t.Context(), configMaps, namespace, []byte(text))
		return err
	}
	patch := func(kind types.PatchType, text string) error {
		_, err := dynamic.Patch(t.Context(), "one", kind, []byte(text), metav1.PatchOptions{})
		return err
	}
	tests := map[string]struct {
		err                 error
		permanent, conflict bool
	}{
		"invalid name":     {create(client, ns, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"A_b"}}`), true, false},
		"wrong type":       {create(client, ns, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":7}`), true, false},
		"no JSON":          {create(client, ns, `{`), true, false},
		"wrong namespace":  {create(client, ns, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"other"}}`), true, false},
		"exists already":   {create(client, ns, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}`), false, false},
		"no namespace":     {create(client, "nonesuch", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}`), false, false},
		"no rights":        {create(as(t, "nobody"), ns, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}`), false, false},
		"immutable field":  {patch(types.MergePatchType, `{"metadata":{"uid":"2"}}`), true, false},
		"other version":    {patch(types.MergePatchType, `{"metadata":{"resourceVersion":"1"}}`), false, true},
		"failed test":      {patch(types.JSONPatchType, `[{"op":"test","path":"/data/a","value":"2"}]`), false, true},
		"no path":          {patch(types.JSONPatchType, `[{"op":"remove","path":"/data/zzz"}]`), false, true},
		"no JSON patch":    {patch(types.JSONPatchType, `{}`), true, false},
		"unknown patch":    {patch("application/unheard-of+json", `{}`), true, false},
		"no verb":          {dynamicDelete(t, client), true, false},
		"no such resource": {getNonesuch(t, client), false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.err == nil {
				t.Fatal("the server takes it")
			}
			wrapped := fmt.Errorf("wrapped: %w", test.err)
			if got := kube.Permanent(wrapped); got != test.permanent {
				t.Errorf("permanent: %v: %v", got, test.err)
			}
			if got := kube.Conflict(wrapped); got != test.conflict {
				t.Errorf("conflict: %v: %v", got, test.err)
			}
		})
	}
}

// dynamicDelete uses a verb that a resource does not have.
func dynamicDelete(t *testing.T, client *kube.Client) error {
	t.Helper()
	r, err := client.Discovery.ByKind(t.Context(), "authentication.k8s.io/v1", "TokenReview")
	if err != nil {
		t.Fatal(err)
	}
	return client.Dynamic.Resource(r.GVR()).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
}

func getNonesuch(t *testing.T, client *kube.Client) error {
	t.Helper()
	_, err := client.Get(t.Context(), kube.Resource{Group: "none.example.com", Version: "v1", Plural: "nones"}, "default", "x")
	return err
}

func TestOtherErrorsAreNotPermanent(t *testing.T) {
	for _, err := range []error{
		nil, errors.New("any"), context.DeadlineExceeded, &kube.NoMatch{Wanted: "x"}, &kube.Ambiguous{},
	} {
		if kube.Permanent(err) || kube.Conflict(err) {
			t.Errorf("%v", err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()})
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusGone} {
		proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) { return faultproxy.Fault{Status: status}, true })
		_, err := client.Get(t.Context(), configMaps, "default", "x")
		if kube.Permanent(err) {
			t.Errorf("%d is permanent: %v", status, err)
		}
		if apierrors.ReasonForError(err) == metav1.StatusReasonUnknown {
			t.Errorf("%d has no reason: %v", status, err)
		}
	}
	delay, ok := kube.RetryAfter(fmt.Errorf("wrapped: %w", apierrors.NewTooManyRequests("busy", 7)))
	if !ok || delay != 7*time.Second {
		t.Errorf("%s, %v", delay, ok)
	}
	if _, ok := kube.RetryAfter(apierrors.NewServerTimeout(schema.GroupResource{}, "create", 0)); ok {
		t.Error("no time at all is a time to wait")
	}
	if _, ok := kube.RetryAfter(errors.New("any")); ok {
		t.Error("any error asks to wait")
	}
}
