package handle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/index"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Index is one compiled index.
type Index struct {
	ID        string
	Selectors []*Selector

	match *matcher
	key   *eval.Program
	value *eval.Template
}

func (c *compiler) index(x *spec.Index) {
	out := &Index{ID: x.ID.Value}
	for _, s := range x.Resource {
		compiled := c.selector(s)
		c.watched(compiled)
		if !slices.Contains(out.Selectors, compiled) {
			out.Selectors = append(out.Selectors, compiled)
		}
	}
	c.knowing(c.objectTypes(x.Resource), func() {
		c.remember(out.ID)
		out.match = c.matcher(x.Match, &Handler{}, indexScope)
		key, found := c.env.Expr(x.Key, indexScope, nil)
		c.found = append(append(c.found, found...), key.Key()...)
		out.key = key
		out.value = c.template(x.Value, indexScope)
	})
	c.operator.Indexes = append(c.operator.Indexes, out)
}

// indexIDs are the ids of all indexes.
func indexIDs(indexes []*spec.Index) []string {
	var out []string
	for _, x := range indexes {
		out = append(out, x.ID.Value)
	}
	return out
}

// IndexesOf are the indexes that name a selector, in declared order.
func (o *Operator) IndexesOf(s *Selector) []*Index {
	var out []*Index
	for _, x := range o.Indexes {
		if slices.Contains(x.Selectors, s) {
			out = append(out, x)
		}
	}
	return out
}

// IndexIDs are the ids of all indexes, in declared order.
func (o *Operator) IndexIDs() []string {
	out := make([]string, 0, len(o.Indexes))
	for _, x := range o.Indexes {
		out = append(out, x.ID)
	}
	return out
}

// BindIndexes makes what expressions read as the variable index: one view, for one attempt.
func BindIndexes(s *index.Store) any {
	v := s.View()
	return eval.BindIndexes(eval.Indexes{IDs: s.IDs(), Keys: v.Keys, Len: v.Len, Get: v.Get})
}

// Index tells what an object has in each of these indexes now.
func (w *Worker) Index(ctx context.Context, indexes []*Index, object map[string]any) []index.Entry {
	p := &pass{w: w, object: object, mem: &Memory{}, now: time.Now(), log: w.objectLog(object)}
	vars := p.bind(map[string]any{"param": nil})
	out := make([]index.Entry, 0, len(indexes))
	for _, x := range indexes {
		e, err := x.entry(ctx, subject{object: object, shape: w.shape(), vars: vars})
		if err != nil {
			w.faults.index(x, err)
			e = index.Entry{}
		}
		e.Index = x.ID
		out = append(out, e)
	}
	return out
}

// keys are those that the value of the expression stands for. An item that is null is none.
func (x *Index) keys(value any) ([]any, error) {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	out := make([]any, 0, len(list))
	for _, key := range list {
		switch {
		case key == nil:
		case index.IsKey(key):
			out = append(out, key)
		default:
			return nil, fmt.Errorf("%s: a key is a text, a number or a boolean, and this is something else", x.key.Range())
		}
	}
	return out, nil
}

// entry is what the object has in the index. One that is not in it has no keys.
func (x *Index) entry(ctx context.Context, s subject) (index.Entry, error) {
	if ok, err := x.match.matches(ctx, s, false); !ok || err != nil {
		return index.Entry{}, err
	}
	key, err := x.key.Eval(ctx, s.vars)
	if err != nil {
		return index.Entry{}, err
	}
	keys, err := x.keys(key)
	if err != nil {
		return index.Entry{}, err
	}
	value, ok, err := x.value.Render(ctx, s.vars)
	if !ok || err != nil {
		return index.Entry{}, err
	}
	return index.Entry{Keys: keys, Value: value}, nil
}
