package eval

import (
	"context"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Answer is what an evaluation has come to, for people who try an expression.
type Answer struct {
	// Value is JSON-like data, which is only to be read; nil where there is none.
	Value any
	// Omitted tells that there is no value: an optional without one, or what omit() yields.
	Omitted bool
	// Type is the type of the value in words: "int", "list of string", "timestamp".
	Type string
	// Kind is what is known of the type from the value alone: the elements of lists and maps
	// are anything.
	Kind *cel.Type
	// Shape has the types of what is in the value: Typed(Value, Shape) brings them back.
	Shape *Shape
}

// Answer evaluates, as Eval does, and says of which type the value is.
func (p *Program) Answer(ctx context.Context, b *Binding) (Answer, error) {
	v, err := p.value(ctx, b)
	if err != nil {
		return Answer{}, err
	}
	if t, isType := v.(*types.Type); isType { // JSON has no types, people want to see them
		return Answer{Value: typeWords(t), Type: "type"}, nil
	}
	value, ok, err := p.written(b, v, true)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Value: value, Omitted: !ok, Type: valueWords(v, p.ast.OutputType()), Kind: kindOf(v), Shape: shapeOfValue(v)}, nil
}

func kindOf(v ref.Val) *cel.Type {
	switch x := v.(type) {
	case *types.Optional:
		if !x.HasValue() {
			return cel.OptionalType(cel.DynType)
		}
		return cel.OptionalType(kindOf(x.GetValue()))
	case traits.Mapper:
		return cel.MapType(cel.StringType, cel.DynType)
	case traits.Lister:
		return cel.ListType(cel.DynType)
	}
	if t, ok := v.Type().(*types.Type); ok {
		return t
	}
	return cel.DynType
}

// TypeWords is the type of the expression as far as it is known without a value; empty
// where the expression has errors.
func (p *Program) TypeWords() string {
	if p.ast == nil {
		return ""
	}
	words := typeWords(p.ast.OutputType())
	switch known := p.Type(); {
	case known == nil || words != "any" && words != "list" && words != "map":
		return words
	case p.result.optional:
		return "optional " + known.NotNull().String()
	case known.Nullable() && known.Kind() != schema.Null:
		return known.String() + " or null"
	default:
		return known.String()
	}
}

// Answer renders the template, and says of which type its value is.
func (t *Template) Answer(ctx context.Context, b *Binding) (Answer, error) {
	if x, ok := t.root.(expression); ok {
		return x.program.Answer(ctx, b)
	}
	value, ok, err := t.Render(ctx, b)
	switch {
	case err != nil:
		return Answer{}, err
	case !ok:
		return Answer{Omitted: true, Type: noValue}, nil
	}
	return Answer{Value: value, Type: valueWords(adapter{}.NativeToValue(value), cel.DynType)}, nil
}

// TypeWords is the type of the template as far as it is known without values: that of the
// expression, where it is nothing else.
func (t *Template) TypeWords() string {
	switch root := t.root.(type) {
	case expression:
		return root.program.TypeWords()
	case constant:
		return valueWords(adapter{}.NativeToValue(root.value), cel.DynType)
	case listPart:
		return "list"
	case mapPart:
		return "map"
	case mixed:
		return "string"
	}
	return ""
}
