package handle

import (
	"context"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Selector names resources, with its predicate compiled.
type Selector struct {
	Spec *spec.Selector
	when *eval.Program
}

// Admits evaluates the selector's `when` over a resource's discovery data.
func (s *Selector) Admits(ctx context.Context, resource kube.Resource) (bool, error) {
	if s.when == nil {
		return true, nil
	}
	return s.when.Bool(ctx, eval.NewBinding(map[string]any{"resource": resource.Vars()}))
}
