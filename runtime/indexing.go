package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/index"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// indexing keeps an operator's gate closed until its indexes are complete.
type indexing struct {
	o     *operator
	store *index.Store

	mu    sync.Mutex
	found map[*handle.Selector]bool // guarded by mu: those that have named a resource once
}

// gateOfIndexes is the obstacle that stands until it is known what to wait for.
const gateOfIndexes = "which indexes there are"

func newIndexing(o *operator) *indexing {
	x := &indexing{o: o, found: map[*handle.Selector]bool{}}
	x.store = index.New(o.compiled.IndexIDs(), func(id string, keys []any) {
		o.log.Debug("an index has changed", "index", id, "keys", len(keys))
	})
	if len(o.compiled.Indexes) > 0 {
		o.gate.Close(gateOfIndexes, "the indexes are not complete")
	}
	return x
}

// resolved keeps the gate closed for a selector that names no resource yet. A resource that
// goes away later is no reason: the index has nothing of it, and that is complete.
func (x *indexing) resolved(s *handle.Selector, err error) {
	ids := idsOf(x.o.compiled.IndexesOf(s))
	if len(ids) == 0 {
		return
	}
	x.mu.Lock()
	known := x.found[s]
	x.found[s] = known || err == nil
	x.mu.Unlock()
	obstacle := fmt.Sprintf("index at %s", s.Spec.Range)
	switch {
	case known:
	case err == nil:
		x.o.gate.Open(obstacle)
	default:
		x.o.gate.Close(obstacle, fmt.Sprintf("index %s waits for a resource: %v", strings.Join(ids, ", "), err))
	}
}

// clash keeps the gate closed for a resource that is watched in another version.
func (x *indexing) clash(s *handle.Selector, watched, other kube.Resource) {
	if ids := idsOf(x.o.compiled.IndexesOf(s)); len(ids) > 0 {
		x.o.gate.Close(fmt.Sprintf("index at %s", s.Spec.Range),
			fmt.Sprintf("index %s needs %s, which is watched as %s", strings.Join(ids, ", "), other, watched))
	}
}

// await closes the gate for what is to be listed, before anything of it is watched.
func (x *indexing) await(c *choice) {
	if len(c.indexes) == 0 {
		return
	}
	name := c.name()
	x.o.gate.Close(obstacleOf(name), fmt.Sprintf("index %s waits for the first listing of %s", strings.Join(idsOf(c.indexes), ", "), name))
}

// chosen says that all is known that is to be waited for.
func (x *indexing) chosen() { x.o.gate.Open(gateOfIndexes) }

// left drops what the indexes have of a resource that is not watched any more.
func (x *indexing) left(name string) {
	x.store.Sweep(name, func(string, index.Object) bool { return false })
	x.o.gate.Open(obstacleOf(name))
}

func obstacleOf(resource string) string { return "index of " + resource }

func idsOf(indexes []*handle.Index) []string {
	var out []string
	for _, x := range indexes {
		out = append(out, x.ID)
	}
	return out
}

// indexer keeps the objects of one runner in the indexes.
type indexer struct {
	*indexing
	indexes  []*handle.Index
	resource string
	objects  *objects
	worker   *handle.Worker
}

// event changes the indexes before anybody else sees the event.
func (x *indexer) event(ctx context.Context, e watch.Event) {
	if len(x.indexes) == 0 {
		return
	}
	o := index.Object{Resource: x.resource, Namespace: e.Object.Namespace, Name: e.Object.Name}
	if e.Type == watch.Deleted {
		x.store.Remove(o)
		return
	}
	body, err := e.Object.Decode()
	if err != nil {
		x.o.log.Warn("an object cannot be read, so it is in no index", "object", e.Object, "error", err)
		x.store.Remove(o)
		return
	}
	x.store.Put(o, x.worker.Index(ctx, x.indexes, body))
}

// synced drops what a former runner had of objects that are not listed any more, or had in
// indexes that they are not in now. Then the indexes are complete, as far as this resource goes.
func (x *indexer) synced() {
	ids := map[string]bool{}
	for _, one := range x.indexes {
		ids[one.ID] = true
	}
	x.store.Sweep(x.resource, func(id string, o index.Object) bool {
		return ids[id] && x.objects.has(o.Namespace, o.Name)
	})
	x.o.gate.Open(obstacleOf(x.resource))
}

// failed says why the gate stays closed.
func (x *indexer) failed(err error) {
	if len(x.indexes) == 0 || err == nil {
		return
	}
	ids := strings.Join(idsOf(x.indexes), ", ")
	x.o.gate.Close(obstacleOf(x.resource), fmt.Sprintf("index %s needs %s, which cannot be listed: %v", ids, x.resource, err))
	x.o.log.Error("no handler runs, since an index cannot be completed", "index", ids, "needs", x.resource, "error", err)
}
