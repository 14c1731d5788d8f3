package runtime

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
)

// choice is a resource, in one of its versions, with the handlers whose
// selectors mean it.
type choice struct {
	resource kube.Resource
	handlers []*handle.Handler
}

// choose finds what is to be watched by now. It is complete where every selector
// has found something.
func (o *operator) choose(find func(*handle.Selector) ([]kube.Resource, bool)) (chosen map[schema.GroupResource]*choice, complete bool) {
	chosen, complete = map[schema.GroupResource]*choice{}, true
	for _, s := range o.compiled.Selectors {
		found, ok := find(s)
		complete = complete && ok
		for _, r := range found {
			name := r.GVR().GroupResource()
			if chosen[name] == nil {
				chosen[name] = &choice{resource: r}
			}
			c := chosen[name]
			if c.resource.Version != r.Version {
				o.clash(s, c.resource, r)
				continue
			}
			c.handlers = append(c.handlers, o.compiled.HandlersOf(s)...)
		}
	}
	for _, c := range chosen {
		c.handlers = o.compiled.InOrder(c.handlers)
	}
	return chosen, complete
}

// clash says, once, that handlers are left out: two versions of an object share
// one record, and each would take the other's form for a change.
func (o *operator) clash(s *handle.Selector, watched, other kube.Resource) {
	text := watched.String() + " " + other.String()
	if o.clashes[text] {
		return
	}
	o.clashes[text] = true
	o.log.Error("a resource cannot be handled in two versions by one operator; the handlers of the second one do not run",
		"watched", watched.String(), "other", other.String(), "at", s.Spec.Range)
}

// retire ends the runners of resources that are meant no more, or meant for other
// handlers or in another version than when they began. It waits for them: two
// must never handle one object. What they remember of the objects is kept.
func (o *operator) retire(chosen map[schema.GroupResource]*choice) {
	former := map[schema.GroupResource]*resourceRunner{}
	o.mu.Lock()
	for name, r := range o.runners {
		if c := chosen[name]; c == nil || !r.serves(c) {
			former[name] = r
			r.cancel()
		}
	}
	o.mu.Unlock()
	for name, r := range former {
		select {
		case <-r.ended:
		case <-o.ctx.Done(): // the end of the operator waits for it
		}
		o.log.Info("what is watched has changed", "from", r.resource.String(), "still watched", chosen[name] != nil)
		o.mu.Lock()
		delete(o.runners, name)
		o.mu.Unlock()
		o.kept[name] = r.objects.memories()
	}
}

// serves tells whether a runner can go on as it is.
func (r *resourceRunner) serves(c *choice) bool {
	return r.resource.Version == c.resource.Version && r.resource.Status == c.resource.Status &&
		r.resource.Namespaced == c.resource.Namespaced && slices.Equal(r.handlers, c.handlers)
}

func (o *operator) runner(name schema.GroupResource) *resourceRunner {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.runners[name]
}
