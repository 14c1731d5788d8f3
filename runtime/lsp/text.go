package lsp

import (
	"fmt"
	"sort"
	"unicode/utf8"
)

// text is the content of a document, with the begin of its lines. It is immutable.
type text struct {
	content string
	// lines are the offsets at which the lines begin.
	lines []int
}

func newText(content string) *text {
	t := &text{content: content, lines: []int{0}}
	for i := range len(content) {
		switch content[i] {
		case '\n':
			t.lines = append(t.lines, i+1)
		case '\r':
			if i+1 == len(content) || content[i+1] != '\n' {
				t.lines = append(t.lines, i+1)
			}
		}
	}
	return t
}

// line is a line without what ends it, and where it begins.
func (t *text) line(n int) (content string, start int) {
	start, end := t.lines[n], len(t.content)
	if n+1 < len(t.lines) {
		end = t.lines[n+1]
	}
	for end > start && (t.content[end-1] == '\n' || t.content[end-1] == '\r') {
		end--
	}
	return t.content[start:end], start
}

// offset is the byte at a position. A position behind the end of a line is its
// end, one behind the last line the end of the text, as the protocol has it.
func (t *text) offset(p position, e encoding) int {
	switch {
	case p.Line >= len(t.lines):
		return len(t.content)
	case p.Line < 0:
		return 0
	}
	content, start := t.line(p.Line)
	return start + e.bytes(content, p.Character)
}

// position is that of a byte.
func (t *text) position(offset int, e encoding) position {
	offset = max(0, min(offset, len(t.content)))
	n := sort.SearchInts(t.lines, offset+1) - 1
	content, start := t.line(n)
	return position{Line: n, Character: e.units(content[:min(offset-start, len(content))])}
}

func (t *text) span(from, to int, e encoding) span {
	return span{Start: t.position(from, e), End: t.position(to, e)}
}

// change applies one change of a document: of a range, or of all.
func (t *text) change(c contentChange, e encoding) (*text, error) {
	if c.Range == nil {
		return newText(c.Text), nil
	}
	from, to := t.offset(c.Range.Start, e), t.offset(c.Range.End, e)
	if from > to {
		return nil, fmt.Errorf("a change from %+v to %+v", c.Range.Start, c.Range.End)
	}
	return newText(t.content[:from] + c.Text + t.content[to:]), nil
}

// encoding is how the client counts the characters of a line.
type encoding string

// The encodings, by their names in the protocol.
const (
	utf16 encoding = "utf-16"
	utf8s encoding = "utf-8"
	utf32 encoding = "utf-32"
)

// width is how many units a character takes.
func (e encoding) width(r rune, size int) int {
	switch {
	case e == utf8s:
		return size
	case e == utf16 && r > 0xffff:
		return 2
	}
	return 1
}

// units is the length of a text in units.
func (e encoding) units(s string) int {
	n := 0
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		n += e.width(r, size)
		at += size
	}
	return n
}

// bytes is how many bytes so many units of a text take: up to the end at most, and
// never a part of a character.
func (e encoding) bytes(s string, units int) int {
	at := 0
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if units -= e.width(r, size); units < 0 {
			break
		}
		at += size
	}
	return at
}

// chooseEncoding takes the first of the client's that is known.
func chooseEncoding(offered []string) encoding {
	for _, name := range offered {
		switch e := encoding(name); e {
		case utf16, utf8s, utf32:
			return e
		}
	}
	return utf16
}
