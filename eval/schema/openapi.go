package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	celopenapi "k8s.io/apiserver/pkg/cel/openapi"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"

	celcommon "k8s.io/apiserver/pkg/cel/common"
)

const (
	preserveUnknown  = "x-kubernetes-preserve-unknown-fields"
	embeddedResource = "x-kubernetes-embedded-resource"
	refPrefix        = "#/components/schemas/"
	objectMeta       = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
	quantity         = "io.k8s.apimachinery.pkg.api.resource.Quantity"
	// formatIntOrString is how builtin kinds mark the union; custom ones have an
	// extension.
	formatIntOrString = "int-or-string"
)

// source is where the definitions are that schemas refer to.
type source struct {
	// definition finds one by its name; nil where there is none.
	definition func(name string) *openapi.Schema
	// zeroDefaults says that "default" may be nothing but the zero value of a Go
	// type, as in the schemas of builtin kinds, whose required fields have one, too.
	zeroDefaults func(s *openapi.Schema) bool
	// metadata is the type of an object's metadata.
	metadata func() *Type
}

// node is a schema on its way to a Type.
type node struct {
	*source
	name   string
	doc    string
	schema *openapi.Schema
	// root says that it is a whole object, which has metadata.
	root bool
	// quantity says that it is Kubernetes' type of amounts.
	quantity bool
}

// typeOf makes the Type of a schema. What is behind it is made when it is looked at:
// definitions may refer to themselves.
func (n node) typeOf() *Type {
	n = n.resolved()
	t := &Type{doc: n.doc, schema: n.schema, nullable: n.schema.Nullable, quantity: n.quantity}
	if n.doc == "" {
		t.doc = n.schema.Description
	}
	t.kind = n.kind()
	switch t.kind {
	case Object:
		t.name = n.name
		t.open = n.flag(preserveUnknown)
		t.expand = n.expandObject
	case List:
		t.expand = func(t *Type) { t.elem = n.below("", n.schema.Items.Schema).typeOf() }
	case Map:
		t.expand = n.expandMap
	}
	return t
}

// resolved follows references. A description beside one is about the field, and so
// better than that of the definition.
func (n node) resolved() node {
	for range 8 { // definitions that only refer to each other have no end
		name := strings.TrimPrefix(n.schema.Ref.String(), refPrefix)
		if name == "" && len(n.schema.AllOf) == 1 && len(n.schema.Properties) == 0 {
			name = strings.TrimPrefix(n.schema.AllOf[0].Ref.String(), refPrefix)
		}
		if name == "" {
			return n
		}
		if n.doc == "" {
			n.doc = n.schema.Description
		}
		definition := n.definition(name)
		if definition == nil {
			break
		}
		n.schema, n.quantity = definition, name == quantity
	}
	n.schema = &openapi.Schema{}
	return n
}

func (n node) flag(extension string) bool {
	set, _ := n.schema.Extensions.GetBool(extension)
	return set
}

// embedded says that the value is an object of any kind, with all that objects have.
func (n node) embedded() bool { return n.root || n.flag(embeddedResource) }

// kind is decided here for what has parts, and by the declarations of Kubernetes for
// the rest.
func (n node) kind() Kind {
	s := n.schema
	switch {
	case s.Format == formatIntOrString:
		return IntOrString
	case n.embedded():
		return Object
	case s.Type.Contains("array"):
		if s.Items == nil || s.Items.Schema == nil {
			return Any
		}
		return List
	case s.Type.Contains("object") || len(s.Properties) > 0:
		return n.mapOrObject()
	}
	return scalarKind(s)
}

func (n node) mapOrObject() Kind {
	s := n.schema
	switch {
	case len(s.Properties) > 0:
		return Object
	case s.AdditionalProperties != nil && (s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Allows):
		return Map
	case n.flag(preserveUnknown) || len(s.Type) == 0:
		return Any
	}
	// An object without fields in a builtin kind holds anything (FieldsV1), in a custom
	// one nothing.
	if n.zeroDefaults(s) {
		return Any
	}
	return Object
}

// scalarKind asks Kubernetes how its expressions see a value.
func scalarKind(s *openapi.Schema) Kind {
	declared := celcommon.SchemaDeclType(&celopenapi.Schema{Schema: s}, false)
	if declared == nil {
		return Any
	}
	switch declared.CelType().Kind() {
	case cel.BoolKind:
		return Bool
	case cel.IntKind:
		return Int
	case cel.DoubleKind:
		return Double
	case cel.StringKind:
		return String
	case cel.BytesKind:
		return Bytes
	case cel.TimestampKind:
		return Timestamp
	case cel.DurationKind:
		return Duration
	}
	if isUnion, _ := s.Extensions.GetBool("x-kubernetes-int-or-string"); isUnion {
		return IntOrString
	}
	return Any
}

// below is a schema inside this one.
func (n node) below(segment string, s *openapi.Schema) node {
	name := n.name
	if segment != "" {
		name += "." + segment
	}
	return node{source: n.source, name: name, schema: s}
}

func (n node) expandMap(t *Type) {
	if s := n.schema.AdditionalProperties.Schema; s != nil {
		t.elem = n.below("", s).typeOf()
	}
}

// expandObject reads the fields. Each whole object has apiVersion, kind and metadata,
// whatever its schema says of them.
func (n node) expandObject(t *Type) {
	required := map[string]bool{}
	for _, name := range n.schema.Required {
		required[name] = true
	}
	own := map[string]Field{}
	for name, property := range n.schema.Properties {
		defaulted := n.defaulted(&property)
		own[name] = Field{Name: name, Type: n.below(name, &property).typeOf(), Required: required[name] && !defaulted, Defaulted: defaulted}
	}
	if n.embedded() {
		for _, name := range []string{"apiVersion", "kind"} {
			doc := ""
			if known, ok := own[name]; ok {
				doc = known.Type.doc
			}
			own[name] = Field{Name: name, Type: &Type{kind: String, doc: doc}, Required: true}
		}
		own["metadata"] = Field{Name: "metadata", Type: n.metadata(), Required: true}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		t.fields = append(t.fields, own[name])
	}
}

// defaulted says that the API server fills the field in where it is missing.
func (n node) defaulted(s *openapi.Schema) bool {
	if s.Default == nil {
		return false
	}
	return !n.zeroDefaults(s) || !isZero(s.Default)
}

func isZero(value any) bool {
	switch value := value.(type) {
	case string:
		return value == ""
	case float64:
		return value == 0
	case int64:
		return value == 0
	case bool:
		return !value
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}
