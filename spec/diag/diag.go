package diag

import "fmt"

// Pos is a place in a source text. Line and Column count from 1; Column counts
// characters (code points), not bytes. Offset is the byte offset from 0.
// The zero Pos means "no place known".
type Pos struct {
	Line, Column, Offset int
}

// IsValid tells whether the position is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// Range is a half-open stretch of a source text: End is the first place behind it.
type Range struct {
	File       string
	Start, End Pos
}

// String renders the range as people and editors expect it: file:line:column.
func (r Range) String() string {
	if !r.Start.IsValid() {
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// Severity grades a Diagnostic. Only Error stops a load.
type Severity int

// The severities, from worst to mildest.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns the lower-case name that all output formats use.
func (s Severity) String() string {
	return [...]string{"error", "warning", "info"}[s]
}

// Diagnostic is one finding about what a user wrote. Summary is constant for
// its kind ("unknown key"); Detail names what was found, what was expected and
// what to do.
type Diagnostic struct {
	Severity Severity
	// Rule is the kind of the finding. Its summary and its severity are those of
	// the finding, unless a check knows better.
	Rule    *Rule
	Summary string
	Detail  string
	// Subject is what the caret points at; Context, where set, is the larger
	// construct that an excerpt should show.
	Subject Range
	Context *Range
	// Fix is a change that mends it, or probably does; nil where none is known.
	Fix *Fix
}

// ID is the id of the rule, empty where there is none.
func (d *Diagnostic) ID() string {
	if d.Rule == nil {
		return ""
	}
	return d.Rule.ID
}

// Error makes a Diagnostic usable as a Go error: one line with its place.
func (d *Diagnostic) Error() string {
	return fmt.Sprintf("%s: %s: %s", d.Subject, d.Severity, d.Message())
}

// Message is the summary and the detail on one line.
func (d *Diagnostic) Message() string {
	if d.Detail == "" {
		return d.Summary
	}
	return d.Summary + ": " + d.Detail
}

// List is what parsing and compiling return beside their value.
type List []*Diagnostic
