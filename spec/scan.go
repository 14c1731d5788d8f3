package spec

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// scan reads the text of one scalar again, in the way of the YAML library, and
// notes which byte comes from where.
type scan struct {
	src       *source
	at, limit int
	out       []byte
	pieces    []piece
}

// lineBreak is one line break in the source.
type lineBreak struct{ at, n int }

// scanScalar finds the text of a scalar node that starts, with its tag and
// anchor, at a place of the source, and the place where it ends. It is nil
// where the text does not decode to the node's value; then only the start of
// the scalar is known.
func scanScalar(src *source, at, limit int, n *yaml.Node) (text *scalarText, start, end int) {
	s := &scan{src: src, at: at, limit: limit}
	s.properties()
	start = s.at
	if n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
		return nil, at, trimmedEnd(src.text, at, start)
	}
	end, ok := s.scalar(n)
	if !ok || string(s.out) != n.Value {
		return nil, start, start
	}
	text = &scalarText{src: src, pieces: s.pieces, end: start}
	if n := len(s.pieces); n > 0 {
		last := s.pieces[n-1]
		text.end = last.src + last.srcN
	} else if isQuote(src.text[start]) {
		text.end = start + 1
	}
	return text, start, end
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// trimmedEnd is the end of a stretch without the white space and the comments
// that end it: that of the last tag or anchor.
func trimmedEnd(text string, from, to int) int {
	part := text[from:to]
	if i := strings.IndexAny(part, "\r\n#"); i >= 0 {
		part = part[:i]
	}
	return from + len(strings.TrimRight(part, " \t"))
}

// scalar decodes by style; end is the place behind the scalar, quotes included.
func (s *scan) scalar(n *yaml.Node) (end int, ok bool) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		ok = s.quoted('"')
		return s.at + 1, ok
	case n.Style&yaml.SingleQuotedStyle != 0:
		ok = s.quoted('\'')
		return s.at + 1, ok
	case n.Style&yaml.LiteralStyle != 0:
		return s.block('|', n.Value)
	case n.Style&yaml.FoldedStyle != 0:
		return s.block('>', n.Value)
	default:
		s.plain(n.Value)
		return s.at, true
	}
}

// properties steps over tags and anchors, and over what separates them from
// the scalar.
func (s *scan) properties() {
	for {
		switch s.peek() {
		case '&':
			s.at++
			for isAnchorChar(s.peek()) {
				s.at++
			}
		case '!':
			for s.at < s.limit && !isBlank(s.peek()) && s.breakHere() == 0 {
				s.at++
			}
		default:
			return
		}
		s.separation()
	}
}

func isAnchorChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'
}

// separation steps over white space, line breaks and comments.
func (s *scan) separation() {
	for s.at < s.limit {
		switch {
		case isBlank(s.peek()):
			s.at++
		case s.breakHere() > 0:
			s.at += s.breakHere()
		case s.peek() == '#':
			s.restOfLine()
		default:
			return
		}
	}
}

func (s *scan) restOfLine() {
	for s.at < s.limit && s.breakHere() == 0 {
		s.at++
	}
}

// peek is the byte at hand, 0 at the end.
func (s *scan) peek() byte { return s.peekAt(0) }

func (s *scan) peekAt(n int) byte {
	if s.at+n >= s.limit {
		return 0
	}
	return s.src.text[s.at+n]
}

func (s *scan) breakHere() int {
	if s.at >= s.limit {
		return 0
	}
	return breakAt(s.src.text, s.at)
}

// copy takes bytes over as they are.
func (s *scan) copy(from, to int) {
	if n := len(s.pieces); n > 0 {
		last := &s.pieces[n-1]
		if last.verbatim() && last.src+last.srcN == from && last.n > 0 {
			last.n += to - from
			last.srcN += to - from
			s.out = append(s.out, s.src.text[from:to]...)
			return
		}
	}
	s.put(s.src.text[from:to], from, to-from)
}

// put takes a value that n bytes of the source stand for.
func (s *scan) put(value string, from, n int) {
	if value != "" {
		s.pieces = append(s.pieces, piece{value: len(s.out), n: len(value), src: from, srcN: n})
		s.out = append(s.out, value...)
	}
}

// putBreak takes a line break that is kept.
func (s *scan) putBreak(b lineBreak) {
	value := "\n"
	if raw := s.src.text[b.at : b.at+b.n]; b.n == len("\u2028") {
		value = raw
	}
	s.put(value, b.at, b.n)
}

// fold joins lines: one break becomes a space, of several the first goes. The
// Unicode separators are never folded.
func (s *scan) fold(breaks []lineBreak) {
	if breaks[0].n != len("\u2028") {
		if len(breaks) == 1 {
			s.put(" ", breaks[0].at, breaks[0].n)
			return
		}
		breaks = breaks[1:]
	}
	for _, b := range breaks {
		s.putBreak(b)
	}
}

// space steps over white space and line breaks, and returns the breaks.
func (s *scan) space() []lineBreak {
	var breaks []lineBreak
	for s.at < s.limit {
		if n := s.breakHere(); n > 0 {
			breaks = append(breaks, lineBreak{s.at, n})
			s.at += n
		} else if isBlank(s.peek()) {
			s.at++
		} else {
			break
		}
	}
	return breaks
}

// spaceInText takes white space between words: as it is within a line, folded
// between lines.
func (s *scan) spaceInText() {
	from := s.at
	if breaks := s.space(); len(breaks) > 0 {
		s.fold(breaks)
	} else {
		s.copy(from, s.at)
	}
}

// plain reads until it has the wanted text: where a plain scalar ends depends
// on all that is around it, and the library has found that out already.
func (s *scan) plain(want string) {
	for s.at < s.limit && len(s.out) < len(want) {
		if isBlank(s.peek()) || s.breakHere() > 0 {
			s.spaceInText()
			continue
		}
		s.copy(s.at, s.at+1)
		s.at++
	}
}

// quoted reads up to the closing quote.
func (s *scan) quoted(quote byte) bool {
	if s.peek() != quote {
		return false
	}
	s.at++
	for s.at < s.limit {
		switch c := s.peek(); {
		case c == quote && quote == '\'' && s.peekAt(1) == '\'':
			s.put("'", s.at, 2)
			s.at += 2
		case c == quote:
			return true
		case c == '\\' && quote == '"':
			if !s.escape() {
				return false
			}
		case isBlank(c) || s.breakHere() > 0:
			s.spaceInText()
		default:
			s.copy(s.at, s.at+1)
			s.at++
		}
	}
	return false
}

// escape reads one escape of a double-quoted scalar.
func (s *scan) escape() bool {
	if n := breakAt(s.src.text, s.at+1); n > 0 && s.at+1 < s.limit {
		// An escaped line break is nothing, with the blanks behind it; empty
		// lines that follow it are kept.
		s.at += 1 + n
		for _, b := range s.space() {
			s.putBreak(b)
		}
		return true
	}
	value, n := unescape(s.src.text[s.at:s.limit])
	if n == 0 {
		return false
	}
	s.put(value, s.at, n)
	s.at += n
	return true
}
