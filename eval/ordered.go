package eval

import (
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// orderedName is the function that every comprehension's range goes through.
// CEL walks a map in Go's random order, so that labels.map(k, k) would be
// another list each time, and an object made of it would change each time.
const orderedName = "@ordered"

// comprehensions are the macros that walk a list or a map.
var comprehensions = []string{"all", "exists", "exists_one", "existsOne", "map", "filter",
	"transformList", "transformMap", "transformMapEntry"}

// ordered gives each comprehension among macros a twin that walks maps by
// their sorted keys.
func ordered(macros []cel.Macro) []cel.Macro {
	var twins []cel.Macro
	for _, m := range macros {
		if !m.IsReceiverStyle() || !slices.Contains(comprehensions, m.Function()) {
			continue
		}
		expand := m.Expander()
		twins = append(twins, cel.ReceiverMacro(m.Function(), m.ArgCount(),
			func(factory cel.MacroExprFactory, target ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
				return expand(factory, factory.NewCall(orderedName, target), args)
			}))
	}
	return twins
}

// orderedOption declares the function, which changes nothing but the order.
func orderedOption() cel.EnvOption {
	anything := cel.TypeParamType("T")
	return cel.Function(orderedName, cel.Overload("ordered", []*cel.Type{anything}, anything,
		cel.UnaryBinding(func(v ref.Val) ref.Val {
			switch r := v.(type) {
			case traits.Mapper:
				return &orderedMap{Mapper: r}
			case traits.Lister:
				return r
			}
			return types.NewErr("cannot walk through %s; a list or a map is needed", typeName(v))
		})))
}

// orderedMap is a map that is walked in the order of its keys.
type orderedMap struct{ traits.Mapper }

// Iterator implements traits.Iterable.
func (m *orderedMap) Iterator() traits.Iterator { return &keyIterator{keys: sortedKeys(m.Mapper)} }

// sortedKeys are the keys of m; those of one type are in their natural order.
func sortedKeys(m traits.Mapper) []ref.Val {
	var keys []ref.Val
	for it := m.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// compareKeys orders keys by type, then by value.
func compareKeys(a, b ref.Val) int {
	if less, ok := a.(traits.Comparer); ok {
		if order, ok := less.Compare(b).(types.Int); ok {
			return int(order)
		}
	}
	if a.Type().TypeName() < b.Type().TypeName() {
		return -1
	}
	return 1
}

// keyIterator walks a list of keys.
type keyIterator struct {
	traits.Iterator
	keys []ref.Val
}

// HasNext implements traits.Iterator.
func (it *keyIterator) HasNext() ref.Val { return types.Bool(len(it.keys) > 0) }

// Next implements traits.Iterator.
func (it *keyIterator) Next() ref.Val {
	if len(it.keys) == 0 {
		return nil
	}
	next := it.keys[0]
	it.keys = it.keys[1:]
	return next
}
