package actions

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// getAction reads an object; its result is null where there is none.
type getAction struct {
	target   *target
	mustHave bool
}

func (c *compiler) get(x *spec.Get) action {
	if x.Target != nil && x.Target.Resource != nil {
		c.needs.Reads = append(c.needs.Reads, x.Target.Resource)
	}
	if x.Target != nil {
		c.checkTarget(x.Target)
	}
	return &getAction{target: c.target(x.Target), mustHave: x.IfMissing != nil && x.IfMissing.Value == "fail"}
}

func (a *getAction) run(ctx context.Context, f *frame) (any, error) {
	where, err := a.target.find(ctx, f)
	if err != nil {
		return nil, err
	}
	if f.Reads != nil {
		f.Reads(where.resource, where.namespace, where.name)
	}
	object, err := f.client(where).Get(ctx, where.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && !a.mustHave {
		return nil, nil
	}
	if err != nil {
		return nil, cannot("get", where, err)
	}
	return shown(object.Object), nil
}
