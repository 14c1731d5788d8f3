package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"
)

// AddOpenAPI adds resources as the OpenAPI v3 document of their group and version
// describes them (/openapi/v3/apis/GROUP/VERSION), which tells no names of resources:
// these are from discovery. A resource that the document does not describe is added
// as one of which nothing is known but its metadata.
func (s *Set) AddOpenAPI(document []byte, resources []Resource) error {
	var d struct {
		Components struct {
			Schemas map[string]*openapi.Schema
		}
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return fmt.Errorf("OpenAPI: %w", err)
	}
	all := d.Components.Schemas
	kinds := map[schema.GroupVersionKind]string{}
	for name, definition := range all {
		for _, gvk := range kindsOf(definition) {
			kinds[gvk] = name
		}
	}
	for _, r := range resources {
		name, known := kinds[r.GVK()]
		root := &openapi.Schema{}
		if known {
			root = all[name]
		} else {
			root.AddExtension(preserveUnknown, true)
		}
		builtin := isBuiltin(name)
		src := &source{
			definition:   func(name string) *openapi.Schema { return all[name] },
			zeroDefaults: func(*openapi.Schema) bool { return builtin },
			metadata:     sync.OnceValue(Metadata),
		}
		s.add(r, rootOf(src, r.GVK(), root))
	}
	return nil
}

// isBuiltin tells the definitions of Kubernetes' own Go types from those of custom
// resources, whose groups may end in .k8s.io as well.
func isBuiltin(name string) bool {
	for _, prefix := range []string{"io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.kube-aggregator.", "io.k8s.apiextensions-apiserver."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// kindsOf are the kinds whose schema a definition is.
func kindsOf(s *openapi.Schema) []schema.GroupVersionKind {
	var out []schema.GroupVersionKind
	if err := s.Extensions.GetObject("x-kubernetes-group-version-kind", &out); err != nil {
		return nil
	}
	return out
}
