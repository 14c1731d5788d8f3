package actions

import (
	"context"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// statusAction merges into the object's own status.
type statusAction struct {
	merge *eval.Template
}

func (c *compiler) status(s *spec.Step) action {
	a := &statusAction{merge: c.template(s.Status)}
	c.checkOwnStatus(s.Status, a.merge)
	return a
}

func (a *statusAction) run(ctx context.Context, f *frame) (any, error) {
	merge, err := renderMap(ctx, f, "status", a.merge)
	if err != nil {
		return nil, err
	}
	f.Own.Merge(map[string]any{"status": merge})
	return f.Own.Object()["status"], nil
}
