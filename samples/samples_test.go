// Package samples_test checks that each sample does what its README says.
package samples_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/runtime/peer"
	"github.com/kopf-declarative/kopf-declarative/samples/demo/script"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func samples(t *testing.T) []string {
	t.Helper()
	operators, err := filepath.Glob("*/operator.yaml")
	if err != nil || len(operators) == 0 {
		t.Fatal("no samples found", err)
	}
	names := make([]string, 0, len(operators))
	for _, path := range operators {
		names = append(names, filepath.Dir(path))
	}
	return names
}

// Nothing is to be found in a sample, not even something to warn of.
func TestSamplesAreClean(t *testing.T) {
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			bundle, found := spec.Load([]string{filepath.Join(name, "operator.yaml")}, nil)
			if !found.HasErrors() {
				_, more := lint.Compile(bundle, nil)
				found = append(found, more...)
			}
			for _, d := range lint.Check(bundle, found, nil) {
				t.Error(d)
			}
		})
	}
}

// Each sample is played by its script, as the demo does, with the real binary
// on a real API server.
func TestSamplesDoWhatTheySay(t *testing.T) {
	kubeconfig := clustertest.Kubeconfig(t)
	binary, err := command.Build(t.Context(), "cmd/kopf-declarative", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			story, err := script.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			err = script.Performance{
				Script:     story,
				Binary:     binary,
				Kubeconfig: kubeconfig,
				Namespace:  fmt.Sprintf("sample-%s-%d", name, time.Now().Unix()),
				Patience:   2 * time.Minute,
				Narrator:   script.NewNarrator(t.Output(), false),
			}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The peering sample brings what `kopf-declarative crds` prints.
func TestPeeringDefinition(t *testing.T) {
	bundle, _ := spec.Load([]string{filepath.Join("peering", "operator.yaml")}, nil)
	for _, crd := range bundle.CRDs {
		meta, _ := crd.Object["metadata"].(map[string]any)
		if meta["name"] != "kopfpeerings.kopf.dev" {
			continue
		}
		for text := range strings.SplitSeq(peer.Definitions, "\n---\n") {
			var want map[string]any
			if err := yaml.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(want["metadata"], crd.Object["metadata"]) {
				if !reflect.DeepEqual(want, crd.Object) {
					t.Errorf("the sample has %v, and the command prints %v", crd.Object, want)
				}
				return
			}
		}
	}
	t.Error("kopfpeerings.kopf.dev is not in the sample, or not among the definitions")
}
