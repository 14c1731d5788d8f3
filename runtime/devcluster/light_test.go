package devcluster

import (
	"os/exec"
	"strings"
	"testing"
)

// Kubernetes itself is not among the dependencies of the main module.
func TestMainModuleIsLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-test", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		if strings.HasPrefix(pkg, "k8s.io/kubernetes/") || strings.HasPrefix(pkg, "go.etcd.io/etcd/server/") {
			t.Error(strings.TrimSpace(pkg))
		}
	}
}

// The cluster's own package needs nothing but the standard library.
func TestPackageIsLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); len(got) != 1 {
		t.Errorf("it depends on %q", got)
	}
}
