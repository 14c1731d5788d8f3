package outline

import "strings"

// flow reads a collection in brackets. One that is not closed ends before the
// first line that is not indented more than the block around it.
func (p *parser) flow(indent int) *Node {
	n := &Node{Kind: Mapping, Style: FlowMapping, From: p.at, To: p.at + 1}
	closing := byte('}')
	if p.text[p.at] == FlowSequence {
		n.Kind, n.Style, closing = Sequence, FlowSequence, ']'
	}
	p.at++
	for p.space(indent) {
		n.To = p.at
		switch c := p.text[p.at]; c {
		case closing:
			p.at++
			n.To = p.at
			return n
		case ']', '}':
			return n // of a collection around it
		case ',':
			p.at++
			continue
		}
		before := p.at
		if n.Kind == Mapping {
			n.Fields = append(n.Fields, p.flowField(indent))
		} else {
			n.Items = append(n.Items, p.flowItem(indent))
		}
		if p.at == before {
			p.at++
		}
	}
	n.To = max(n.To, n.From+1)
	return n
}

// space steps over white space, line ends and comments. It is false at the end
// of the text, and where the collection must have been closed.
func (p *parser) space(indent int) bool {
	for p.at < len(p.text) {
		switch {
		case p.text[p.at] == '\n':
			if !p.goesOn(p.at+1, indent) && !p.closes(p.at+1) {
				return false
			}
			p.at++
		case strings.IndexByte(" \t\r", p.text[p.at]) >= 0:
			p.at++
		case p.atComment():
			for !p.atLineEnd() {
				p.at++
			}
		default:
			return true
		}
	}
	return false
}

// closes tells whether a line begins with a closing bracket, which need not be
// indented.
func (p *parser) closes(at int) bool {
	rest := strings.TrimLeft(p.text[at:], " \t")
	return strings.HasPrefix(rest, "}") || strings.HasPrefix(rest, "]")
}

// flowField reads a key, and its value if there is one.
func (p *parser) flowField(indent int) *Field {
	key := p.flowValue(indent)
	if !p.flowColon() {
		return unfinished(key)
	}
	return p.flowPair(key, indent)
}

// flowPair reads what follows the colon of a key.
func (p *parser) flowPair(key *Node, indent int) *Field {
	f := &Field{Key: key, Value: &Node{From: p.at + 1, To: p.at + 1}, Colon: p.at}
	p.at++
	if p.space(indent) && strings.IndexByte(",]}", p.text[p.at]) < 0 {
		f.Value = p.flowValue(indent)
	}
	return f
}

// flowItem reads an item; a pair in a list is a mapping of one field.
func (p *parser) flowItem(indent int) *Node {
	item := p.flowValue(indent)
	if !p.flowColon() {
		return item
	}
	f := p.flowPair(item, indent)
	return &Node{Kind: Mapping, Style: FlowMapping, From: item.From, To: f.Value.To, Fields: []*Field{f}}
}

// flowColon tells whether a colon follows.
func (p *parser) flowColon() bool {
	p.blanks()
	return p.at < len(p.text) && p.text[p.at] == ':'
}

func (p *parser) flowValue(indent int) *Node {
	p.properties()
	if p.atLineEnd() {
		return &Node{From: p.at, To: p.at}
	}
	switch p.text[p.at] {
	case SingleQuoted, DoubleQuoted:
		return p.quoted(indent)
	case FlowMapping, FlowSequence:
		return p.flow(indent)
	case Alias:
		return p.word(Alias)
	}
	return p.flowPlain()
}

// flowPlain reads a text up to a comma, a bracket, or a colon that ends a key.
func (p *parser) flowPlain() *Node {
	from := p.at
	for ; !p.atLineEnd() && !p.atComment(); p.at++ {
		c := p.text[p.at]
		if strings.IndexByte(",[]{}", c) >= 0 {
			break
		}
		if c == ':' && (p.at+1 == len(p.text) || strings.IndexByte(" \t\r\n,[]{}", p.text[p.at+1]) >= 0) {
			break
		}
	}
	to := from + len(strings.TrimRight(p.text[from:p.at], " \t"))
	return p.scalar(Plain, from, to, from, to)
}
