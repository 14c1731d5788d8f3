package eval

import (
	"fmt"
	"regexp"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// registry translates types of schemas into those of CEL and back. CEL knows objects by
// names, and asks for their fields when it needs them.
type registry struct {
	types.Provider
	// filters are the names of the operator's filters.
	filters []string

	mu sync.Mutex
	// All below is guarded by mu.
	numbers  map[*schema.Type]int
	celTypes map[*schema.Type]*cel.Type
	objects  map[string]object
	told     map[string]bool
	root     *typing
	made     int // how many typings there are
}

// object is what has fields.
type object struct {
	of *schema.Type
	// field is the type that CEL gives a field of this type.
	field func(*schema.Type) *cel.Type
}

func newRegistry(provider types.Provider, filters []string) *registry {
	return &registry{
		Provider: provider, filters: filters,
		numbers: map[*schema.Type]int{}, celTypes: map[*schema.Type]*cel.Type{},
		objects: map[string]object{}, told: map[string]bool{},
	}
}

// numberLocked tells types apart.
func (r *registry) numberLocked(t *schema.Type) int {
	n, ok := r.numbers[t]
	if !ok {
		n = len(r.numbers) + 1
		r.numbers[t] = n
	}
	return n
}

// scalars are the CEL types of values without parts.
var scalars = map[schema.Kind]*cel.Type{
	schema.Null: cel.NullType, schema.Bool: cel.BoolType, schema.Int: cel.IntType, schema.Double: cel.DoubleType,
	schema.String: cel.StringType, schema.Bytes: cel.BytesType, schema.Timestamp: cel.TimestampType, schema.Duration: cel.DurationType,
}

// celType is the CEL type of values of a type.
func (r *registry) celType(t *schema.Type) *cel.Type {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.celTypeLocked(t)
}

// celTypeLocked is the CEL type of values of a type.
func (r *registry) celTypeLocked(t *schema.Type) *cel.Type {
	if t == nil {
		return cel.DynType
	}
	if known := r.celTypes[t]; known != nil {
		return known
	}
	out := cel.DynType
	switch t.Kind() {
	case schema.List:
		out = cel.ListType(r.celTypeLocked(t.Elem()))
	case schema.Map:
		out = cel.MapType(cel.StringType, r.celTypeLocked(t.Elem()))
	case schema.Object:
		out = r.objectLocked(t, r.celTypeLocked)
	default:
		if scalar := scalars[t.Kind()]; scalar != nil {
			out = scalar
		}
		if t.Nullable() && out != cel.DynType && out != cel.NullType {
			out = cel.NullableType(out)
		}
	}
	r.celTypes[t] = out
	return out
}

// objectLocked makes a type with fields known under a name of its own.
func (r *registry) objectLocked(t *schema.Type, field func(*schema.Type) *cel.Type) *cel.Type {
	name := fmt.Sprintf("%s#%d", t, len(r.objects))
	r.objects[name] = object{t, field}
	return cel.ObjectType(name)
}

// objectNumber is what makes the names of objects unique; nobody is to see it.
var objectNumber = regexp.MustCompile(`#\d+`)

// indexTypeLocked is the CEL type of the variable index: lists of values by keys of any
// type.
func (r *registry) indexTypeLocked(t *schema.Type) *cel.Type {
	return r.objectLocked(t, func(value *schema.Type) *cel.Type {
		return cel.MapType(cel.DynType, cel.ListType(r.celTypeLocked(value)))
	})
}

// FindStructType implements types.Provider.
func (r *registry) FindStructType(name string) (*types.Type, bool) {
	r.mu.Lock()
	_, ok := r.objects[name]
	r.mu.Unlock()
	if ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return r.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (r *registry) FindStructFieldNames(name string) ([]string, bool) {
	t := r.typeOfObject(name)
	if t == nil {
		return r.Provider.FindStructFieldNames(name)
	}
	var names []string
	for _, f := range t.Fields() {
		names = append(names, f.Name)
	}
	return names, true
}

// FindStructFieldType implements types.Provider.
func (r *registry) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.objects[name]
	if !ok {
		return r.Provider.FindStructFieldType(name, field)
	}
	if f, ok := o.of.Field(field); ok {
		return &types.FieldType{Type: o.field(f.Type)}, true
	}
	if o.of.Open() {
		return &types.FieldType{Type: cel.DynType}, true
	}
	return nil, false
}

// typeOfObject is the type behind a name.
func (r *registry) typeOfObject(name string) *schema.Type {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.objects[name].of
}

// schemaType is the type of values that CEL says are of this one.
func (r *registry) schemaType(t *cel.Type) *schema.Type {
	switch t.Kind() {
	case types.StructKind:
		return r.typeOfObject(t.TypeName())
	case types.ListKind:
		return schema.ListOf(r.schemaType(t.Parameters()[0]))
	case types.MapKind:
		return schema.MapOf(r.schemaType(t.Parameters()[1]))
	case types.UintKind:
		return schema.Of(schema.Int)
	}
	for kind, scalar := range scalars {
		if scalar.Kind() != t.Kind() {
			continue
		}
		out := schema.Of(kind)
		if t.Kind() != types.NullTypeKind && t.IsAssignableType(cel.NullType) {
			out = out.OrNull()
		}
		return out
	}
	return nil
}

// first tells whether something is asked for the first time.
func (r *registry) first(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.told[what]
	r.told[what] = true
	return !known
}
