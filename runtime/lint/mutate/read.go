package mutate

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// file is a definition that mutants are made of.
type file struct {
	name, text string
	// lines are the offsets at which the lines begin.
	lines []int
	// sites are all keys and items of the operators in it, in the order of the
	// text.
	sites       []*site
	expressions []*expression
	types       *typed
	mutants     []Mutant
}

// site is one key with its value, or one item of a list.
type site struct {
	up *site
	// key is nil for items and for documents.
	key   *yaml.Node
	value *yaml.Node
	// lang is what the language says of the key, or of the items of the list;
	// nil in data, and for names that the user chooses.
	lang *spec.Key
	// keys are those that the map or the maps in the list may have; nil where
	// they are free.
	keys []spec.Key
	// named says that the keys of the map are names that the user chooses.
	named bool
	below []*site
	// end is the offset behind the last line of the site.
	end int
}

func read(name, text string) (*file, error) {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return nil, fmt.Errorf("%s: only ASCII can be mutated: columns are bytes here", name)
		}
	}
	f := &file{name: name, text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	var definitions []map[string]any
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		switch n := doc.Content[0]; kindOf(n) {
		case "Operator":
			f.mapping(&site{value: n, keys: spec.TopKeys()})
		case "CustomResourceDefinition":
			// Its own mistakes are none of ours: the API server checks it.
			var definition map[string]any
			if err := n.Decode(&definition); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			definitions = append(definitions, definition)
		}
	}
	f.findExpressions()
	return f, f.readTypes(definitions)
}

