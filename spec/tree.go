package spec

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// maxAliased limits the nodes that aliases add to a document: a few lines of
// nested aliases can stand for billions.
const maxAliased = 100_000

// builder makes Values of the YAML library's nodes.
type builder struct {
	*report
	chunk *chunk
	// anchored are the finished values of nodes with an anchor, open the nodes
	// whose value is still being built: an alias to one would have no end.
	anchored map[*yaml.Node]*Value
	open     map[*yaml.Node]bool
	aliased  int
}

func newBuilder(r *report, c *chunk) *builder {
	return &builder{report: r, chunk: c, anchored: map[*yaml.Node]*Value{}, open: map[*yaml.Node]bool{}}
}

func (b *builder) value(n *yaml.Node) *Value {
	if n.Kind == yaml.AliasNode {
		return b.alias(n)
	}
	if n.Anchor != "" {
		b.open[n] = true
	}
	var out *Value
	switch n.Kind {
	case yaml.MappingNode:
		out = b.mapping(n)
	case yaml.SequenceNode:
		out = b.sequence(n)
	default:
		out = b.scalar(n)
	}
	if n.Anchor != "" {
		delete(b.open, n)
		b.anchored[n] = out
	}
	return out
}

func (b *builder) alias(n *yaml.Node) *Value {
	start := b.start(n)
	at := b.chunk.src.rangeOf(start, start+len("*")+len(n.Value))
	null := &Value{Range: at, size: 1, broken: true}
	target := b.anchored[n.Alias]
	if b.open[n.Alias] || target == nil {
		b.add(ruleAlias, at, "*%s stands inside the very value that it names", n.Value)
		return null
	}
	if b.aliased += target.size; b.aliased > maxAliased {
		if b.aliased-target.size <= maxAliased {
			b.add(ruleAlias, at, "with *%s the aliases of this document stand for more than %d values", n.Value, maxAliased)
		}
		return null
	}
	return target
}

func (b *builder) start(n *yaml.Node) int { return b.chunk.offset(n.Line, n.Column) }

func (b *builder) scalar(n *yaml.Node) *Value {
	text, from, to := scanScalar(b.chunk.src, b.start(n), b.chunk.end, n)
	t := typed(n)
	out := &Value{Kind: t.kind, Scalar: t.value, Range: b.chunk.src.rangeOf(from, to), size: 1}
	out.text = text
	if t.problem != nil {
		at := out.Range
		if t.problem.rule == ruleTag {
			at.Start = b.chunk.src.pos(b.start(n))
		}
		bad := b.add(t.problem.rule, at, "%s", t.problem.detail)
		if t.problem.suggestion != "" {
			bad.Suggest(t.problem.suggestion)
		}
		out.broken = true
	}
	return out
}

func (b *builder) sequence(n *yaml.Node) *Value {
	out := &Value{Kind: ListKind, Items: make([]*Value, 0, len(n.Content)), size: 1}
	b.collectionTag(n, "!!seq")
	end := b.start(n)
	for _, item := range n.Content {
		v := b.value(item)
		out.Items = append(out.Items, v)
		out.size += v.size
		end = max(end, b.endOf(item, v))
	}
	out.Range = b.collectionRange(n, end)
	return out
}

func (b *builder) mapping(n *yaml.Node) *Value {
	m := &mapping{builder: b, out: &Value{Kind: MapKind, Fields: make([]Field, 0, len(n.Content)/2), size: 1}, own: map[string]diag.Range{}}
	b.collectionTag(n, "!!map")
	end := b.start(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		end = max(end, m.field(n.Content[i], n.Content[i+1]))
	}
	m.merge()
	m.out.Range = b.collectionRange(n, end)
	return m.out
}

// collectionTag refuses the tags that only other YAML libraries know.
func (b *builder) collectionTag(n *yaml.Node, want string) {
	if n.Style&yaml.TaggedStyle == 0 || n.Tag == want {
		return
	}
	start := b.start(n)
	p := unknownTag(n.Tag)
	b.add(p.rule, b.chunk.src.rangeOf(start, start+1), "%s", p.detail)
}

// endOf is where a value ends; one behind an alias stands elsewhere.
func (b *builder) endOf(n *yaml.Node, v *Value) int {
	if n.Kind == yaml.AliasNode {
		return b.start(n) + len("*") + len(n.Value)
	}
	return v.Range.End.Offset
}

// collectionRange adds the closing bracket of a collection in flow style.
func (b *builder) collectionRange(n *yaml.Node, end int) diag.Range {
	s := &scan{src: b.chunk.src, at: b.start(n), limit: b.chunk.end}
	s.properties()
	start := s.at
	if n.Style&yaml.FlowStyle == 0 {
		return b.chunk.src.rangeOf(start, end)
	}
	if end = max(end, start); end == start {
		end++
	}
	s.at = end
	for s.separation(); s.peek() == ',' || s.peek() == ':'; s.separation() {
		s.at++
	}
	if c := s.peek(); c == ']' || c == '}' {
		end = s.at + 1
	}
	return b.chunk.src.rangeOf(start, end)
}

