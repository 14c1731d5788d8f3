package handle

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func TestTwoVersionsOfAResource(t *testing.T) {
	for _, tt := range []struct {
		name, one, two string
		refused        bool
	}{
		{"two versions", "things.v1.example.com", "things.v2.example.com", true},
		{"also as maps", "{plural: things, group: example.com, version: v1}", "{plural: things, group: example.com, version: v2}", true},
		{"one version", "things.v1.example.com", "things.v1.example.com", false},
		{"of other groups", "things.v1.example.com", "things.v2.example.org", false},
		{"of other names", "things.v1.example.com", "others.v2.example.com", false},
		{"any version", "things.v1.example.com", "things.example.com", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: o}
spec:
  handlers:
    - {id: one, on: create, resource: %s, do: [{log: x}]}
    - {id: two, on: create, resource: %s, do: [{log: x}]}
`, tt.one, tt.two)
			bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
			if len(found) > 0 {
				t.Fatal(found)
			}
			_, found = Compile(bundle.Operators[0], nil)
			if !tt.refused {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if len(found) != 1 || found[0].ID() != "two-versions" || !strings.HasPrefix(found[0].Error(), "x.yaml:8:") || !strings.Contains(found[0].Error(), "x.yaml:7") {
				t.Errorf("found %v", found)
			}
		})
	}
}
