package kube

import "k8s.io/apimachinery/pkg/runtime/schema"

// Resource is one served resource, as discovery tells it.
type Resource struct {
	Group, Version, Kind   string
	Plural, Singular       string
	ShortNames, Categories []string
	Namespaced             bool
	// Preferred tells whether Version is the one that the server prefers for the group.
	Preferred bool
	// Status tells whether the resource has a status subresource: where it has,
	// status and the rest of the object are written separately.
	Status bool
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
