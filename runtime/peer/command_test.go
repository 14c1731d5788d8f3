package peer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// TestSendWithoutKinds: who has no peering is told where to get it.
func TestSendWithoutKinds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/api":
			_, _ = w.Write([]byte(`{"kind":"APIVersions","versions":["v1"]}`))
		case "/apis":
			_, _ = w.Write([]byte(`{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`))
		default:
			_, _ = w.Write([]byte(`{"kind":"APIResourceList","groupVersion":"v1","resources":[]}`))
		}
	}))
	defer server.Close()
	client, err := kube.NewClient(&rest.Config{Host: server.URL}, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for namespace, want := range map[string]string{
		"":     "the cluster has no ClusterKopfPeering (clusterkopfpeerings.kopf.dev): 'kopf-declarative crds' prints",
		"demo": "the cluster has no KopfPeering (kopfpeerings.kopf.dev): 'kopf-declarative crds' prints",
	} {
		_, err := Send(t.Context(), client, namespace, "default", Removal("me"))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
