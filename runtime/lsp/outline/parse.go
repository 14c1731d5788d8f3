package outline

import "strings"

// Parse reads a stream of documents. There is at least one.
func Parse(text string) []*Document {
	p := &parser{text: text}
	p.begin(0)
	for p.at < len(p.text) {
		p.line()
	}
	p.end(len(text))
	return p.documents
}

// parser reads line by line.
type parser struct {
	text      string
	at        int
	documents []*Document
	doc       *Document
	// stack are the blocks that are open, the innermost last. The first one is not
	// of the text: it holds the root as its item, at the indentation -1.
	stack []*Node
	// stepped says that a block of text has been read to the begin of a line.
	stepped bool
}

// begin begins a document.
func (p *parser) begin(at int) {
	root := &Node{From: at, To: at}
	p.doc = &Document{Root: root, From: at}
	p.stack = []*Node{{Kind: Sequence, Items: []*Node{root}, indent: -1}}
}

// end ends a document.
func (p *parser) end(at int) {
	p.doc.To = at
	p.doc.Root = p.stack[0].Items[0]
	p.doc.Root.finish(nil)
	p.documents = append(p.documents, p.doc)
}

// finish sets the parents, and the ends of blocks.
func (n *Node) finish(parent *Node) {
	n.Parent = parent
	for _, f := range n.Fields {
		f.Key.Field, f.Value.Field = f, f
		f.Key.Parent = n
		f.Value.finish(n)
		n.To = max(n.To, f.Key.To, f.Value.To)
	}
	for _, item := range n.Items {
		item.finish(n)
		n.To = max(n.To, item.To)
	}
}

// line reads what begins in one line; a value may go on in the next ones.
func (p *parser) line() {
	start := p.at
	p.blanks()
	switch rest := p.text[p.at:]; {
	case p.atLineEnd() || p.atComment():
		p.nextLine()
		return
	case p.at == start && isMarker(rest, "---"):
		if p.doc.Root != p.stack[0].Items[0] || p.doc.Root.Kind != Missing || len(p.documents) > 0 {
			p.end(start)
			p.begin(start)
		}
		p.at += len("---")
		p.blanks()
	case p.at == start && isMarker(rest, "..."):
		p.nextLine()
		p.end(p.at)
		p.begin(p.at)
		return
	case p.at == start && rest[0] == '%':
		p.nextLine()
		return
	}
	p.block(start)
	p.nextLine()
}

func isMarker(line, marker string) bool {
	if !strings.HasPrefix(line, marker) {
		return false
	}
	return len(line) == len(marker) || strings.IndexByte(" \t\r\n", line[len(marker)]) >= 0
}

// block reads dashes, and a key with its value or a scalar behind them. The line
// begins at start.
func (p *parser) block(start int) {
	for !p.atLineEnd() && !p.atComment() {
		column := p.at - start
		if p.isSign('-') {
			p.item(column)
			continue
		}
		if p.isSign('?') {
			p.at++
			p.blanks()
			continue
		}
		if key, colon := p.key(); key != nil {
			p.field(column, key, colon)
			return
		}
		p.plainLine(column)
		return
	}
}

// isSign tells whether a dash or question mark stands there that is one.
func (p *parser) isSign(sign byte) bool {
	if p.text[p.at] != sign {
		return false
	}
	return p.at+1 == len(p.text) || strings.IndexByte(" \t\r\n", p.text[p.at+1]) >= 0
}

// slot is where the next value in a block goes: the last one, if it is missing.
func (n *Node) slot() **Node {
	switch {
	case len(n.Items) > 0:
		return &n.Items[len(n.Items)-1]
	case len(n.Fields) > 0:
		return &n.Fields[len(n.Fields)-1].Value
	}
	return nil
}

func (p *parser) top() *Node { return p.stack[len(p.stack)-1] }

func (p *parser) pop() { p.stack = p.stack[:len(p.stack)-1] }

// open puts a block into a slot, and opens it.
func (p *parser) open(slot **Node, block *Node) {
	*slot = block
	p.stack = append(p.stack, block)
}

// item begins an item at a column.
func (p *parser) item(column int) {
	for p.top().indent > column {
		p.pop()
	}
	at := p.at
	p.at++
	p.blanks()
	item := &Node{From: p.at, To: p.at}
	if p.atLineEnd() || p.atComment() {
		item.From, item.To = at+1, at+1
	}
	top := p.top()
	if top.Kind != Sequence || top.indent != column {
		top = p.sequenceIn(top, column, at)
	}
	top.Items = append(top.Items, item)
}

