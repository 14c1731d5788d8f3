package eval

import (
	"reflect"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Indexes is what the variable index reads: the values of objects by index and key. Keys
// and values are JSON-like data; 1 and 1.0 are the same key, '1' is another one.
type Indexes struct {
	// IDs are the ids of all indexes.
	IDs []string
	// Keys are all keys of an index.
	Keys func(id string) []any
	// Len is how many keys an index has.
	Len func(id string) int
	// Get returns the values under a key; found is false where there are none.
	Get func(id string, key any) (values []any, found bool)
}

// BindIndexes is the value of the variable index. It reads nothing before an expression
// does. It is for one goroutine at a time, if the indexes are.
func BindIndexes(indexes Indexes) any { return &lazyMap{source: allIndexes{indexes}} }

// lazySource has the content of a lazyMap.
type lazySource interface {
	keys() []any
	size() int
	find(key ref.Val) (any, bool)
}

// allIndexes has the indexes by their ids.
type allIndexes struct{ indexes Indexes }

func (a allIndexes) keys() []any {
	var out []any
	for _, id := range a.indexes.IDs {
		out = append(out, id)
	}
	return out
}

func (a allIndexes) size() int { return len(a.indexes.IDs) }

func (a allIndexes) find(key ref.Val) (any, bool) {
	id, ok := key.(types.String)
	if !ok || !slices.Contains(a.indexes.IDs, string(id)) {
		return nil, false
	}
	return &lazyMap{source: oneIndex{a.indexes, string(id)}}, true
}

// oneIndex has the lists of values by their keys.
type oneIndex struct {
	indexes Indexes
	id      string
}

func (o oneIndex) keys() []any { return o.indexes.Keys(o.id) }

func (o oneIndex) size() int { return o.indexes.Len(o.id) }

func (o oneIndex) find(key ref.Val) (any, bool) {
	native, err := nativeOf(key)
	if err != nil {
		return nil, false // nothing that could be a key
	}
	return o.indexes.Get(o.id, native)
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

// read is a plain map of all values.
func (m *lazyMap) read() ref.Val {
	all := map[ref.Val]ref.Val{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		if value, found := m.Find(key); found {
			all[key] = value
		}
	}
	return types.NewRefValMap(adapter{}, all)
}

// notIndexed says why some variables that exist everywhere do not in an index: it follows
// its objects, and nothing else.
var notIndexed = map[string]string{
	"index": "an index cannot read indexes",
	"memo":  "an index cannot read the memo: it would not follow its changes",
}

// checkIndexes finds indexes that do not exist.
func (e *Env) checkIndexes(src source, at place, u *usage) diag.List {
	var problems diag.List
	if e.unavailable(at, "index") != "" {
		return nil
	}
	for _, s := range u.selected {
		if s.variable != "index" || s.name == anything || slices.Contains(e.indexes, s.name) {
			continue
		}
		d := src.problemOn(u, s.id, ruleIndex, "unknown index", s.name)
		if guess, ok := diag.Nearest(s.name, e.indexes); ok {
			d.Detail += "; did you mean " + guess + "?"
			d.SuggestWord(s.name, guess)
		} else if len(e.indexes) > 0 {
			d.Detail += "; the indexes are " + strings.Join(e.indexes, ", ")
		}
		problems = append(problems, d)
	}
	return problems
}
