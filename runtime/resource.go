package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// resourceRunner watches one resource for one operator and handles its objects.
type resourceRunner struct {
	settings *handle.Settings
	resource kube.Resource
	handlers []*handle.Handler
	client   *kube.Client
	labels   string // the selectors that the server applies
	fields   string
	forget   func(types.UID)
	gate     *gate
	worker   *handle.Worker
	pool     *daemon.Pool // nil where there are no timers and daemons
	indexer  *indexer
	objects  *objects
	underWay underWay
	listed   atomic.Bool // the objects have been listed
	queue    *queue.Queue[types.NamespacedName]
	metrics  *metrics.Resource
	log      *slog.Logger

	cancel func()
	ended  chan struct{} // closed when nothing of the runner runs any more
}

// event takes what the watch brings. It is called on the watch's goroutine. The indexes have
// it before any handler does.
func (r *resourceRunner) event(ctx context.Context, event watch.Event) {
	r.indexer.event(ctx, event)
	r.queue.Add(r.objects.put(event, r.worker.SeesEvents()))
}

// wake looks at the object with this uid before its time. It tells whether the
// object is one of this resource.
func (r *resourceRunner) wake(uid types.UID) bool {
	key, e := r.objects.byID(uid)
	if e == nil {
		return false
	}
	e.memory.Wake()
	r.queue.Add(key)
	return true
}

// lookAtAll makes all objects due that are known.
func (r *resourceRunner) lookAtAll() {
	for _, key := range r.objects.keys() {
		r.queue.Add(key)
	}
}

// taskEnded looks at an object of which a timer or daemon is no more.
func (r *resourceRunner) taskEnded(uid string) {
	if key, e := r.objects.byID(types.UID(uid)); e != nil {
		e.memory.TaskEnded()
		r.queue.Add(key)
	}
}

// stopTasks stops the timers and daemons of an object.
func (r *resourceRunner) stopTasks(object *kube.Object, why daemon.Reason) {
	if r.pool != nil {
		r.pool.Stop(object.UID, why)
	}
}

// setGate lets timers and daemons follow the gate: a pause stops them, and until the
// opening none begins.
func (r *resourceRunner) setGate(now aspect) {
	if r.pool == nil {
		return
	}
	if now.Paused {
		r.pool.Pause()
	} else {
		r.pool.Resume()
	}
	r.pool.Hold(now.Closed)
	if now.Closed {
		return
	}
	for _, e := range r.objects.all() {
		e.memory.TaskEnded()
	}
}

// next is what there is to do for a key. While the gate is closed it is nothing: the
// opening makes all objects due.
func (r *resourceRunner) next(key types.NamespacedName) (e *entry, object *kube.Object, raw []happening) {
	if r.gate.Aspect().Closed {
		return nil, nil, nil
	}
	return r.objects.take(key)
}

// process handles one key of the queue.
func (r *resourceRunner) process(ctx context.Context, key types.NamespacedName) {
	e, object, raw := r.next(key)
	if e == nil {
		return
	}
	defer r.underWay.rests(key)
	// One object that brings down its handling must not stop all the others.
	defer func() {
		if broken := recover(); broken != nil {
			r.log.Error("internal error, please report it", "object", key, "error", broken)
			r.log.Debug("internal error", "stack", string(debug.Stack()))
			r.retry(key, e, fmt.Sprintf("internal error: %v", broken))
		}
	}()
	if err := r.handle(ctx, key, e, object, raw); err != nil {
		if ctx.Err() != nil {
			return // cut off by the end: it goes on after the restart
		}
		r.retry(key, e, err.Error())
		r.log.Warn("cannot handle the object now, will try again", "object", key, "error", err, "in", r.settings.ErrorDelay(e.memory.Failures))
	}
}

// retry looks at the object again after an error of the engine.
func (r *resourceRunner) retry(key types.NamespacedName, e *entry, problem string) {
	r.metrics.Failed()
	e.memory.Failures++
	delay := r.settings.ErrorDelay(e.memory.Failures)
	e.again = time.Now().Add(delay)
	r.underWay.fails(key, problem, e.again)
	r.queue.AddAfter(key, delay)
}

