package kube

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// missInterval is how often at most a miss asks the server again.
const missInterval = 3 * time.Second

// Discovery knows which resources the server serves. It asks when it is first
// used, when Refresh is called, and, not too often, when something is not found.
type Discovery struct {
	raw *rest.RESTClient
	now func() time.Time

	// asking is held while the server is asked: lookups that hit do not wait.
	asking sync.Mutex

	mu    sync.Mutex
	known *served   // guarded by mu
	asked time.Time // guarded by mu
}

func newDiscovery(raw *rest.RESTClient, now func() time.Time) *Discovery {
	return &Discovery{raw: raw, now: now}
}

// Refresh asks the server again, whatever is cached.
func (d *Discovery) Refresh(ctx context.Context) error {
	d.asking.Lock()
	defer d.asking.Unlock()
	_, err := d.askLocked(ctx)
	return err
}

// Renew asks the server again, unless it was asked within this time.
func (d *Discovery) Renew(ctx context.Context, within time.Duration) error {
	d.asking.Lock()
	defer d.asking.Unlock()
	if known, asked := d.cached(); known != nil && d.now().Sub(asked) < within {
		return nil
	}
	_, err := d.askLocked(ctx)
	return err
}

// All are all resources that the server serves, in all their versions.
func (d *Discovery) All(ctx context.Context) ([]Resource, error) {
	known, _ := d.cached()
	if known == nil {
		var err error
		if known, err = d.newer(ctx, nil); err != nil {
			return nil, err
		}
	}
	return known.all, nil
}

// Select returns the resources to watch that a selector matches and its predicate
// Selector.When admits; a nil admits admits all. A selector by name matches one
// resource: the error is *Ambiguous where it is several, where those of the core
// group win over others, and *NoMatch where it is none.
func (d *Discovery) Select(ctx context.Context, s *spec.Selector, admits func(Resource) bool) ([]Resource, error) {
	var found []Resource
	err := d.search(ctx, func(known *served) (err error) {
		found, err = known.watchable(s, admits)
		return err
	})
	return found, err
}

// Find returns the one resource that a selector by name matches, also one that
// cannot be watched. Errors are those of Select.
func (d *Discovery) Find(ctx context.Context, s *spec.Selector) (Resource, error) {
	var found Resource
	err := d.search(ctx, func(known *served) (err error) {
		found, err = known.one(s)
		return err
	})
	return found, err
}

// ByKind returns the resource of an object's apiVersion and kind, or *NoMatch.
func (d *Discovery) ByKind(ctx context.Context, apiVersion, kind string) (Resource, error) {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return Resource{}, &NoMatch{Wanted: "apiVersion " + apiVersion}
	}
	var found Resource
	err = d.search(ctx, func(known *served) error {
		r, ok := known.byGVK[gv.WithKind(kind)]
		found = r
		return known.missing(ok, kind+" of "+apiVersion, kind, func(r Resource) string { return r.Kind })
	})
	return found, err
}

// ByGVR returns the resource at an address, or *NoMatch.
func (d *Discovery) ByGVR(ctx context.Context, gvr schema.GroupVersionResource) (Resource, error) {
	var found Resource
	err := d.search(ctx, func(known *served) error {
		r, ok := known.byGVR[gvr]
		found = r
		wanted := Resource{Group: gvr.Group, Version: gvr.Version, Plural: gvr.Resource}
		return known.missing(ok, wanted.String(), gvr.Resource, func(r Resource) string { return r.Plural })
	})
	return found, err
}

// search looks into what is known, and where that fails and the last answer is
// not fresh, into a new answer. A failure to get one does not hide the miss.
func (d *Discovery) search(ctx context.Context, look func(*served) error) error {
	known, asked := d.cached()
	var miss error
	if known != nil {
		miss = look(known)
		if miss == nil || d.now().Sub(asked) < missInterval {
			return miss
		}
	}
	newer, err := d.newer(ctx, known)
	switch {
	case err == nil:
		return look(newer)
	case miss != nil:
		return miss
	default:
		return err
	}
}

func (d *Discovery) cached() (*served, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known, d.asked
}

// newer asks the server, unless another caller did so meanwhile.
func (d *Discovery) newer(ctx context.Context, than *served) (*served, error) {
	d.asking.Lock()
	defer d.asking.Unlock()
	if known, _ := d.cached(); known != than {
		return known, nil
	}
	return d.askLocked(ctx)
}

// askLocked asks the server; asking is held.
func (d *Discovery) askLocked(ctx context.Context) (*served, error) {
	all, err := fetch(ctx, d.raw)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = d.now()
	if err != nil {
		return nil, err
	}
	d.known = newServed(all)
	return d.known, nil
}
