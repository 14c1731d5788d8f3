package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Program is a compiled do block. It is immutable and runs for any number of
// objects at a time.
type Program struct {
	steps block
	needs Needs
	// results is the type of the variable steps at the end.
	results *schema.Type
	// given is what of the object is known to be there at the end.
	given eval.Facts
}

// Given is what of the object is known to be there behind all steps.
func (p *Program) Given() eval.Facts { return p.given }

// Needs is what a program touches as far as its text tells.
type Needs struct {
	// Children are the aliases whose children a wait looks at.
	Children []Child
	// Reads are the resources that get steps name by a selector.
	Reads []*spec.Selector
	// Vars are the places where steps use the handler's vars.
	Vars []eval.Selection
	// Metrics are those that steps record.
	Metrics []*Metric
	// Waits tells that there is a wait, which changes of these should wake.
	Waits bool
	// Creates tells that there is a create, which may make children that keep
	// their parent until they are deleted.
	Creates bool
	// Subs are the sub-handlers.
	Subs []Subhandler
	// Returns are the results that steps return.
	Returns []Returned
}

// Returned is the result of a step return.
type Returned struct {
	Value    *spec.Template
	Compiled *eval.Template
}

// Child is an alias that an expression selects from children.
type Child struct {
	Alias string
	// Range is where it stands, for messages about one that does not exist.
	Range diag.Range
}

// Needs tells what the program touches.
func (p *Program) Needs() Needs { return p.needs }

// Results is the type of the variable steps behind all steps; nil where no types are
// known.
func (p *Program) Results() *schema.Type { return p.results }

// Run makes one attempt. A failed step ends it with a *StepError; a step
// return, like the end of the block, ends it without one. A context that is
// over ends it with the cause.
func (p *Program) Run(ctx context.Context, r *Run) error {
	r.BoundSteps() // makes its maps
	r.created = map[string]bool{}
	r.listed = map[string]string{}
	err := p.steps.run(ctx, &frame{Run: r, bind: r.Vars, results: r.Steps, shapes: r.Shapes})
	if errors.Is(err, errReturned) {
		return nil
	}
	return err
}

// frame is where in a run a step runs: within which items of which loops.
type frame struct {
	*Run
	bind *eval.Binding
	// results are the named results that steps here see and add to.
	results map[string]any
	// shapes are the Shapes of those results that are objects, or have objects in them.
	shapes map[string]*eval.Shape
	// named tells that this step has a name, so that its result can be used.
	named bool
	// place names this step and these items the same way in every attempt.
	place string
	// label is the step's name for people.
	label string
}

func (f *frame) inStep(s *step) *frame {
	inner := *f
	inner.bind = f.bind.With(map[string]any{
		"steps": eval.TypedFields(maps.Clone(f.results), maps.Clone(f.shapes)),
		"memo":  func() (any, error) { return f.Memo.Data(), nil },
	})
	inner.place = f.place + "/" + s.key
	inner.label = s.label
	inner.named = s.name != ""
	return &inner
}

func (f *frame) inItem(it item) *frame {
	inner := *f
	inner.bind = f.bind.With(map[string]any{"item": eval.Typed(it.value, it.shape), "key": it.key})
	inner.results, inner.shapes = maps.Clone(f.results), maps.Clone(f.shapes)
	inner.place = f.place + "[" + it.identity + "]"
	return &inner
}

// refresh lets what comes next see the newest state.
func (f *frame) refresh() {
	if f.Fresh != nil {
		f.Fresh()
	}
}

type block []*step

