package spec

import "strings"

// blockHeader is the first line of a block scalar: | or > and its indicators.
type blockHeader struct {
	strip, keep bool
}

// block reads a literal or folded block scalar. Its indentation follows from
// comparing its first lines with those of the wanted text: an indentation
// indicator counts from the parent's indentation, which is not known here.
func (s *scan) block(indicator byte, want string) (end int, ok bool) {
	if s.peek() != indicator {
		return 0, false
	}
	s.at++
	header := s.blockHeader()
	end = s.at
	s.separationInLine()
	if n := s.breakHere(); n > 0 {
		s.at += n
	} else if s.at < s.limit {
		return 0, false
	}
	b := blockScan{scan: s, folded: indicator == '>', indent: s.blockIndent(want), end: end}
	b.content()
	b.chomp(header)
	return b.end, true
}

func (s *scan) blockHeader() blockHeader {
	var h blockHeader
	for {
		switch c := s.peek(); {
		case c == '-':
			h.strip = true
		case c == '+':
			h.keep = true
		case c < '0' || c > '9':
			return h
		}
		s.at++
	}
}

func (s *scan) separationInLine() {
	for isBlank(s.peek()) {
		s.at++
	}
	if s.peek() == '#' {
		s.restOfLine()
	}
}

// blockIndent compares line by line: the indentation is what the first line
// that is not empty has more of in the source.
func (s *scan) blockIndent(want string) int {
	at := s.at
	for want != "" {
		spaces := leadingSpaces(s.src.text[at:s.limit])
		n := breakAt(s.src.text, at+spaces)
		wanted := leadingSpaces(want)
		skip := breakAt(want, wanted)
		if n == 0 || wanted > 0 || skip == 0 {
			return max(spaces-wanted, 1)
		}
		at += spaces + n
		want = want[skip:]
	}
	return maxIndent
}

// maxIndent is an indentation that no line has: the scalar has no content.
const maxIndent = int(^uint(0) >> 1)

func leadingSpaces(text string) int {
	return len(text) - len(strings.TrimLeft(text, " "))
}

// blockScan reads the lines of a block scalar.
type blockScan struct {
	*scan
	folded bool
	indent int
	// last is the break that ends the line read last, empty the breaks of the
	// empty lines behind it.
	last  []lineBreak
	empty []lineBreak
	// end is the place behind the last line with content.
	end int
}

func (b *blockScan) content() {
	afterBlank := false
	for column := b.emptyLines(); column == b.indent && b.at < b.limit; column = b.emptyLines() {
		blank := isBlank(b.peek())
		b.join(b.folded && !afterBlank && !blank)
		afterBlank = blank
		from := b.at
		b.restOfLine()
		b.copy(from, b.at)
		b.end = b.at
		if n := b.breakHere(); n > 0 {
			b.last = []lineBreak{{b.at, n}}
			b.at += n
		}
	}
}

// join takes the breaks between the line before and the one at hand.
func (b *blockScan) join(fold bool) {
	breaks := append(b.last, b.empty...)
	switch {
	case len(breaks) == 0:
	case fold && len(b.last) > 0:
		b.fold(breaks)
	default:
		for _, br := range breaks {
			b.putBreak(br)
		}
	}
	b.last, b.empty = nil, nil
}

// emptyLines steps over lines that have no more than the indentation, and over
// the indentation of the next one, whose width it returns.
func (b *blockScan) emptyLines() int {
	for {
		column := 0
		for column < b.indent && b.peek() == ' ' {
			b.at++
			column++
		}
		n := b.breakHere()
		if n == 0 {
			return column
		}
		b.empty = append(b.empty, lineBreak{b.at, n})
		b.at += n
	}
}

// chomp takes of the final breaks what the header says.
func (b *blockScan) chomp(h blockHeader) {
	if !h.strip {
		for _, br := range b.last {
			b.putBreak(br)
		}
	}
	if h.keep {
		for _, br := range b.empty {
			b.putBreak(br)
		}
	}
}
