package lsp_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/lsptest"
)

// serve has the API server serve definitions, and waits until it has published them.
func serve(t *testing.T, client *kube.Client, definitions ...string) {
	t.Helper()
	for _, text := range definitions {
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
		if err := client.ApplyCRDs(t.Context(), []map[string]any{object}); err != nil {
			t.Fatal(err)
		}
		name := object["metadata"].(map[string]any)["name"].(string)
		t.Cleanup(func() {
			crds := client.Dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
			if err := crds.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
				t.Log(err)
			}
		})
		spec := object["spec"].(map[string]any)
		gvk := schema.GroupVersionKind{Group: spec["group"].(string), Version: "v1", Kind: spec["names"].(map[string]any)["kind"].(string)}
		for ready := false; !ready; time.Sleep(100 * time.Millisecond) {
			_ = client.Shapes.Renew(t.Context(), 0)
			live, err := client.Shapes.Of(t.Context(), gvk)
			ready = err == nil && live.Unknown() == nil
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
		}
	}
}

// With --cluster, what the cluster serves is known: at the start, and when a group is named
// later.
func TestKindsOfCluster(t *testing.T) {
	kubeconfig := clustertest.Kubeconfig(t)
	client, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, client,
		definitionOf("lspthings", "LspThing", "one.lsp.kopf.dev", "size", "integer"),
		definitionOf("lspothers", "LspOther", "two.lsp.kopf.dev", "seize", "integer"))
	s := connect(t, map[string]any{}, "--cluster", "--kubeconfig", kubeconfig)
	s.uri = "file://" + filepath.Join(t.TempDir(), "operator.yaml")
	s.open(strings.Replace(sizes, "things.example.com", "lspthings", 1)) // whose group only the cluster knows
	s.finds(`one.lsp.kopf.dev/v1.LspThing.spec has no field "sise"; did you mean "size"?`)
	s.replace("resource: lspthings", "resource: lspothers.two.lsp.kopf.dev")
	s.finds(`two.lsp.kopf.dev/v1.LspOther.spec has no field "sise"; its fields are seize`)
	s.replace("resource: lspothers.two.lsp.kopf.dev", "resource: lspo")
	var list struct{ Items []item }
	s.ask("completion", s.at("resource: lspo"), &list)
	found := false
	for _, i := range list.Items {
		found = found || i.Label == "lspothers.two.lsp.kopf.dev"
	}
	if !found {
		t.Errorf("completion of a resource: %+v", list.Items)
	}
	if told := s.Messages(); len(told) != 0 {
		t.Errorf("told %q", told)
	}
	s.end()
}

// kubeconfigOf writes a kubeconfig for a server.
func kubeconfigOf(t *testing.T, address string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: x
contexts: [{name: x, context: {cluster: x, user: x}}]
clusters: [{name: x, cluster: {server: "http://%s"}}]
users: [{name: x, user: {}}]
`, address)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A cluster that cannot be asked is told once, however often it is tried, and all else works.
func TestUnreachableCluster(t *testing.T) {
	requests := make(chan string, 10)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r.URL.Path
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer api.Close()
	address := api.Listener.Addr().String()
	s := connect(t, map[string]any{}, "--cluster", "--kubeconfig", kubeconfigOf(t, address))
	s.uri = "file://" + filepath.Join(t.TempDir(), "operator.yaml")
	s.open(operator)
	if found := s.diagnostics(); len(found) != 1 || found[0].Code != "expression-name" {
		t.Errorf("diagnostics: %+v", found)
	}
	if _, err := s.AwaitMessage(s.ctx, func(m string) bool { return strings.Contains(m, address+" does not accept the credentials") }); err != nil {
		t.Fatal(err)
	}
	// It is tried again after each save, one time after the other.
	for len(requests) > 0 {
		<-requests
	}
	for range 2 {
		s.must(s.Notify(s.ctx, "textDocument/didSave", map[string]any{"textDocument": map[string]any{"uri": s.uri}}))
		<-requests
	}
	s.end()
	if told := s.Messages(); len(told) != 1 {
		t.Errorf("told %q", told)
	}

	// A server that is not there, and a context that does not exist, are told in the same way.
	for want, arguments := range map[string][]string{
		"refuses connections": {"--kubeconfig", kubeconfigOf(t, unused(t))},
		"nowhere":             {"--kubeconfig", kubeconfigOf(t, address), "--context", "nowhere"},
	} {
		s := connect(t, map[string]any{}, append(arguments, "--cluster")...)
		if _, err := s.AwaitMessage(s.ctx, func(m string) bool { return strings.Contains(m, want) }); err != nil {
			t.Error(err)
		}
		s.end()
	}
}

// unused is an address at which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Nobody waits for a cluster that does not answer: not those who ask, and not the end.
func TestSilentCluster(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := connect(t, map[string]any{}, "--cluster", "--kubeconfig", kubeconfigOf(t, listener.Addr().String()))
	connection, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	begin := time.Now()
	s.uri = "file://" + filepath.Join(t.TempDir(), "operator.yaml")
	s.open(operator)
	if found := s.diagnostics(); len(found) != 1 {
		t.Errorf("diagnostics: %+v", found)
	}
	var hover lsptest.Diagnostic // whatever it is
	s.ask("hover", s.at("      need"), &hover)
	s.end()
	if took := time.Since(begin); took > 15*time.Second { // a request to the cluster may take 30 seconds
		t.Errorf("it took %v", took)
	}
}