func (b block) run(ctx context.Context, f *frame) error {
	for _, s := range b {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.refresh()
		if err := s.run(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// action is what a step does. Its result becomes that of the step.
type action interface {
	run(ctx context.Context, f *frame) (any, error)
}

// step is one compiled step.
type step struct {
	source *spec.Step
	name   string
	// key names the step among its siblings in names that must not change from
	// attempt to attempt.
	key   string
	label string
	verb  string

	when *eval.Program
	// whenPerItem tells that when uses item or key, so that it chooses items;
	// otherwise it decides about the step as a whole.
	whenPerItem bool
	forEach     *eval.Program
	action      action
	// once tells that the step is not repeated after it has succeeded.
	once bool
}

func (s *step) run(ctx context.Context, outer *frame) error {
	f := outer.inStep(s)
	result, err := s.result(ctx, f)
	if err != nil {
		return err
	}
	if s.name == "" {
		return nil
	}
	shape, err := s.shape(ctx, f, result)
	if err != nil {
		return s.failed(s.verb, "", err)
	}
	outer.results[s.name], outer.shapes[s.name] = result, shape
	return nil
}

func (s *step) result(ctx context.Context, f *frame) (any, error) {
	if s.when != nil && !s.whenPerItem {
		holds, err := s.when.Bool(ctx, f.bind)
		if err != nil {
			return nil, s.failed("when", "", err)
		}
		if !holds {
			return s.skipped(f), nil
		}
	}
	if s.forEach == nil {
		return s.act(ctx, f, "")
	}
	return s.loop(ctx, f)
}

// skipped makes the names inside a group null, as that of the step itself is.
func (s *step) skipped(f *frame) any {
	if g, ok := s.action.(*group); ok && s.forEach == nil {
		for _, name := range g.names {
			f.results[name], f.shapes[name] = nil, nil
		}
	}
	return nil
}

func (s *step) loop(ctx context.Context, f *frame) (any, error) {
	value, shape, err := s.forEach.EvalTyped(ctx, f.bind)
	if err != nil {
		return nil, s.failed("forEach", "", err)
	}
	items, err := itemsOf(value, shape)
	if err != nil {
		return nil, s.failed("forEach", "", err)
	}
	results := make([]any, 0, len(items))
	for _, it := range items {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		result, err := s.one(ctx, f.inItem(it), it)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

func (s *step) one(ctx context.Context, f *frame, it item) (any, error) {
	if s.whenPerItem {
		holds, err := s.when.Bool(ctx, f.bind)
		if err != nil {
			return nil, s.failed("when", it.String(), err)
		}
		if !holds {
			return nil, nil
		}
	}
	return s.act(ctx, f, it.String())
}

func (s *step) act(ctx context.Context, f *frame, item string) (any, error) {
	run := s.action.run
	if s.once && f.Kept != nil {
		run = s.unlessKept
	}
	result, err := run(ctx, f)
	if err != nil {
		return nil, s.failed(s.verb, item, err)
	}
	return result, nil
}

// unlessKept takes the result that an earlier attempt has kept, or keeps it.
func (s *step) unlessKept(ctx context.Context, f *frame) (any, error) {
	if result, kept := f.Kept[f.place]; kept {
		return result, s.restore(ctx, f, result)
	}
	before := 0
	if f.Keep != nil {
		before = f.Own.Len() // activities have no object
	}
	result, err := s.action.run(ctx, f)
	if err != nil {
		return nil, err
	}
	f.Kept[f.place] = result
	if f.Keep == nil {
		return result, nil
	}
	return result, f.Keep(ctx, f.place, result, before)
}

// restore gives the names inside a group the results that they had.
func (s *step) restore(ctx context.Context, f *frame, result any) error {
	g, isGroup := s.action.(*group)
	results, _ := result.(map[string]any)
	if !isGroup {
		return nil
	}
	shapes, err := g.steps.shapes(ctx, f, results)
	if err != nil {
		return err
	}
	for _, name := range g.names {
		f.results[name], f.shapes[name] = results[name], shapes[name]
	}
	return nil
}

// failed puts the step's place around an error, unless an inner step has done
// so, or it is none.
func (s *step) failed(verb, item string, err error) error {
	var inner *StepError
	if errors.Is(err, errReturned) || errors.As(err, &inner) {
		return err
	}
	return &StepError{Step: s.label, Item: item, Action: verb, Range: s.source.Range, Err: err}
}

// group is the action do: steps under one when or forEach. Its result is a map
// of the results inside it.
type group struct {
	steps block
	names []string
	// results are their types.
	results []schema.Field
}

func (g *group) run(ctx context.Context, f *frame) (any, error) {
	if err := g.steps.run(ctx, f); err != nil {
		return nil, err
	}
	results := make(map[string]any, len(g.names))
	for _, name := range g.names {
		results[name] = f.results[name]
	}
	return results, nil
}

// item is one element of a forEach.
type item struct {
	key, value any
	shape      *eval.Shape
	// identity tells the item from the others in the same way in later attempts.
	identity string
}

func (it item) String() string { return fmt.Sprint(it.key) }

// itemsOf lists the elements of a list with a Shape, or of a map in the order of its keys.
// Null has none, so that the result of a step that was left out can be used.
func itemsOf(value any, shape *eval.Shape) ([]item, error) {
	switch value := value.(type) {
	case nil:
		return nil, nil
	case []any:
		return listItems(value, shape), nil
	case map[string]any:
		items := make([]item, 0, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			items = append(items, item{key: key, value: value[key], shape: shape.At(key), identity: key})
		}
		return items, nil
	default:
		return nil, fmt.Errorf("forEach needs a list or a map, not %s", kindOf(value))
	}
}

// listItems identifies scalars by what they are, so that an item removed from
// the front of a list does not turn each other one into its neighbour; the
// rest, which may change between attempts, by where they stand.
func listItems(values []any, shape *eval.Shape) []item {
	seen := map[string]int{}
	items := make([]item, 0, len(values))
	for i, value := range values {
		identity := fmt.Sprintf("#%d", i)
		switch value.(type) {
		case string, bool, int64:
			text := fmt.Sprintf("%T:%v", value, value)
			identity = fmt.Sprintf("%s+%d", text, seen[text])
			seen[text]++
		}
		items = append(items, item{key: int64(i), value: value, shape: shape.Item(i), identity: identity})
	}
	return items
}
