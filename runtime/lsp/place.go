package lsp

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// place is where in the language a node stands.
type place struct {
	root, node *outline.Node
	// around are the nodes from the root to the node, and within are the keys that can
	// stand in each.
	around []*outline.Node
	within [][]spec.Key
	// key is the key of the language whose value the node is, or is inside of; nil
	// at the top, and where the language has no such key.
	key *spec.Key
	// keys can stand in the node, if it is or becomes a mapping.
	keys []spec.Key
	// named says that the node is a mapping whose keys the user chooses.
	named bool
	// free says that the node is inside of YAML that the language does not
	// describe: a template, or a literal.
	free bool
	// whole says that the node is all of the key's value, not one item of it.
	whole bool
	// value is all of the key's value: the node, or one around it.
	value *outline.Node
	// marked is the length of the mark at the cursor, which is in all nodes around; 0
	// where there is none.
	marked int
}

// placeOf finds the place of a node of an operator. That of a key is the place of
// the mapping that it is in.
func placeOf(root, node *outline.Node) place {
	p := place{root: root, node: node, keys: spec.TopKeys(), whole: true}
	if node.IsKey() {
		node = node.Parent
	}
	for n := node; n != nil; n = n.Parent {
		p.around = append(p.around, n)
	}
	slices.Reverse(p.around)
	p.within = append(p.within, p.keys)
	for i := 1; i < len(p.around); i++ {
		p.enter(p.around[i-1], p.around[i])
		p.within = append(p.within, p.keys)
	}
	return p
}

// enter goes from a node to one in it.
func (p *place) enter(parent, child *outline.Node) {
	switch {
	case p.free:
	case parent.Kind == outline.Sequence:
		if p.key == nil || p.named || !p.key.Listed {
			p.become(nil, false)
			return
		}
		p.become(p.key, true)
	case p.named:
		p.become(p.key, true)
	default:
		name := clean(child.Field.Key.Value())
		for _, k := range p.keys {
			if k.Name() == name {
				p.become(&k, false)
				p.value = child
				return
			}
		}
		p.become(nil, false)
	}
}

// become sets the place to the value of a key, or to one item of it.
func (p *place) become(key *spec.Key, item bool) {
	p.key, p.keys, p.named, p.free, p.whole = key, nil, false, key == nil, !item
	if key == nil {
		return
	}
	p.named = key.Named && !item
	if !p.named {
		p.keys = key.Keys()
		p.free = len(p.keys) == 0 && key.Content != spec.ExpressionContent
	}
}

// cursorMark stands at the cursor in texts that are completed, so that a node is
// there. It is a code point that Unicode promises to be no character.
const cursorMark = "\ufdd0"

// clean is a text without the mark.
func clean(s string) string { return strings.ReplaceAll(s, cursorMark, "") }

// expression is the expression that an offset is in.
type expression struct {
	text string
	// from is where it begins in the file.
	from     int
	template bool
}

// expressionAt finds the expression at an offset of the file, if the place holds
// expressions.
func (p *place) expressionAt(offset int) (expression, bool) {
	n := p.node
	if p.key == nil || n.Kind != outline.Scalar || n.Style == outline.Alias {
		return expression{}, false
	}
	inside := offset - n.TextFrom
	written := sameLength(n)
	if inside < 0 || inside > len(written) {
		return expression{}, false
	}
	switch p.key.Content {
	case spec.ExpressionContent:
		if n.IsKey() || p.named {
			return expression{}, false
		}
		return expression{text: written, from: n.TextFrom}, true
	case spec.TemplateContent:
		if n.IsKey() && !p.free {
			return expression{}, false
		}
		from, to, ok := eval.ExpressionAt(written, inside)
		return expression{text: written[from:to], from: n.TextFrom + from, template: true}, ok
	}
	return expression{}, false
}

// sameLength is the text of a scalar as CEL reads it, with each character where it
// stands in the file: escapes are replaced by as many bytes, of which those that
// mean nothing are spaces.
func sameLength(n *outline.Node) string {
	switch n.Style {
	case outline.SingleQuoted:
		return strings.ReplaceAll(n.Text, "''", " '")
	case outline.DoubleQuoted:
		return escapes.Replace(n.Text)
	}
	return n.Text
}

var escapes = strings.NewReplacer(`\\`, `\\`, `\"`, ` "`, `\n`, `  `, `\t`, `  `)
