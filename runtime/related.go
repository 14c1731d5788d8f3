package runtime

import (
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// related keeps the objects that waiting handlers look at: the children of the
// handled objects, and those that a get has read. A change of one of them
// wakes the object that waits for it.
type related struct {
	o *operator

	mu      sync.Mutex
	caches  map[schema.GroupVersionResource]*relatedCache   // guarded by mu
	readers map[reference]map[types.UID]bool                // guarded by mu
	aliases map[string]map[schema.GroupVersionResource]bool // guarded by mu
}

// relatedCache holds the objects of one resource that have an owner.
type relatedCache struct {
	shape   *kube.LiveShape
	listed  chan struct{} // closed once the cache is complete
	byOwner map[types.UID]map[types.NamespacedName]*kube.Object
	owners  map[types.NamespacedName][]types.UID
}

// reference names an object that was read.
type reference struct {
	resource schema.GroupVersionResource
	key      types.NamespacedName
}

func newRelated(o *operator) *related {
	return &related{
		o:       o,
		caches:  map[schema.GroupVersionResource]*relatedCache{},
		readers: map[reference]map[types.UID]bool{},
		aliases: map[string]map[schema.GroupVersionResource]bool{},
	}
}

// watch starts a watch of a related resource, whose objects have this Shape.
func (r *related) watch(resource kube.Resource, shape *kube.LiveShape) {
	gvr := resource.GVR()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.caches[gvr] != nil {
		return
	}
	cache := &relatedCache{
		shape:   shape,
		listed:  make(chan struct{}),
		byOwner: map[types.UID]map[types.NamespacedName]*kube.Object{},
		owners:  map[types.NamespacedName][]types.UID{},
	}
	r.caches[gvr] = cache
	r.o.running.Go(func() {
		r.o.watch(r.o.ctx, resource, "", "", watch.Sink{
			Event:  func(e watch.Event) { r.event(gvr, e) },
			Synced: func() { close(cache.listed) },
		})
	})
}

// event keeps the cache and wakes whoever waits for the object.
func (r *related) event(gvr schema.GroupVersionResource, e watch.Event) {
	body, err := e.Object.Decode()
	if err != nil {
		r.o.log.Warn("a related object cannot be read", "object", e.Object, "error", err)
		return
	}
	for uid := range r.keep(gvr, e, r.ownersOf(body)) {
		r.o.wake(uid)
	}
}

// keep puts the object into the cache, or out of it, and returns the objects
// to wake.
func (r *related) keep(gvr schema.GroupVersionResource, e watch.Event, owners []types.UID) map[types.UID]bool {
	key := keyOf(e.Object)
	awake := map[types.UID]bool{}
	r.mu.Lock()
	defer r.mu.Unlock()
	cache := r.caches[gvr]
	for _, uid := range cache.owners[key] {
		awake[uid] = true
		delete(cache.byOwner[uid], key)
		if len(cache.byOwner[uid]) == 0 {
			delete(cache.byOwner, uid)
		}
	}
	delete(cache.owners, key)
	if e.Type != watch.Deleted && len(owners) > 0 {
		cache.owners[key] = owners
		for _, uid := range owners {
			awake[uid] = true
			if cache.byOwner[uid] == nil {
				cache.byOwner[uid] = map[types.NamespacedName]*kube.Object{}
			}
			cache.byOwner[uid][key] = e.Object
		}
	}
	for uid := range r.readers[reference{gvr, key}] {
		awake[uid] = true
	}
	return awake
}

// ownersOf are the objects that a child belongs to: by reference, or by label
// where Kubernetes allows no reference.
func (r *related) ownersOf(body map[string]any) []types.UID {
	var out []types.UID
	refs, _ := essence.Lookup(body, []string{"metadata", "ownerReferences"})
	list, _ := refs.([]any)
	for _, ref := range list {
		if m, ok := ref.(map[string]any); ok {
			if uid, ok := m["uid"].(string); ok {
				out = append(out, types.UID(uid))
			}
		}
	}
	if uid := actions.TrackedParent(r.o.compiled.Settings.Storage.Prefix, body); uid != "" {
		out = append(out, types.UID(uid))
	}
	return out
}

// of is what a worker sees of the related objects.
func (r *related) of() handle.Related {
	return handle.Related{Children: r.children, Read: r.read}
}

// child is one that is known, with the Shape of its kind.
type child struct {
	*kube.Object
	shape *eval.Shape
}

// children decodes the living children of an object by alias. The watch may
// bring those that were made a moment ago only later: a handler that makes
// children and waits until all of them are ready must not find none to wait for.
func (r *related) children(uid, alias string, made []handle.Made) (objects []any, shapes []*eval.Shape, err error) {
	known, complete := r.packed(types.UID(uid), alias)
	if !complete {
		delay := missingInterval
		return nil, nil, &actions.Temporary{Message: fmt.Sprintf("children.%s is not known yet", alias), Delay: &delay, Waiting: true}
	}
	newest := r.newest(types.UID(uid), alias, made)
	objects = []any{}
	for _, c := range known {
		if m := newest[c.UID]; m != nil && olderThan(c.ResourceVersion, essence.MetaText(m, "resourceVersion")) {
			continue
		}
		delete(newest, c.UID)
		body, err := c.Decode()
		if err != nil {
			return nil, nil, err
		}
		objects, shapes = append(objects, body), append(shapes, c.shape)
	}
	for _, m := range made {
		if uid := essence.MetaText(m.Object, "uid"); newest[uid] != nil {
			objects, shapes = append(objects, newest[uid]), append(shapes, r.shapeOf(m.Resource))
			delete(newest, uid)
		}
	}
	return objects, shapes, nil
}

// newest are those objects just made that are children under an alias, by uid.
func (r *related) newest(parent types.UID, alias string, made []handle.Made) map[string]map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]map[string]any{}
	for _, m := range made {
		if r.aliases[alias][m.Resource.GVR()] && slices.Contains(r.ownersOf(m.Object), parent) {
			out[essence.MetaText(m.Object, "uid")] = m.Object
		}
	}
	return out
}

