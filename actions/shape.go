package actions

import (
	"context"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// shaped is an action of whose result, or of parts of it, more is known than that it is JSON. The
// result is one that it has had now or that was kept.
type shaped interface {
	shape(ctx context.Context, f *frame, result any) (*eval.Shape, error)
}

// shape is that of a result of the step.
func (s *step) shape(ctx context.Context, f *frame, result any) (*eval.Shape, error) {
	a, ok := s.action.(shaped)
	if !ok || result == nil {
		return nil, nil
	}
	if s.forEach == nil {
		return a.shape(ctx, f, result)
	}
	return eachShape(result, func(one any) (*eval.Shape, error) { return a.shape(ctx, f, one) })
}

// eachShape is the Shape of a list.
func eachShape(list any, shape func(any) (*eval.Shape, error)) (*eval.Shape, error) {
	results, _ := list.([]any)
	shapes := make([]*eval.Shape, len(results))
	for i, result := range results {
		var err error
		if shapes[i], err = shape(result); err != nil {
			return nil, err
		}
	}
	return eval.ItemsShape(shapes), nil
}

// shapes are the Shapes of the results of named steps, by their names.
func (b block) shapes(ctx context.Context, f *frame, results map[string]any) (map[string]*eval.Shape, error) {
	out := map[string]*eval.Shape{}
	for _, s := range b {
		shape, err := s.shape(ctx, f, results[s.name])
		if err != nil {
			return nil, err
		}
		out[s.name] = shape
		if g, ok := s.action.(*group); ok && s.forEach == nil {
			inner, err := g.steps.shapes(ctx, f, results)
			if err != nil {
				return nil, err
			}
			for name, shape := range inner {
				out[name] = shape
			}
		}
	}
	delete(out, "") // steps without a name
	return out, nil
}

func (g *group) shape(ctx context.Context, f *frame, result any) (*eval.Shape, error) {
	results, _ := result.(map[string]any)
	shapes, err := g.steps.shapes(ctx, f, results)
	return eval.FieldsShape(shapes), err
}

func (a *getAction) shape(ctx context.Context, f *frame, result any) (*eval.Shape, error) {
	return f.objectShape(ctx, result)
}

func (a *createAction) shape(ctx context.Context, f *frame, result any) (*eval.Shape, error) {
	if a.object != nil {
		return f.objectShape(ctx, result)
	}
	return eachShape(result, func(one any) (*eval.Shape, error) { return f.objectShape(ctx, one) })
}

func (a *patchAction) shape(ctx context.Context, f *frame, result any) (*eval.Shape, error) {
	switch {
	case a.subresource != "" && a.subresource != "status":
		return nil, nil // an object of another kind, such as a Scale
	case a.target == nil:
		return f.Shape.Shape(), nil
	}
	return f.objectShape(ctx, result)
}

func (a *statusAction) shape(_ context.Context, f *frame, _ any) (*eval.Shape, error) {
	return f.Shape.Shape().At("status"), nil
}

// objectShape is the Shape of an object, by its kind.
func (f *frame) objectShape(ctx context.Context, result any) (*eval.Shape, error) {
	object, ok := result.(map[string]any)
	if !ok {
		return nil, nil
	}
	live, err := f.Client.Shapes.Of(ctx, schema.KindOf(stringAt(object, "apiVersion"), stringAt(object, "kind")))
	if err != nil {
		return nil, err
	}
	return live.Shape(), nil
}

// know reads what the API server tells of the objects of a resource, before something is done that
// must not be done twice because that cannot be read.
func (f *frame) know(ctx context.Context, r kube.Resource) error {
	if !f.named {
		return nil
	}
	_, err := f.Client.Shapes.Of(ctx, r.GVK())
	return err
}
