package runtime

import (
	"errors"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
)

// choice is a resource, in one of its versions, with the handlers and indexes whose
// selectors mean it.
type choice struct {
	resource kube.Resource
	handlers []*handle.Handler
	indexes  []*handle.Index
}

// name is the resource's, such as deployments.apps.
func (c *choice) name() string { return c.resource.GVR().GroupResource().String() }

// choose finds what is to be watched by now.
func (o *operator) choose(find func(*handle.Selector) ([]kube.Resource, bool)) map[schema.GroupResource]*choice {
	chosen := map[schema.GroupResource]*choice{}
	for _, s := range o.compiled.Selectors {
		found, _ := find(s)
		for _, r := range found {
			name := r.GVR().GroupResource()
			if chosen[name] == nil {
				chosen[name] = &choice{resource: r}
			}
			c := chosen[name]
			if c.resource.Version != r.Version {
				o.clash(s, c.resource, r)
				o.indexing.clash(s, c.resource, r)
				continue
			}
			c.handlers = append(c.handlers, o.compiled.HandlersOf(s)...)
			for _, x := range o.compiled.IndexesOf(s) {
				if !slices.Contains(c.indexes, x) {
					c.indexes = append(c.indexes, x)
				}
			}
		}
	}
	for _, c := range chosen {
		c.handlers = o.compiled.InOrder(c.handlers)
	}
	return chosen
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
// must never handle one object. What they remember of the objects is kept. It tells
// whether some are about to end.
func (o *operator) retire(chosen map[schema.GroupResource]*choice) (lingering bool) {
	former, lingering := o.former(chosen)
	for name, r := range former {
		r.cancel()
		select {
		case <-r.ended:
		case <-o.ctx.Done(): // the end of the operator waits for it
		}
		o.log.Info("what is watched has changed", "from", r.resource.String(), "still watched", chosen[name] != nil)
		o.mu.Lock()
		delete(o.runners, name)
		o.mu.Unlock()
		o.kept[name] = r.objects.memories()
		if chosen[name] == nil {
			o.indexing.left(name.String())
		}
	}
	return lingering
}

// former are the runners that have to end. Those whose resource is gone are left some
// time to handle its last events.
func (o *operator) former(chosen map[schema.GroupResource]*choice) (former map[schema.GroupResource]*resourceRunner, lingering bool) {
	former = map[schema.GroupResource]*resourceRunner{}
	now := time.Now()
	o.mu.Lock()
	runners := maps.Clone(o.runners)
	o.mu.Unlock()
	for name, r := range runners {
		c := chosen[name]
		if c != nil && r.serves(c) {
			delete(o.gone, name)
			continue
		}
		if c == nil && !o.serves(r.resource) {
			if o.gone[name].IsZero() {
				o.gone[name] = now
			}
			if now.Sub(o.gone[name]) < linger {
				lingering = true
				continue
			}
		}
		delete(o.gone, name)
		former[name] = r
	}
	return former, lingering
}

// serves tells whether the cluster has a resource, as far as it says.
func (o *operator) serves(r kube.Resource) bool {
	_, err := o.client.Discovery.ByGVR(o.ctx, r.GVR())
	missing := (*kube.NoMatch)(nil)
	return !errors.As(err, &missing)
}

// serves tells whether a runner can go on as it is.
func (r *resourceRunner) serves(c *choice) bool {
	return r.resource.Version == c.resource.Version && r.resource.Status == c.resource.Status &&
		r.resource.Namespaced == c.resource.Namespaced && slices.Equal(r.handlers, c.handlers) && slices.Equal(r.indexer.indexes, c.indexes)
}

func (o *operator) runner(name schema.GroupResource) *resourceRunner {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.runners[name]
}
