package actions

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Subhandler is a sub-handler in the text of a program. The program itself has
// only the list of them; what each does is compiled by its own.
type Subhandler struct {
	Source *spec.Sub
	// Scope is what its filter and its steps may use.
	Scope eval.Scope
	// Env knows the types of what they can see.
	Env *eval.Env
	// Visible are the steps of the handler around it that stand before.
	Visible []string
}

// Sub is a sub-handler that a step has listed, to be run by the caller.
type Sub struct {
	// ID is unique among the sub-handlers of one handler.
	ID     string
	Source *spec.Sub
	// Vars are those of the step, with item and key.
	Vars *eval.Binding
	// Steps are the results of the steps before.
	Steps map[string]any
	// Shapes are the Shapes of those results that are objects, or have objects in them.
	Shapes map[string]*eval.Shape
}

// subID is what may follow the slash in parent/child. It has none itself: each
// slash begins another level.
var subID = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)

// subhandlersAction lists sub-handlers and has them run.
type subhandlersAction []subhandler

type subhandler struct {
	source  *spec.Sub
	forEach *eval.Program
	id      *eval.Template
}

func (c *compiler) subhandlers(subs []*spec.Sub) action {
	if c.scope&eval.Failure != 0 {
		c.report(ruleSubhandlers, subs[0].Range, "onFailure runs once and keeps no progress")
	}
	out := make(subhandlersAction, 0, len(subs))
	for _, source := range subs {
		s, inner := subhandler{source: source}, c
		if source.ForEach != nil {
			s.forEach = c.expr(source.ForEach, eval.Collection)
			inner = c.inLoop(s.forEach)
		}
		s.id = inner.template(source.ID)
		c.needs.Subs = append(c.needs.Subs, Subhandler{Source: source, Scope: inner.scope &^ eval.Steps, Env: inner.at(), Visible: slices.Clone(inner.visible)})
		out = append(out, s)
	}
	return out
}

func (a subhandlersAction) run(ctx context.Context, f *frame) (any, error) {
	if f.Subs == nil {
		return nil, permanent("sub-handlers need a cycle that keeps their progress, and there is none here")
	}
	var listed []Sub
	for _, s := range a {
		subs, err := s.list(ctx, f)
		if err != nil {
			return nil, err
		}
		listed = append(listed, subs...)
	}
	return f.Subs(ctx, listed)
}

// list makes the sub-handlers of all items.
func (s subhandler) list(ctx context.Context, f *frame) ([]Sub, error) {
	if s.forEach == nil {
		sub, err := s.one(ctx, f, "")
		return []Sub{sub}, err
	}
	value, shape, err := s.forEach.EvalTyped(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(value, shape)
	if err != nil {
		return nil, err
	}
	out := make([]Sub, 0, len(items))
	for _, it := range items {
		sub, err := s.one(ctx, f.inItem(it), fmt.Sprintf(" (item %s)", it))
		if err != nil {
			return nil, err
		}
		out = append(out, sub)
	}
	return out, nil
}

func (s subhandler) one(ctx context.Context, f *frame, item string) (Sub, error) {
	id, err := s.id.Text(ctx, f.bind)
	if err != nil {
		return Sub{}, err
	}
	where := s.source.Range.String() + item
	if !subID.MatchString(id) {
		return Sub{}, permanent("%q cannot be the id of a sub-handler: it needs letters, digits, dashes, underscores and dots, from a letter or digit to a letter or digit (%s)", id, where)
	}
	if other, taken := f.listed[id]; taken {
		return Sub{}, permanent("two sub-handlers have the id %q: %s and %s", id, other, where)
	}
	f.listed[id] = where
	return Sub{ID: id, Source: s.source, Vars: f.bind, Steps: maps.Clone(f.results), Shapes: maps.Clone(f.shapes)}, nil
}
