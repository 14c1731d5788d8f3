package spec

import (
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Parse reads definitions. What it returns is complete where the list holds no
// error; otherwise it holds what could be understood.
func Parse(sources []Source) (*Bundle, diag.List) {
	r := &report{}
	b := &Bundle{Sources: map[string][]byte{}}
	for _, s := range sources {
		b.Sources[s.Name] = s.Text
		for _, v := range r.readDocuments(newSource(s.Name, string(s.Text))) {
			_ = v
		}
	}
	return b, r.found
}
