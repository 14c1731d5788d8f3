package actions

import (
	"context"

	"github.com/kopf-declarative/kopf-declarative/eval"
)

// renderMap renders a template that must yield a map. The result may be
// changed.
func renderMap(ctx context.Context, f *frame, what string, t *eval.Template) (map[string]any, error) {
	value, exists, err := t.Render(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	fields, ok := value.(map[string]any)
	if !exists || !ok {
		return nil, permanent("%s must be a map, found %s", what, found(value, exists))
	}
	return fields, nil
}

// renderList is renderMap for lists.
func renderList(ctx context.Context, f *frame, what string, t *eval.Template) ([]any, error) {
	value, exists, err := t.Render(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !exists || !ok {
		return nil, permanent("%s must be a list, found %s", what, found(value, exists))
	}
	return items, nil
}

// renderText renders a template into a string; "" where there is none or it
// is omitted.
func renderText(ctx context.Context, f *frame, t *eval.Template) (string, error) {
	if t == nil {
		return "", nil
	}
	return t.Text(ctx, f.bind)
}

func found(value any, exists bool) string {
	if !exists {
		return "nothing"
	}
	return kindOf(value)
}
