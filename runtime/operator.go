package runtime

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/runtime/events"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// How often discovery is asked for resources that an operator names: often
// while one is missing, since somebody waits for it, and now and then for
// those that a category or `any` will find later.
const (
	missingInterval = 2 * time.Second
	servedInterval  = 30 * time.Second
	// renewed is how old an answer may be that another operator has asked for.
	renewed = 200 * time.Millisecond
)

// errStopped is why the work of running handlers is cut off at the end.
var errStopped = errors.New("the engine has stopped")

// operator is one running operator.
type operator struct {
	compiled *handle.Operator
	options  Options
	client   *kube.Client
	recorder *events.Recorder
	related  *related
	log      *slog.Logger
	metrics  *metrics.Operator
	// memo is the operator's data in memory, with which those of objects begin.
	memo       *actions.Memo
	activities *handle.Activities
	// gate holds up all work on objects while there is a reason to.
	gate gate
	// looked tells that the cluster was asked for the resources once.
	looked atomic.Bool
	// indexing has the indexes, and closes the gate until they are complete.
	indexing *indexing

	// ctx ends when no new work is to begin, work when running handlers are
	// cut off.
	ctx, work context.Context
	running   sync.WaitGroup

	// opening is for the first listings of what begins now; only discover's goroutine has it.
	opening *sync.WaitGroup

	troubles   troubles
	namespaces *namespaces
	crds       crds
	shapes     *shapes

	// kept is what ended runners have remembered of the objects of a resource.
	kept map[schema.GroupResource]map[types.UID]*handle.Memory
	// gone says since when resources that were watched are not served any more.
	gone map[schema.GroupResource]time.Time
	// clashes are the pairs of versions that were said to exclude each other.
	clashes map[string]bool

	mu      sync.Mutex
	runners map[schema.GroupResource]*resourceRunner // guarded by mu
}

func newOperator(compiled *handle.Operator, o Options, meter *metrics.Operator) (*operator, error) {
	log := o.Log.With("operator", compiled.Name)
	// The API server sees which operator asks, and each has its own limits.
	client, err := o.Client.With(kube.Options{
		UserAgent:      compiled.Name + " (kopf-declarative)",
		QPS:            compiled.Settings.QPS,
		Burst:          compiled.Settings.Burst,
		RequestTimeout: compiled.Settings.RequestTimeout,
		Log:            log,
		Observe:        meter.Request,
	})
	if err != nil {
		return nil, err
	}
	op := &operator{
		compiled:   compiled,
		options:    o,
		namespaces: newNamespaces(o.Namespaces),
		crds:       crds{changed: make(chan struct{}, 1)},
		client:     client,
		log:        log,
		opening:    &sync.WaitGroup{},
		memo:       actions.NewMemo(nil),
		metrics:    meter,
		kept:       map[schema.GroupResource]map[types.UID]*handle.Memory{},
		gone:       map[schema.GroupResource]time.Time{},
		clashes:    map[string]bool{},
		runners:    map[schema.GroupResource]*resourceRunner{},
	}
	if o.ApplyCRDs {
		op.crds.last = time.Now() // what discovery and schemas say may be what was before
	}
	op.gate.Hook(op.gateChanged)
	op.shapes = newShapes(op)
	op.indexing = newIndexing(op)
	op.activities = compiled.NewActivities(handle.ActivityOptions{
		Metrics: meter,
		Client:  client,
		ID:      instance(compiled.Name),
		Version: o.Version,
		Log:     log,
		Emit:    op.emit,
		Memo:    op.memo,
		Indexes: op.indexing.store,
	})
	return op, nil
}

// run runs the operator until the context ends. ready is called once when
// everything that can be watched has been listed: what is forbidden is not waited for.
//
// An error means that it has not begun, because a startup activity has failed for good.
func (o *operator) run(ctx context.Context, ready func()) error {
	work, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	o.ctx, o.work = ctx, work
	o.recorder = events.NewRecorder(events.Options{
		Client:              o.client,
		ReportingController: o.compiled.Settings.ReportingComponent,
		ReportingInstance:   instance(o.compiled.Name),
		Log:                 o.log,
	})
	o.related = newRelated(o)
	defer o.metrics.Read(metrics.Sources{
		Spent:   o.compiled.Spent,
		Dropped: o.recorder.Dropped,
		Paused:  func() bool { return o.gate.Aspect().Paused },
	})()
	if err := o.startup(ctx, ready); err != nil {
		return err
	}
	o.running.Go(o.followNamespaces)
	o.running.Go(o.followCRDs)

	o.discover(ready)
	o.stop(cut)
	return nil
}

// startup runs the startup activities, before anything is watched. What ends it before
// they are done ends the operator; that is an error unless it was the context.
func (o *operator) startup(ctx context.Context, ready func()) error {
	o.gate.Close(startupReason, "startup is not done")
	err := o.activities.Startup(ctx)
	if err == nil {
		o.gate.Open(startupReason)
		return nil
	}
	ready()
	o.flush()
	if ctx.Err() == nil {
		o.gate.Close(startupReason, err.Error())
		o.log.Error("the operator does not begin", "error", err)
	}
	return err
}

