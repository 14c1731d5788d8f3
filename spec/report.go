package spec

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// rule is one kind of finding: its stable id and its constant summary.
type rule struct{ id, summary string }

// report collects findings.
type report struct{ found diag.List }

// add notes an error; the caller may complete the diagnostic.
func (r *report) add(kind rule, at diag.Range, format string, args ...any) *diag.Diagnostic {
	d := &diag.Diagnostic{
		Severity: diag.Error,
		Rule:     kind.id,
		Summary:  kind.summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  at,
	}
	r.found = append(r.found, d)
	return d
}
