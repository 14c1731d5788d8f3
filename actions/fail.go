package actions

import (
	"context"
	"errors"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// failAction ends the attempt with an error; exactly one of the messages is set.
type failAction struct {
	temporary, permanent, arbitrary *eval.Template
	delay                           *eval.Template
}

func (c *compiler) fail(x *spec.Fail) action {
	return &failAction{
		temporary: c.template(x.Temporary), permanent: c.template(x.Permanent), arbitrary: c.template(x.Error),
		delay: c.duration(x.Delay),
	}
}

func (a *failAction) run(ctx context.Context, f *frame) (any, error) {
	switch {
	case a.permanent != nil:
		message, err := a.permanent.Text(ctx, f.bind)
		if err != nil {
			return nil, err
		}
		return nil, &Permanent{Message: message}
	case a.arbitrary != nil:
		message, err := a.arbitrary.Text(ctx, f.bind)
		if err != nil {
			return nil, err
		}
		return nil, errors.New(message)
	default:
		return nil, a.again(ctx, f)
	}
}

func (a *failAction) again(ctx context.Context, f *frame) error {
	message, err := a.temporary.Text(ctx, f.bind)
	if err != nil {
		return err
	}
	if a.delay == nil {
		return &Temporary{Message: message}
	}
	delay, err := a.delay.Duration(ctx, f.bind)
	if err != nil {
		return err
	}
	return &Temporary{Message: message, Delay: &delay}
}
