package lsp

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// environment is that of an expression: with the types that the compiler knows at its
// place, as far as the text around it is sound.
//
// The compiler itself is asked. It gets the operator with nothing but the handler at
// hand, in which a stand-in takes the place of the expression, since that may be
// unfinished. Where it cannot compile the handler, it gets one of the same head with
// nothing in it, which knows the object at least; and where that fails, nothing is
// known but names.
func (k *knowledge) environment(d *document, p *place, x expression) (*eval.Env, error) {
	if !p.isFilter() { // which is about no kind of object by itself
		expression := standIn
		if p.site().Scope&eval.Item != 0 {
			expression = standInItem
		}
		if env := k.compiled(p.alone(d, x, expression), expression); env != nil {
			return env, nil
		}
	}
	if env := k.compiled(p.headOnly(), standIn); env != nil {
		return env, nil
	}
	return untypedEnvironment(p.root)
}

// compiled is the Env of a stand-in in an operator; nil where it is not compiled.
func (k *knowledge) compiled(text, expression string) *eval.Env {
	bundle, _ := spec.Parse([]spec.Source{{Name: "operator.yaml", Text: []byte(text)}})
	for _, op := range bundle.Operators {
		if env := handle.EnvAt(op, k.kinds, expression); env != nil {
			return env
		}
	}
	return nil
}

// The stand-ins for an expression: whatever is wanted at a place, they are of that
// type. One uses item, so that it is taken for a condition on each item.
const (
	standIn     = `dyn(dyn(null))`
	standInItem = `dyn(dyn(item))`
)

// alone is the operator with nothing but the handler at hand, in which a stand-in takes
// the place of the expression. What is not closed yet is closed behind it.
func (p *place) alone(d *document, x expression, instead string) string {
	end := x.from + len(clean(x.text))
	around := documentAt(d.documents(), x.from)
	text := string(focusOn(d.content, []*outline.Document{around}, stretch{x.from, end}).text)
	return p.completed(text[around.From:x.from], around.From) + instead + p.closing(d.content, x, end) + text[end:around.To]
}

// completed is the text up to the expression, which begins at an offset of the file, with
// what is still missing in the mappings around: without it, the compiler would not look
// at them.
func (p *place) completed(text string, from int) string {
	var out strings.Builder
	written := from
	for i, n := range p.around {
		if n.Kind != outline.Mapping || n.From < from {
			continue
		}
		at, separator := n.From, "\n"+strings.Repeat(" ", n.From-from-strings.LastIndexByte(text[:n.From-from], '\n')-1)
		if n.Style == outline.FlowMapping {
			at, separator = n.From+1, ", "
		}
		out.WriteString(text[written-from : at-from])
		written = at
		for _, k := range missingKeys(n, p.within[i]) {
			out.WriteString(k.Name() + ": " + anyValue(k) + separator)
		}
	}
	return out.String() + text[written-from:]
}

// missingKeys are those that a mapping needs and does not have; a step needs an action.
func missingKeys(m *outline.Node, keys []spec.Key) []spec.Key {
	var out []spec.Key
	needsAction := false
	for _, k := range keys {
		if k.Required && m.Get(k.Name()) == nil {
			out = append(out, k)
		}
		needsAction = needsAction || k.Action && k.Name() == "log"
	}
	for _, k := range keys {
		needsAction = needsAction && !(k.Action && m.Get(k.Name()) != nil)
	}
	for _, k := range keys {
		if needsAction && k.Name() == "log" {
			out = append(out, k)
		}
	}
	return out
}

// anyValue is a value that a key may have.
func anyValue(k spec.Key) string {
	switch {
	case len(k.Values) > 0:
		return k.Values[0]
	case k.Name() == "do":
		return "[{log: x}]"
	case k.Name() == "every":
		return "1s"
	case k.Name() == "metadata":
		return "{name: x}"
	case k.Name() == "target":
		return "{resource: pods, name: x}"
	case k.Content == spec.SelectorContent:
		return "pods"
	case k.Content == spec.ExpressionContent:
		return "true"
	}
	return "x"
}

// closing is what has to follow the expression before the text can go on.
func (p *place) closing(content string, x expression, end int) string {
	out := ""
	if x.template && !strings.HasPrefix(content[end:], "}") {
		out += "}"
	}
	n := p.node
	rest := content[end:]
	if line := strings.IndexByte(rest, '\n'); line >= 0 {
		rest = rest[:line]
	}
	if (n.Style == outline.DoubleQuoted || n.Style == outline.SingleQuoted) && !strings.Contains(rest, string(n.Style)) {
		out += string(n.Style)
	}
	if strings.TrimSpace(rest) != "" {
		return out
	}
	for i := len(p.around) - 1; i >= 0; i-- {
		around := p.around[i]
		last := content[around.To-p.marked-1:]
		switch {
		case around.Style == outline.FlowMapping && around.Kind == outline.Mapping && !strings.HasPrefix(last, "}"):
			out += "}"
		case around.Style == outline.FlowSequence && around.Kind == outline.Sequence && !strings.HasPrefix(last, "]"):
			out += "]"
		}
	}
	return out
}

// isFilter tells whether the place is in spec.filters.
func (p *place) isFilter() bool { return p.key != nil && p.key.Path == "spec.filters" }

// headOnly is an operator with a handler for the same causes and resources as the one at
// hand; for a filter, those of all that may use it.
func (p *place) headOnly() string {
	tasks := []*outline.Node{p.task()}
	switch {
	case p.isFilter():
		tasks = tasksOf(p.root)
	case tasks[0] == nil:
		return ""
	}
	var out strings.Builder
	out.WriteString("apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n")
	if resources := p.root.Get("spec", "resources"); resources != nil && resources.Kind == outline.Mapping {
		out.WriteString("  resources:\n")
		for _, f := range resources.Fields {
			if f.Value.Kind == outline.Scalar {
				out.WriteString("    " + f.Key.Value() + ": " + f.Value.Value() + "\n")
			}
		}
	}
	list := func(key, otherwise string) string {
		var values []string
		for _, task := range tasks {
			for _, v := range task.Get(key).Values() {
				if value := clean(v.Value()); !slices.Contains(values, value) {
					values = append(values, value)
				}
			}
		}
		if values == nil {
			return otherwise
		}
		return "[" + strings.Join(values, ", ") + "]"
	}
	out.WriteString("  handlers:\n    - on: " + list("on", "create") + "\n      resource: " + list("resource", "any") +
		"\n      do: [{log: x, when: " + standIn + "}]\n")
	return out.String()
}

// task is the handler, timer or so that the place is in.
func (p *place) task() *outline.Node {
	for i, n := range p.around {
		if i > 0 && n.Kind == outline.Mapping && p.around[i-1].Kind == outline.Sequence {
			return n
		}
	}
	return nil
}

// untypedEnvironment is that of an operator of which only the outline is known.
func untypedEnvironment(root *outline.Node) (*eval.Env, error) {
	var o eval.Options
	if filters := root.Get("spec", "filters"); filters != nil {
		for _, f := range filters.Fields {
			key := spec.String{Value: clean(f.Key.Value())}
			o.Filters = append(o.Filters, spec.Entry[*spec.Expr]{Key: key, Value: &spec.Expr{Text: clean(f.Value.Value())}})
		}
	}
	for _, x := range root.Get("spec", "indexes").Values() {
		if id := x.Get("id"); id != nil {
			o.Indexes = append(o.Indexes, clean(id.Value()))
		}
	}
	return eval.New(o)
}
