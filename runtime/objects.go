package runtime

import (
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// objects is what is known of the objects of one resource. Their text is that
// of the watch's cache, not a copy.
type objects struct {
	mu    sync.Mutex
	byKey map[types.NamespacedName]*entry    // guarded by mu
	byUID map[types.UID]types.NamespacedName // guarded by mu
	// inherited is what a former runner of the resource remembered of objects
	// that have not been listed yet.
	inherited map[types.UID]*handle.Memory // guarded by mu
	// paused: raw events are not kept for handlers.
	paused bool // guarded by mu
}

// eventName is the event's type as handlers see it: none at the first listing.
func eventName(e watch.Event) string {
	if e.Type == watch.Listed {
		return ""
	}
	return string(e.Type)
}

// happening is an event, with the memory of the object that it happened to: by
// the time it is handled, the name may belong to another one.
type happening struct {
	watch.Event
	memory *handle.Memory
	// missed: it is no matter of handlers, for they were paused then.
	missed bool
}

// entry is one object. Its fields up to memory are guarded by objects.mu, the
// rest belongs to the worker that handles the object.
type entry struct {
	object *kube.Object // nil once it is gone
	raw    []happening

	memory *handle.Memory
	// seen is the resourceVersion that was handled last.
	seen string
	// written is that of the last own patch; until it has come back, the
	// object is not handled, but not for longer than until.
	written string
	until   time.Time
	// again is when handlers are due whatever the watch says.
	again time.Time
}

func newObjects() *objects {
	return &objects{byKey: map[types.NamespacedName]*entry{}, byUID: map[types.UID]types.NamespacedName{}}
}

func keyOf(o *kube.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: o.Name}
}

// put takes an event of the watch. With keepRaw, the event itself is kept for
// handlers of raw events; those of them that arrive while one is handled
// collapse to the newest state, but a coming and a going are never lost.
func (t *objects) put(event watch.Event, keepRaw bool) types.NamespacedName {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := keyOf(event.Object)
	e := t.byKey[key]
	if e == nil || event.Type != watch.Deleted && (e.object == nil || e.object.UID != event.Object.UID) {
		e = t.replaceLocked(key, e, event)
	}
	if keepRaw && !t.paused || event.Type == watch.Deleted {
		e.raw = collapse(e.raw, happening{event, e.memory, t.paused})
	}
	if event.Type == watch.Deleted {
		e.object = nil
		delete(t.byUID, types.UID(event.Object.UID))
		return key
	}
	e.object = event.Object
	t.byUID[types.UID(event.Object.UID)] = key
	return key
}

// replaceLocked begins anew for an object that was made again under its name.
// Raw events of the old one stay to be handled.
func (t *objects) replaceLocked(key types.NamespacedName, old *entry, event watch.Event) *entry {
	e := &entry{memory: t.inherited[types.UID(event.Object.UID)]}
	if e.memory == nil {
		e.memory = &handle.Memory{Listed: event.Type == watch.Listed}
	}
	delete(t.inherited, types.UID(event.Object.UID))
	if old != nil {
		e.raw = old.raw
	}
	if old != nil && old.object != nil {
		delete(t.byUID, types.UID(old.object.UID))
	}
	t.byKey[key] = e
	return e
}

func collapse(raw []happening, h happening) []happening {
	if n := len(raw); n > 0 && h.Type == watch.Modified && raw[n-1].Type != watch.Deleted {
		raw[n-1].Object = h.Object
		return raw
	}
	return append(raw, h)
}

// take gives a worker what there is to do for a key. The entry is nil where
// there is nothing any more.
func (t *objects) take(key types.NamespacedName) (e *entry, object *kube.Object, raw []happening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e = t.byKey[key]
	if e == nil {
		return nil, nil, nil
	}
	raw, e.raw = e.raw, nil
	return e, e.object, raw
}

// giveBack takes back events that could not be handled now.
func (t *objects) giveBack(key types.NamespacedName, raw []happening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.byKey[key]; e != nil {
		e.raw = append(raw, e.raw...)
	}
}

// drop forgets an object that is gone, unless it has come back meanwhile.
func (t *objects) drop(key types.NamespacedName, e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey[key] == e && e.object == nil && len(e.raw) == 0 {
		delete(t.byKey, key)
	}
}

// memories hands over what is remembered of the objects. The table must not be
// used any more.
func (t *objects) memories() map[types.UID]*handle.Memory {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.inherited
	if out == nil {
		out = map[types.UID]*handle.Memory{}
	}
	for uid, key := range t.byUID {
		out[uid] = t.byKey[key].memory
		out[uid].Moved()
	}
	return out
}

// setPaused begins or ends a time in which raw events are not kept for handlers. The
// end of it is, to handlers of raw events, like a first listing.
func (t *objects) setPaused(paused, seesEvents bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused = paused
	if paused || !seesEvents {
		return
	}
	for _, e := range t.byKey {
		e.raw = slices.DeleteFunc(e.raw, func(h happening) bool { return h.Type != watch.Deleted })
		if e.object != nil {
			e.raw = append(e.raw, happening{Event: watch.Event{Type: watch.Listed, Object: e.object}, memory: e.memory})
		}
	}
}

// keys are those of all objects that are known, or of which something is left to do.
func (t *objects) keys() []types.NamespacedName {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Keys(t.byKey))
}

// all are the objects that are known.
func (t *objects) all() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.byKey))
}

// newest is the object with a uid; nil where it is gone or not newer than a version.
func (t *objects) newest(uid, version string) *kube.Object {
	t.mu.Lock()
	defer t.mu.Unlock()
	key, known := t.byUID[types.UID(uid)]
	if !known {
		return nil
	}
	object := t.byKey[key].object
	if object == nil || version != "" && !olderThan(version, object.ResourceVersion) {
		return nil
	}
	return object
}

// has tells whether there is an object of this name.
func (t *objects) has(namespace, name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.byKey[types.NamespacedName{Namespace: namespace, Name: name}]
	return e != nil && e.object != nil
}

// len is how many objects there are.
func (t *objects) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byUID)
}

// byID finds the object with a uid.
func (t *objects) byID(uid types.UID) (types.NamespacedName, *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key, ok := t.byUID[uid]
	if !ok {
		return types.NamespacedName{}, nil
	}
	return key, t.byKey[key]
}