// packed are the children as far as they are known. Few that are known must not
// be taken for few.
func (r *related) packed(uid types.UID, alias string) (known []child, complete bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	complete = r.aliases[alias] != nil
	for gvr := range r.aliases[alias] {
		cache := r.caches[gvr]
		complete = complete && cache.isListed()
		for _, object := range cache.byOwner[uid] {
			known = append(known, child{object, cache.shape.Shape()})
		}
	}
	return known, complete
}

// shapeOf is the Shape of the objects of a resource that is watched.
func (r *related) shapeOf(resource kube.Resource) *eval.Shape {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.caches[resource.GVR()].shape.Shape()
}

func (c *relatedCache) isListed() bool {
	select {
	case <-c.listed:
		return true
	default:
		return false
	}
}

// read notes that an object depends on another one.
func (r *related) read(uid string, resource kube.Resource, namespace, name string) {
	ref := reference{resource.GVR(), types.NamespacedName{Namespace: namespace, Name: name}}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.caches[ref.resource] == nil {
		return // nobody waits, so it is not watched
	}
	if r.readers[ref] == nil {
		r.readers[ref] = map[types.UID]bool{}
	}
	r.readers[ref][types.UID(uid)] = true
}

// forget drops what an object that is gone had read.
func (r *related) forget(uid types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for ref, uids := range r.readers {
		delete(uids, uid)
		if len(uids) == 0 {
			delete(r.readers, ref)
		}
	}
}

// start watches what waiting handlers look at, as far as the cluster has it. It tells whether
// something is left to be tried again.
func (r *related) start(find func(*handle.Selector) ([]kube.Resource, bool)) (missing bool) {
	for _, s := range r.o.compiled.Related {
		found, ok := find(s.Selector)
		for _, resource := range found {
			ok = r.follow(resource) && ok
		}
		if ok {
			r.means(s.Alias, found)
		}
		missing = missing || !ok
	}
	return missing
}

// follow watches a resource once it is known what its objects look like.
func (r *related) follow(resource kube.Resource) bool {
	r.mu.Lock()
	known := r.caches[resource.GVR()] != nil
	r.mu.Unlock()
	if known {
		return true
	}
	shape, ok := r.o.shapes.of(r.o.ctx, resource)
	if ok {
		r.watch(resource, shape)
	}
	return ok
}

// means notes which resources an alias means now, if any. One that has another
// version since must not bring its children twice.
func (r *related) means(alias string, found []kube.Resource) {
	set := map[schema.GroupVersionResource]bool{}
	for _, resource := range found {
		set[resource.GVR()] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aliases[alias] = set
}