// startupReason is the gate's id for what startup holds up.
const startupReason = "startup"

// stop lets running handlers finish for a while and cuts them off then. Cleanup
// has as long, and what is left to say is flushed.
func (o *operator) stop(cut context.CancelCauseFunc) {
	timer := time.AfterFunc(o.compiled.Settings.ExitTimeout, func() { cut(errStopped) })
	o.running.Wait()
	timer.Stop()
	cleanup, end := context.WithTimeoutCause(context.WithoutCancel(o.ctx), o.compiled.Settings.ExitTimeout, errStopped)
	defer end()
	o.activities.Cleanup(cleanup)
	o.flush()
}

// flush sends the events that are still on their way.
func (o *operator) flush() {
	flush, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), time.Second)
	defer cancel()
	o.recorder.Close(flush)
}

// discover starts a watch for each resource that the operator names, as soon as
// the cluster has it.
func (o *operator) discover(ready func()) {
	said := map[*handle.Selector]string{}
	begin := sync.OnceFunc(func() {
		first := o.opening
		o.opening = &sync.WaitGroup{} // nobody waits for later ones
		o.running.Go(func() { o.begin(first, ready) })
	})
	defer begin()
	for {
		begun := o.startWatches(said)
		o.looked.Store(true)
		if !o.shapes.pending() {
			begin()
		}
		if o.compiled.Settings.ScanningDisabled && !begun.unsure {
			return
		}
		if !o.pause(begun.missing || o.shapes.stale) {
			return
		}
		if err := o.client.Discovery.Renew(o.ctx, renewed); err != nil && o.ctx.Err() == nil {
			o.log.Debug("cannot ask the cluster what it serves", "error", err)
		}
		o.shapes.renew(o.ctx)
	}
}

// begin waits for the first listings and says that the operator is ready.
func (o *operator) begin(opening *sync.WaitGroup, ready func()) {
	opening.Wait()
	if n := len(o.troubles.list()); n > 0 && o.ctx.Err() == nil {
		o.log.Warn("begins without what cannot be watched", "waiting for", n)
	}
	ready()
}

// pause waits until the cluster is to be asked again what it serves. False is for
// the end.
func (o *operator) pause(missing bool) bool {
	interval := servedInterval
	switch {
	case o.crds.unsettled(time.Now()) || o.shapes.pending():
		interval = settleInterval
	case missing:
		interval = missingInterval
	}
	select {
	case <-o.ctx.Done():
		return false
	case <-o.crds.changed:
	case <-time.After(interval):
	}
	return true
}

// beginning is what startWatches has begun.
type beginning struct {
	missing bool // somebody waits for a resource
	unsure  bool // the cluster did not tell what it serves
}

// startWatches starts what can be started and is not yet. What cannot is said
// once per selector and reason.
func (o *operator) startWatches(said map[*handle.Selector]string) beginning {
	var b beginning
	defer o.shapes.sweep()
	find := func(s *handle.Selector) ([]kube.Resource, bool) {
		found, err := o.resolve(s)
		o.tell(s, err, said)
		o.indexing.resolved(s, err)
		b.missing = b.missing || err != nil
		b.unsure = b.unsure || err != nil && !isAnswer(err)
		return found, err == nil
	}
	b.missing = o.related.start(find) || b.missing
	chosen := o.choose(find)
	if !b.unsure {
		b.missing = o.retire(chosen) || b.missing
		o.shapes.retire(chosen)
	}
	maps.DeleteFunc(chosen, func(name schema.GroupResource, c *choice) bool {
		return o.runner(name) != nil || len(c.handlers)+len(c.indexes) == 0
	})
	for _, c := range chosen {
		o.indexing.await(c)
	}
	o.indexing.chosen()
	for name, c := range chosen {
		shape, ok := o.shapes.of(o.ctx, c.resource)
		if o.shapes.holdUp[name] = !ok; !ok {
			b.missing, b.unsure = true, true
			continue
		}
		o.opening.Add(1)
		o.start(c, shape, o.opening.Done)
	}
	return b
}

// isAnswer tells that the cluster has been asked: it does not have the one resource
// that is meant.
func isAnswer(err error) bool {
	missing, ambiguous, unclear := (*kube.NoMatch)(nil), (*kube.Ambiguous)(nil), (*unclearError)(nil)
	return errors.As(err, &missing) || errors.As(err, &ambiguous) || errors.As(err, &unclear)
}

// tell says what is wrong with a selector, once.
func (o *operator) tell(s *handle.Selector, err error, said map[*handle.Selector]string) {
	o.troubles.set(s, err)
	if err == nil {
		delete(said, s)
		return
	}
	if said[s] == err.Error() || o.ctx.Err() != nil {
		return
	}
	said[s] = err.Error()
	if o.compiled.Settings.ScanningDisabled && isAnswer(err) {
		o.log.Warn("a resource is not watched, and with scanning.disabled not waited for", "error", err, "at", s.Spec.Range)
		return
	}
	o.log.Warn("waiting for a resource", "error", err, "at", s.Spec.Range)
}