func (r *resourceRunner) handle(ctx context.Context, key types.NamespacedName, e *entry, object *kube.Object, raw []happening) error {
	for i, event := range raw {
		wait, err := r.happened(ctx, event, i == len(raw)-1)
		if wait > 0 || err != nil {
			r.objects.giveBack(key, raw[i:])
		}
		if err != nil {
			return err
		}
		if wait > 0 {
			r.queue.AddAfter(key, wait)
		}
	}
	if object == nil {
		r.objects.drop(key, e)
		r.underWay.forget(key)
		return nil
	}
	if !r.worker.SeesChanges() {
		return nil
	}
	now := time.Now()
	if wait := r.postponed(e, object, now); wait != 0 {
		if wait > 0 {
			r.queue.AddAfter(key, wait)
		}
		return nil
	}
	object, err := r.current(ctx, e, object)
	if object == nil || err != nil {
		return err
	}
	body, err := object.Decode()
	if err != nil {
		return err
	}
	result, err := r.worker.Handle(ctx, body, e.memory, now)
	r.after(key, e, object, result)
	if err == nil {
		e.memory.Failures = 0
	}
	return err
}

// happened runs the handlers of raw events, and takes notice of a deletion. The
// last event may have to wait, for no longer than it is the last one.
func (r *resourceRunner) happened(ctx context.Context, event happening, last bool) (wait time.Duration, err error) {
	body, err := event.Object.Decode()
	if err != nil {
		return 0, err
	}
	if last && event.Type != watch.Deleted {
		if wait := r.worker.Pause(body, event.memory, time.Now()); wait > 0 {
			return wait, nil
		}
	}
	if event.Type == watch.Deleted {
		r.forget(types.UID(event.Object.UID))
		exists, err := r.stillExists(ctx, event.Object)
		if err != nil {
			return 0, err
		}
		if exists {
			r.stopTasks(event.Object, daemon.Mismatch)
			return 0, nil // it only has other labels now: no handler is meant
		}
		r.stopTasks(event.Object, daemon.Deleted)
		if !event.memory.Deleted {
			if err := r.worker.Orphaned(ctx, body); err != nil {
				return 0, err
			}
		}
	}
	if event.missed {
		return 0, nil
	}
	r.worker.Event(ctx, eventName(event.Event), body, event.memory, time.Now())
	if event.Type == watch.Deleted && !event.memory.Deleted {
		r.worker.Gone(ctx, body, event.memory, time.Now())
	}
	return 0, nil
}

// stillExists tells an object that does not match the watch's selector any
// more from one that is gone.
func (r *resourceRunner) stillExists(ctx context.Context, object *kube.Object) (bool, error) {
	if r.labels == "" {
		return false, nil
	}
	return watch.StillExists(ctx, r.client, r.resource, object)
}

// postponed tells how long the object is not to be handled: negative for until
// something happens, zero for not at all.
func (r *resourceRunner) postponed(e *entry, object *kube.Object, now time.Time) time.Duration {
	if e.written != "" && now.Before(e.until) && olderThan(object.ResourceVersion, e.written) {
		return e.until.Sub(now) // our own patch has not come back yet
	}
	due := !e.again.IsZero() && !now.Before(e.again)
	if object.ResourceVersion != e.seen || due || e.memory.Awake() {
		return 0
	}
	if e.again.IsZero() {
		return -1
	}
	return e.again.Sub(now)
}

// current is the object as it is to be handled. Where the own patch has not come
// back in time, what the watch has brought is older than what was handled: the
// server is asked. It is nil where the object is gone, of which the watch will
// tell.
func (r *resourceRunner) current(ctx context.Context, e *entry, object *kube.Object) (*kube.Object, error) {
	if e.written == "" || !olderThan(object.ResourceVersion, e.written) {
		return object, nil
	}
	newer, err := r.client.Get(ctx, r.resource, object.Namespace, object.Name)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case newer.UID != object.UID:
		return nil, nil
	}
	e.written, e.until = newer.ResourceVersion, time.Now().Add(r.settings.ConsistencyTimeout)
	return newer, nil
}

// after notes what a pass has left to do.
func (r *resourceRunner) after(key types.NamespacedName, e *entry, object *kube.Object, result handle.Result) {
	r.underWay.leaves(key, result.Pending)
	e.seen = object.ResourceVersion
	e.again = result.Again
	if result.Written != "" {
		e.written, e.until = result.Written, time.Now().Add(r.settings.ConsistencyTimeout)
	}
	if !e.again.IsZero() {
		r.queue.AddAfter(key, max(0, time.Until(e.again)))
	}
}

// olderThan compares resourceVersions as numbers, which Kubernetes allows
// since 1.35 and etcd has always meant; other forms count as newer.
func olderThan(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}
