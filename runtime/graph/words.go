package graph

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// longest is how many characters a line of a node or a label may have.
const longest = 54

// plain is a text on one line that is not too long.
func plain(s string) string { return cut(strings.Join(strings.Fields(s), " "), longest) }

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:most-1]), " ,") + "…"
}

func nonEmpty(lines ...string) []string {
	var out []string
	for _, line := range lines {
		if line != "" {
			out = append(out, plain(line))
		}
	}
	return out
}

func text(s *spec.String) string {
	if s == nil {
		return ""
	}
	return s.Value
}

// fixed is a text without an expression in it.
func fixed(v *spec.Value) (string, bool) {
	if v == nil {
		return "", false
	}
	s, ok := v.String()
	return s, ok && !strings.Contains(s, "${")
}

// source is a value as people would write it, as far as it is a scalar.
func source(v *spec.Value) string {
	switch v.Kind {
	case spec.MapKind:
		return "{…}"
	case spec.ListKind:
		return "[…]"
	case spec.Null:
		return "null"
	}
	return plain(fmt.Sprint(v.Scalar))
}

// span writes a duration without the parts that are 0.
func span(d *spec.Duration) string {
	s := d.Value.String()
	for _, unit := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, unit) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// onWords say what makes a handler run.
func onWords(h *spec.Handler) string {
	field := h.Field
	if field == nil && h.Match != nil {
		field = h.Match.Field
	}
	path := ""
	if field != nil {
		path = strings.Join(field.Segments, ".")
	}
	var words []string
	for _, on := range h.On {
		switch {
		case on.Value == "field" && path != "":
			words = append(words, "change of "+path)
		case on.Value == "update" && path != "":
			words = append(words, "update of "+path)
		case on.Value == "event":
			words = append(words, "every event")
		default:
			words = append(words, on.Value)
		}
	}
	out := strings.Join(words, ", ")
	if h.Optional != nil && h.Optional.Value {
		out += " (optional)"
	}
	return plain(out)
}

// timerWords say when a timer runs.
func timerWords(t *spec.Timer) string {
	var words []string
	switch {
	case t.Interval != nil:
		words = append(words, "every "+span(t.Interval))
	case t.Schedule != nil:
		words = append(words, "schedule "+t.Schedule.Value+" "+text(t.TimeZone))
	}
	if t.Idle != nil {
		words = append(words, "idle for "+span(t.Idle))
	}
	return plain(strings.Join(words, ", "))
}

// matchWords say which objects pass a filter.
func matchWords(m *spec.Match) string {
	if m == nil {
		return ""
	}
	var words []string
	for _, entry := range m.Labels {
		words = append(words, testWords(entry.Key.Value, entry.Value))
	}
	for _, entry := range m.Annotations {
		words = append(words, testWords(entry.Key.Value, entry.Value))
	}
	path := ""
	if m.Field != nil {
		path = strings.Join(m.Field.Segments, ".")
	}
	for _, side := range []struct {
		name string
		test *spec.ValueTest
	}{{path, m.Value}, {"old", m.Old}, {"new", m.New}} {
		if side.test != nil {
			words = append(words, testWords(side.name, side.test))
		}
	}
	if m.When != nil {
		words = append(words, m.When.Text)
	}
	if len(words) == 0 {
		return ""
	}
	return "if " + strings.Join(words, ", ")
}

func testWords(name string, t *spec.ValueTest) string {
	switch {
	case t == nil:
		return name
	case t.Equals != nil:
		return name + "=" + source(t.Equals)
	case len(t.In) > 0:
		var values []string
		for _, v := range t.In {
			values = append(values, source(v))
		}
		return name + "=" + strings.Join(values, "|")
	case t.When != nil:
		return name + ": " + t.When.Text
	case t.Exists != nil && !t.Exists.Value:
		return "no " + name
	}
	return name
}
