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
	// margin is as wide as what stands before the subject, and marker as the
	// subject.
	margin, marker string
}

// maxLine is how many characters of a long line are shown.
const maxLine = 160

// cut takes the line in which a range starts out of a text. Of a line that is
// too long, as in JSON, the part around the range is left.
func cut(text []byte, at Range) line {
	start := bytes.LastIndexByte(text[:at.Start.Offset], '\n') + 1
	end := len(text)
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		end = start + i
	}
	subjectEnd := min(max(at.End.Offset, at.Start.Offset), end)
	before := bytes.Runes(bytes.TrimPrefix(text[start:at.Start.Offset], []byte("\ufeff")))
	subject := bytes.Runes(bytes.TrimRight(text[at.Start.Offset:subjectEnd], "\r"))
	after := bytes.Runes(bytes.TrimRight(text[subjectEnd:end], " \t\r"))
	before, subject, after = shorten(before, subject, after)
	return line{
		number: at.Start.Line,
		text:   shown(before) + shown(subject) + shown(after),
		margin: blanks(before),
		marker: marker(subject),
	}
}

// shorten leaves at most maxLine characters, those of the subject first.
func shorten(before, subject, after []rune) (_, _, _ []rune) {
	if len(before)+len(subject)+len(after) <= maxLine {
		return before, subject, after
	}
	if len(subject) > maxLine {
		subject, after = append(subject[:maxLine:maxLine], '…'), nil
	}
	room := max(maxLine-len(subject), 0)
	left := min(len(before), max(room/2, room-len(after)))
	if left < len(before) {
		before = append([]rune{'…'}, before[len(before)-left:]...)
	}
	if right := max(room-left, 0); right < len(after) {
		after = append(after[:right:right], '…')
	}
	return before, subject, after
}

// shown replaces what a terminal would act on; tabs stay, since the margin has
// them too.
func shown(text []rune) string {
	var b strings.Builder
	for _, c := range text {
		b.WriteRune(printable(c))
	}
	return b.String()
}

func printable(c rune) rune {
	if c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029') {
		return unicode.ReplacementChar
	}
	return c
}

// visible makes a message safe for a terminal.
func visible(text string) string { return shown([]rune(text)) }

func blanks(text []rune) string {
	var b strings.Builder
	for _, c := range text {
		if c == '\t' {
			b.WriteByte('\t')
			continue
		}
		b.WriteString(strings.Repeat(" ", width(c)))
	}
	return b.String()
}

func marker(subject []rune) string {
	n := 0
	for _, c := range subject {
		n += width(c)
	}
	return "^" + strings.Repeat("~", max(n-1, 0))
}

// width is the number of cells that a character takes.
func width(c rune) int {
	if c == '\t' {
		return 1
	}
	return cells.RuneWidth(printable(c))
}

// cells are the widths that do not depend on the locale.
var cells = runewidth.Condition{StrictEmojiNeutral: true}