// mapping is a map that is being built.
type mapping struct {
	*builder
	out *Value
	// own are the map's own keys, which win over merged ones.
	own    map[string]diag.Range
	merges []merge
}

// merge is a << key: the place among the fields where it stands, and its value.
type merge struct {
	at    int
	value *Value
	where diag.Range
}

// field adds one key and value, and returns where they end.
func (m *mapping) field(k, v *yaml.Node) int {
	if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
		value := m.value(v)
		where := m.chunk.src.rangeOf(m.start(k), m.start(k)+len("<<"))
		m.merges = append(m.merges, merge{at: len(m.out.Fields), value: value, where: where})
		m.noteKey("<<", where)
		return m.endOf(v, value)
	}
	key, ok := m.key(k)
	value := m.value(v)
	end := m.endOf(v, value)
	if !ok {
		return end
	}
	if name, _ := key.String(); m.noteKey(name, key.Range) {
		m.out.Fields = append(m.out.Fields, Field{Key: key, Value: value})
		m.out.size += 1 + value.size
	}
	return end
}

// noteKey tells whether the key is new, and reports it otherwise.
func (m *mapping) noteKey(name string, at diag.Range) bool {
	first, again := m.own[name]
	if again {
		m.duplicateKey(name, at, first)
		return false
	}
	m.own[name] = at
	return true
}

// duplicateKey reports a key that stands in the map already. Where the first key
// comes again, a dash is missing, and so all that comes behind it is no mistake
// of its own.
func (m *mapping) duplicateKey(name string, at, first diag.Range) {
	if m.out.joined {
		return
	}
	d := m.add(ruleDuplicate, at, "%q stands in line %d already", name, first.Start.Line)
	d.Context = &first
	if len(m.out.Fields) > 1 && m.out.Fields[0].Key.Range == first && m.isBehindDash(first.Start.Offset) {
		m.out.joined = true
		d.Detail += `; if a new item of the list begins here, it needs a "- "`
	}
}

// isBehindDash tells whether a place is the first one of an item in a line.
func (b *builder) isBehindDash(at int) bool {
	before := strings.TrimRight(b.chunk.src.text[b.chunk.start:at], " ")
	return strings.HasSuffix(before, "-")
}

// key reads a key: any scalar, taken as the text that it was written as, since
// JSON has no other keys.
func (m *mapping) key(n *yaml.Node) (*Value, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Anchor != "" && n.Kind == yaml.ScalarNode {
		m.anchored[n] = m.scalar(n) // as a value, it has its own type
	}
	text, from, to := scanScalar(m.chunk.src, m.start(n), m.chunk.end, n)
	at := m.chunk.src.rangeOf(from, to)
	switch {
	case n.Kind != yaml.ScalarNode:
		at = m.chunk.src.rangeOf(m.start(n), m.start(n)+1)
		m.add(ruleKey, at, "a key must be text; braces and brackets that are part of a text must be quoted")
		return nil, false
	case n.Value == "" && n.Style == 0:
		m.add(ruleKey, at, "a key is missing before the colon")
		return nil, false
	case n.Style&yaml.TaggedStyle != 0 && tagged(n.Tag, n.Value).problem != nil:
		at.Start = m.chunk.src.pos(m.start(n))
		p := tagged(n.Tag, n.Value).problem
		m.add(p.rule, at, "%s", p.detail)
		return nil, false
	}
	return &Value{Kind: StringKind, Scalar: n.Value, Range: at, text: text, size: 1}, true
}

// merge puts the fields of merged maps where << stands; earlier ones win.
func (m *mapping) merge() {
	for i := len(m.merges) - 1; i >= 0; i-- {
		one := m.merges[i]
		fields := m.mergedFields(one)
		rest := append([]Field(nil), m.out.Fields[one.at:]...)
		m.out.Fields = append(append(m.out.Fields[:one.at], fields...), rest...)
	}
}

func (m *mapping) mergedFields(one merge) []Field {
	sources := []*Value{one.value}
	if one.value.Kind == ListKind {
		sources = one.value.Items
	}
	var out []Field
	for _, source := range sources {
		if source.Kind != MapKind {
			m.add(ruleMerge, one.where, "<< takes a map or a list of maps, and got %s", source.Kind)
			return nil
		}
		for _, f := range source.Fields {
			name := fmt.Sprint(f.Key.Scalar)
			if _, has := m.own[name]; has {
				continue
			}
			m.own[name] = f.Key.Range
			out = append(out, f)
			m.out.size += 1 + f.Value.size
		}
	}
	return out
}
