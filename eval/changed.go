package eval

import (
	"reflect"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// touchedName is the two-argument function that changed(path) expands to: CEL
// functions cannot see the Binding, so the macro hands them the part they need.
const touchedName = "@touched"

const badChangedPath = "changed() needs a dotted path or a list of segments"

// changedOptions declare changed() and what it expands to.
func changedOptions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Variable(ChangedKey, cel.DynType),
		cel.Function(touchedName,
			cel.Overload("touched_string", []*cel.Type{cel.DynType, cel.StringType}, cel.BoolType, cel.BinaryBinding(touchedPath)),
			cel.Overload("touched_list", []*cel.Type{cel.DynType, cel.ListType(cel.StringType)}, cel.BoolType, cel.BinaryBinding(touchedPath))),
		cel.Macros(cel.GlobalMacro("changed", 1,
			func(factory cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
				return factory.NewCall(touchedName, factory.NewIdent(ChangedKey), args[0]), nil
			})),
	}
}

// touched is the function under ChangedKey as a CEL value.
type touched func(path []string) bool

var touchedType = cel.OpaqueType("changes")

// ConvertToNative implements ref.Val.
func (t touched) ConvertToNative(reflect.Type) (any, error) {
	return nil, types.NewErr("changes are no value").(*types.Err)
}

// ConvertToType implements ref.Val.
func (t touched) ConvertToType(ref.Type) ref.Val { return types.NewErr("changes are no value") }

// Equal implements ref.Val.
func (t touched) Equal(ref.Val) ref.Val { return types.False }

// Type implements ref.Val.
func (t touched) Type() ref.Type { return touchedType }

// Value implements ref.Val.
func (t touched) Value() any { return t }

// touchedPath asks the diff about a path.
func touchedPath(changes, path ref.Val) ref.Val {
	t, ok := changes.(touched)
	if !ok {
		return types.NewErr("changed() has no diff to look at")
	}
	segments, ok := pathOf(path)
	if !ok {
		return types.NewErr(badChangedPath)
	}
	return types.Bool(t(segments))
}

// pathOf reads a dotted path or a list of segments.
func pathOf(path ref.Val) ([]string, bool) {
	switch p := path.(type) {
	case types.String:
		return segmentsOf(string(p)), p != ""
	case traits.Lister:
		var segments []string
		for it := p.Iterator(); it.HasNext() == types.True; {
			s, ok := it.Next().(types.String)
			if !ok {
				return nil, false
			}
			segments = append(segments, string(s))
		}
		return segments, len(segments) > 0
	}
	return nil, false
}
