package eval

import (
	"maps"
	"slices"
	"sync"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Shape says where in JSON data there are values that are more than JSON can say: times,
// durations, bytes, and numbers that have a fraction even where it is 0. It is what is left of
// a schema.Type when everything is forgotten that is in JSON what it is in expressions. Most of
// an object is, so a Shape is small. A nil Shape is that of data without such values; a Shape may
// contain itself. It is immutable.
type Shape struct {
	// kind is one of schema.Object, Map, List, Timestamp, Duration, Bytes and Double.
	kind schema.Kind
	// date says of a Timestamp that its text has no time.
	date bool
	// fields are those of an Object that have a Shape.
	fields map[string]*Shape
	// elem is the Shape of the elements of a List, or of the values of a Map.
	elem *Shape
	// items are the Shapes of the elements of a List whose elements are not alike.
	items []*Shape
}

// ShapeOf is the Shape of values of a type.
func ShapeOf(t *schema.Type) *Shape {
	s := newShaper()
	metadata := metadataShape()
	s.types[schema.Metadata()], s.converts[metadata] = metadata, true
	return s.shape(t)
}

// metadataShape is that of the metadata of all objects, which all Shapes share.
var metadataShape = sync.OnceValue(func() *Shape { return newShaper().shape(schema.Metadata()) })

// ObjectShape is the Shape of objects of a kind; nil is one of which nothing is known. All
// objects have metadata.
func ObjectShape(kind *schema.Type) *Shape {
	if kind.Kind() != schema.Object {
		return anyObject()
	}
	return ShapeOf(kind)
}

var anyObject = sync.OnceValue(func() *Shape { return FieldsShape(map[string]*Shape{"metadata": metadataShape()}) })

// FieldsShape is the Shape of a map with these Shapes of its values.
func FieldsShape(fields map[string]*Shape) *Shape {
	fields = maps.Clone(fields)
	maps.DeleteFunc(fields, func(_ string, s *Shape) bool { return s == nil })
	if len(fields) == 0 {
		return nil
	}
	return &Shape{kind: schema.Object, fields: fields}
}

// TypedFields is a map for a Binding with these Shapes of its values. Both may be filled in later,
// and what is added is seen.
func TypedFields(values map[string]any, shapes map[string]*Shape) any {
	return &jsonMap{values, &Shape{kind: schema.Object, fields: shapes}}
}

// ItemsShape is the Shape of a list with these Shapes of its elements.
func ItemsShape(items []*Shape) *Shape {
	if !slices.ContainsFunc(items, func(s *Shape) bool { return s != nil }) {
		return nil
	}
	return &Shape{kind: schema.List, items: items}
}

// The Shapes of scalars that an expression has made, by their texts in JSON.
var (
	timeShape     = &Shape{kind: schema.Timestamp}
	durationShape = &Shape{kind: schema.Duration}
	bytesShape    = &Shape{kind: schema.Bytes}
)

// shapeOfValue is the Shape of the JSON that a value becomes.
func shapeOfValue(v ref.Val) *Shape {
	switch x := present(v).(type) {
	case *jsonMap:
		return x.shape
	case *jsonList:
		return x.shape
	case types.Timestamp:
		return timeShape
	case types.Duration:
		return durationShape
	case types.Bytes:
		return bytesShape
	case traits.Mapper:
		return shapeOfMap(x)
	case traits.Lister:
		return shapeOfList(x)
	}
	return nil
}

func shapeOfMap(m traits.Mapper) *Shape {
	fields := map[string]*Shape{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, err := keyText(key)
		if value, _ := m.Find(key); err == nil {
			fields[name] = shapeOfValue(value)
		}
	}
	return FieldsShape(fields)
}

// shapeOfList leaves out, as JSON does, what is omitted.
func shapeOfList(l traits.Lister) *Shape {
	var items []*Shape
	for it := l.Iterator(); it.HasNext() == types.True; {
		item := it.Next()
		if o, ok := item.(*types.Optional); !ok || o.HasValue() {
			items = append(items, shapeOfValue(item))
		}
	}
	return ItemsShape(items)
}

// At is the Shape of what stands at a path of fields and keys.
func (s *Shape) At(path ...string) *Shape {
	for _, name := range path {
		s = s.field(name)
	}
	return s
}

// field is the Shape of a field of an object or of a value of a map.
func (s *Shape) field(name string) *Shape {
	if s == nil {
		return nil
	}
	switch s.kind {
	case schema.Object:
		return s.fields[name]
	case schema.Map:
		return s.elem
	}
	return nil
}

// Item is the Shape of an element of a list.
func (s *Shape) Item(i int) *Shape {
	switch {
	case s == nil || s.kind != schema.List:
		return nil
	case s.items == nil:
		return s.elem
	case i < len(s.items):
		return s.items[i]
	}
	return nil
}

// shaper makes Shapes of types. A type may contain itself, so they are drafted first, with
// everything that has parts, and what needs no conversion is taken out afterwards.
type shaper struct {
	types map[*schema.Type]*Shape
	// schemas are the Shapes of definitions: each reference to one is a Type of its own.
	schemas map[*openapi.Schema]*Shape
	drafts  []*Shape
	// converts says of Shapes that there is a conversion in them; prune says it of the drafts.
	converts map[*Shape]bool
}

func newShaper() *shaper {
	return &shaper{types: map[*schema.Type]*Shape{}, schemas: map[*openapi.Schema]*Shape{}, converts: map[*Shape]bool{}}
}

func (s *shaper) shape(t *schema.Type) *Shape {
	root := s.draft(t, true)
	s.prune()
	if !s.converts[root] {
		return nil
	}
	return root
}

// draft is the Shape of a type, perhaps of one that needs none. The root is not found again by its
// schema: only there metadata is added to what it says.
func (s *shaper) draft(t *schema.Type, root bool) *Shape {
	if known := s.known(t); known != nil {
		return known
	}
	out := &Shape{kind: t.Kind()}
	switch t.Kind() {
	case schema.Timestamp:
		out.date = t.Schema() != nil && t.Schema().Format == "date"
	case schema.Duration, schema.Bytes, schema.Double, schema.Object, schema.List, schema.Map:
	default:
		return nil
	}
	s.drafts = append(s.drafts, out)
	s.types[t] = out
	if t.Schema() != nil && !root {
		s.schemas[t.Schema()] = out
	}
	s.parts(t, out)
	return out
}

func (s *shaper) known(t *schema.Type) *Shape {
	if known := s.types[t]; known != nil || t.Schema() == nil {
		return known
	}
	return s.schemas[t.Schema()]
}

func (s *shaper) parts(t *schema.Type, out *Shape) {
	if elem := t.Elem(); elem != nil {
		out.elem = s.draft(elem, false)
	}
	for _, f := range t.Fields() {
		if part := s.draft(f.Type, false); part != nil {
			if out.fields == nil {
				out.fields = map[string]*Shape{}
			}
			out.fields[f.Name] = part
		}
	}
}

// prune takes out what leads to no conversion.
func (s *shaper) prune() {
	for again := true; again; {
		again = false
		for _, d := range s.drafts {
			if !s.converts[d] && s.leads(d) {
				s.converts[d], again = true, true
			}
		}
	}
	for _, d := range s.drafts {
		maps.DeleteFunc(d.fields, func(_ string, part *Shape) bool { return !s.converts[part] })
		d.fields = maps.Clone(d.fields) // in the size that it has now
		if !s.converts[d.elem] {
			d.elem = nil
		}
	}
}

// leads tells whether there is a conversion in a draft, as far as is known.
func (s *shaper) leads(d *Shape) bool {
	switch d.kind {
	case schema.Object:
		for _, part := range d.fields {
			if s.converts[part] {
				return true
			}
		}
		return false
	case schema.List, schema.Map:
		return s.converts[d.elem]
	}
	return true
}
