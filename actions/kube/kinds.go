package kube

import (
	"slices"

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

// Schemas are the set.
func (k *Kinds) Schemas() *schema.Set {
	if k == nil {
		return nil
	}
	return k.schemas
}

// ByKind is the known resource of an apiVersion and kind.
func (k *Kinds) ByKind(apiVersion, kind string) (found Resource, ok bool) {
	if k == nil {
		return Resource{}, false
	}
	found, ok = k.served.byGVK[schema.KindOf(apiVersion, kind)]
	return found, ok
}

// Of is the resource whose objects are of a type.
func (k *Kinds) Of(t *schema.Type) (found Resource, ok bool) {
	if k == nil || t == nil {
		return Resource{}, false
	}
	for _, r := range k.served.all {
		if t.Name() == r.GVK().GroupVersion().String()+"."+r.Kind && k.schemas.Type(r.GVK()) == t {
			return r, true
		}
	}
	return Resource{}, false
}

// Beside are the kinds that an apiVersion has, and the versions of its group, or of
// others, that have a kind. There are none where the group is not one of Kubernetes itself: others may
// have kinds that are not known here.
func (k *Kinds) Beside(apiVersion, kind string) (kinds, versions []string) {
	wanted := schema.KindOf(apiVersion, kind)
	if k == nil || !isKubernetes(wanted.Group) {
		return nil, nil
	}
	var elsewhere []string
	for _, r := range k.served.all {
		version := r.GVK().GroupVersion().String()
		switch {
		case r.Group == wanted.Group && r.Kind == kind:
			versions = append(versions, version)
		case r.Kind == kind && r.Preferred && schema.Builtin().Type(r.GVK()) != nil:
			elsewhere = append(elsewhere, version)
		case r.Group == wanted.Group && r.Version == wanted.Version:
			kinds = append(kinds, r.Kind)
		}
	}
	if versions == nil {
		versions = elsewhere
	}
	return kinds, versions
}

// isKubernetes tells whether all kinds of a group are among the builtin ones.
func isKubernetes(group string) bool {
	return slices.ContainsFunc(schema.Builtin().Resources(), func(r schema.Resource) bool { return r.Group == group })
}
