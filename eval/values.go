package eval

import (
	"reflect"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Typed is a value for a Binding: JSON data that expressions see with the types of a Shape. What
// is written of it is the data, as it is. It is the value itself where the Shape is nil.
func Typed(value any, s *Shape) any {
	if s == nil {
		return value
	}
	switch x := value.(type) {
	case map[string]any:
		if s.isMap() {
			return &jsonMap{x, s}
		}
	case []any:
		if s.isList() {
			return &jsonList{x, s}
		}
	case string, int64:
		if !s.isMap() && !s.isList() {
			return &leaf{x, s}
		}
	}
	return value
}

func (s *Shape) isMap() bool { return s.kind == schema.Object || s.kind == schema.Map }

func (s *Shape) isList() bool { return s.kind == schema.List }

// leaf is a scalar in a Binding that is converted when it is used.
type leaf struct {
	raw   any
	shape *Shape
}

// valueOf is JSON data in CEL.
func valueOf(raw any, s *Shape) ref.Val {
	if s != nil {
		switch x := raw.(type) {
		case map[string]any:
			if s.isMap() {
				return &jsonMap{x, s}
			}
		case []any:
			if s.isList() {
				return &jsonList{x, s}
			}
		default:
			if v := s.convert(raw); v != nil {
				return v
			}
		}
	}
	return adapter{}.NativeToValue(raw)
}

// adapter makes CEL values of Go values: JSON data become those here, so that all are compared
// in the same way.
type adapter struct{}

// NativeToValue implements types.Adapter.
func (adapter) NativeToValue(v any) ref.Val {
	switch x := v.(type) {
	case nil:
		return types.NullValue
	case string:
		return types.String(x)
	case int64:
		return types.Int(x)
	case bool:
		return types.Bool(x)
	case float64:
		return types.Double(x)
	case map[string]any:
		return &jsonMap{raw: x}
	case []any:
		return &jsonList{raw: x}
	case *leaf:
		return valueOf(x.raw, x.shape)
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// jsonMap is a map of JSON data.
type jsonMap struct {
	raw   map[string]any
	shape *Shape
}

// Find implements traits.Mapper.
func (m *jsonMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	raw, found := m.raw[string(name)]
	if !found {
		return nil, false
	}
	return valueOf(raw, m.shape.field(string(name))), true
}

// Get implements traits.Indexer.
func (m *jsonMap) Get(key ref.Val) ref.Val {
	if types.IsUnknownOrError(key) {
		return key
	}
	value, found := m.Find(key)
	if !found {
		return types.NewErr("no such key: %v", key)
	}
	return value
}

// Contains implements traits.Container.
func (m *jsonMap) Contains(key ref.Val) ref.Val {
	_, found := m.Find(key)
	return types.Bool(found)
}

// Iterator implements traits.Iterable.
func (m *jsonMap) Iterator() traits.Iterator {
	keys := make([]ref.Val, 0, len(m.raw))
	for key := range m.raw {
		keys = append(keys, types.String(key))
	}
	return &keyIterator{keys: keys}
}

// Size implements traits.Sizer.
func (m *jsonMap) Size() ref.Val { return types.Int(len(m.raw)) }

// IsZeroValue implements traits.Zeroer.
func (m *jsonMap) IsZeroValue() bool { return len(m.raw) == 0 }

// Equal implements ref.Val. Data is equal to the same data, whatever is known of its types: an
// object and a copy of it that was kept somewhere else. Besides, typed values are equal that mean
// the same: two times in different zones.
func (m *jsonMap) Equal(other ref.Val) ref.Val {
	if o, ok := other.(*jsonMap); ok {
		if equalData(m.raw, o.raw) {
			return types.True
		}
		if m.shape == nil && o.shape == nil {
			return types.False
		}
	}
	o, ok := other.(traits.Mapper)
	if !ok || m.Size() != o.Size() {
		return types.False
	}
	for name, raw := range m.raw {
		value, found := o.Find(types.String(name))
		if !found || types.Equal(valueOf(raw, m.shape.field(name)), value) == types.False {
			return types.False
		}
	}
	return types.True
}

// ConvertToNative implements ref.Val.
func (m *jsonMap) ConvertToNative(t reflect.Type) (any, error) {
	return types.NewStringInterfaceMap(adapter{}, m.raw).ConvertToNative(t)
}

// ConvertToType implements ref.Val.
func (m *jsonMap) ConvertToType(t ref.Type) ref.Val {
	return types.NewStringInterfaceMap(adapter{}, m.raw).ConvertToType(t)
}

// Type implements ref.Val.
func (m *jsonMap) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (m *jsonMap) Value() any { return m.raw }

// jsonList is a list of JSON data.
type jsonList struct {
	raw   []any
	shape *Shape
}

func (l *jsonList) at(i int) ref.Val { return valueOf(l.raw[i], l.shape.Item(i)) }

// Get implements traits.Indexer.
func (l *jsonList) Get(index ref.Val) ref.Val {
	i, err := types.IndexOrError(index)
	if err != nil {
		return types.ValOrErr(index, "%v", err)
	}
	if i < 0 || i >= len(l.raw) {
		return types.NewErr("index '%d' out of range in list size '%d'", i, len(l.raw))
	}
	return l.at(i)
}

// Contains implements traits.Container.
func (l *jsonList) Contains(element ref.Val) ref.Val {
	for i := range l.raw {
		if element.Equal(l.at(i)) == types.True {
			return types.True
		}
	}
	return types.False
}

// Iterator implements traits.Iterable.
func (l *jsonList) Iterator() traits.Iterator { return &listIterator{list: l} }

// Size implements traits.Sizer.
func (l *jsonList) Size() ref.Val { return types.Int(len(l.raw)) }

// IsZeroValue implements traits.Zeroer.
func (l *jsonList) IsZeroValue() bool { return len(l.raw) == 0 }

// Add implements traits.Adder.
func (l *jsonList) Add(other ref.Val) ref.Val { return l.plain().Add(other) }

// Equal implements ref.Val, as that of a map does.
func (l *jsonList) Equal(other ref.Val) ref.Val {
	if o, ok := other.(*jsonList); ok {
		if equalData(l.raw, o.raw) {
			return types.True
		}
		if l.shape == nil && o.shape == nil {
			return types.False
		}
	}
	o, ok := other.(traits.Lister)
	if !ok || l.Size() != o.Size() {
		return types.False
	}
	for i := range l.raw {
		if types.Equal(l.at(i), o.Get(types.Int(i))) == types.False {
			return types.False
		}
	}
	return types.True
}

// ConvertToNative implements ref.Val.
func (l *jsonList) ConvertToNative(t reflect.Type) (any, error) {
	if reflect.TypeOf(l.raw).AssignableTo(t) {
		return l.raw, nil
	}
	return l.plain().ConvertToNative(t)
}

// ConvertToType implements ref.Val.
func (l *jsonList) ConvertToType(t ref.Type) ref.Val {
	if t == types.ListType {
		return l
	}
	return l.plain().ConvertToType(t)
}

// Type implements ref.Val.
func (l *jsonList) Type() ref.Type { return types.ListType }

// Value implements ref.Val.
func (l *jsonList) Value() any { return l.raw }

// plain is the list as CEL has them. It costs the same for any number of elements, unless
// they are not alike.
func (l *jsonList) plain() traits.Lister {
	if l.shape == nil || l.shape.items == nil {
		return types.NewDynamicList(elements{l.shape.Item(0)}, l.raw)
	}
	all := make([]ref.Val, len(l.raw))
	for i := range l.raw {
		all[i] = l.at(i)
	}
	return types.NewRefValList(adapter{}, all)
}

// elements are those of a list.
type elements struct{ shape *Shape }

// NativeToValue implements types.Adapter.
func (e elements) NativeToValue(v any) ref.Val { return valueOf(v, e.shape) }

// listIterator walks a list.
type listIterator struct {
	traits.Iterator
	list *jsonList
	next int
}

// HasNext implements traits.Iterator.
func (it *listIterator) HasNext() ref.Val { return types.Bool(it.next < len(it.list.raw)) }

// Next implements traits.Iterator.
func (it *listIterator) Next() ref.Val {
	if it.next >= len(it.list.raw) {
		return nil
	}
	it.next++
	return it.list.at(it.next - 1)
}

// equalData compares JSON data as CEL does: 1 and 1.0 are equal.
func equalData(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && equalMaps(x, y)
	case []any:
		y, ok := b.([]any)
		return ok && equalLists(x, y)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return types.Equal(adapter{}.NativeToValue(a), adapter{}.NativeToValue(b)) == types.True
}

func equalMaps(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for key, x := range a {
		if y, found := b[key]; !found || !equalData(x, y) {
			return false
		}
	}
	return true
}

func equalLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equalData(a[i], b[i]) {
			return false
		}
	}
	return true
}
