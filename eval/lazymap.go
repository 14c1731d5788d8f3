package eval

import (
	"reflect"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// lazySource has the content of a lazyMap.
type lazySource interface {
	keys() []any
	size() int
	find(key ref.Val) (any, bool)
}

// lazyMap is a map in CEL whose values are read when they are used.
type lazyMap struct{ source lazySource }

// Find implements traits.Mapper.
func (m *lazyMap) Find(key ref.Val) (ref.Val, bool) {
	if types.IsUnknownOrError(key) {
		return key, true
	}
	value, found := m.source.find(key)
	if !found {
		return nil, false
	}
	return adapter{}.NativeToValue(value), true
}

// Get implements traits.Indexer.
func (m *lazyMap) Get(key ref.Val) ref.Val {
	value, found := m.Find(key)
	if !found {
		return types.NewErr("no such key: %v", key)
	}
	return value
}

// Contains implements traits.Container.
func (m *lazyMap) Contains(key ref.Val) ref.Val {
	value, found := m.Find(key)
	if found && types.IsUnknownOrError(value) {
		return value
	}
	return types.Bool(found)
}

// Iterator implements traits.Iterable.
func (m *lazyMap) Iterator() traits.Iterator {
	natives := m.source.keys()
	keys := make([]ref.Val, len(natives))
	for i, key := range natives {
		keys[i] = adapter{}.NativeToValue(key)
	}
	return &keyIterator{keys: keys}
}

// Size implements traits.Sizer.
func (m *lazyMap) Size() ref.Val { return types.Int(m.source.size()) }

// Equal implements ref.Val.
func (m *lazyMap) Equal(other ref.Val) ref.Val { return m.read().Equal(other) }

// ConvertToNative implements ref.Val.
func (m *lazyMap) ConvertToNative(t reflect.Type) (any, error) { return m.read().ConvertToNative(t) }

// ConvertToType implements ref.Val.
func (m *lazyMap) ConvertToType(t ref.Type) ref.Val { return m.read().ConvertToType(t) }

// Type implements ref.Val.
func (m *lazyMap) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (m *lazyMap) Value() any { return m }

// read is a plain map of all values, or the error that one of them is.
func (m *lazyMap) read() ref.Val {
	all := map[ref.Val]ref.Val{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		value, found := m.Find(key)
		if found && types.IsError(value) {
			return value
		}
		if found {
			all[key] = value
		}
	}
	return types.NewRefValMap(adapter{}, all)
}
