package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	env     *Env
	src     source
	use     *usage
	filters map[string]*Program
	// program and ast are nil where the expression has errors.
	program cel.Program
	ast     *cel.Ast
	// result is what is known of its result; mistyped says that it does not fit the
	// types of its variables.
	result   result
	mistyped bool
}

// Range is where the expression stands.
func (p *Program) Range() diag.Range { return p.src.whole() }

// Selected are the names that the expression selects from a variable, sorted:
// for children, those of children.pvc and children['pod']. "*" among them says
// that it uses the variable as a whole.
func (p *Program) Selected(variable string) []string {
	if p.use == nil {
		return nil
	}
	names := p.use.names(variable)
	for _, f := range p.filters {
		names = append(names, f.Selected(variable)...)
	}
	return distinct(names)
}

// Selections are the places behind Selected, without those of filters.
func (p *Program) Selections(variable string) []Selection {
	if p.use == nil {
		return nil
	}
	var all []Selection
	for _, s := range p.use.selected {
		if s.variable != variable || s.name == anything {
			continue
		}
		offset, _ := p.use.offset(s.id)
		from, to := p.src.tokenAt(offset)
		all = append(all, Selection{Name: s.name, Range: p.src.rangeOf(from, to)})
	}
	return all
}

// Selection is a name that an expression selects from a variable.
type Selection struct {
	Name  string
	Range diag.Range
}

// Eval is the value of the expression as JSON-like data. It may share maps and
// lists with the Binding and is only to be read. An optional without value is
// nil.
func (p *Program) Eval(ctx context.Context, b *Binding) (any, error) {
	v, err := p.value(ctx, b)
	if err != nil {
		return nil, err
	}
	value, _, err := p.json(b, v, true)
	return value, err
}

// EvalTyped is Eval with the types that the value has in the expression: Typed(value, shape)
// brings them back.
func (p *Program) EvalTyped(ctx context.Context, b *Binding) (value any, shape *Shape, err error) {
	v, err := p.value(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	value, _, err = p.json(b, v, true)
	if err != nil {
		return nil, nil, err
	}
	return value, shapeOfValue(v), nil
}

// Bool is the value of an expression that must be true or false.
func (p *Program) Bool(ctx context.Context, b *Binding) (bool, error) {
	v, err := p.value(ctx, b)
	if err != nil {
		return false, err
	}
	if answer, ok := v.(types.Bool); ok {
		return bool(answer), nil
	}
	return false, p.failed(Failed, fmt.Sprintf("the result must be true or false, it is %s", typeName(v)))
}

// render evaluates and writes; ok is false where the value is omitted.
func (p *Program) render(ctx context.Context, b *Binding) (value any, ok bool, err error) {
	v, err := p.value(ctx, b)
	if err != nil {
		return nil, false, err
	}
	return p.written(b, v, false)
}

// written is a value of the expression in a template: as it is stored, where the expression only
// selects it.
func (p *Program) written(b *Binding, v ref.Val, share bool) (value any, ok bool, err error) {
	if raw, ok := p.original(b, v); ok {
		return raw, true, nil
	}
	return p.json(b, v, share)
}

// json converts a value of the expression; ok is false where it is omitted.
func (p *Program) json(b *Binding, v ref.Val, share bool) (value any, ok bool, err error) {
	w := jsonWriter{share: share}
	value, ok, err = w.toJSON(v)
	if err != nil {
		return nil, false, p.explain(b, err)
	}
	return value, ok, nil
}

// original is the JSON that a value was read from, where the expression does no more than select
// it: a date stays a date, and 2026-01-01T00:00:00.000000Z what it is.
func (p *Program) original(b *Binding, v ref.Val) (any, bool) {
	switch present(v).(type) {
	case types.Timestamp, types.Duration, types.Bytes, types.Double:
	default:
		return nil, false
	}
	found, _ := p.resolve(p.ast.NativeRep().Expr(), b)
	l, ok := found.(*leaf)
	if !ok {
		return nil, false
	}
	if n, ok := l.raw.(int64); ok {
		return l.shape.number(n), true
	}
	return l.raw, true
}

// present is the value of an optional that has one.
func present(v ref.Val) ref.Val {
	if o, ok := v.(*types.Optional); ok && o.HasValue() {
		return o.GetValue()
	}
	return v
}

var errDeadline = errors.New("deadline of an evaluation")

// value evaluates. Only loops can take long, so only they get a timer.
func (p *Program) value(ctx context.Context, b *Binding) (ref.Val, error) {
	if p.program == nil {
		return nil, p.failed(Failed, "the expression has errors")
	}
	if err := ctx.Err(); err != nil {
		return nil, p.interrupted(context.Cause(ctx))
	}
	var vars interpreter.Activation = b
	if len(p.filters) > 0 {
		vars = &filterBinding{ctx: ctx, binding: b, filters: p.filters}
	}
	var out ref.Val
	var details *cel.EvalDetails
	var err error
	defer func() { p.env.spent.add(details) }()
	if p.use.folds {
		limited, cancel := context.WithTimeoutCause(ctx, p.env.deadline, errDeadline)
		defer cancel()
		out, details, err = p.program.ContextEval(limited, vars)
		if err != nil && errors.Is(err, interpreter.InterruptError{}) {
			return nil, p.interrupted(context.Cause(limited))
		}
	} else {
		out, details, err = p.program.Eval(vars)
	}
	if err != nil {
		return nil, p.explain(b, err)
	}
	return out, nil
}
