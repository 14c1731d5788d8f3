package handle

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/index"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
)

// Worker handles the objects of one resource for one operator. It is safe for
// concurrent use with different objects.
type Worker struct {
	operator *Operator
	resource kube.Resource
	shapes   *kube.LiveShape // nil where nothing is known of the objects
	client   *kube.Client
	log      *slog.Logger
	emit     func(actions.Event)
	related  Related
	stopping func() bool
	begins   func(namespace, name, handler string, attempt int)
	indexes  *index.Store
	faults   *faults
	memo     *actions.Memo  // the operator's
	identity map[string]any // the variable operator
	metrics  *metrics.Operator
	meter    *metrics.Resource
	meters   map[*Handler]*metrics.Handler

	pool   *daemon.Pool
	newest func(uid, version string) *kube.Object

	handlers []*Handler // for changes
	events   []*Handler // for raw events
	// background are the timers and daemons; idles tells that some timer waits for its
	// object to be idle.
	background []*Handler
	idles      bool
	essence    essence.Options
	// keepsCreate and keepsUpdate tell whether an essence that is stored after
	// such a cycle will ever be looked at.
	keepsCreate, keepsUpdate bool
	// countsUpdates tells that updates make children.
	countsUpdates bool
}

// Related is where a worker finds other objects than the one it handles.
type Related struct {
	// Children lists the live children of an object by resource alias, with their
	// Shapes. Those that were made a moment ago may not be known to it yet.
	Children func(uid, alias string, made []Made) ([]any, []*eval.Shape, error)
	// Read notes that handling the object with this uid depends on another
	// object: a change of that one wakes it.
	Read func(uid string, resource kube.Resource, namespace, name string)
}

// Made is an object that a handler has made or found made.
type Made struct {
	Resource kube.Resource
	Object   map[string]any
}

// WorkerOptions are what a Worker needs besides its operator.
type WorkerOptions struct {
	Resource kube.Resource
	// Shape is that of the resource's objects.
	Shape  *kube.LiveShape
	Client *kube.Client
	// ID tells this process from others that run the operator, and Version is
	// that of the engine.
	ID, Version string
	Log         *slog.Logger
	Emit        func(actions.Event)
	Related     Related
	// Metrics are those of the operator.
	Metrics *metrics.Operator
	// Begins is told of each attempt of a handler; the number counts from 1.
	Begins func(namespace, name, handler string, attempt int)
	// Memo is the operator's; it is the seed of those of the objects.
	Memo *actions.Memo
	// Pool runs the timers and daemons; nil where there are none.
	Pool *daemon.Pool
	// Newest is the object with a uid as it is known now; nil where it is gone, or not
	// newer than a resourceVersion. An empty one is that of no object.
	Newest func(uid, version string) *kube.Object
	// Stopping tells that no further handler should begin.
	Stopping func() bool
	// Indexes are those that handlers read.
	Indexes *index.Store
}

// NewWorker makes a worker with those handlers whose selectors chose the resource.
func (o *Operator) NewWorker(handlers []*Handler, opts WorkerOptions) *Worker {
	w := &Worker{
		operator: o,
		resource: opts.Resource,
		shapes:   opts.Shape,
		client:   opts.Client,
		log:      opts.Log,
		emit:     opts.Emit,
		related:  opts.Related,
		stopping: opts.Stopping,
		begins:   opts.Begins,
		pool:     opts.Pool,
		newest:   opts.Newest,
		metrics:  opts.Metrics,
		indexes:  opts.Indexes,
		meter:    opts.Metrics.Resource(opts.Resource.GVR().GroupResource().String()),
		meters:   map[*Handler]*metrics.Handler{},
		memo:     opts.Memo,
		identity: bind.Identity(o.Name, opts.ID, opts.Version),
	}
	for _, h := range withSubs(handlers) {
		w.meters[h] = opts.Metrics.Handler(h.ID)
	}
	w.faults = newFaults(opts.Log, func(h *Handler) { w.meters[h.compiled()].FilterFailed() })
	for _, h := range handlers {
		if h.Changes() {
			w.handlers = append(w.handlers, h)
		}
		if h.Events() {
			w.events = append(w.events, h)
		}
		if h.Background() {
			w.background = append(w.background, h)
			w.idles = w.idles || h.plan.Timing != nil && h.plan.Timing.Idle > 0
		}
		w.keepsUpdate = w.keepsUpdate || h.seesUpdates()
		w.countsUpdates = w.countsUpdates || h.seesUpdates() && h.makes()
		w.keepsCreate = w.keepsCreate || h.seesUpdates() || h.on[string(cause.Create)] || h.on[string(cause.Resume)]
	}
	w.essence = o.EssenceOptions(w.handlers)
	return w
}

// SeesChanges tells whether any handler is driven by changes, or by the time.
func (w *Worker) SeesChanges() bool { return len(w.handlers)+len(w.background) > 0 }

