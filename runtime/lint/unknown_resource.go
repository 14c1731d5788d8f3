package lint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var ruleUnknownResource = &diag.Rule{
	ID: "unknown-resource", Severity: diag.Warning, Summary: "unknown resource",
	Explanation: "No alias, no builtin resource and no CustomResourceDefinition at hand has this name, but one has a name that is very near to it. A cluster may have resources that lint has not heard of, so this is not sure: if it has, give lint their definitions by `--crd` or `--cluster`.",
}

// unknownResources finds names of resources that are most likely misspelt.
func unknownResources(v *view) diag.List {
	selectors := make([]*spec.Selector, 0, len(v.selectors)+len(v.op.Spec.Resources))
	for s := range v.selectors {
		selectors = append(selectors, s)
	}
	for _, entry := range v.op.Spec.Resources {
		selectors = append(selectors, entry.Value)
	}
	slices.SortFunc(selectors, func(a, b *spec.Selector) int { return cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset) })
	var found diag.List
	for _, s := range slices.Compact(selectors) {
		if d := v.unknownResource(s); d != nil {
			found = append(found, d)
		}
	}
	return found
}

func (v *view) unknownResource(s *spec.Selector) *diag.Diagnostic {
	name, namesOf := wantedName(s)
	if name == nil || name.Node == nil {
		return nil
	}
	text, ok := name.Node.String()
	if !ok || slices.ContainsFunc(v.resources, func(r schema.Resource) bool { return inGroup(r, s.Group) && slices.Contains(namesOf(r), name.Value) }) {
		return nil
	}
	guesses := v.meantResources(s, name.Value, namesOf)
	if len(guesses) == 0 {
		return nil
	}
	d := ruleUnknownResource.At(name.Range(), "nobody here knows the resource %s; did you mean %s?", text, strings.Join(guesses, " or "))
	if len(guesses) == 1 {
		d.SuggestWord(text, guesses[0])
	}
	return d
}

// meantResources guesses the whole text that was meant: an alias, another name
// in the group, or the same name in another group.
func (v *view) meantResources(s *spec.Selector, name string, namesOf func(schema.Resource) []string) []string {
	text := name
	if s.AnyName != nil {
		text, _ = s.AnyName.Node.String()
	}
	if text == name && s.AnyName != nil {
		aliases := make([]string, 0, len(v.op.Spec.Resources))
		for _, entry := range v.op.Spec.Resources {
			aliases = append(aliases, entry.Key.Value)
		}
		if guess, ok := diag.Nearest(name, aliases); ok {
			return []string{guess}
		}
		if several := diag.OneEdit(name, aliases); len(several) > 0 {
			return several
		}
	}
	var names, qualified []string
	for _, r := range v.resources {
		if inGroup(r, s.Group) {
			names = append(names, namesOf(r)...)
		}
		qualified = append(qualified, r.Plural+"."+r.Group)
	}
	if guess, ok := diag.Nearest(name, names); ok && len(name) > 3 {
		return []string{strings.Replace(text, name, guess, 1)}
	}
	if guess, ok := diag.Nearest(text, qualified); ok && text != name {
		return []string{guess}
	}
	return nil
}

// wantedName is the name in a selector, and what it is of a resource.
func wantedName(s *spec.Selector) (*spec.String, func(schema.Resource) []string) {
	switch {
	case s.AnyName != nil:
		return s.AnyName, func(r schema.Resource) []string {
			return append([]string{r.Plural, r.Singular, r.Kind}, r.ShortNames...)
		}
	case s.Kind != nil:
		return s.Kind, func(r schema.Resource) []string { return []string{r.Kind} }
	case s.Plural != nil:
		return s.Plural, func(r schema.Resource) []string { return []string{r.Plural} }
	case s.Singular != nil:
		return s.Singular, func(r schema.Resource) []string { return []string{r.Singular} }
	}
	return nil, nil
}

// inGroup tells whether a resource may be meant where a group is named, or none.
func inGroup(r schema.Resource, group *spec.String) bool {
	return group == nil || r.Group == group.Value
}
