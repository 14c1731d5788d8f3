package outline

import "strings"

// Kind is what a Node is.
type Kind int

// The kinds of nodes.
const (
	// Missing stands where a value has not been written yet.
	Missing Kind = iota
	Scalar
	Mapping
	Sequence
)

// Styles are the characters that a value begins with: quotes, brackets, the
// sign of a block or an alias.
const (
	Plain        byte = 0
	SingleQuoted byte = '\''
	DoubleQuoted byte = '"'
	Literal      byte = '|'
	Folded       byte = '>'
	Alias        byte = '*'
	FlowMapping  byte = '{'
	FlowSequence byte = '['
)

// Node is a value: what stands behind a key, or is an item. Offsets are in bytes.
type Node struct {
	Kind  Kind
	Style byte
	// From and To are the stretch that it takes, brackets and quotes included.
	From, To int
	// TextFrom is where the Text of a scalar begins.
	TextFrom int
	// Text is that of a scalar as it is written, without its quotes.
	Text   string
	Fields []*Field
	Items  []*Node
	Parent *Node
	// Field is the one whose value it is, or whose key; nil for items and roots.
	Field *Field

	// indent is the column of the keys or dashes of a block, from 0.
	indent int
}

// Field is a key and its value.
type Field struct {
	Key, Value *Node
	// Colon is where the colon stands, -1 where it is missing.
	Colon int
}

// IsKey tells whether the node is a key.
func (n *Node) IsKey() bool { return n.Field != nil && n.Field.Key == n }

// Value is the text of a scalar, without its escapes; "" for anything else.
func (n *Node) Value() string {
	switch n.Style {
	case SingleQuoted:
		return strings.ReplaceAll(n.Text, "''", "'")
	case DoubleQuoted:
		return unescaped.Replace(n.Text)
	}
	return n.Text
}

var unescaped = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

// Get finds the value of a key, nil where there is none.
func (n *Node) Get(keys ...string) *Node {
	for _, key := range keys {
		if n == nil {
			return nil
		}
		var value *Node
		for _, f := range n.Fields {
			if f.Key.Value() == key {
				value = f.Value
				break
			}
		}
		n = value
	}
	return n
}

// Values are the items of a sequence, or the value alone where it is no sequence
// and not missing: many keys take one or a list.
func (n *Node) Values() []*Node {
	switch {
	case n == nil || n.Kind == Missing:
		return nil
	case n.Kind == Sequence:
		return n.Items
	}
	return []*Node{n}
}

// At finds the innermost node that an offset is in or at the end of: a scalar
// rather than what holds it. It is nil where there is none.
func (n *Node) At(offset int) *Node {
	if n == nil || offset < n.From || offset > n.To {
		return nil
	}
	for _, f := range n.Fields {
		for _, part := range []*Node{f.Key, f.Value} {
			if found := part.At(offset); found != nil {
				return found
			}
		}
	}
	for _, item := range n.Items {
		if found := item.At(offset); found != nil {
			return found
		}
	}
	return n
}

// Walk visits the node and all below it, keys too.
func (n *Node) Walk(visit func(*Node)) {
	visit(n)
	for _, f := range n.Fields {
		visit(f.Key)
		f.Value.Walk(visit)
	}
	for _, item := range n.Items {
		item.Walk(visit)
	}
}

// Document is one document of a stream.
type Document struct {
	// Root is its value, of kind Missing where it is empty.
	Root *Node
	// From and To are its stretch in the text, from marker to marker.
	From, To int
}
