package handle

import (
	"context"
	"strings"

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
	return s.when.Bool(ctx, eval.NewBinding(map[string]any{"resource": resource.Vars(), "index": map[string]any{}}))
}

// versions finds pairs of selectors that name one resource in two versions. What
// else may turn out to be one, only the cluster knows.
func (c *compiler) versions() {
	first := map[string]*Selector{}
	for _, s := range c.operator.Selectors {
		name := resourceName(s.Spec)
		if name == "" || s.Spec.Version == nil {
			continue
		}
		other := first[name]
		if other == nil {
			first[name] = s
			continue
		}
		if other.Spec.Version.Value != s.Spec.Version.Value {
			c.found = append(c.found, ruleVersions.At(s.Spec.Version.Range(),
				"handlers name %s in version %s here and in version %s at %s; they share one record on the object, so an operator can handle one version only",
				name, s.Spec.Version.Value, other.Spec.Version.Value, other.Spec.Range))
		}
	}
}

// resourceName is the name and group that a selector gives one resource, if it
// does.
func resourceName(s *spec.Selector) string {
	for _, name := range []*spec.String{s.Plural, s.Kind, s.Singular, s.ShortName, s.AnyName} {
		if name != nil {
			return strings.ToLower(name.Value) + "." + text(s.Group, "")
		}
	}
	return ""
}
