package runtime_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime"
)

// TestStopBeforeTheFirstListing: rights that never come must not keep the engine
// from stopping.
func TestStopBeforeTheFirstListing(t *testing.T) {
	asked := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/version":
			_, _ = io.WriteString(w, `{"gitVersion": "v1.37.0"}`)
		case "/api":
			_, _ = io.WriteString(w, `{"kind": "APIVersions", "versions": ["v1"]}`)
		case "/api/v1":
			_, _ = io.WriteString(w, `{"kind": "APIResourceList", "resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": true, "verbs": ["list", "watch"]}]}`)
		case "/apis":
			_, _ = io.WriteString(w, `{"kind": "APIGroupList", "groups": []}`)
		default:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403}`)
			asked <- struct{}{}
		}
	}))
	defer server.Close()
	client, err := kube.NewClient(&rest.Config{Host: server.URL}, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	engine := compile(t, `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: barred}
spec:
  handlers: [{id: one, on: create, resource: configmaps, do: [{log: hello}]}]
`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- engine.Run(ctx, runtime.Options{Client: client, Log: slog.New(slog.DiscardHandler), Ready: func() { t.Error("ready without a listing") }})
	}()
	<-asked
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the engine does not stop")
	}
}
