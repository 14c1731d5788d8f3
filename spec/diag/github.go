package diag

import (
	"fmt"
	"io"
	"strings"
)

// GitHub writes the findings as workflow commands, which GitHub Actions shows
// at the lines of a pull request.
func (r *Report) GitHub(w io.Writer) error {
	for _, d := range r.Found.Sorted() {
		if _, err := io.WriteString(w, command(d)); err != nil {
			return err
		}
	}
	return nil
}

func command(d *Diagnostic) string {
	kind := [...]string{"error", "warning", "notice"}[d.Severity]
	var properties []string
	add := func(name string, value any) {
		properties = append(properties, name+"="+commandProperty.Replace(fmt.Sprint(value)))
	}
	if d.Subject.File != "" {
		add("file", d.Subject.File)
	}
	if start, end := d.Subject.Start, d.Subject.End; start.IsValid() {
		add("line", start.Line)
		add("endLine", max(end.Line, start.Line))
		if end.Line == start.Line { // columns are for one line only
			add("col", start.Column)
			add("endColumn", max(end.Column, start.Column))
		}
	}
	if id := d.ID(); id != "" {
		add("title", id)
	}
	text := d.Message()
	if d.Rule != nil {
		text += "\n" + d.Rule.URL()
	}
	head := kind
	if len(properties) > 0 {
		head += " " + strings.Join(properties, ",")
	}
	return "::" + head + "::" + commandData.Replace(text) + "\n"
}

// What the runner would take for the end of a property or of a command.
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
