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
	d, err := readOpenAPI(document)
	if err != nil {
		return err
	}
	for _, r := range resources {
		n, known := d.root(r.GVK())
		if !known {
			n.schema.AddExtension(preserveUnknown, true)
		}
		s.add(r, n)
	}
	return nil
}

// OpenAPITypes are the types of the objects of all kinds that an OpenAPI v3 document
// describes, for those who need them once.
func OpenAPITypes(document []byte) (map[schema.GroupVersionKind]*Type, error) {
	d, err := readOpenAPI(document)
	if err != nil {
		return nil, err
	}
	out := map[schema.GroupVersionKind]*Type{}
	for gvk := range d.kinds {
		n, _ := d.root(gvk)
		out[gvk] = n.typeOf()
	}
	return out, nil
}

// openAPI is a document: definitions by their names, and names by the kinds of objects.
type openAPI struct {
	definitions map[string]*openapi.Schema
	kinds       map[schema.GroupVersionKind]string
}

func readOpenAPI(document []byte) (*openAPI, error) {
	var d struct {
		Components struct {
			Schemas map[string]*openapi.Schema
		}
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("OpenAPI: %w", err)
	}
	out := &openAPI{d.Components.Schemas, map[schema.GroupVersionKind]string{}}
	for name, definition := range out.definitions {
		for _, gvk := range kindsOf(definition) {
			out.kinds[gvk] = name
		}
	}
	return out, nil
}

// root is the node of the objects of a kind.
func (d *openAPI) root(gvk schema.GroupVersionKind) (n node, known bool) {
	name, known := d.kinds[gvk]
	root := &openapi.Schema{}
	if known {
		root = d.definitions[name]
	}
	builtin := isBuiltin(name)
	return rootOf(&source{
		definition:   func(name string) *openapi.Schema { return d.definitions[name] },
		zeroDefaults: func(*openapi.Schema) bool { return builtin },
		metadata:     sync.OnceValue(Metadata),
	}, gvk, root), known
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
