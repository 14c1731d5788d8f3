package schema

import (
	"cmp"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"
)

// Resource is what discovery tells of a resource, as far as it is known without a
// cluster.
type Resource struct {
	Group, Version, Kind   string
	Plural, Singular       string
	ShortNames, Categories []string
	Namespaced             bool
	// Preferred says that this version is meant where none is named.
	Preferred bool
	// Status says that status is a subresource: it is written apart, and a write to the
	// rest does not reach it.
	Status bool
}

// GVK is the type of the resource's objects.
func (r Resource) GVK() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

// Set has the kinds that are known. Those that are added later hide earlier ones. It
// is safe for concurrent reading once it is filled.
type Set struct {
	below     *Set
	resources []Resource
	// sources are where the schemas of the kinds stand.
	kinds map[schema.GroupVersionKind]node

	mu    sync.Mutex
	types map[schema.GroupVersionKind]*Type // guarded by mu
}

// NewSet makes a Set of the kinds in another one, such as Builtin(), or of none; more
// can be added to it.
func NewSet(below *Set) *Set {
	return &Set{below: below, kinds: map[schema.GroupVersionKind]node{}, types: map[schema.GroupVersionKind]*Type{}}
}

// Type is the type of the objects of a kind; nil where it is not known.
func (s *Set) Type(gvk schema.GroupVersionKind) *Type {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.types[gvk]; known != nil {
		return known
	}
	n, ok := s.kinds[gvk]
	if !ok {
		return s.below.Type(gvk)
	}
	t := n.typeOf()
	s.types[gvk] = t
	return t
}

// Resources are all that are known, ordered by group, plural and version.
func (s *Set) Resources() []Resource {
	if s == nil {
		return nil
	}
	out := slices.Clone(s.resources)
	own := map[schema.GroupVersionKind]bool{}
	for _, r := range out {
		own[r.GVK()] = true
	}
	for _, r := range s.below.Resources() {
		if !own[r.GVK()] {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Plural, b.Plural), cmp.Compare(a.Version, b.Version))
	})
	return out
}

// Metadata is the type of the metadata of all objects.
func Metadata() *Type { return loadMetadata() }

// AnyObject is the type of objects of which nothing is known but what all objects have.
func AnyObject() *Type { return anyObject() }

var anyObject = sync.OnceValue(func() *Type {
	return ObjectOf("object", []Field{
		{Name: "apiVersion", Type: Of(String), Required: true},
		{Name: "kind", Type: Of(String), Required: true},
		{Name: "metadata", Type: Metadata(), Required: true},
	}).AndMore()
})

func (s *Set) add(r Resource, n node) {
	s.resources = slices.DeleteFunc(s.resources, func(known Resource) bool { return known.GVK() == r.GVK() })
	s.resources = append(s.resources, r)
	s.kinds[r.GVK()] = n
}

// rootOf is the node of a whole object.
func rootOf(src *source, gvk schema.GroupVersionKind, s *openapi.Schema) node {
	return node{source: src, name: typeName(gvk), schema: s, root: true}
}

// typeName names a kind for people: apps/v1.Deployment.
func typeName(gvk schema.GroupVersionKind) string {
	return gvk.GroupVersion().String() + "." + gvk.Kind
}
