package script

import (
	"fmt"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// Script is what a demo.yaml says.
type Script struct {
	// About is what the sample is about.
	About string `json:"about"`
	// Before are objects of the cluster that the sample takes for granted.
	Before []map[string]any `json:"before"`
	// Show has the paths that the views of a kind show; by default, all that
	// people usually look at.
	Show map[string][]string `json:"show"`
	// Steps are played in order.
	Steps []Step `json:"steps"`
	// dir is where File looks.
	dir string
}

// Step is one action, of which there is at most one, and what must come of it.
type Step struct {
	Say string `json:"say"`
	// File creates the objects of a file beside the script.
	File   string `json:"file"`
	Patch  *Patch `json:"patch"`
	Delete *Ref   `json:"delete"`
	// Kill ends the engine as a crash does, and starts it again.
	Kill bool `json:"kill"`
	// Command runs kopf-declarative with these arguments, in the namespace of the play.
	Command []string `json:"command"`
	// Rival starts a second engine with these flags; KillRival ends it as a crash does.
	Rival     []string `json:"rival"`
	KillRival bool     `json:"killRival"`

	Expect Expect `json:"expect"`
	// Within is how long that may take, where it must not take long.
	Within *metav1.Duration `json:"within"`
}

// Ref names an object.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// String is the short form that people use.
func (r Ref) String() string { return r.Kind + "/" + r.Name }

// Patch is a merge patch of an object or of a subresource of it.
type Patch struct {
	Ref         `json:",inline"`
	Subresource string         `json:"subresource"`
	Merge       map[string]any `json:"merge"`
}

// Expect is what must be true in the end.
type Expect struct {
	// Objects must exist and have all these fields; null stands for no field.
	Objects []map[string]any `json:"objects"`
	Absent  []Ref            `json:"absent"`
	Events  []Event          `json:"events"`
	// Log are texts that must appear in the engine's log.
	Log []string `json:"log"`
}

// Event is an event that must have been emitted. Empty fields match any.
type Event struct {
	About  string `json:"about"`
	Type   string `json:"type"`
	Reason string `json:"reason"`
	Note   string `json:"note"`
}

// examples is the folder of a sample that holds what is not the operator.
const examples = "example"

// Load reads the example/demo.yaml in the folder of a sample.
func Load(dir string) (*Script, error) {
	path := filepath.Join(dir, examples, "demo.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Script{dir: dir}
	if err := yaml.UnmarshalStrict(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}
