package kube

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Resource is one served resource, as discovery tells it.
type Resource struct {
	Group, Version, Kind   string
	Plural, Singular       string
	ShortNames, Categories []string
	Namespaced             bool
	// Preferred tells whether this is the version to use where none is named: the
	// one that the server prefers for the group, or where that one does not have
	// the resource, the first that has it.
	Preferred bool
	// Status tells whether the resource has a status subresource: where it has,
	// status and the rest of the object are written separately.
	Status bool
	// Verbs are what the API can do with it: get, list, watch, patch…
	Verbs []string
}

// GVR is the resource's address in the API.
func (r Resource) GVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Plural}
}

// GVK is the type of the resource's objects.
func (r Resource) GVK() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

// String names the resource as kubectl does: plural.version.group.
func (r Resource) String() string {
	if r.Group == "" {
		return r.Plural + "." + r.Version
	}
	return r.Plural + "." + r.Version + "." + r.Group
}

// Supports tells whether the resource can be used with all these API verbs.
func (r Resource) Supports(verbs ...string) bool {
	for _, verb := range verbs {
		if !slices.Contains(r.Verbs, verb) {
			return false
		}
	}
	return true
}

// Watchable tells whether the resource can be listed and watched.
func (r Resource) Watchable() bool { return r.Supports("list", "watch") }

// Vars is the value of the variable resource.
func (r Resource) Vars() map[string]any {
	return map[string]any{
		"group":      r.Group,
		"version":    r.Version,
		"kind":       r.Kind,
		"plural":     r.Plural,
		"singular":   r.Singular,
		"shortNames": anyList(r.ShortNames),
		"categories": anyList(r.Categories),
		"namespaced": r.Namespaced,
		"preferred":  r.Preferred,
	}
}

func anyList(names []string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return list
}
