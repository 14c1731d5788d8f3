package kube

import (
	"net/http"
	"testing"
)

func TestVerbOf(t *testing.T) {
	for _, tt := range []struct{ method, url, want string }{
		{"GET", "/api/v1/pods", "list"},
		{"GET", "/api/v1/pods?watch=true", "watch"},
		{"GET", "/api/v1/namespaces/a/pods", "list"},
		{"GET", "/api/v1/namespaces/a/pods/b", "get"},
		{"GET", "/api/v1/namespaces/a/pods/b/log", "get"},
		{"GET", "/api/v1/namespaces", "list"},
		{"GET", "/api/v1/namespaces/a", "get"},
		{"GET", "/apis/test.kopf.dev/v1/widgets", "list"},
		{"GET", "/apis/test.kopf.dev/v1/namespaces/a/widgets/b", "get"},
		{"PATCH", "/apis/test.kopf.dev/v1/namespaces/a/widgets/b/status", "patch"},
		{"POST", "/apis/test.kopf.dev/v1/namespaces/a/widgets", "create"},
		{"PUT", "/apis/test.kopf.dev/v1/namespaces/a/widgets/b", "update"},
		{"DELETE", "/apis/test.kopf.dev/v1/namespaces/a/widgets/b", "delete"},
		{"DELETE", "/apis/test.kopf.dev/v1/namespaces/a/widgets", "deletecollection"},
		{"GET", "/k8s/clusters/c-1/api/v1/pods", "list"},
		{"GET", "/apis", "get"},
		{"GET", "/api", "get"},
		{"GET", "/apis/apps/v1", "get"},
		{"GET", "/version", "get"},
	} {
		req, err := http.NewRequest(tt.method, "https://server"+tt.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := verbOf(req); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.method, tt.url, got, tt.want)
		}
	}
}
