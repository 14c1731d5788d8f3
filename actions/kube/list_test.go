package kube

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestListReads(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"items before the metadata": {`{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],"metadata":{"resourceVersion":"7"}}`, "a b at 7"},
		"no items":                  {`{"metadata":{"resourceVersion":"7"},"items":null,"other":[{}]}`, " at 7"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var names []string
			l := lister{dec: json.NewDecoder(strings.NewReader(test.text)), resource: configMapKind, each: func(o *Object) error {
				names = append(names, o.Name)
				return nil
			}}
			if err := l.read(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(names, " ") + " at " + l.meta.ResourceVersion; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A listing that was cut must not look like a short one: what is missing would
// count as deleted.
func TestListRefusesAllButWholeLists(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{"items":5}`, `{"items":[`, `{"items":[{"metadata":{"name":"a"}}`, `{"items":[{"metadata":{"name":"a"}}]`,
		`{"items":[{"metadata":{"name":"a"}},`, `{"items":[1]}`, `{"metadata":`,
	} {
		l := lister{dec: json.NewDecoder(strings.NewReader(text)), resource: configMapKind, each: func(*Object) error { return nil }}
		if err := l.read(); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}
