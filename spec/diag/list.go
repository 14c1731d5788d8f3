package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// HasErrors tells whether anything found must stop a load.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Strict returns the findings with errors in the place of warnings.
func (l List) Strict() List {
	out := slices.Clone(l)
	for i, d := range out {
		if d.Severity == Warning {
			harder := *d
			harder.Severity = Error
			out[i] = &harder
		}
	}
	return out
}

// Sorted returns the findings by file and place, each once.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b *Diagnostic) bool {
		return compare(a, b) == 0
	})
}

func compare(a, b *Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.Subject.File, b.Subject.File),
		cmp.Compare(a.Subject.Start.Offset, b.Subject.Start.Offset),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.ID(), b.ID()),
		cmp.Compare(a.Message(), b.Message()),
		cmp.Compare(a.Subject.End.Offset, b.Subject.End.Offset),
	)
}

// files are the names of the files that the findings are in, each once.
func (l List) files() []string {
	var names []string
	for _, d := range l {
		names = append(names, d.Subject.File)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Summary counts the findings by severity: "2 errors, 1 warning". It is empty
// where there are none.
func (l List) Summary() string {
	var parts []string
	for _, s := range []Severity{Error, Warning, Info} {
		n := 0
		for _, d := range l {
			if d.Severity == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, count(n, s.String()))
		}
	}
	return strings.Join(parts, ", ")
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Err returns the list as an error where it holds one, for callers that cannot
// go on without a clean load.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return listError{l.Sorted()}
}

type listError struct{ list List }

// Error is one line per finding.
func (e listError) Error() string {
	lines := make([]string, len(e.list))
	for i, d := range e.list {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}
