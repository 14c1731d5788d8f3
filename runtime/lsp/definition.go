package lsp

import (
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// definition finds where the name at an offset is defined: the node that says it,
// nil where there is none.
func definition(d *document, offset int) *outline.Node {
	p, ok := placeAt(d, offset)
	if !ok {
		return nil
	}
	x, ok := p.expressionAt(offset)
	if !ok {
		if p.node.IsKey() {
			return nil
		}
		return p.target(p.node.Value())
	}
	env, err := untypedEnvironment(p.root)
	if err != nil {
		return nil
	}
	h, ok := env.Hover(x.text, offset-x.from, p.siteIn(x))
	if !ok {
		return nil
	}
	return p.symbolTarget(h.Symbol)
}

// target is what the value of a key refers to: an alias, or another handler.
func (p *place) target(name string) *outline.Node {
	switch {
	case p.key == nil:
	case p.key.Content == spec.SelectorContent:
		return keyIn(p.root.Get("spec", "resources"), name)
	case p.isNeeds():
		return idIn(p.root.Get("spec", "handlers"), name)
	}
	return nil
}

// symbolTarget is where the user has defined what an expression names.
func (p *place) symbolTarget(s eval.Symbol) *outline.Node {
	switch s.Kind {
	case eval.FilterSymbol:
		return keyIn(p.root.Get("spec", "filters"), s.Name)
	case eval.ChildSymbol:
		return keyIn(p.root.Get("spec", "resources"), s.Name)
	case eval.IndexSymbol:
		return idIn(p.root.Get("spec", "indexes"), s.Name)
	case eval.VarSymbol, eval.StepSymbol:
		// The innermost handler or sub-handler that has it.
		for i := len(p.around) - 1; i >= 0; i-- {
			n := p.around[i]
			if s.Kind == eval.VarSymbol {
				if found := keyIn(n.Get("vars"), s.Name); found != nil {
					return found
				}
				continue
			}
			if found := stepNamed(n.Get("do"), s.Name); found != nil {
				return found
			}
			if found := stepNamed(n.Get("onFailure"), s.Name); found != nil {
				return found
			}
		}
	}
	return nil
}

// keyIn is the key of a name in a mapping.
func keyIn(m *outline.Node, name string) *outline.Node {
	if m == nil {
		return nil
	}
	for _, f := range m.Fields {
		if f.Key.Value() == name {
			return f.Key
		}
	}
	return nil
}

// idIn is the id that has a value among the items of a list.
func idIn(list *outline.Node, id string) *outline.Node {
	for _, item := range list.Values() {
		if found := item.Get("id"); found != nil && found.Value() == id {
			return found
		}
	}
	return nil
}

// stepNamed is the name of a step, or of one inside of it.
func stepNamed(steps *outline.Node, name string) *outline.Node {
	for _, step := range steps.Values() {
		if found := step.Get("name"); found != nil && found.Value() == name {
			return found
		}
		for _, inner := range []*outline.Node{step.Get("do"), step.Get("repeat", "do")} {
			if found := stepNamed(inner, name); found != nil {
				return found
			}
		}
	}
	return nil
}
