package spec

import (
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// report collects findings.
type report struct{ found diag.List }

// add notes a finding; the caller may complete the diagnostic.
func (r *report) add(kind *diag.Rule, at diag.Range, format string, args ...any) *diag.Diagnostic {
	d := kind.At(at, format, args...)
	r.found = append(r.found, d)
	return d
}
