package spec

import (
	"fmt"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// layout reads a text in the way of people: by the indentation of its lines,
// and by the keys, dashes, quotes and brackets that these begin with. The YAML
// library reads on for as long as what it has can become anything, and stops
// lines behind the place where something was left out. A layout stops there.
//
// It is asked only about texts that the library has refused, and so need not
// know what is rare: what it does not know, it takes for right.
type layout struct {
	text  string
	at    int
	limit int
	// levels are the maps and lists that are open, outermost first.
	levels []level
	// lone is a text in a line that has no key; in front of lines that belong
	// to a map, its colon is missing.
	lone  *stretch
	wrong *misplaced
}

// level is a map or a list in block style.
type level struct {
	column int
	list   bool
	// open says that the last key or dash has no value yet, plain that its value
	// is a plain text, which the next lines may go on with.
	open, plain bool
	// key is the last key, empty in a list.
	key string
	// first is the first key or dash, and entries how many there are.
	first   stretch
	entries int
}

type stretch struct{ from, to int }

// misplaced is what a layout stops at.
type misplaced struct {
	stretch
	detail string
	// insert is what is probably missing at the end of the stretch.
	insert string
}

// findMisplaced looks for the first thing in a chunk that cannot be right, up
// to the line that the library has stopped in.
func findMisplaced(c *chunk, failed int) *misplaced {
	l := &layout{text: c.src.text[:c.end], at: c.start, limit: c.end}
	if line := c.line(failed); line < len(c.lines) {
		l.limit = c.lines[line]
	}
	for l.wrong == nil && l.at < l.limit {
		l.line()
	}
	if l.wrong != nil && l.wrong.from >= l.limit {
		return nil
	}
	return l.wrong
}

func (l *layout) stop(from, to int, format string, args ...any) {
	if l.wrong == nil {
		l.wrong = &misplaced{stretch: stretch{from, to}, detail: fmt.Sprintf(format, args...)}
	}
}

// lineEnd is where the line that holds an offset ends, without its break.
func (l *layout) lineEnd(at int) int {
	for at < len(l.text) && breakAt(l.text, at) == 0 {
		at++
	}
	return at
}

// nextLine goes on with the line behind the one that holds an offset.
func (l *layout) nextLine(at int) {
	at = l.lineEnd(at)
	l.at = at + max(breakAt(l.text, at), 1)
}

func (l *layout) peek(at int) byte {
	if at >= len(l.text) {
		return 0
	}
	return l.text[at]
}

// blankUntil is the next place that is no blank.
func (l *layout) blankUntil(at int) int {
	for isBlank(l.peek(at)) {
		at++
	}
	return at
}

// ends tells whether nothing but a comment stands from here to the end of the
// line.
func (l *layout) ends(at int) bool {
	behind := l.blankUntil(at)
	return behind >= len(l.text) || breakAt(l.text, behind) > 0 || l.text[behind] == '#' && (behind > at || at == 0 || isBlank(l.text[at-1]))
}

// line reads one line, and the lines that its value goes on in.
func (l *layout) line() {
	start := l.at
	at := start
	for l.peek(at) == ' ' {
		at++
	}
	rest := l.text[at:l.lineEnd(at)]
	switch {
	case l.ends(at) || strings.HasPrefix(strings.TrimLeft(rest, "\t"), "#"):
		l.nextLine(at)
	case at == start && (isMarker(rest, "---") || isMarker(rest, "...") || rest[0] == '%'):
		l.nextLine(at)
	case rest[0] == '\t':
		l.stop(at, at+1, "a tab cannot indent; write spaces")
	default:
		l.content(start, at)
	}
}

// content reads a line from its first character on.
func (l *layout) content(start, at int) {
	for l.isDash(at) {
		if !l.place(at-start, at, true) {
			return
		}
		at++
		if l.ends(at) {
			l.nextLine(at)
			return
		}
		at = l.blankUntil(at)
	}
	if from, to, colon, ok := l.keyAt(at); ok {
		if l.swallowedColon(from, to) || !l.place(at-start, at, false) {
			return
		}
		l.top().key = l.text[from:to]
		l.lone = nil
		l.value(colon + 1)
		return
	}
	l.loneText(start, at)
}

func (l *layout) isDash(at int) bool {
	return l.peek(at) == '-' && (isBlank(l.peek(at+1)) || at+1 >= len(l.text) || breakAt(l.text, at+1) > 0)
}

func (l *layout) top() *level { return &l.levels[len(l.levels)-1] }

// column is that of the innermost map or list, -1 outside of all.
func (l *layout) column() int {
	if len(l.levels) == 0 {
		return -1
	}
	return l.top().column
}

// keyAt reads a key with its colon.
func (l *layout) keyAt(at int) (from, to, colon int, ok bool) {
	from = at
	if quote := l.peek(at); isQuote(quote) {
		end, closed := l.quoteEnd(at)
		if !closed || end > l.lineEnd(at) {
			return 0, 0, 0, false
		}
		colon = l.blankUntil(end)
		return from, end, colon, l.isColon(colon)
	}
	if strings.IndexByte("{[|>", l.peek(at)) >= 0 {
		return 0, 0, 0, false
	}
	for end := l.lineEnd(at); at < end; at++ {
		if l.isColon(at) {
			return from, at, at, true
		}
		if l.text[at] == '#' && isBlank(l.text[at-1]) {
			return 0, 0, 0, false
		}
	}
	return 0, 0, 0, false
}

// isColon tells a colon that ends a key.
func (l *layout) isColon(at int) bool {
	return l.peek(at) == ':' && (at+1 >= len(l.text) || isBlank(l.text[at+1]) || breakAt(l.text, at+1) > 0)
}

// swallowedColon finds a key without a colon in front of brackets or quotes: a
// colon in them was taken for its own.
func (l *layout) swallowedColon(from, to int) bool {
	key := l.text[from:to]
	at := strings.IndexAny(key, "{[\"'")
	if at < 1 || isQuote(key[0]) || key[at-1] != ' ' && key[at-1] != ':' || strings.Contains(key[:at], "$") {
		return false
	}
	l.missingColon(from, from+at)
	return true
}

// missingColon stops at a key without its colon, or without the space behind
// it.
func (l *layout) missingColon(from, to int) {
	text := l.text[from:to]
	if i := strings.IndexByte(text, ':'); i > 0 {
		l.stop(from, from+i+1, "a space is missing behind the colon of %q", text[:i])
		l.insert(" ")
		return
	}
	name, _, _ := strings.Cut(text, " ")
	l.stop(from, from+len(name), "a colon is missing behind %q", name)
	l.insert(":")
}

func (l *layout) insert(text string) {
	if l.wrong.insert == "" {
		l.wrong.insert = text
	}
}

// place finds the map or list that a key or dash belongs to, by its column.
func (l *layout) place(column, at int, list bool) bool {
	inner := level{column: -1} // the outermost map or list that ends here
	for len(l.levels) > 0 && (l.column() > column || l.column() == column && !list && l.isListOfKey()) {
		if l.column() > column {
			inner = *l.top()
		}
		l.levels = l.levels[:len(l.levels)-1]
	}
	switch {
	case len(l.levels) > 0 && l.column() == column:
		return l.sibling(at, list)
	case inner.column >= 0 || len(l.levels) > 0 && !l.top().open || len(l.levels) == 0 && l.lone != nil:
		return l.noLevel(column, at, inner)
	}
	if len(l.levels) > 0 {
		l.top().open, l.top().plain = false, false
	}
	l.levels = append(l.levels, level{column: column, list: list, open: true, first: stretch{at, l.wordEnd(at)}, entries: 1})
	return true
}

// isListOfKey tells a list whose dashes stand in the column of its key.
func (l *layout) isListOfKey() bool {
	n := len(l.levels)
	return l.levels[n-1].list && n > 1 && l.levels[n-2].column == l.levels[n-1].column
}

// sibling goes on with the innermost map or list.
func (l *layout) sibling(at int, list bool) bool {
	top := l.top()
	switch {
	case top.list == list:
		top.open, top.plain = true, false
		top.entries++
	case list && top.open:
		top.open = false
		l.levels = append(l.levels, level{column: top.column, list: true, open: true, first: stretch{at, at + 1}, entries: 1})
	case top.list:
		l.stop(at, l.wordEnd(at), "an item of a list begins with \"- \"")
		return false
	default:
		l.stop(at, at+1, "a list cannot go on in a map; an item stands below the key of its list")
		return false
	}
	return true
}

// noLevel stops at a line whose indentation fits to nothing, or at the text
// before it that should be a key. The map or list that has just ended, where
// there is one, is given.
func (l *layout) noLevel(column, at int, ended level) bool {
	if l.lone != nil {
		l.missingColon(l.lone.from, l.lone.to)
		return false
	}
	for _, one := range append(l.levels[max(len(l.levels)-1, 0):], ended) {
		if one.entries == 1 && (one.column == column+1 || one.column == column-1) && l.goesOn(at, column) {
			l.stop(one.first.from, one.first.to, "the line is indented by %s, and those that follow by %d", spaces(one.column), column)
			return false
		}
	}
	to, inner, outer := l.wordEnd(at), ended.column, l.column()
	switch {
	case inner >= 0 && outer >= 0:
		l.stop(at, to, "the line is indented by %s; indent it by %d or %d, like the lines above", spaces(column), outer, inner)
	case inner >= 0:
		l.stop(at, to, "the line is indented by %s; indent it by %d, like the lines above", spaces(column), inner)
	case l.top().key != "":
		l.stop(at, to, "the line is indented by %s, as if it belonged to %s, which has a value already; indent it by %d, like that", spaces(column), quoteShort(l.top().key), outer)
	default:
		l.stop(at, to, "the line is indented by %s, further than the lines above; indent it by %d", spaces(column), outer)
	}
	return false
}

// goesOn tells whether the next line behind a place that is not further in has
// the same column.
func (l *layout) goesOn(at, column int) bool {
	for at = l.lineEnd(at); at < len(l.text); at = l.lineEnd(at) {
		at += breakAt(l.text, at)
		indent := leadingSpaces(l.text[at:])
		if !l.ends(at+indent) && indent <= column {
			return indent == column
		}
	}
	return false
}

func spaces(n int) string {
	if n == 1 {
		return "1 space"
	}
	return fmt.Sprintf("%d spaces", n)
}

// wordEnd is where the key or word at a place ends.
func (l *layout) wordEnd(at int) int {
	if _, to, _, ok := l.keyAt(at); ok {
		return to
	}
	for end := l.lineEnd(at); at < end && !isBlank(l.text[at]); {
		at++
	}
	return at
}

// loneText reads what is no key: a value in a line of its own, or an item, or
// more of the plain text before.
func (l *layout) loneText(start, at int) {
	column := at - start
	if len(l.levels) == 0 || column > l.column() {
		if len(l.levels) > 0 && !l.top().open && !l.top().plain {
			l.noLevel(column, at, level{column: -1})
			return
		}
		if (len(l.levels) == 0 || l.top().open) && strings.IndexByte("{[|>&!*\"'", l.text[at]) < 0 {
			l.lone = &stretch{at, l.lineEnd(at)}
		}
		l.value(at)
		return
	}
	for l.column() > column {
		l.levels = l.levels[:len(l.levels)-1]
	}
	if l.column() == column && !isQuote(l.text[at]) {
		l.missingColon(at, l.lineEnd(at))
		return
	}
	l.stop(at, l.wordEnd(at), "a key, a colon and a space must stand here")
}

// value reads a value from its first character on.
func (l *layout) value(at int) {
	at = l.blankUntil(at)
	for l.peek(at) == '&' || l.peek(at) == '!' && !l.ends(at) {
		for at < len(l.text) && !isBlank(l.text[at]) && breakAt(l.text, at) == 0 {
			at++
		}
		at = l.blankUntil(at)
	}
	if l.ends(at) {
		l.nextLine(at)
		return
	}
	plain := false
	switch c := l.text[at]; {
	case isQuote(c):
		l.quoted(at)
	case c == '{' || c == '[':
		l.brackets(at)
	case c == '|' || c == '>':
		l.block(at)
	case l.unquoted(at):
		return
	default:
		plain = true
		l.nextLine(at)
	}
	if len(l.levels) > 0 {
		l.top().open, l.top().plain = false, plain
	}
}

// unquoted finds a plain text that must be quoted.
func (l *layout) unquoted(at int) bool {
	end := l.lineEnd(at)
	for i := at; i < end; i++ {
		if l.text[i] == '#' && isBlank(l.text[i-1]) {
			end = i
			break
		}
	}
	text := strings.TrimRight(l.text[at:end], " \t")
	to := at + len(text)
	switch {
	case strings.Contains(text, ": ") || strings.HasSuffix(text, ":"):
		l.stop(at, to, "a text that holds a colon and a space must be quoted")
	case strings.HasPrefix(text, "* ") || strings.HasPrefix(text, "& "):
		l.stop(at, to, "a text that begins with %c must be quoted", text[0])
	default:
		return false
	}
	return true
}

// block steps over the lines of a block scalar.
func (l *layout) block(at int) {
	for l.nextLine(at); l.at < len(l.text); l.nextLine(l.at) {
		from := l.at
		indent := leadingSpaces(l.text[from:])
		if breakAt(l.text, from+indent) == 0 && from+indent < len(l.text) && indent <= l.column() {
			return
		}
	}
}

// quoted reads a text in quotes.
func (l *layout) quoted(at int) {
	end, ok := l.closedQuote(at)
	if !ok {
		return
	}
	hint := ""
	if l.text[at] == '\'' && !l.ends(end) {
		hint = "; a single quote within single quotes is written twice"
	}
	l.behind(end, "the quote that ends the value"+hint)
}

// behind demands that nothing stands behind a value.
func (l *layout) behind(end int, what string) {
	if !l.ends(end) {
		at := l.blankUntil(end)
		l.stop(at, l.wordEnd(at), "nothing can stand behind %s", what)
		return
	}
	l.nextLine(end)
}

// quoteEnd is the place behind the quote that closes the one at a place.
func (l *layout) quoteEnd(at int) (int, bool) {
	quote := l.text[at]
	for at++; at < len(l.text); at++ {
		switch c := l.text[at]; {
		case c == '\\' && quote == '"':
			at++
		case c == quote && quote == '\'' && l.peek(at+1) == '\'':
			at++
		case c == quote:
			return at + 1, true
		}
	}
	return at, false
}

// closedQuote is quoteEnd for a quote that must be closed: before a line that
// is indented too little to be part of the text, and by one that does not
// itself look like the beginning of a text.
func (l *layout) closedQuote(at int) (int, bool) {
	end, closed := l.quoteEnd(at)
	if !closed || l.leavesLevel(at, end) || l.opensText(at, end) {
		l.stop(at, at+1, "the %s that begins here has no end", quoteName(l.text[at]))
		return end, false
	}
	return end, true
}

func quoteName(c byte) string {
	if c == '"' {
		return "double quote"
	}
	return "single quote"
}

// leavesLevel tells whether a line between two places is indented as little as
// the map or list that the text before it belongs to.
func (l *layout) leavesLevel(from, to int) bool {
	for at := l.lineEnd(from); at < to; at = l.lineEnd(at) {
		if at += breakAt(l.text, at); at < to && l.isOutside(at) {
			return true
		}
	}
	return false
}

// isOutside tells whether the line at a place is indented as little as the map
// or list that is open. Brackets may be closed in such a line.
func (l *layout) isOutside(line int) bool {
	at := line + leadingSpaces(l.text[line:])
	return at < len(l.text) && breakAt(l.text, at) == 0 && at-line <= l.column() && strings.IndexByte("]}", l.text[at]) < 0
}

// opensText tells whether a quote that ends a text stands as one that begins
// it: behind a blank or a bracket, and directly before a word.
func (l *layout) opensText(at, end int) bool {
	before, behind := l.peek(end-2), l.peek(end)
	return end-2 > at && strings.IndexByte(" {[(", before) >= 0 && behind != 0 && strings.IndexByte(" \t\r\n,:}])", behind) < 0
}

// bracket is one that is open.
type bracket struct {
	at int
	// colon says that the entry at hand has its colon already.
	colon bool
}

// brackets reads a map or a list in brackets.
func (l *layout) brackets(at int) {
	var open []bracket
	for ; at < len(l.text); at++ {
		switch c := l.text[at]; {
		case c == '{' || c == '[':
			open = append(open, bracket{at: at})
		case c == '}' || c == ']':
			top := open[len(open)-1].at
			if (l.text[top] == '{') != (c == '}') {
				l.unclosed(top)
				return
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				l.behind(at+1, "the bracket that ends the value")
				return
			}
			if l.missingComma(at + 1) {
				return
			}
		case c == ',':
			open[len(open)-1].colon = false
		case l.isColon(at):
			if top := &open[len(open)-1]; top.colon && l.text[top.at] == '{' {
				l.commaBefore(at)
				return
			}
			open[len(open)-1].colon = true
		case isQuote(c) && l.beginsText(at):
			end, ok := l.closedQuote(at)
			if !ok || l.missingComma(end) {
				return
			}
			at = end - 1
		case c == '#' && isBlank(l.text[at-1]):
			at = l.lineEnd(at) - 1
		case breakAt(l.text, at) > 0 && l.isOutside(at+breakAt(l.text, at)):
			l.unclosed(open[0].at)
			return
		}
	}
	l.unclosed(open[len(open)-1].at)
}

// missingComma finds a word behind the quote or the bracket that ends an entry.
func (l *layout) missingComma(end int) bool {
	at := l.blankUntil(end)
	if at >= len(l.text) || breakAt(l.text, at) > 0 || strings.IndexByte(",:]}#", l.text[at]) >= 0 {
		return false
	}
	l.stop(at, l.flowWord(at), "a comma is missing before this")
	return true
}

// commaBefore stops at the last word in front of a colon: another entry begins
// there.
func (l *layout) commaBefore(colon int) {
	at := colon
	for at > 0 && !isBlank(l.text[at-1]) && breakAt(l.text, at-1) == 0 && strings.IndexByte("{[,", l.text[at-1]) < 0 {
		at--
	}
	l.stop(at, colon, "a comma is missing before this")
}

func (l *layout) flowWord(at int) int {
	end := at + 1
	for end < len(l.text) && !isBlank(l.text[end]) && breakAt(l.text, end) == 0 && strings.IndexByte(",:]}", l.text[end]) < 0 {
		end++
	}
	return end
}

// beginsText tells a quote inside brackets that begins a text from one within a
// word.
func (l *layout) beginsText(at int) bool {
	for at--; at > 0 && (isBlank(l.text[at]) || breakAt(l.text, at) > 0); at-- {
	}
	return strings.IndexByte("{[,:", l.text[at]) >= 0
}

func (l *layout) unclosed(at int) {
	l.stop(at, at+1, "the %c that begins here has no end", l.text[at])
}

// report makes a finding of what is misplaced.
func (m *misplaced) report(r *report, c *chunk) {
	d := r.add(ruleSyntax, c.src.rangeOf(m.from, m.to), "%s", m.detail)
	if m.insert != "" {
		end := c.src.rangeOf(m.to, m.to)
		d.Fix = &diag.Fix{Title: "write " + c.src.text[m.from:m.to] + strings.TrimSpace(m.insert), Edits: []diag.Edit{{Range: end, Text: m.insert}}}
	}
}
