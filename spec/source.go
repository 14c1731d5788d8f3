package spec

import (
	"sort"
	"unicode/utf8"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// source is a text with the tables that turn byte offsets into places.
type source struct {
	name string
	text string
	// lines are the offsets at which the lines start.
	lines []int
	// runes counts the characters before each multiple of runeStride, so that
	// columns in very long lines (JSON) cost no scan from the line's start.
	runes []int
}

const (
	runeStride    = 256
	byteOrderMark = "\ufeff"
)

func newSource(name, text string) *source {
	s := &source{name: name, text: text}
	start := 0
	if hasPrefixAt(text, 0, byteOrderMark) {
		start = len(byteOrderMark) // it is not part of the first line
	}
	s.lines = append(s.lines, start)
	count := 0
	for i := 0; i < len(text); i++ {
		if i%runeStride == 0 {
			s.runes = append(s.runes, count)
		}
		if utf8.RuneStart(text[i]) {
			count++
		}
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	s.runes = append(s.runes, count)
	return s
}

// runesBefore counts the characters that start before the offset.
func (s *source) runesBefore(offset int) int {
	block := offset / runeStride
	if block >= len(s.runes) {
		block = len(s.runes) - 1
	}
	count := s.runes[block]
	for i := block * runeStride; i < offset && i < len(s.text); i++ {
		if utf8.RuneStart(s.text[i]) {
			count++
		}
	}
	return count
}

// skipRunes is the offset of the character n characters behind from.
func (s *source) skipRunes(from, n int) int {
	want := s.runesBefore(from) + n
	block := sort.SearchInts(s.runes, want+1) - 1
	if block < 0 {
		block = 0
	}
	count := s.runes[block]
	for i := block * runeStride; i < len(s.text); i++ {
		if !utf8.RuneStart(s.text[i]) {
			continue
		}
		if count == want {
			return i
		}
		count++
	}
	return len(s.text)
}

// pos is the place of a byte offset; an offset inside a character is that of
// the character.
func (s *source) pos(offset int) diag.Pos {
	offset = max(0, min(offset, len(s.text)))
	for offset > 0 && offset < len(s.text) && !utf8.RuneStart(s.text[offset]) {
		offset--
	}
	line := sort.SearchInts(s.lines, offset+1)
	if line == 0 {
		return diag.Pos{Line: 1, Column: 1, Offset: offset}
	}
	start := s.lines[line-1]
	return diag.Pos{Line: line, Column: s.runesBefore(offset) - s.runesBefore(start) + 1, Offset: offset}
}

func (s *source) rangeOf(from, to int) diag.Range {
	return diag.Range{File: s.name, Start: s.pos(from), End: s.pos(max(from, to))}
}

func hasPrefixAt(text string, at int, prefix string) bool {
	return len(text)-at >= len(prefix) && text[at:at+len(prefix)] == prefix
}
