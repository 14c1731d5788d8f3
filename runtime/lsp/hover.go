package lsp

import (
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// explanation is what is known of something, and where it stands.
type explanation struct {
	text     string
	from, to int
}

// explain tells what stands at an offset.
func explain(d *document, offset int, known *knowledge) (explanation, bool) {
	p, ok := placeAt(d, offset)
	if !ok {
		return explanation{}, false
	}
	if x, ok := p.expressionAt(offset); ok {
		return explainExpression(d, &p, x, offset, known)
	}
	here := explanation{from: p.node.From, to: p.node.To}
	switch {
	case p.node.IsKey() && !p.named && !p.free:
		k, found := p.keyNamed(p.node.Value())
		here.text = keyText(k)
		return here, found
	case p.key == nil:
		return explanation{}, false
	case p.free:
		if text, ok := p.explainField(known); ok {
			here.text = text
			return here, true
		}
		if p.node.IsKey() || len(p.key.Values) == 0 && p.key.Content == spec.OtherContent && !p.isNeeds() {
			return explanation{}, false
		}
	case p.node.IsKey():
		here.text = keyText(*p.key)
		return here, true
	}
	here.text = keyText(*p.key)
	if target := p.target(p.node.Value()); target != nil {
		here.text = targetText(p.node.Value(), target)
	}
	return here, true
}

// placeAt is the place of the scalar at an offset of an operator.
func placeAt(d *document, offset int) (place, bool) {
	root := documentAt(d.documents(), offset).Root
	node := root.At(offset)
	if node == nil || node.Kind != outline.Scalar || !isOperator(root) {
		return place{}, false
	}
	return placeOf(root, node), true
}

// keyNamed finds the key of a name in the mapping.
func (p *place) keyNamed(name string) (spec.Key, bool) {
	for _, k := range p.keys {
		if k.Name() == name {
			return k, true
		}
	}
	return spec.Key{}, false
}

// keyText explains a key.
func keyText(k spec.Key) string {
	head := k.Path + ": " + k.Type
	if k.Required {
		head += " (required)"
	}
	return code("yaml", head) + keyDoc(k)
}

// keyDoc is what is known of a key in sentences.
func keyDoc(k spec.Key) string {
	return strings.Join(append([]string{k.Doc}, k.Limits...), " ")
}

func code(language, text string) string { return "```" + language + "\n" + text + "\n```\n" }

// targetText explains what a name stands for.
func targetText(name string, target *outline.Node) string {
	switch {
	case target.Parent.Kind == outline.Mapping && target.IsKey():
		value := target.Field.Value
		var text string
		if value.Kind == outline.Scalar {
			text = oneLine(value.Value())
		} else {
			var parts []string
			for _, f := range value.Fields {
				parts = append(parts, f.Key.Value()+": "+oneLine(f.Value.Value()))
			}
			text = strings.Join(parts, ", ")
		}
		return code("yaml", name+": "+text) + "Alias in `spec.resources`."
	default:
		return code("yaml", "id: "+name) + "Handler: " + handlerDoc(target.Parent) + "."
	}
}

// explainExpression tells what stands inside of an expression.
func explainExpression(d *document, p *place, x expression, offset int, known *knowledge) (explanation, bool) {
	env, err := known.environment(d, p, x)
	if err != nil {
		return explanation{}, false
	}
	h, ok := env.Hover(x.text, offset-x.from, p.siteIn(x))
	if !ok {
		return explanation{}, false
	}
	return explanation{text: symbolText(h.Symbol), from: x.from + h.From, to: x.from + h.To}, true
}

// symbolText explains what an expression names.
func symbolText(s eval.Symbol) string {
	if s.Kind == eval.FunctionSymbol || s.Kind == eval.MethodSymbol {
		return code("cel", s.Type) + s.Doc
	}
	return code("cel", s.Name+": "+s.Type) + s.Doc
}
