package lint

import (
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Whatever the text: no panic, every finding has a rule and a place, and safe
// fixes can be made.
func FuzzSources(f *testing.F) {
	for _, r := range Rules() {
		e := ExampleOf(r)
		f.Add(e.Bad)
		f.Add(e.Good)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
		for _, d := range found {
			if d.Rule == nil || d.Subject.Start.Offset > len(text) || d.Subject.End.Offset > len(text) {
				t.Errorf("%v", d)
			}
		}
		diag.Apply("x.yaml", []byte(text), found.SafeFixes())
	})
}