// kindOf is the kind of a document.
func kindOf(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "kind" {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// offset is where a node begins.
func (f *file) offset(n *yaml.Node) int { return f.lines[n.Line-1] + n.Column - 1 }

func (f *file) mapping(s *site) {
	for i := 0; i+1 < len(s.value.Content); i += 2 {
		below := &site{up: s, key: s.value.Content[i], value: s.value.Content[i+1]}
		if s.named {
			below.keys = s.keys
		} else if at := slices.IndexFunc(s.keys, func(k spec.Key) bool { return k.Name() == below.key.Value }); at >= 0 {
			lang := s.keys[at]
			below.lang, below.keys, below.named = &lang, lang.Keys(), strings.HasPrefix(lang.Type, "map of ")
		}
		f.site(below)
	}
}

func (f *file) site(s *site) {
	s.up.below = append(s.up.below, s)
	f.sites = append(f.sites, s)
	switch s.value.Kind {
	case yaml.MappingNode:
		f.mapping(s)
	case yaml.SequenceNode:
		for _, item := range s.value.Content {
			f.site(&site{up: s, value: item, lang: s.lang, keys: s.keys, named: s.up.named && s.lang == nil})
		}
	}
	s.end = f.endOf(s)
}

// endOf is the end of the last line that holds something of a site in block
// style.
func (f *file) endOf(s *site) int {
	last := s.value.Line
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		last = max(last, n.Line)
		for _, c := range n.Content {
			visit(c)
		}
	}
	visit(s.value)
	if last == len(f.lines) {
		return len(f.text)
	}
	return f.lines[last]
}

// at is where a site begins: its key, or the item behind the dash.
func (f *file) at(s *site) int {
	if s.key != nil {
		return f.offset(s.key)
	}
	return f.offset(s.value)
}

// column is where a site stands in its line, counted from 0.
func (f *file) column(s *site) int {
	if s.key != nil {
		return s.key.Column - 1
	}
	return s.value.Column - 1
}

func (s *site) line() int {
	if s.key != nil {
		return s.key.Line
	}
	return s.value.Line
}

// path is the keys that lead to a site.
func (s *site) path() []string {
	if s.up == nil {
		return nil
	}
	if s.key == nil {
		return s.up.path()
	}
	return append(s.up.path(), s.key.Value)
}

// task is the item of a list in spec that a site belongs to: a handler, a timer
// and so on; or what is nearest to it.
func (s *site) task() *site {
	for s.up != nil && (len(s.path()) > 2 || s.key != nil) {
		s = s.up
	}
	return s
}

// index is the place of a site among its siblings.
func (s *site) index() int { return slices.Index(s.up.below, s) }

// before is the sibling before a site, or nil.
func (s *site) before() *site {
	if i := s.index(); i > 0 {
		return s.up.below[i-1]
	}
	return nil
}

func (s *site) after() *site {
	if i := s.index(); i+1 < len(s.up.below) {
		return s.up.below[i+1]
	}
	return nil
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// isBlock tells a map or a list that is written in lines.
func isBlock(n *yaml.Node) bool {
	return (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode) && !isFlow(n) && len(n.Content) > 0
}

// startsLine tells whether nothing but white space and dashes stands before a
// site in its line.
func (f *file) startsLine(s *site) bool {
	at := f.at(s)
	return strings.Trim(f.text[f.lines[s.line()-1]:at], " -") == ""
}

// ownLine tells whether a site begins a line of its own, without a dash.
func (f *file) ownLine(s *site) bool {
	return strings.TrimSpace(f.text[f.lines[s.line()-1]:f.at(s)]) == ""
}

// oneLine tells whether a site is within one line.
func (f *file) oneLine(s *site) bool { return s.end == f.lineEnd(s.line()) }

func (f *file) lineEnd(line int) int {
	if line >= len(f.lines) {
		return len(f.text)
	}
	return f.lines[line]
}

// scalar is the text of a scalar of one line as it stands in the file, without
// its quotes. ok is false where escapes make it another text than its value.
func (f *file) scalar(n *yaml.Node) (from int, text string, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Value == "" || n.Anchor != "" || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 {
		return 0, "", false
	}
	from = f.offset(n)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		quote := f.text[from]
		from++
		end := from + len(n.Value)
		return from, n.Value, end < len(f.text) && f.text[from:end] == n.Value && f.text[end] == quote
	}
	return from, n.Value, strings.HasPrefix(f.text[from:], n.Value)
}

// extent is where a value of one line begins and ends, quotes and brackets
// included.
func (f *file) extent(n *yaml.Node) (from, to int, ok bool) {
	from = f.offset(n)
	if n.Kind == yaml.ScalarNode {
		at, text, ok := f.scalar(n)
		to = at + len(text)
		if at > from {
			to++
		}
		return from, to, ok
	}
	if !isFlow(n) {
		return 0, 0, false
	}
	to = f.closing(from)
	return from, to + 1, to > 0 && !strings.Contains(f.text[from:to], "\n")
}

// closing is the bracket that closes the one at an offset, or 0.
func (f *file) closing(from int) int {
	depth := 0
	for at := from; at < len(f.text); at++ {
		switch f.text[at] {
		case '"', '\'':
			quote := f.text[at]
			for at++; at < len(f.text) && f.text[at] != quote; at++ {
				if f.text[at] == '\\' && quote == '"' {
					at++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at
			}
		}
	}
	return 0
}

// holds tells what a key of the language holds, whether by itself, in a list or
// in a map.
func (s *site) holds(word string) bool {
	if s.lang == nil {
		return s.up != nil && s.up.named && s.up.lang != nil && s.up.lang.Type == "map of "+word+"s"
	}
	t := strings.TrimSuffix(s.lang.Type, ", or a list of them")
	return t == word || s.key == nil && t == "list of "+word+"s"
}

// words are the ones that the value may be, nil where it is free.
func (s *site) words() []string {
	if s.lang == nil {
		return nil
	}
	for _, limit := range s.lang.Limits {
		if strings.HasPrefix(limit, "It is \"") || strings.HasPrefix(limit, "Each is \"") {
			var words []string
			for i, part := range strings.Split(limit, `"`) {
				if i%2 == 1 {
					words = append(words, part)
				}
			}
			return words
		}
	}
	return nil
}

// limited tells whether the language says this of the value.
func (s *site) limited(words string) bool {
	return s.lang != nil && slices.ContainsFunc(s.lang.Limits, func(limit string) bool { return strings.Contains(limit, words) })
}
