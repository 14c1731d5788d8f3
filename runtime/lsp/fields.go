package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// bodyType is the type of the objects of the handler that the place is in, nil where
// it is not known.
func (k *knowledge) bodyType(p *place) *schema.Type {
	env := k.compiled(p.headOnly(), standIn)
	if env == nil {
		return nil
	}
	return env.Known("body")
}

// objectType is the type of the object that a template at the place writes, and the
// node that is the object; nil where that is not known.
func (k *knowledge) objectType(p *place) (*schema.Type, *outline.Node) {
	if p.key == nil || !p.free || p.value == nil {
		return nil, nil
	}
	is := func(path string) bool { return strings.HasSuffix(p.key.Path, path) }
	switch {
	case is(".create.object"):
		return k.writtenType(p.value), p.value
	case is(".create.objects"):
		if i := slices.Index(p.around, p.value); i >= 0 && i+1 < len(p.around) {
			return k.writtenType(p.around[i+1]), p.around[i+1]
		}
	case is(".patch.apply"), is(".patch.merge") && p.value.Parent.Get("target") != nil:
		return k.writtenType(p.value), p.value
	case is(".patch.merge"):
		return k.bodyType(p), p.value
	case is(".status") && p.key.Action:
		f, _ := k.bodyType(p).Field("status")
		return f.Type, p.value
	}
	return nil, nil
}

// writtenType is the type of an object that says its kind.
func (k *knowledge) writtenType(object *outline.Node) *schema.Type {
	version, kind := object.Get("apiVersion"), object.Get("kind")
	if version == nil || kind == nil {
		return nil
	}
	return k.set.Type(schema.KindOf(clean(version.Value()), clean(kind.Value())))
}

// typeIn is the type of a node inside of an object of a type.
func (p *place) typeIn(object *outline.Node, of *schema.Type) (*schema.Type, bool) {
	var path []string
	inside := false
	for _, n := range p.around {
		switch {
		case n == object:
			inside = true
		case !inside:
		case n.Field != nil:
			path = append(path, clean(n.Field.Key.Value()))
		default:
			path = append(path, "0")
		}
	}
	return of.At(path)
}

// fieldCandidates are the fields that the mapping at the place does not have yet.
func (p *place) fieldCandidates(m *outline.Node, own *outline.Field, known *knowledge) []candidate {
	of, object := known.objectType(p)
	if object == nil {
		return nil
	}
	of, _ = p.typeIn(object, of)
	fields := slices.Clone(of.Fields())
	if len(fields) == 0 && m == object {
		fields = schema.AnyObject().Fields()
	}
	slices.SortStableFunc(fields, func(a, b schema.Field) int { return rank(a) - rank(b) })
	var out []candidate
	for _, f := range fields {
		if other := m.Get(f.Name); other != nil && (own == nil || other != own.Value) {
			continue
		}
		c := candidate{label: f.Name, kind: fieldItem, detail: f.Type.Kind().String(), doc: oneParagraph(f.Type.Doc())}
		if f.Required {
			c.detail += ", required"
		}
		if own == nil || own.Colon < 0 {
			c.insert = f.Name + ": "
			if kind := f.Type.Kind(); kind == schema.Object || kind == schema.Map || kind == schema.List {
				c.insert = f.Name + ":"
			}
		}
		out = append(out, c)
	}
	return out
}

// rank puts required fields first.
func rank(f schema.Field) int {
	if f.Required {
		return 0
	}
	return 1
}

// fieldValues are the words that a field of a written object may be.
func (p *place) fieldValues(known *knowledge) []candidate {
	of, object := known.objectType(p)
	if object == nil {
		return nil
	}
	if name := p.node.Field; name != nil && p.node.Parent == object {
		switch name.Key.Value() {
		case "kind":
			return known.kindCandidates(textOf(object.Get("apiVersion")))
		case "apiVersion":
			return known.versionCandidates()
		}
	}
	of, _ = p.typeIn(object, of)
	var out []candidate
	if of.Kind() == schema.Bool {
		return []candidate{{label: "true", kind: enumItem}, {label: "false", kind: enumItem}}
	}
	if of.Schema() != nil {
		for _, value := range of.Schema().Enum {
			out = append(out, candidate{label: fmt.Sprint(value), kind: enumItem, doc: oneParagraph(of.Doc())})
		}
	}
	return out
}

// textOf is the text of a node that may not be there.
func textOf(n *outline.Node) string {
	if n == nil {
		return ""
	}
	return clean(n.Value())
}

// kindCandidates are the kinds of an apiVersion, or all.
func (k *knowledge) kindCandidates(version string) []candidate {
	var out []candidate
	seen := map[string]bool{}
	for _, r := range k.set.Resources() {
		of := r.GVK().GroupVersion().String()
		if seen[r.Kind] || version != "" && version != of {
			continue
		}
		seen[r.Kind] = true
		out = append(out, candidate{label: r.Kind, kind: valueItem, detail: of})
	}
	return out
}

func (k *knowledge) versionCandidates() []candidate {
	var out []candidate
	seen := map[string]bool{}
	for _, r := range k.set.Resources() {
		if of := r.GVK().GroupVersion().String(); !seen[of] {
			seen[of] = true
			out = append(out, candidate{label: of, kind: valueItem})
		}
	}
	return out
}

// pathCandidates are the fields that a path can go on with: what stands before the last
// dot, or the items before, has been said already. from is where the rest of it begins.
func (p *place) pathCandidates(known *knowledge) (out []candidate, from int) {
	n := p.node
	from = n.TextFrom
	var path []string
	if n.Parent.Kind == outline.Sequence {
		for _, item := range n.Parent.Items {
			if item == n {
				break
			}
			path = append(path, item.Value())
		}
	} else {
		before, _, _ := strings.Cut(n.Text, cursorMark)
		if dot := strings.LastIndexByte(before, '.'); dot >= 0 {
			path = strings.Split(before[:dot], ".")
			from += dot + 1
		}
	}
	of, _ := known.bodyType(p).At(path)
	for _, f := range of.Fields() {
		out = append(out, candidate{label: f.Name, kind: fieldItem, detail: f.Type.Kind().String(), doc: oneParagraph(f.Type.Doc())})
	}
	return out, from
}

// explainField explains a key or a value in a written object by its schema.
func (p *place) explainField(known *knowledge) (string, bool) {
	of, object := known.objectType(p)
	if of == nil || object == nil {
		return "", false
	}
	at, found := p.typeIn(object, of)
	if p.node.IsKey() && found {
		at, found = at.At([]string{p.node.Value()})
	}
	if !found || at == nil {
		return "", false
	}
	name := p.node.Value()
	if !p.node.IsKey() && p.node.Field != nil {
		name = p.node.Field.Key.Value()
	}
	return code("yaml", name+": "+at.Kind().String()) + oneParagraph(at.Doc()), true
}

// oneParagraph is a description without the line breaks of its source.
func oneParagraph(doc string) string { return strings.Join(strings.Fields(doc), " ") }

// isPath tells whether the value is the path of a field of the handled object.
func (p *place) isPath() bool {
	return p.key != nil && p.key.Content == spec.PathContent && !strings.Contains(p.key.Path, ".settings.") && p.task() != nil
}
