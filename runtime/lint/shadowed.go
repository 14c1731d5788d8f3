package lint

import (
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var ruleShadowed = &diag.Rule{
	ID: "shadowed-variable", Severity: diag.Info, Summary: "the name hides a variable",
	Explanation: "A name that a loop (`spec.items.map(name, …)`) or `cel.bind` brings hides the variable or filter of the same name, and a var or a step that is named like a variable is easily taken for it: `vars.labels` is not `labels`. Another name tells readers which one is meant.",
}

func shadowed(v *view) diag.List {
	known := map[string]string{}
	for _, variable := range eval.Variables {
		known[variable.Name] = "the variable " + variable.Name
	}
	var found diag.List
	named := func(what, prefix string, name spec.String) {
		if hidden := known[name.Value]; hidden != "" && name.Node != nil {
			found = append(found, ruleShadowed.At(name.Node.Range, "the %s is read as %s.%s, and is easily taken for %s", what, prefix, name.Value, hidden))
		}
	}
	for _, t := range v.tasks {
		for _, entry := range t.Work.Vars {
			named("var", "vars", entry.Key)
		}
		t.Work.Walk(func(s *spec.Step) {
			if s.Name != nil {
				named("step's result", "steps", *s.Name)
			}
		})
	}
	for _, entry := range v.op.Spec.Filters {
		known[entry.Key.Value] = "the filter " + entry.Key.Value
	}
	for _, p := range v.allPlaces() {
		for _, x := range p.exprs {
			for _, local := range x.Locals() {
				hidden := known[local.Name]
				if hidden == "" || isItem(local.Name) && !p.item {
					continue
				}
				found = append(found, ruleShadowed.At(local.Range, "%s hides %s in this loop", local.Name, hidden))
			}
		}
	}
	return found
}

// isItem tells the variables that exist under forEach only: elsewhere they are
// good names for the items of a loop.
func isItem(name string) bool { return name == "item" || name == "key" || name == "value" }