// SeesEvents tells whether any handler wants raw events.
func (w *Worker) SeesEvents() bool { return len(w.events) > 0 }

// ids are the ids of all handlers that may have records on an object.
func (w *Worker) ids() []string {
	out := make([]string, 0, len(w.handlers))
	for _, h := range w.handlers {
		out = append(out, h.ID)
	}
	return out
}

// Result says what a pass over an object has left to do.
type Result struct {
	// Again is when to look at the object again if nothing happens before.
	Again time.Time
	// Written is the resourceVersion of the last patch of the object itself;
	// empty if it was not changed.
	Written string
	// Pending is what of the cycle is not at its end.
	Pending []Pending
}

// Pending is a handler that is not at its end, for people who ask. Without a handler it is
// about the object as a whole.
type Pending struct {
	Handler string
	// Attempts were made so far; Next is when the next one is due, zero where that depends
	// on others.
	Attempts int
	Next     time.Time
	// Waiting: for other objects or for another handler.
	Waiting bool
	// Message is that of the last error.
	Message string
}

// Handle brings an object a step further in its current cycle: it runs the
// handlers that are due now and writes what came of them. An error is one of
// the engine or of the API server, not of a handler: the same object should be
// handled again after a pause.
func (w *Worker) Handle(ctx context.Context, object map[string]any, mem *Memory, now time.Time) (Result, error) {
	mem.look()
	if mem.unsent != nil {
		mem.unsent.w = w // another one, if what is watched has changed
	}
	if mem.unsent.fits(object) {
		result, err := mem.unsent.resend(ctx, object)
		if err != nil || result.Written != "" {
			return result, err
		}
		// It was there already, only the answer had been lost: no event will
		// follow, and the object may have changed besides.
	}
	mem.unsent = nil
	p := &pass{w: w, object: object, mem: mem, now: now, log: w.objectLog(object), random: rand.Float64}
	p.detect(false)
	err := p.handle(ctx)
	return p.result, err
}

// Event runs the handlers of raw events, which leave no trace on the object.
// An empty type stands for the first listing.
func (w *Worker) Event(ctx context.Context, eventType string, object map[string]any, mem *Memory, now time.Time) {
	p := &pass{w: w, object: object, mem: mem, now: now, log: w.objectLog(object)}
	var typeValue any
	if eventType != "" {
		typeValue = eventType
	}
	p.vars = p.bind(map[string]any{"event": eval.TypedFields(
		map[string]any{"type": typeValue, "object": object}, map[string]*eval.Shape{"object": w.shape()})})
	for _, h := range w.events {
		p.silently(ctx, h)
	}
	mem.wrote = p.result.Written != ""
}

// Pause tells how long to keep the next raw event of an object from its
// handlers: they may have made it, and the one before it, and so on.
func (w *Worker) Pause(object map[string]any, mem *Memory, now time.Time) time.Duration {
	if !mem.wrote {
		return 0
	}
	wait, say := mem.events.take(now)
	if say {
		p := &pass{w: w, object: object, log: w.objectLog(object)}
		p.tooOften()
	}
	return wait
}

// Orphaned deletes the children that an object has left behind which went away
// though our finalizer was on it. Somebody may have taken that off; and the API
// server itself removes an object whose deletion meets the patch that adds the
// finalizer.
func (w *Worker) Orphaned(ctx context.Context, object map[string]any) error {
	p := &pass{w: w, object: object, log: w.objectLog(object)}
	return p.deleteTracked(ctx)
}

// Gone runs the optional deletion handlers for an object that went away
// without a finalizer to hold it, once and as far as they succeed.
func (w *Worker) Gone(ctx context.Context, object map[string]any, mem *Memory, now time.Time) {
	p := &pass{w: w, object: object, mem: mem, now: now, log: w.objectLog(object)}
	p.detect(true)
	for _, h := range w.handlers {
		if h.on[string(cause.Delete)] && h.optional {
			p.silently(ctx, h)
		}
	}
}

// shape is that of the resource's objects by now.
func (w *Worker) shape() *eval.Shape { return w.shapes.Shape() }

func (w *Worker) objectLog(object map[string]any) *slog.Logger {
	name := essence.MetaText(object, "name")
	if ns := essence.MetaText(object, "namespace"); ns != "" {
		name = ns + "/" + name
	}
	return w.log.With("resource", w.resource.Plural, "object", name)
}

// bind makes the variables of an object, with some more for the occasion.
func (p *pass) bind(more map[string]any) *eval.Binding {
	vars := bind.Subject{
		Object:   p.object,
		Shape:    p.w.shape(),
		Resource: p.w.resource.Vars(),
		Operator: p.w.identity,
		Memo:     func() (any, error) { return p.memo().Data(), nil },
		Now:      p.now,
	}.Vars()
	maps.Copy(vars, more)
	return eval.NewBinding(vars)
}

func (p *pass) memo() *actions.Memo { return p.mem.Memo(p.w.memo) }
