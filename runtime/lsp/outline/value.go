package outline

import "strings"

// value reads the value that stands there, in a block of an indentation.
func (p *parser) value(indent int) *Node {
	p.properties()
	if p.atLineEnd() || p.atComment() {
		return &Node{From: p.at, To: p.at}
	}
	switch p.text[p.at] {
	case Literal, Folded:
		return p.blockScalar(indent)
	case SingleQuoted, DoubleQuoted:
		return p.quoted(indent)
	case FlowMapping, FlowSequence:
		return p.flow(indent)
	case Alias:
		return p.word(Alias)
	}
	return p.plain()
}

// properties steps over tags and anchors.
func (p *parser) properties() {
	for p.at < len(p.text) && (p.text[p.at] == '&' || p.text[p.at] == '!') {
		p.word(Plain)
		p.blanks()
	}
}

// word reads up to the next white space, comma or bracket.
func (p *parser) word(style byte) *Node {
	from := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n,]}", p.text[p.at]) < 0 {
		p.at++
	}
	return p.scalar(style, from, p.at, from, p.at)
}

func (p *parser) scalar(style byte, from, to, textFrom, textTo int) *Node {
	return &Node{Kind: Scalar, Style: style, From: from, To: to, TextFrom: textFrom, Text: p.text[textFrom:textTo]}
}

// plain reads a text without quotes, up to a comment or the end of the line.
func (p *parser) plain() *Node {
	from := p.at
	for !p.atLineEnd() && !p.atComment() {
		p.at++
	}
	to := from + len(strings.TrimRight(p.text[from:p.at], " \t"))
	return p.scalar(Plain, from, to, from, to)
}

// key reads a key in a block, together with its colon; nil where there is none.
func (p *parser) key() (key *Node, colon int) {
	start := p.at
	p.properties()
	if p.atLineEnd() {
		p.at = start
		return nil, 0
	}
	from, at := p.at, p.at
	if c := p.text[at]; c == SingleQuoted || c == DoubleQuoted {
		end := p.closingQuote(at, c, -2)
		if end < 0 {
			p.at = start
			return nil, 0
		}
		key = p.scalar(c, from, end+1, from+1, end)
		at = end + 1
		for at < len(p.text) && (p.text[at] == ' ' || p.text[at] == '\t') {
			at++
		}
		if !p.isColon(at) {
			p.at = start
			return nil, 0
		}
		return key, at
	}
	if strings.IndexByte("{[|>*#", p.text[at]) >= 0 && !strings.HasPrefix(p.text[at:], "*") {
		p.at = start
		return nil, 0
	}
	for ; at < len(p.text) && p.text[at] != '\n' && p.text[at] != '\r'; at++ {
		if p.text[at] == '#' && at > from && (p.text[at-1] == ' ' || p.text[at-1] == '\t') {
			break
		}
		if p.isColon(at) {
			to := from + len(strings.TrimRight(p.text[from:at], " \t"))
			return p.scalar(Plain, from, to, from, to), at
		}
	}
	p.at = start
	return nil, 0
}

// isColon tells whether a colon stands there that ends a key.
func (p *parser) isColon(at int) bool {
	if at >= len(p.text) || p.text[at] != ':' {
		return false
	}
	return at+1 == len(p.text) || strings.IndexByte(" \t\r\n", p.text[at+1]) >= 0
}

// quoted reads a text in quotes. One that is not closed ends with its line.
func (p *parser) quoted(indent int) *Node {
	from, quote := p.at, p.text[p.at]
	end := p.closingQuote(from, quote, indent)
	if end >= 0 {
		p.at = end + 1
		return p.scalar(quote, from, p.at, from+1, end)
	}
	for p.at++; !p.atLineEnd(); {
		p.at++
	}
	return p.scalar(quote, from, p.at, from+1, p.at)
}

// closingQuote finds the quote that ends a text. Its further lines must stand
// behind the indentation; with -2, it must end in its line. It is -1 where there
// is none.
func (p *parser) closingQuote(from int, quote byte, indent int) int {
	for at := from + 1; at < len(p.text); at++ {
		switch c := p.text[at]; {
		case c == '\n' && (indent < -1 || !p.goesOn(at+1, indent)):
			return -1
		case c == '\\' && quote == DoubleQuoted:
			at++
		case c == quote && quote == SingleQuoted && at+1 < len(p.text) && p.text[at+1] == quote:
			at++
		case c == quote:
			return at
		}
	}
	return -1
}

// goesOn tells whether the line at an offset is blank or indented more than that.
func (p *parser) goesOn(at, indent int) bool {
	start := at
	for at < len(p.text) && (p.text[at] == ' ' || p.text[at] == '\t') {
		at++
	}
	return at < len(p.text) && (p.text[at] == '\n' || p.text[at] == '\r') || at-start > indent
}

// blockScalar reads a text behind | or >.
func (p *parser) blockScalar(indent int) *Node {
	from, style := p.at, p.text[p.at]
	for !p.atLineEnd() {
		p.at++
	}
	header := p.at
	p.toNextLine()
	begin, end := p.at, p.at
	for p.at < len(p.text) && p.goesOn(p.at, indent) {
		p.toNextLine()
		end = p.at
	}
	p.stepped = true
	text := strings.TrimSuffix(p.text[begin:end], "\n")
	return p.scalar(style, from, max(header, begin+len(text)), begin, begin+len(text))
}
