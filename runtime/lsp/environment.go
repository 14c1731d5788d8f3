package lsp

import (
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// environment is that of the expressions of an operator, as far as it is written.
func environment(root *outline.Node) (*eval.Env, error) {
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
