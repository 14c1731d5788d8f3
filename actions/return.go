package actions

import (
	"context"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// returnAction ends the handler as succeeded.
type returnAction struct {
	result *eval.Template
}

func (c *compiler) returns(x *spec.Return) action {
	a := &returnAction{result: c.template(x.Result)}
	if x.Result != nil {
		c.needs.Returns = append(c.needs.Returns, Returned{x.Result, a.result})
	}
	return a
}

func (a *returnAction) run(ctx context.Context, f *frame) (any, error) {
	if a.result != nil {
		result, exists, err := a.result.Render(ctx, f.bind)
		if err != nil {
			return nil, err
		}
		f.Result, f.HasResult = result, exists
	}
	return nil, errReturned
}