// unclearError is that of a selector whose predicate cannot be evaluated.
type unclearError struct{ error }

// Unwrap returns the evaluation's own.
func (e *unclearError) Unwrap() error { return e.error }

// resolve finds the resources that a selector means. One for which its predicate cannot
// be evaluated is not meant; it is an error if no other one is.
func (o *operator) resolve(s *handle.Selector) ([]kube.Resource, error) {
	var unclear error
	found, err := o.client.Discovery.Select(o.ctx, s.Spec, func(r kube.Resource) bool {
		ok, err := s.Admits(o.ctx, r)
		if err != nil && unclear == nil {
			unclear = &unclearError{err}
		}
		return ok && err == nil
	})
	if err == nil && len(found) == 0 {
		err = unclear
	}
	return found, err
}

// start watches a resource and works on its objects, which have this Shape. It knows what a former
// runner of the resource has remembered of them.
func (o *operator) start(c *choice, shape *kube.LiveShape, synced func()) {
	name := c.resource.GVR().GroupResource()
	settings := &o.compiled.Settings
	meter := o.metrics.Resource(name.String())
	ctx, cancel := context.WithCancel(o.ctx)
	runner := &resourceRunner{
		settings: settings,
		resource: c.resource,
		handlers: c.handlers,
		client:   o.client,
		labels:   handle.LabelSelector(c.handlers, c.indexes),
		fields:   handle.FieldSelector(c.handlers, c.indexes),
		forget:   o.related.forget,
		gate:     &o.gate,
		objects:  newObjects(),
		queue:    queue.New[types.NamespacedName](meter.Queue()),
		metrics:  meter,
		log:      o.log.With("resource", c.resource.Plural),
		cancel:   cancel,
		ended:    make(chan struct{}),
	}
	if slices.ContainsFunc(c.handlers, (*handle.Handler).Background) {
		runner.pool = daemon.New(daemon.Options{
			Slots:       settings.WorkerLimit,
			Polling:     settings.CancellationPolling,
			ExitTimeout: settings.ExitTimeout,
			Ended:       runner.taskEnded,
		})
	}
	runner.objects.inherited = o.kept[name]
	delete(o.kept, name)
	runner.worker = o.compiled.NewWorker(c.handlers, handle.WorkerOptions{
		Resource: c.resource,
		Shape:    shape,
		Client:   o.client,
		ID:       instance(o.compiled.Name),
		Version:  o.options.Version,
		Log:      o.log,
		Emit:     o.emit,
		Related:  o.related.of(),
		Memo:     o.memo,
		Metrics:  o.metrics,
		Begins:   runner.underWay.begins,
		Pool:     runner.pool,
		Newest:   runner.objects.newest,
		Indexes:  o.indexing.store,
		Stopping: func() bool { return ctx.Err() != nil || o.gate.Aspect().Closed },
	})
	runner.indexer = &indexer{o.indexing, c.indexes, name.String(), runner.objects, runner.worker}
	o.mu.Lock()
	o.runners[name] = runner
	// From here on the gate's hook tells it of changes.
	runner.objects.setPaused(o.gate.Aspect().Paused, false)
	runner.setGate(o.gate.Aspect())
	o.mu.Unlock()
	uncount := meter.Count(runner.objects.len, runner.underWay.len)
	o.log.Debug("watching", "resource", c.resource.String())
	var running sync.WaitGroup
	running.Go(func() {
		runner.queue.Run(ctx, settings.WorkerLimit, func(key types.NamespacedName) { runner.process(o.work, key) })
	})
	if runner.pool != nil {
		running.Go(func() { runner.pool.Run(ctx, o.work, o.whyEnding) })
	}
	synced = sync.OnceFunc(synced)
	running.Go(func() {
		defer synced() // nobody may wait for a watch that ended before its first listing
		o.watch(ctx, c.resource, runner.labels, runner.fields, watch.Sink{
			Event: func(e watch.Event) { runner.event(o.work, e) },
			Synced: func() {
				runner.indexer.synced()
				runner.listed.Store(true)
				synced()
			},
			Trouble: func(err error) {
				runner.indexer.failed(err)
				synced() // what is forbidden must not hold up the rest
			},
		})
	})
	o.running.Go(func() {
		defer cancel()
		running.Wait()
		uncount()
		close(runner.ended)
	})
}

// whyEnding is why the timers and daemons of a resource must stop that is not handled
// any more.
func (o *operator) whyEnding() daemon.Reason {
	if o.ctx.Err() != nil {
		return daemon.Exiting
	}
	return daemon.Mismatch
}

// wake looks at the object with this uid, of whatever resource it is.
func (o *operator) wake(uid types.UID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.runners {
		if r.wake(uid) {
			return
		}
	}
}
