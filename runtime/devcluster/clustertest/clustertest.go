// Package clustertest gives tests a real API server: one for all tests of a
// process, started when the first of them asks, or one that runs already, for
// all packages of a test run. Nothing but tests may import it.
package clustertest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
)

// Variable names the kubeconfig of a cluster that runs already and is to be
// used instead of a new one.
const Variable = "KOPF_TEST_KUBECONFIG"

// start starts the cluster of this process. It ends with the process, which its
// components notice, and its folder is removed by the next one that starts.
var start = sync.OnceValues(func() (string, error) {
	cluster, err := devcluster.Start(context.Background(), devcluster.Options{Log: os.Stderr})
	if err != nil {
		return "", err
	}
	return cluster.Kubeconfig(), nil
})

// Kubeconfig is the path of a kubeconfig with all rights in a cluster. A test
// shares the cluster with others, so it works in a namespace of its own.
func Kubeconfig(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(Variable); given != "" {
		return given
	}
	kubeconfig, err := start()
	if err != nil {
		t.Fatalf("no cluster for tests: %v", err)
	}
	return kubeconfig
}
