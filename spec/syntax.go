package spec

import (
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// syntaxError reports what the YAML library stopped at.
func (r *report) syntaxError(c *chunk, decoder *yaml.Decoder, err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	message = libraryLine.ReplaceAllString(message, "")
	at, ok := failurePlace(c, decoder)
	if !ok {
		at = c.start
	}
	if m := findMisplaced(c, at); m != nil {
		m.report(r, c)
		return
	}
	context, inside := failureContext(c, decoder)
	if rest := c.src.text[at:c.end]; strings.TrimSpace(rest) == "" {
		// Something was never closed: where it began says more than the end.
		if at = c.lastCharacter(); inside && context < at {
			at = context
		}
	}
	end := at
	for end < c.end && !isBlank(c.src.text[end]) && breakAt(c.src.text, end) == 0 {
		end++
	}
	d := r.add(ruleSyntax, c.src.rangeOf(at, end), "%s", message+syntaxHint(c, at, message))
	if inside && context < at {
		around := c.src.rangeOf(context, context)
		d.Context = &around
	}
}

// lastCharacter is the place of the last character that is no space.
func (c *chunk) lastCharacter() int {
	text := strings.TrimRight(c.src.text[c.start:c.end], " \t\r\n")
	return c.start + max(len(text)-1, 0)
}

// libraryLine is the line that the library puts into its messages; it is often
// the one before.
var libraryLine = regexp.MustCompile(`^line \d+: `)

// syntaxHint names the mistakes that are made most.
func syntaxHint(c *chunk, at int, message string) string {
	line := c.src.text[c.lines[max(c.line(at), 1)-1]:c.end]
	if i := strings.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	switch {
	case strings.Contains(indent, "\t"):
		return "; indent with spaces, not with tabs"
	case strings.Contains(message, "mapping values are not allowed"):
		return "; a text that holds a colon and a space must be quoted"
	case strings.Contains(message, "cannot start any token"):
		return "; a text that begins with this character must be quoted"
	case strings.Contains(line, "${"):
		return "; a text with ${…} must be quoted inside [ ] and { }, or where it holds a quote, a colon and a space, or begins with a special character"
	case strings.Contains(message, "unknown anchor"):
		return "; a text that begins with * must be quoted"
	default:
		return ""
	}
}

// failurePlace is where the library's parser stopped. The library exports only
// a line, and that only in some messages, so this looks into its state; where a
// later version has no such fields, the place is unknown.
func failurePlace(c *chunk, decoder *yaml.Decoder) (int, bool) {
	if parserField(decoder, "parser", "problem").String() == "" {
		return mark(c, parserField(decoder, "event", "start_mark"))
	}
	return mark(c, parserField(decoder, "parser", "problem_mark"))
}

// failureContext is where the construct began that the parser was in.
func failureContext(c *chunk, decoder *yaml.Decoder) (int, bool) {
	if context := parserField(decoder, "parser", "context"); !context.IsValid() || context.String() == "" {
		return 0, false
	}
	return mark(c, parserField(decoder, "parser", "context_mark"))
}

func parserField(decoder *yaml.Decoder, names ...string) reflect.Value {
	v := reflect.ValueOf(decoder).Elem().FieldByName("parser")
	for _, name := range names {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		v = v.FieldByName(name)
	}
	return v
}

// mark turns a place of the library's scanner, which counts from 0, into an
// offset.
func mark(c *chunk, m reflect.Value) (int, bool) {
	if m.Kind() != reflect.Struct {
		return 0, false
	}
	line, column := m.FieldByName("line"), m.FieldByName("column")
	if !line.CanInt() || !column.CanInt() {
		return 0, false
	}
	return c.offset(int(line.Int())+1, int(column.Int())+1), true
}

// at is the place of a whole source, for findings that have no other.
func at(name string) diag.Range { return diag.Range{File: name} }
