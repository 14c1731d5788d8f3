package kube

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// NoMatch is the error for a resource that the server does not serve. It may
// appear later, with its CRD.
type NoMatch struct {
	// Wanted describes what was looked for.
	Wanted string
	// Nearest are similar names that exist.
	Nearest []string
	// Unwatchable is the resource that matches but cannot be watched.
	Unwatchable *Resource
}

// Error implements error.
func (e *NoMatch) Error() string {
	if e.Unwatchable != nil {
		return fmt.Sprintf("the cluster's %s cannot be watched: it supports only %s",
			e.Unwatchable, strings.Join(e.Unwatchable.Verbs, ", "))
	}
	text := "the cluster has no resource " + e.Wanted
	if len(e.Nearest) > 0 {
		text += " (did you mean " + strings.Join(e.Nearest, " or ") + "?)"
	}
	return text
}

// Ambiguous is the error for a name that several resources have.
type Ambiguous struct {
	Wanted string
	Found  []Resource
}

// Error implements error.
func (e *Ambiguous) Error() string {
	names := make([]string, len(e.Found))
	for i, r := range e.Found {
		names[i] = r.String()
	}
	return fmt.Sprintf("%s is the name of several resources: %s; add the group", e.Wanted, strings.Join(names, " and "))
}

// watchable returns what Discovery.Select does.
func (k *served) watchable(s *spec.Selector, admits func(Resource) bool) ([]Resource, error) {
	found := k.matching(s)
	some := len(found) > 0
	if admits != nil {
		found = slices.DeleteFunc(found, func(r Resource) bool { return !admits(r) })
	}
	if some && len(found) == 0 {
		return nil, nil // there it is, but it is not wanted
	}
	if byName(s) {
		r, err := k.only(s, found)
		if err == nil && !r.Watchable() {
			err = &NoMatch{Wanted: describe(s), Unwatchable: &r}
		}
		if err != nil {
			return nil, err
		}
		return []Resource{r}, nil
	}
	found = slices.DeleteFunc(found, func(r Resource) bool {
		return !r.Watchable() || isEvents(r)
	})
	if len(found) == 0 {
		return nil, &NoMatch{Wanted: describe(s)}
	}
	return found, nil
}

// one returns what Discovery.Find does.
func (k *served) one(s *spec.Selector) (Resource, error) {
	return k.only(s, k.matching(s))
}

// only is the one of those found that a selector by name means.
func (k *served) only(s *spec.Selector, found []Resource) (Resource, error) {
	if len(found) > 1 {
		found = rather(found, Resource.Watchable)
		found = rather(found, func(r Resource) bool { return r.Group == "" })
	}
	switch len(found) {
	case 0:
		return Resource{}, &NoMatch{Wanted: describe(s), Nearest: k.nearest(s)}
	case 1:
		return found[0], nil
	default:
		return Resource{}, &Ambiguous{Wanted: describe(s), Found: found}
	}
}

// rather keeps the better ones where there are any.
func rather(found []Resource, better func(Resource) bool) []Resource {
	var kept []Resource
	for _, r := range found {
		if better(r) {
			kept = append(kept, r)
		}
	}
	if kept == nil {
		return found
	}
	return kept
}

// byName tells whether a selector means one resource.
func byName(s *spec.Selector) bool {
	return s.Kind != nil || s.Plural != nil || s.Singular != nil || s.ShortName != nil || s.AnyName != nil
}

// isEvents tells whether a resource is Kubernetes events: handling an object
// makes events, so who handles everything must not mean them.
func isEvents(r Resource) bool {
	return r.Plural == "events" && (r.Group == "" || r.Group == "events.k8s.io")
}

func (k *served) matching(s *spec.Selector) []Resource {
	var found []Resource
	for _, r := range k.all {
		if inVersion(s, r) && named(s, r) {
			found = append(found, r)
		}
	}
	return found
}

func inVersion(s *spec.Selector, r Resource) bool {
	if s.Version == nil && !r.Preferred {
		return false
	}
	return isOrUnset(s.Group, r.Group) && isOrUnset(s.Version, r.Version)
}

