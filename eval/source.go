package eval

import (
	"unicode/utf8"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// source is one expression and where it stands: from start to end of the
// decoded text of a YAML scalar.
type source struct {
	node       *spec.Value
	text       string
	start, end int
}

// byteAt is the byte offset in the expression of a CEL offset, which counts
// code points.
func (s source) byteAt(offset int) int {
	at := 0
	for range offset {
		if at >= len(s.text) {
			break
		}
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}

// rangeOf is the place in the file of a stretch of the expression, in bytes.
func (s source) rangeOf(from, to int) diag.Range {
	if s.node == nil {
		return diag.Range{}
	}
	return s.node.RangeOf(s.start+from, s.start+to)
}

// whole is the place of the whole expression.
func (s source) whole() diag.Range { return s.rangeOf(0, len(s.text)) }

// tokenAt is the stretch, in bytes, of what a CEL offset means to people. CEL
// points at the dot of a selection and at the parenthesis of a call: the name
// is meant.
func (s source) tokenAt(offset int) (from, to int) {
	from = s.byteAt(offset)
	if from >= len(s.text) {
		return len(s.text), len(s.text)
	}
	switch s.text[from] {
	case '.':
		return s.fieldBehind(from)
	case '(':
		if name := s.nameBefore(from); name < from {
			return name, s.nameEnd(name)
		}
	}
	return from, s.tokenEnd(from)
}

// fieldBehind is the field name behind the dot at from.
func (s source) fieldBehind(from int) (int, int) {
	name := from + 1
	for name < len(s.text) && (isSpace(s.text[name]) || s.text[name] == '?') {
		name++
	}
	if name < len(s.text) && s.text[name] == '`' {
		end := name + 1
		for end < len(s.text) && s.text[end] != '`' {
			end++
		}
		return name, min(end+1, len(s.text))
	}
	if end := s.nameEnd(name); end > name {
		return name, end
	}
	return from, from + 1
}

// nameBefore is where the function name in front of the parenthesis begins.
func (s source) nameBefore(parenthesis int) int {
	end := parenthesis
	for end > 0 && isSpace(s.text[end-1]) {
		end--
	}
	start := end
	for start > 0 && isNamePart(s.text[start-1]) {
		start--
	}
	if start == end {
		return parenthesis
	}
	return start
}

// nameEnd is where the name that starts at from ends.
func (s source) nameEnd(from int) int {
	for from < len(s.text) && isNamePart(s.text[from]) {
		from++
	}
	return from
}

// tokenEnd is where the name, the operator or the character at from ends.
func (s source) tokenEnd(from int) int {
	if end := s.nameEnd(from); end > from {
		return end
	}
	_, size := utf8.DecodeRuneInString(s.text[from:])
	if next := from + size; next < len(s.text) {
		switch s.text[from : next+1] {
		case "==", "!=", "<=", ">=", "&&", "||":
			return next + 1
		}
	}
	return from + size
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isNamePart(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
