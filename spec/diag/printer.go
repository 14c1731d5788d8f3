package diag

import (
	"fmt"
	"io"
	"strings"
)

// Printer writes findings as text for people: a line that editors understand,
// then the line of the source with the place marked.
//
//	hello.yaml:8:7: error: unknown key: "retires" … [unknown-key]
//	    8 |       retires: 3
//	      |       ^~~~~~~
type Printer struct {
	Out io.Writer
	// Sources are the texts by file name; without its text, a finding has no
	// excerpt.
	Sources map[string][]byte
	// Color adds ANSI colours.
	Color bool
}

// Print writes a list in order, and a line that counts it. An empty list
// writes nothing.
func (p *Printer) Print(list List) error {
	list = list.Sorted()
	for _, d := range list {
		if err := p.PrintOne(d); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(p.Out, list.Summary())
	return err
}

// PrintOne writes one finding.
func (p *Printer) PrintOne(d *Diagnostic) error {
	var b strings.Builder
	p.headline(&b, d)
	p.excerpt(&b, d)
	_, err := io.WriteString(p.Out, b.String())
	return err
}

func (p *Printer) headline(b *strings.Builder, d *Diagnostic) {
	if place := d.Subject.String(); place != "" {
		fmt.Fprintf(b, "%s: ", p.paint(bold, visible(place)))
	}
	fmt.Fprintf(b, "%s %s", p.paint(severityColor(d.Severity), d.Severity.String()+":"), visible(d.Message()))
	if d.Rule != "" {
		fmt.Fprintf(b, " %s", p.paint(faint, "["+d.Rule+"]"))
	}
	b.WriteByte('\n')
}

// excerpt writes the line of the subject, and before it, where it is another
// one, the first line of the context.
func (p *Printer) excerpt(b *strings.Builder, d *Diagnostic) {
	text, ok := p.Sources[d.Subject.File]
	if !ok || !d.Subject.Start.IsValid() || d.Subject.Start.Offset > len(text) {
		return
	}
	width := len(fmt.Sprint(d.Subject.Start.Line))
	if c := d.Context; c != nil && c.File == d.Subject.File && c.Start.IsValid() && c.Start.Line != d.Subject.Start.Line && c.Start.Offset <= len(text) {
		width = max(width, len(fmt.Sprint(c.Start.Line)))
		p.line(b, width, cut(text, *c))
		if c.Start.Line+1 < d.Subject.Start.Line || c.Start.Line > d.Subject.Start.Line {
			fmt.Fprintf(b, "  %s\n", p.paint(faint, strings.Repeat(".", width)))
		}
	}
	line := cut(text, d.Subject)
	p.line(b, width, line)
	fmt.Fprintf(b, "  %s %s%s\n", p.paint(faint, strings.Repeat(" ", width)+" |"), line.margin,
		p.paint(severityColor(d.Severity), line.marker))
}

func (p *Printer) line(b *strings.Builder, width int, l line) {
	fmt.Fprintf(b, "  %s %s\n", p.paint(faint, fmt.Sprintf("%*d |", width, l.number)), l.text)
}

// The ANSI colours in use.
const (
	bold   = "1"
	faint  = "2"
	red    = "1;31"
	yellow = "1;33"
	cyan   = "1;36"
)

func severityColor(s Severity) string {
	return [...]string{red, yellow, cyan}[s]
}

func (p *Printer) paint(color, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}