func named(s *spec.Selector, r Resource) bool {
	return isOrUnset(s.Kind, r.Kind) &&
		isOrUnset(s.Plural, r.Plural) &&
		isOrUnset(s.Singular, r.Singular) &&
		(s.ShortName == nil || slices.Contains(r.ShortNames, s.ShortName.Value)) &&
		(s.Category == nil || slices.Contains(r.Categories, s.Category.Value)) &&
		(s.AnyName == nil || slices.Contains(names(r), s.AnyName.Value))
}

func isOrUnset(want *spec.String, is string) bool { return want == nil || want.Value == is }

// names are all that a short form may call a resource.
func names(r Resource) []string {
	return append([]string{r.Plural, r.Singular, r.Kind}, r.ShortNames...)
}

// describe renders a selector for messages.
func describe(s *spec.Selector) string {
	var parts []string
	add := func(key string, value *spec.String) {
		if value != nil {
			parts = append(parts, key+value.Value)
		}
	}
	add("", s.AnyName)
	add("of kind ", s.Kind)
	add("named ", s.Plural)
	add("named ", s.Singular)
	add("with the short name ", s.ShortName)
	add("of the category ", s.Category)
	if len(parts) == 0 {
		parts = append(parts, "that can be watched")
	}
	switch {
	case s.Group != nil && s.Group.Value == "":
		parts = append(parts, "in the core group")
	case s.Group != nil:
		parts = append(parts, "in the group "+s.Group.Value)
	}
	add("in version ", s.Version)
	return strings.Join(parts, " ")
}

// maxNearest bounds the guesses in a message.
const maxNearest = 3

// nearest guesses what a selector without a match meant: the same name in
// another group or version, else a similar name.
func (k *served) nearest(s *spec.Selector) []string {
	var same []string
	for _, r := range k.all {
		if named(s, r) {
			same = append(same, r.String())
		}
	}
	if len(same) > 0 {
		return same[:min(maxNearest, len(same))]
	}
	wanted, namesOf := lookedFor(s)
	return k.similar(wanted, namesOf)
}

// lookedFor is the name that a selector asks for, and where it is looked up.
func lookedFor(s *spec.Selector) (string, func(Resource) []string) {
	switch {
	case s.Kind != nil:
		return s.Kind.Value, func(r Resource) []string { return []string{r.Kind} }
	case s.Plural != nil:
		return s.Plural.Value, func(r Resource) []string { return []string{r.Plural} }
	case s.Singular != nil:
		return s.Singular.Value, func(r Resource) []string { return []string{r.Singular} }
	case s.ShortName != nil:
		return s.ShortName.Value, func(r Resource) []string { return r.ShortNames }
	case s.AnyName != nil:
		return s.AnyName.Value, names
	}
	return "", func(Resource) []string { return nil }
}

// similar returns the resources whose name the wanted one probably is.
func (k *served) similar(wanted string, namesOf func(Resource) []string) []string {
	var known []string
	owners := map[string][]string{}
	for _, r := range k.all {
		if !r.Preferred {
			continue
		}
		for _, name := range namesOf(r) {
			known = append(known, name)
			if !slices.Contains(owners[name], r.String()) {
				owners[name] = append(owners[name], r.String())
			}
		}
	}
	near, _ := diag.Nearest(wanted, known)
	return owners[near][:min(maxNearest, len(owners[near]))]
}

// missing is the *NoMatch of a lookup by exact key that was not ok.
func (k *served) missing(ok bool, what, name string, nameOf func(Resource) string) error {
	if ok {
		return nil
	}
	e := &NoMatch{Wanted: what}
	for _, r := range k.all {
		if nameOf(r) == name && len(e.Nearest) < maxNearest {
			e.Nearest = append(e.Nearest, r.String())
		}
	}
	if e.Nearest == nil {
		e.Nearest = k.similar(name, func(r Resource) []string { return []string{nameOf(r)} })
	}
	return e
}
