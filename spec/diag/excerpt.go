package diag

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// line is a line of a source, made ready for a terminal.
type line struct {
	number int
	text   string
	// margin is as wide as what stands before the subject, marker as wide as
	// the subject, and at least 1.
	margin, marker int
}

const (
	// maxLine is how many cells of a long line are shown where the width of the
	// terminal is not known.
	maxLine = 160
	// minLine are shown on the narrowest terminal.
	minLine = 20
	tabStop = 8
)

// cut takes the line in which a range starts out of a text. Of a line that is
// wider than there is room, as in JSON, the part around the range is left.
func cut(text []byte, at Range, room int) line {
	start := bytes.LastIndexByte(text[:at.Start.Offset], '\n') + 1
	end := len(text)
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		end = start + i
	}
	subjectEnd := min(max(at.End.Offset, at.Start.Offset), end)
	column := 0
	before := shown(bytes.TrimPrefix(text[start:at.Start.Offset], []byte("\ufeff")), &column)
	subject := shown(bytes.TrimRight(text[at.Start.Offset:subjectEnd], "\r"), &column)
	after := shown(bytes.TrimRight(text[subjectEnd:end], " \t\r"), &column)
	before, subject, after = shorten(before, subject, after, room)
	return line{
		number: at.Start.Line,
		text:   string(before) + string(subject) + string(after),
		margin: cellsOf(before),
		marker: max(cellsOf(subject), 1),
	}
}

// shorten leaves at most room cells, those of the subject first. Each ellipsis
// takes one of them.
func shorten(before, subject, after []rune, room int) (_, _, _ []rune) {
	if cellsOf(before)+cellsOf(subject)+cellsOf(after) <= room {
		return before, subject, after
	}
	if cellsOf(subject) > room-1 {
		subject, after = append(first(subject, room-2), '…'), nil
	}
	left := room - cellsOf(subject)
	head, tail := cellsOf(before), cellsOf(after)
	lead := min(head, max(left/2, left-tail))
	if lead < head {
		before = append([]rune{'…'}, last(before, lead-1)...)
	}
	if trail := left - min(lead, head); trail < tail {
		after = append(first(after, trail-1), '…')
	}
	return before, subject, after
}

// first are the characters of a text that fit into a number of cells, with the
// marks that belong to the last of them.
func first(text []rune, cells int) []rune {
	for i, c := range text {
		if cells -= width(c); cells < 0 {
			return text[:i:i]
		}
	}
	return text[:len(text):len(text)]
}

// last are likewise those at the end of a text; it does not begin with a mark
// that belongs to what is left out.
func last(text []rune, cells int) []rune {
	i := len(text)
	for i > 0 && width(text[i-1]) <= cells {
		cells -= width(text[i-1])
		i--
	}
	for i < len(text) && width(text[i]) == 0 {
		i++
	}
	return text[i:]
}

// shown replaces what a terminal would act on, and tabs by the spaces up to the
// next stop. column is where the text begins, and then where it ends.
func shown(text []byte, column *int) []rune {
	var out []rune
	for _, c := range bytes.Runes(text) {
		if c == '\t' {
			n := tabStop - *column%tabStop
			out = append(out, []rune(strings.Repeat(" ", n))...)
			*column += n
			continue
		}
		c = printable(c)
		*column += width(c)
		out = append(out, c)
	}
	return out
}

func printable(c rune) rune {
	if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029' {
		return unicode.ReplacementChar
	}
	return c
}

// visible makes a message safe for a terminal.
func visible(text string) string {
	return strings.Map(printable, text)
}

func cellsOf(text []rune) int {
	n := 0
	for _, c := range text {
		n += width(c)
	}
	return n
}

// width is the number of cells that a character takes: none for a mark that
// combines with the one before.
func width(c rune) int { return cells.RuneWidth(c) }

// cells are the widths that do not depend on the locale.
var cells = runewidth.Condition{StrictEmojiNeutral: true}