// sequenceIn is the sequence of a dash that stands inside a block.
func (p *parser) sequenceIn(top *Node, column, at int) *Node {
	slot := top.slot()
	if slot != nil && (*slot).Kind == Sequence && (*slot).Style == Plain {
		(*slot).indent = column // another indentation than before
		p.stack = append(p.stack, *slot)
		return *slot
	}
	sequence := &Node{Kind: Sequence, From: at, To: at, indent: column}
	if slot == nil || (*slot).Kind != Missing {
		// There is no place for it: it stands by itself.
		p.stack = append(p.stack, sequence)
		sequence.Parent = top
		return sequence
	}
	p.open(slot, sequence)
	return sequence
}

// field begins a field at a column.
func (p *parser) field(column int, key *Node, colon int) {
	m := p.mappingAt(column, key.From)
	f := &Field{Key: key, Value: &Node{From: colon + 1, To: colon + 1}, Colon: colon}
	m.Fields = append(m.Fields, f)
	p.at = colon + 1
	p.blanks()
	if !p.atLineEnd() && !p.atComment() {
		f.Value = p.value(m.indent)
	}
}

// mappingAt is the mapping that a key at a column belongs to.
func (p *parser) mappingAt(column, at int) *Node {
	for top := p.top(); top.indent > column || top.indent == column && top.Kind == Sequence; top = p.top() {
		p.pop()
	}
	top := p.top()
	if top.Kind == Mapping && top.indent == column {
		return top
	}
	m := &Node{Kind: Mapping, From: at, To: at, indent: column}
	slot := top.slot()
	switch {
	case slot == nil:
		return top // a mapping without fields cannot be on the stack
	case (*slot).Kind == Missing:
		p.open(slot, m)
		return m
	case (*slot).Kind == Mapping && (*slot).Style == Plain:
		p.stack = append(p.stack, *slot) // at a wrong indentation
		return *slot
	case (*slot).Kind == Scalar && (*slot).Style == Plain && p.column((*slot).From) == column:
		// What stands before was to become a key.
		m.Fields = []*Field{unfinished(*slot)}
		m.From = (*slot).From
		p.open(slot, m)
		return m
	case top.Kind == Mapping:
		return top
	}
	p.stack = append(p.stack, m) // there is no place for it
	m.Parent = top
	return m
}

// unfinished is a field without its colon.
func unfinished(key *Node) *Field {
	return &Field{Key: key, Value: &Node{From: key.To, To: key.To}, Colon: -1}
}

// column is that of an offset, from 0.
func (p *parser) column(offset int) int {
	return offset - strings.LastIndexByte(p.text[:offset], '\n') - 1
}

// plainLine reads what is neither a key nor an item: a value in a line of its own,
// one more line of a text, or a key whose colon is missing.
func (p *parser) plainLine(column int) {
	for top := p.top(); top.indent > column || top.indent == column && top.Kind == Sequence; top = p.top() {
		p.pop()
	}
	top := p.top()
	slot := top.slot()
	if slot != nil && top.indent < column {
		switch {
		case (*slot).Kind == Missing:
			*slot = p.value(top.indent)
			return
		case (*slot).Kind == Scalar && (*slot).Style == Plain:
			more := p.plain()
			(*slot).To = more.To
			(*slot).Text = p.text[(*slot).TextFrom:more.To]
			return
		case (*slot).Kind == Mapping && (*slot).Style == Plain:
			top = *slot
		}
	}
	key := p.plain()
	if top.Kind == Mapping {
		top.Fields = append(top.Fields, unfinished(key))
	}
}

// blanks steps over spaces within a line.
func (p *parser) blanks() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
}

func (p *parser) atLineEnd() bool {
	return p.at >= len(p.text) || p.text[p.at] == '\n' || p.text[p.at] == '\r'
}

func (p *parser) atComment() bool {
	return p.at < len(p.text) && p.text[p.at] == '#' && (p.at == 0 || strings.IndexByte(" \t\n", p.text[p.at-1]) >= 0)
}

// nextLine steps to the next line, unless a block of text has done so already.
func (p *parser) nextLine() {
	if p.stepped {
		p.stepped = false
		return
	}
	p.toNextLine()
}

// toNextLine steps behind the end of the line.
func (p *parser) toNextLine() {
	end := strings.IndexByte(p.text[p.at:], '\n')
	if end < 0 {
		p.at = len(p.text)
		return
	}
	p.at += end + 1
}
