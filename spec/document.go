package spec

import (
	"sort"
	"strings"
)

// chunk is the stretch of a source that holds one document of its stream. The
// chunks are parsed apart, so that a syntax error in one hides nothing in the
// others.
type chunk struct {
	src        *source
	start, end int
	// lines are the offsets in the source at which the YAML library begins a
	// new line; it knows more line breaks than editors do.
	lines []int
}

// chunks cuts a source at its document markers. A marker is one wherever it
// stands at the start of a line, even inside a scalar.
func (s *source) chunks() []*chunk {
	var out []*chunk
	start, begun := s.skipMark(0), false
	cut := func(end int) {
		if end > start {
			out = append(out, newChunk(s, start, end))
		}
		start, begun = s.skipMark(end), false
	}
	for at := start; at < len(s.text); {
		next := s.nextLine(at)
		switch line := s.text[at:next]; {
		case isMarker(line, "..."):
			cut(next)
		case isMarker(line, "---"):
			if begun {
				cut(at)
			}
			begun = true
		case !begun:
			begun = isContent(line)
		}
		at = next
	}
	cut(len(s.text))
	return out
}

// skipMark steps over a byte order mark, which may stand before any document.
func (s *source) skipMark(at int) int {
	if hasPrefixAt(s.text, at, byteOrderMark) {
		return at + len(byteOrderMark)
	}
	return at
}

func (s *source) nextLine(at int) int {
	for at < len(s.text) {
		if n := breakAt(s.text, at); n > 0 {
			return at + n
		}
		at++
	}
	return at
}

func isMarker(line, marker string) bool {
	if !strings.HasPrefix(line, marker) {
		return false
	}
	at := len(marker)
	return at == len(line) || line[at] == ' ' || line[at] == '\t' || breakAt(line, at) > 0
}

// isContent tells a line of a document from what may stand before its marker.
func isContent(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line != "" && line[0] != '#' && line[0] != '%' && breakAt(line, 0) == 0
}

func newChunk(s *source, start, end int) *chunk {
	c := &chunk{src: s, start: start, end: end, lines: []int{start}}
	for at := start; at < end; {
		at = s.nextLine(at)
		c.lines = append(c.lines, at)
	}
	return c
}

// offset is the place in the source of a line and column as the YAML library
// counts them, from 1, within the chunk.
func (c *chunk) offset(line, column int) int {
	if line < 1 {
		return c.start
	}
	if line > len(c.lines) {
		return c.end
	}
	return min(c.src.skipRunes(c.lines[line-1], max(column-1, 0)), c.end)
}

// line is the number, as offset takes it, of the line that holds an offset.
func (c *chunk) line(offset int) int {
	return sort.SearchInts(c.lines, offset+1)
}

// breakAt is the length of the line break at a place, 0 where there is none:
// YAML 1.1's, which is what the library follows.
func breakAt(text string, at int) int {
	if at >= len(text) {
		return 0
	}
	switch text[at] {
	case '\n':
		return 1
	case '\r':
		if hasPrefixAt(text, at+1, "\n") {
			return 2
		}
		return 1
	}
	if text[at] < 0xc2 { // none of the others begins with it
		return 0
	}
	for _, wide := range [...]string{"\u0085", "\u2028", "\u2029"} {
		if hasPrefixAt(text, at, wide) {
			return len(wide)
		}
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
