package kube

import (
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Kinds are the kinds of objects that are known without a cluster, found by what the
// language calls them, as Discovery finds them in a cluster. The zero of it, nil, knows
// none.
type Kinds struct {
	schemas *schema.Set
	served  *served
}

// NewKinds knows the kinds of a set; nil is for none.
func NewKinds(schemas *schema.Set) *Kinds {
	if schemas == nil {
		return nil
	}
	var all []Resource
	for _, r := range schemas.Resources() {
		all = append(all, Resource{
			Group: r.Group, Version: r.Version, Kind: r.Kind, Plural: r.Plural, Singular: r.Singular,
			ShortNames: r.ShortNames, Categories: r.Categories, Namespaced: r.Namespaced,
			Preferred: r.Preferred, Status: r.Status,
			Verbs: []string{"get", "list", "watch"}, // what only can be created is not named by selectors
		})
	}
	return &Kinds{schemas, newServed(all)}
}

// Find is the one known resource that a selector by name means; ok is false where there
// is none or more than one.
func (k *Kinds) Find(s *spec.Selector) (found Resource, ok bool) {
	if k == nil || s == nil || !byName(s) {
		return Resource{}, false
	}
	matching := k.served.matching(s)
	if len(matching) == 0 { // for which there would be guesses
		return Resource{}, false
	}
	found, err := k.served.only(s, matching)
	return found, err == nil
}

// TypeOf is the type of the objects of a selector by name; nil where it is not known.
func (k *Kinds) TypeOf(s *spec.Selector) *schema.Type {
	r, ok := k.Find(s)
	if !ok {
		return nil
	}
	return k.schemas.Type(r.GVK())
}

// TypeOfKind is the type of the objects of an apiVersion and kind; nil where it is not
// known.
func (k *Kinds) TypeOfKind(apiVersion, kind string) *schema.Type {
	if k == nil {
		return nil
	}
	return k.schemas.Type(schema.KindOf(apiVersion, kind))
}
