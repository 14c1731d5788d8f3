package clustertest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
)

// Variable names the kubeconfig of a cluster that runs already. Tests use that
// one then, and start none.
const Variable = "KOPF_TEST_KUBECONFIG"

// shared is the cluster of this process; that is the point of this package.
var shared = sync.OnceValues(start)

// Kubeconfig returns the path of a kubeconfig with all rights on the cluster of
// this test process. A cluster that cannot be had fails the test.
func Kubeconfig(t testing.TB) string {
	t.Helper()
	cluster, err := shared()
	if err != nil {
		t.Fatalf("no cluster to test on: %v", err)
	}
	return cluster.kubeconfig
}

// cluster is what must stay reachable: it runs for as long as holder does.
type cluster struct {
	kubeconfig string
	holder     any
}

func start() (*cluster, error) {
	if kubeconfig := os.Getenv(Variable); kubeconfig != "" {
		if _, err := os.Stat(kubeconfig); err != nil {
			return nil, fmt.Errorf("%s: %w", Variable, err)
		}
		return &cluster{kubeconfig: kubeconfig}, nil
	}
	complete, err := devcluster.HaveAssets()
	if err != nil {
		return nil, err
	}
	if complete {
		return startHere()
	}
	binary, err := devcluster.Binary(context.Background(), os.Stderr)
	if err != nil {
		return nil, err
	}
	return launch(binary)
}

// startHere starts a cluster as part of this process, which takes the components
// with it when it ends. Its folder is removed by the next one that starts.
func startHere() (*cluster, error) {
	c, err := devcluster.Start(context.Background(), devcluster.Options{})
	if err != nil {
		return nil, err
	}
	return &cluster{c.Kubeconfig(), c}, nil
}

// launch starts a cluster as a process of its own, which stops and removes its
// data when its standard input ends, thus with this process, however that ends.
func launch(binary string) (*cluster, error) {
	cmd := exec.Command(binary)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		return &cluster{strings.TrimSpace(line), stdin}, nil
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	return nil, errors.New("the cluster ended at once")
}
