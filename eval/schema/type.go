package schema

import (
	"slices"
	"strings"
	"sync"

	openapi "k8s.io/kube-openapi/pkg/validation/spec"
)

// Kind is what sort of value a Type describes, as expressions see it: a text that is
// a date is a Timestamp.
type Kind int

// The kinds of values. Of Any, nothing is known.
const (
	Any Kind = iota
	Null
	Bool
	Int
	Double
	String
	Bytes
	Timestamp
	Duration
	// IntOrString is Kubernetes' union: a number or a text.
	IntOrString
	List
	// Map has keys that are data: labels.
	Map
	// Object has fields that are known.
	Object
)

var kindNames = [...]string{
	Any: "any", Null: "null", Bool: "bool", Int: "int", Double: "double", String: "string", Bytes: "bytes",
	Timestamp: "timestamp", Duration: "duration", IntOrString: "int or string", List: "list", Map: "map", Object: "object",
}

// String is the kind in words for users.
func (k Kind) String() string { return kindNames[k] }

// Type is what is known of a value. Types are immutable, and compared by identity. A
// nil *Type is as good as one of kind Any.
type Type struct {
	kind Kind
	// name says where an object's fields come from: "apps/v1.Deployment.spec". It is
	// for people, and unique only by chance.
	name     string
	doc      string
	nullable bool
	open     bool
	quantity bool
	// schema is what the type was made from; nil where it was made up.
	schema *openapi.Schema

	// once guards the lazy parts below.
	once   sync.Once
	expand func(*Type)
	fields []Field
	elem   *Type

	// jsonOnce guards json, see JSON.
	jsonOnce sync.Once
	json     *Type
}

// Field is one field of an object.
type Field struct {
	Name string
	Type *Type
	// Required says that each object has it, because the API server admits no other.
	Required bool
	// Defaulted says that each object has it, because the API server fills it in.
	Defaulted bool
	// Doc is what there is to say of a field that was made up; of others, their Type has it.
	Doc string
}

// Of is the type of values of a kind that has no parts.
func Of(k Kind) *Type { return &Type{kind: k} }

// ListOf is the type of lists.
func ListOf(elem *Type) *Type { return &Type{kind: List, elem: elem} }

// MapOf is the type of maps with keys that are texts.
func MapOf(elem *Type) *Type { return &Type{kind: Map, elem: elem} }

// ObjectOf is the type of objects with these fields and no others. The name says for
// people what has them.
func ObjectOf(name string, fields []Field) *Type {
	sorted := slices.Clone(fields)
	slices.SortFunc(sorted, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return &Type{kind: Object, name: name, fields: sorted}
}

// Kind is what sort of value it is.
func (t *Type) Kind() Kind {
	if t == nil {
		return Any
	}
	return t.kind
}

// Name says where an object's fields come from, such as "apps/v1.Deployment.spec";
// empty for what is no object.
func (t *Type) Name() string {
	if t == nil {
		return ""
	}
	return t.name
}

// Doc is the description that the schema gives; "" where there is none.
func (t *Type) Doc() string {
	if t == nil {
		return ""
	}
	return t.doc
}

// Nullable says that the value may be null as well.
func (t *Type) Nullable() bool { return t != nil && t.nullable }

// Open says of an object that it may have fields beside those that are known: the API
// server keeps them. Of these, nothing is known.
func (t *Type) Open() bool { return t != nil && t.open }

// Quantity says that the value, of which the schema says nothing else, is an amount
// such as 100Mi or 0.5: a text or a number.
func (t *Type) Quantity() bool { return t != nil && t.quantity }

// Schema is what the type was made from, for the limits that it sets: enum, pattern,
// minimum and so on. It is nil for what was made up, and only to be read.
func (t *Type) Schema() *openapi.Schema {
	if t == nil {
		return nil
	}
	return t.schema
}

// Fields are those of an object, by their names; nil for anything else.
func (t *Type) Fields() []Field {
	if t.Kind() != Object {
		return nil
	}
	t.look()
	return t.fields
}

// Field finds a field of an object.
func (t *Type) Field(name string) (Field, bool) {
	fields := t.Fields()
	at, found := slices.BinarySearchFunc(fields, name, func(f Field, name string) int { return strings.Compare(f.Name, name) })
	if !found {
		return Field{}, false
	}
	return fields[at], true
}

// Elem is the type of the elements of a list, or of the values of a map; nil for
// anything else, and where nothing is known of them.
func (t *Type) Elem() *Type {
	if t.Kind() != List && t.Kind() != Map {
		return nil
	}
	t.look()
	return t.elem
}

func (t *Type) look() {
	t.once.Do(func() {
		if t.expand != nil {
			t.expand(t)
			t.expand = nil
		}
	})
}

// At follows a path of fields, keys and, for lists, any segment at all. Found is false
// where there can be no such field; the type is nil where nothing is known.
func (t *Type) At(path []string) (at *Type, found bool) {
	for _, segment := range path {
		switch t.Kind() {
		case Any:
			return nil, true
		case Object:
			f, known := t.Field(segment)
			if !known {
				return nil, t.Open()
			}
			t = f.Type
		case List, Map:
			t = t.Elem()
		default:
			return nil, false
		}
	}
	return t, true
}

// String is the type in words for users: "list of string", "apps/v1.Deployment.spec".
func (t *Type) String() string {
	switch t.Kind() {
	case List, Map:
		if t.Elem().Kind() == Any {
			return t.kind.String()
		}
		return t.kind.String() + " of " + t.Elem().String()
	case Object:
		if t.name != "" {
			return t.name
		}
	}
	return t.Kind().String()
}
