package runtime

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// publishTime is how long the schema of a resource is waited for that the API server does not
// publish. Of a new CustomResourceDefinition, it does so about a second after it has begun to
// serve it.
const publishTime = 5 * time.Second

// shapes finds out what the objects of resources look like before they are watched. Only
// discover's goroutine uses it.
type shapes struct {
	o *operator
	// since says of kinds without a schema when one was first asked for.
	since map[schema.GroupVersionKind]time.Time
	// said is what was told of kinds.
	said map[schema.GroupVersionKind]string
	// holdUp has the resources whose watch does not begin for lack of a schema.
	holdUp map[schema.GroupResource]bool
	// troubled are kinds that are in trouble, with whether somebody has asked for them in this
	// round.
	troubled map[schema.GroupVersionKind]bool
	// stale: the last renewal has failed.
	stale bool
}

// shapeKey is the key of the trouble with a kind.
type shapeKey struct{ schema.GroupVersionKind }

func newShapes(o *operator) *shapes {
	return &shapes{
		o: o, since: map[schema.GroupVersionKind]time.Time{}, said: map[schema.GroupVersionKind]string{},
		holdUp: map[schema.GroupResource]bool{}, troubled: map[schema.GroupVersionKind]bool{},
	}
}

// of is the Shape of a resource's objects. It is false where that is not known yet: then the
// resource is to be tried again soon. Where it never will be, there is a Shape of what all
// objects have in common.
func (s *shapes) of(ctx context.Context, r kube.Resource) (*kube.LiveShape, bool) {
	gvk := r.GVK()
	live, err := s.o.client.Shapes.Of(ctx, gvk)
	var why error
	if err == nil {
		why = live.Unknown()
	}
	if s.awaits(gvk, why, time.Now()) {
		s.trouble(gvk, why)
		s.o.log.Debug("the schema of a resource is not published yet", "resource", r.String())
		return nil, false
	}
	s.trouble(gvk, err)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.tell(gvk, err, func() { s.o.log.Warn("waiting for the schema of a resource", "resource", r.String(), "error", err) })
	case why != nil:
		s.tell(gvk, why, func() {
			s.o.log.Warn("no schema of a resource: in expressions, times, durations and bytes of its objects are texts, but for the metadata",
				"resource", r.String(), "error", why)
		})
	default:
		delete(s.said, gvk)
	}
	return live, err == nil
}

// awaits tells whether a schema is still to be expected.
func (s *shapes) awaits(gvk schema.GroupVersionKind, why error, now time.Time) bool {
	if missing := (*kube.Undescribed)(nil); !errors.As(why, &missing) {
		delete(s.since, gvk)
		return false
	}
	if s.since[gvk].IsZero() {
		s.since[gvk] = now
	}
	return now.Sub(s.since[gvk]) < publishTime
}

// tell says something of a kind once.
func (s *shapes) tell(gvk schema.GroupVersionKind, what error, say func()) {
	if s.said[gvk] == what.Error() {
		return
	}
	s.said[gvk] = what.Error()
	say()
}

// pending tells whether some schema is to be expected soon.
func (s *shapes) pending() bool {
	for _, since := range s.since {
		if time.Since(since) < publishTime {
			return true
		}
	}
	return false
}

// retire forgets the resources that are not chosen any more: nobody waits for their first
// listing.
func (s *shapes) retire(chosen map[schema.GroupResource]*choice) {
	for name, held := range s.holdUp {
		if held && chosen[name] == nil {
			s.o.indexing.left(name.String())
			delete(s.holdUp, name)
		}
	}
}

func (s *shapes) trouble(gvk schema.GroupVersionKind, err error) {
	s.o.troubles.set(shapeKey{gvk}, err)
	if err == nil {
		delete(s.troubled, gvk)
	} else {
		s.troubled[gvk] = true
	}
}

// sweep ends a round: what nobody has asked for again is no trouble any more.
func (s *shapes) sweep() {
	for gvk, asked := range s.troubled {
		if asked {
			s.troubled[gvk] = false
		} else {
			s.trouble(gvk, nil)
		}
	}
}

// renew reads the schemas that have changed.
func (s *shapes) renew(ctx context.Context) {
	err := s.o.client.Shapes.Renew(ctx, renewed)
	s.stale = err != nil
	if err != nil && ctx.Err() == nil {
		s.o.log.Debug("cannot read changed schemas", "error", err)
	}
}
