package trial

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
)

const changedKey = eval.ChangedKey

// binding is what an evaluation sees: every variable of the place has a value, or tells
// that it has none.
func (t *Trial) binding(ctx context.Context) *eval.Binding {
	vars := map[string]any{changedKey: absent("diff")}
	for _, v := range eval.Variables {
		vars[v.Name] = absent(v.Name)
	}
	now := t.now()
	maps.Copy(vars, t.everywhere(now))
	if t.subject.object != nil {
		s := bind.Subject{
			Object: t.subject.object, Shape: t.subject.shape, Resource: t.subject.resource.Vars(),
			Memo: func() (any, error) { return map[string]any{}, nil }, Now: now,
		}
		about := s.Vars()
		delete(about, "operator")
		maps.Copy(vars, about)
		maps.Copy(vars, t.subject.vars(t.options.Target.field))
	}
	maps.Copy(vars, t.attempt(now))
	for name, value := range t.given {
		vars[name] = eval.Typed(value, t.shapes[name])
	}
	vars["index"] = t.indexes()
	b := eval.NewBinding(vars)
	return t.ownVars(ctx, b)
}

// shapesOfGiven are the Shapes of values that were given: those that they had in an expression, or
// as they would be in a run.
func (t *Trial) shapesOfGiven() map[string]*eval.Shape {
	own, parts := map[string]*eval.Shape{}, map[string]map[string]*eval.Shape{}
	for _, l := range t.options.Lets {
		name := l.Path[0]
		switch len(l.Path) {
		case 1:
			own[name], parts[name] = l.Shape, nil
		case 2:
			if parts[name] == nil {
				parts[name] = map[string]*eval.Shape{}
			}
			parts[name][l.Path[1]] = l.Shape
		}
	}
	out := map[string]*eval.Shape{}
	for name := range t.given {
		switch known := t.env.Known(name); {
		case own[name] != nil:
			out[name] = own[name]
		case known != nil:
			out[name] = eval.ShapeOf(known)
		default:
			out[name] = eval.FieldsShape(parts[name])
		}
	}
	return out
}

// ownVars adds what the handler has of its own.
func (t *Trial) ownVars(ctx context.Context, b *eval.Binding) *eval.Binding {
	if _, has := t.given["param"]; !has {
		b = b.With(map[string]any{"param": bind.Param(ctx, t.param, b)})
	}
	if t.vars != nil {
		b = b.With(map[string]any{"vars": t.vars.Bind(ctx, b)})
	}
	return b
}

func (t *Trial) now() time.Time {
	if now, ok := t.given["now"].(time.Time); ok {
		return now
	}
	return t.options.Clock().UTC()
}

// everywhere are the variables that need no object.
func (t *Trial) everywhere(now time.Time) map[string]any {
	vars := map[string]any{"now": now, "memo": map[string]any{}, "stopped": nil}
	if t.options.Target.Operator != nil {
		vars["operator"] = t.identity()
	}
	return vars
}

// identity is the variable operator; here no process runs it.
func (t *Trial) identity() map[string]any {
	return bind.Identity(t.options.Target.Operator.Metadata.Name.Value, "eval", t.options.Version)
}

// attempt are the variables of the first attempt, which begins now, unless others are given.
func (t *Trial) attempt(now time.Time) map[string]any {
	number, started := 0, now
	if n, ok := t.given["retry"].(int64); ok {
		number = int(n)
	}
	if took, ok := t.given["runtime"].(time.Duration); ok {
		started = now.Add(-took)
	}
	if at, ok := t.given["started"].(time.Time); ok {
		started = at
	}
	return bind.Attempt(number, started, now)
}

// indexes are those that were given, and the others of the operator, which are empty.
func (t *Trial) indexes() any {
	given, _ := t.given["index"].(map[string]any)
	ids := slices.Sorted(maps.Keys(given))
	if op := t.options.Target.Operator; op != nil {
		ids = nil
		for _, x := range op.Spec.Indexes {
			ids = append(ids, x.ID.Value)
		}
	}
	content := func(id string) map[string]any {
		m, _ := given[id].(map[string]any)
		return m
	}
	return eval.BindIndexes(eval.Indexes{
		IDs: ids,
		Keys: func(id string) []any {
			var keys []any
			for _, key := range slices.Sorted(maps.Keys(content(id))) {
				keys = append(keys, key)
			}
			return keys
		},
		Len: func(id string) int { return len(content(id)) },
		Get: func(id string, key any) ([]any, bool) {
			text, isText := key.(string)
			values, found := content(id)[text].([]any)
			return values, isText && found
		},
	})
}
