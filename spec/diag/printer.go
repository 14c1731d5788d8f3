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
	// Width is that of the terminal in cells, 0 where there is none: lines of the
	// source that are wider are cut around the place.
	Width int
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
	_, err := fmt.Fprintf(p.Out, "%s in %s\n", list.Summary(), count(len(list.files()), "file"))
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
	if id := d.ID(); id != "" {
		fmt.Fprintf(b, " %s", p.paint(faint, "["+id+"]"))
	}
	b.WriteByte('\n')
}

// excerpt writes the line of the subject. Where the context stands in another
// line, that comes first; where in another file, it comes last, with its place.
func (p *Printer) excerpt(b *strings.Builder, d *Diagnostic) {
	if !p.has(d.Subject) {
		return
	}
	gutter := len(fmt.Sprint(d.Subject.Start.Line))
	elsewhere := d.Context != nil && p.has(*d.Context) &&
		(d.Context.File != d.Subject.File || d.Context.Start.Line != d.Subject.Start.Line)
	if elsewhere {
		gutter = max(gutter, len(fmt.Sprint(d.Context.Start.Line)))
	}
	if elsewhere && d.Context.File == d.Subject.File {
		p.marked(b, gutter, *d.Context, contextMark, cyan)
		if c := d.Context.Start.Line; c+1 < d.Subject.Start.Line || c > d.Subject.Start.Line {
			fmt.Fprintf(b, "  %s\n", p.paint(faint, strings.Repeat(".", gutter)))
		}
	}
	p.marked(b, gutter, d.Subject, subjectMark, severityColor(d.Severity))
	if elsewhere && d.Context.File != d.Subject.File {
		fmt.Fprintf(b, "  %s\n", p.paint(bold, visible(d.Context.String())+":"))
		p.marked(b, gutter, *d.Context, contextMark, cyan)
	}
}

// has tells whether the text of a range is known.
func (p *Printer) has(at Range) bool {
	text, ok := p.Sources[at.File]
	return ok && at.Start.IsValid() && at.Start.Offset <= len(text)
}

// The first character and the others of a line below a range.
const (
	subjectMark = "^~"
	contextMark = "--"
)

// marked writes the line in which a range starts, and marks the range.
func (p *Printer) marked(b *strings.Builder, gutter int, at Range, mark, color string) {
	l := cut(p.Sources[at.File], at, p.room(gutter))
	fmt.Fprintf(b, "  %s %s\n", p.paint(faint, fmt.Sprintf("%*d |", gutter, l.number)), l.text)
	fmt.Fprintf(b, "  %s %s%s\n", p.paint(faint, strings.Repeat(" ", gutter)+" |"), strings.Repeat(" ", l.margin),
		p.paint(color, mark[:1]+strings.Repeat(mark[1:], l.marker-1)))
}

// room is what a line of the source may take beside its number.
func (p *Printer) room(gutter int) int {
	if p.Width == 0 {
		return maxLine
	}
	return max(p.Width-gutter-len("   | "), minLine)
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
