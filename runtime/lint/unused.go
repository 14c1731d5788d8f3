package lint

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	ruleUnusedVar = &diag.Rule{
		ID: "unused-var", Severity: diag.Warning, Summary: "unused var",
		Explanation: "Nothing that runs uses this var: it is left over, or its name is misspelt where it is meant. Vars that only unused vars use are unused too.",
	}
	ruleUnusedFilter = &diag.Rule{
		ID: "unused-filter", Severity: diag.Warning, Summary: "unused filter",
		Explanation: "No `when` uses this filter. A filter has no effect by itself: it is a name for a condition, to be used in others.",
	}
	ruleUnusedResource = &diag.Rule{
		ID: "unused-resource", Severity: diag.Warning, Summary: "unused resource",
		Explanation: "No handler, index or step names this alias, and nothing looks at its `children`.",
	}
)

// anything stands for every name of a variable that is used as a whole.
const anything = "*"

// reachable are the names that are used by what runs, directly or by one another.
// of are the names that a definition uses.
func reachable(used []string, of func(name string) []string) map[string]bool {
	seen := map[string]bool{}
	for len(used) > 0 {
		name := used[0]
		used = used[1:]
		if !seen[name] {
			seen[name] = true
			used = append(used, of(name)...)
		}
	}
	return seen
}

func unusedVars(v *view) diag.List {
	var found diag.List
	for _, t := range v.tasks {
		if len(t.Work.Vars) == 0 {
			continue
		}
		definitions := map[string][]string{}
		var used []string
		for _, p := range t.places {
			names := p.selected("vars")
			if p.path[0] == "vars" {
				definitions[p.path[1]] = append(definitions[p.path[1]], names...)
			} else {
				used = append(used, names...)
			}
		}
		live := reachable(used, func(name string) []string { return definitions[name] })
		for _, entry := range t.Work.Vars {
			if name := entry.Key.Value; !live[name] && !live[anything] && entry.Key.Node != nil {
				found = append(found, ruleUnusedVar.At(entry.Key.Range(), "nothing in this %s uses vars.%s", t.Kind, name))
			}
		}
	}
	return found
}

// selected are the names that the expressions of a place select from a variable.
func (p place) selected(variable string) []string {
	var names []string
	for _, x := range p.exprs {
		names = append(names, x.Selected(variable)...)
	}
	return names
}

func unusedFilters(v *view) diag.List {
	definitions := map[string][]string{}
	var used []string
	for _, p := range v.allPlaces() {
		var names []string
		for _, x := range p.exprs {
			names = append(names, x.Variables()...)
		}
		if p.path[0] == "filters" {
			definitions[p.path[1]] = names
		} else {
			used = append(used, names...)
		}
	}
	live := reachable(used, func(name string) []string { return definitions[name] })
	var found diag.List
	for _, entry := range v.op.Spec.Filters {
		if !live[entry.Key.Value] && entry.Key.Node != nil {
			found = append(found, ruleUnusedFilter.At(entry.Key.Range(), "no expression uses %s", entry.Key.Value))
		}
	}
	return found
}

func unusedResources(v *view) diag.List {
	var children []string
	for _, p := range v.allPlaces() {
		children = append(children, p.selected("children")...)
	}
	for _, d := range unknownResources(v) {
		children = append(children, d.Suggestion()) // most likely it is meant
	}
	isUsed := func(entry spec.Entry[*spec.Selector]) bool {
		return v.selectors[entry.Value] || slices.Contains(children, entry.Key.Value) || slices.Contains(children, anything)
	}
	var found diag.List
	for _, entry := range v.op.Spec.Resources {
		if entry.Key.Node != nil && !isUsed(entry) {
			found = append(found, ruleUnusedResource.At(entry.Key.Range(), "nothing names %s", entry.Key.Value))
		}
	}
	return found
}
