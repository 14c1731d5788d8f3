package bind

import (
	"context"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// Subject is what every expression about an object sees. All of it is only read.
type Subject struct {
	Object map[string]any
	// Shape is that of the resource's objects.
	Shape *eval.Shape
	// Resource and Operator are the variables of these names.
	Resource, Operator map[string]any
	// Memo is called when the memo is first used.
	Memo func() (any, error)
	Now  time.Time
}

// Vars are the variables.
func (s Subject) Vars() map[string]any {
	return map[string]any{
		"body":        eval.Typed(s.Object, s.Shape),
		"spec":        eval.Typed(stanza(s.Object, "spec"), s.Shape.At("spec")),
		"status":      eval.Typed(stanza(s.Object, "status"), s.Shape.At("status")),
		"meta":        eval.Typed(stanza(s.Object, "metadata"), s.Shape.At("metadata")),
		"name":        essence.MetaText(s.Object, "name"),
		"uid":         essence.MetaText(s.Object, "uid"),
		"labels":      metaMap(s.Object, "labels"),
		"annotations": metaMap(s.Object, "annotations"),
		"resource":    s.Resource,
		"operator":    s.Operator,
		"memo":        s.Memo,
		"now":         s.Now,
	}
}

// Identity is the variable operator: the operator of a name, in the process of an id,
// run by an engine of a version.
func Identity(name, id, version string) map[string]any {
	return map[string]any{"name": name, "id": id, "version": version}
}

// Change are the variables of a change of an object with a Shape; both essences are read-only.
func Change(c cause.Cause, shape *eval.Shape) map[string]any {
	return map[string]any{
		"reason":        string(c.Reason),
		"old":           eval.Typed(anyMap(c.Old), shape),
		"new":           eval.Typed(anyMap(c.New), shape),
		"diff":          func() (any, error) { return c.Diff.Values(), nil },
		eval.ChangedKey: func(path []string) bool { return c.Diff.Touches(path) },
	}
}

// Field are those variables of a change that a handler of one field sees differently: they
// are relative to it.
func Field(c cause.Cause, path []string, shape *eval.Shape) map[string]any {
	diff := c.Diff.Relative(path)
	old, _ := essence.Lookup(c.Old, path)
	now, _ := essence.Lookup(c.New, path)
	return map[string]any{
		"old":  eval.Typed(old, shape.At(path...)),
		"new":  eval.Typed(now, shape.At(path...)),
		"diff": func() (any, error) { return diff.Values(), nil },
	}
}

// Attempt are the variables of the attempt with this number, from 0, of a handler that
// was first tried at started.
func Attempt(number int, started, now time.Time) map[string]any {
	return map[string]any{
		"retry":   int64(number),
		"started": started,
		"runtime": now.Sub(started),
	}
}

// Param is the variable param, which sees b; null where the handler has none.
func Param(ctx context.Context, param *eval.Template, b *eval.Binding) func() (any, error) {
	return func() (any, error) {
		if param == nil {
			return nil, nil
		}
		value, _, err := param.Render(ctx, b)
		return value, err
	}
}

// stanza is a part of the object; an absent one reads as empty.
func stanza(object map[string]any, key string) any {
	if value, ok := object[key]; ok && value != nil {
		return value
	}
	return map[string]any{}
}

func metaMap(object map[string]any, key string) any {
	meta, _ := object["metadata"].(map[string]any)
	return stanza(meta, key)
}

// anyMap keeps a missing map from becoming an empty one.
func anyMap(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}
