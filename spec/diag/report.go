package diag

import (
	"encoding/json"
	"io"
)

// Report is a list of findings for machines.
type Report struct {
	// Version is that of this program.
	Version string
	// Rules are all that there are, whether broken or not.
	Rules []*Rule
	Found List
	// Files are all that were looked at, in order.
	Files []string
	// Dir is the folder, absolute, that relative names of files start from; files
	// inside it are named relative to it where the format asks for that.
	Dir string
}

// The forms of the JSON document. What they say is described in docs/lint.md.
type (
	jsonReport struct {
		Version  int           `json:"version"`
		Summary  jsonSummary   `json:"summary"`
		Files    []string      `json:"files"`
		Findings []jsonFinding `json:"findings"`
	}
	jsonSummary struct {
		Errors   int `json:"errors"`
		Warnings int `json:"warnings"`
		Infos    int `json:"infos"`
	}
	jsonFinding struct {
		Rule     string     `json:"rule,omitempty"`
		Severity string     `json:"severity"`
		Summary  string     `json:"summary"`
		Detail   string     `json:"detail,omitempty"`
		File     string     `json:"file,omitempty"`
		Range    *jsonRange `json:"range,omitempty"`
		Context  *jsonPlace `json:"context,omitempty"`
		Fix      *jsonFix   `json:"fix,omitempty"`
		Help     string     `json:"help,omitempty"`
	}
	jsonPlace struct {
		File  string     `json:"file"`
		Range *jsonRange `json:"range,omitempty"`
	}
	jsonRange struct {
		Start jsonPos `json:"start"`
		End   jsonPos `json:"end"`
	}
	jsonPos struct {
		Line   int `json:"line"`
		Column int `json:"column"`
		Offset int `json:"offset"`
	}
	jsonFix struct {
		Title string     `json:"title"`
		Safe  bool       `json:"safe"`
		Edits []jsonEdit `json:"edits"`
	}
	jsonEdit struct {
		File  string     `json:"file"`
		Range *jsonRange `json:"range"`
		Text  string     `json:"text"`
	}
)

// jsonVersion is that of the form: it grows when a program that reads it could
// be misled, not when a key is added.
const jsonVersion = 1

// JSON writes the report as one JSON document.
func (r *Report) JSON(w io.Writer) error {
	out := jsonReport{Version: jsonVersion, Files: append([]string{}, r.Files...), Findings: []jsonFinding{}}
	for _, d := range r.Found.Sorted() {
		switch d.Severity {
		case Error:
			out.Summary.Errors++
		case Warning:
			out.Summary.Warnings++
		case Info:
			out.Summary.Infos++
		}
		out.Findings = append(out.Findings, jsonOf(d))
	}
	return writeJSON(w, out)
}

func jsonOf(d *Diagnostic) jsonFinding {
	out := jsonFinding{
		Rule: d.ID(), Severity: d.Severity.String(), Summary: d.Summary, Detail: d.Detail,
		File: d.Subject.File, Range: jsonRangeOf(d.Subject),
	}
	if d.Rule != nil {
		out.Help = d.Rule.URL()
	}
	if d.Context != nil {
		out.Context = &jsonPlace{d.Context.File, jsonRangeOf(*d.Context)}
	}
	if d.Fix != nil {
		out.Fix = &jsonFix{Title: d.Fix.Title, Safe: d.Fix.Safe}
		for _, e := range d.Fix.Edits {
			out.Fix.Edits = append(out.Fix.Edits, jsonEdit{e.Range.File, jsonRangeOf(e.Range), e.Text})
		}
	}
	return out
}

func jsonRangeOf(r Range) *jsonRange {
	if !r.Start.IsValid() {
		return nil
	}
	return &jsonRange{jsonPos(r.Start), jsonPos(r.End)}
}

func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(value)
}
