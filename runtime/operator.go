package runtime

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/events"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// How often discovery is asked for resources that an operator names: often
// while one is missing, since somebody waits for it, and now and then for
// those that a category or `any` will find later.
const (
	missingInterval = 2 * time.Second
	servedInterval  = 30 * time.Second
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

	// ctx ends when no new work is to begin, work when running handlers are
	// cut off.
	ctx, work context.Context
	running   sync.WaitGroup

	mu      sync.Mutex
	runners map[schema.GroupVersionResource]*resourceRunner // guarded by mu
}

func newOperator(compiled *handle.Operator, o Options) (*operator, error) {
	log := o.Log.With("operator", compiled.Name)
	// The API server sees which operator asks, and each has its own limits.
	client, err := o.Client.With(kube.Options{
		UserAgent:      compiled.Name + " (kopf-declarative)",
		QPS:            compiled.Settings.QPS,
		Burst:          compiled.Settings.Burst,
		RequestTimeout: compiled.Settings.RequestTimeout,
		Log:            log,
	})
	if err != nil {
		return nil, err
	}
	return &operator{
		compiled: compiled,
		options:  o,
		client:   client,
		log:      log,
		runners:  map[schema.GroupVersionResource]*resourceRunner{},
	}, nil
}

// run runs the operator until the context ends. ready is called once when
// everything that can be watched has been listed.
func (o *operator) run(ctx context.Context, ready func()) {
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

	o.discover(ready)
	o.stop(cut)
}

// stop lets running handlers finish for a while, cuts them off then, and
// flushes what is left to say.
func (o *operator) stop(cut context.CancelCauseFunc) {
	timer := time.AfterFunc(o.compiled.Settings.ExitTimeout, func() { cut(errStopped) })
	o.running.Wait()
	timer.Stop()
	flush, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), time.Second)
	defer cancel()
	o.recorder.Close(flush)
}

// discover starts a watch for each resource that the operator names, as soon as
// the cluster has it.
func (o *operator) discover(ready func()) {
	said := map[*handle.Selector]string{}
	for first := true; ; first = false {
		synced, missing := o.startWatches(said)
		if first {
			o.running.Go(func() {
				synced.Wait()
				ready()
			})
		}
		interval := servedInterval
		if missing {
			interval = missingInterval
		}
		select {
		case <-o.ctx.Done():
			return
		case <-time.After(interval):
			if err := o.client.Discovery.Refresh(o.ctx); err != nil && o.ctx.Err() == nil {
				o.log.Debug("cannot ask the cluster what it serves", "error", err)
			}
		}
	}
}

// startWatches starts what can be started and is not yet. What cannot is said
// once per selector and reason.
func (o *operator) startWatches(said map[*handle.Selector]string) (synced *sync.WaitGroup, missing bool) {
	find := func(s *handle.Selector) ([]kube.Resource, bool) { return o.find(s, said) }
	missing = o.related.start(find)
	chosen := map[schema.GroupVersionResource][]*handle.Handler{}
	resources := map[schema.GroupVersionResource]kube.Resource{}
	for _, s := range o.compiled.Selectors {
		found, ok := find(s)
		missing = missing || !ok
		for _, r := range found {
			resources[r.GVR()] = r
			chosen[r.GVR()] = append(chosen[r.GVR()], o.compiled.HandlersOf(s)...)
		}
	}
	synced = &sync.WaitGroup{}
	for gvr, r := range resources {
		handlers := o.compiled.InOrder(chosen[gvr])
		if o.runners[gvr] == nil && len(handlers) > 0 {
			synced.Add(1)
			o.start(r, handlers, synced.Done)
		}
	}
	return synced, missing
}

// find finds the resources that a selector means, and says what is wrong where
// it cannot.
func (o *operator) find(s *handle.Selector, said map[*handle.Selector]string) (found []kube.Resource, ok bool) {
	found, err := o.resolve(s)
	if err == nil {
		delete(said, s)
		return found, true
	}
	if said[s] != err.Error() && o.ctx.Err() == nil {
		said[s] = err.Error()
		o.log.Warn("waiting for a resource", "error", err, "at", s.Spec.Range)
	}
	return nil, false
}

// resolve finds the resources that a selector means.
func (o *operator) resolve(s *handle.Selector) ([]kube.Resource, error) {
	found, err := o.client.Discovery.Select(o.ctx, s.Spec)
	if err != nil {
		return nil, err
	}
	var admitted []kube.Resource
	for _, r := range found {
		ok, err := s.Admits(o.ctx, r)
		if err != nil {
			return nil, err
		}
		if ok {
			admitted = append(admitted, r)
		}
	}
	return admitted, nil
}

// start watches a resource and works on its objects.
func (o *operator) start(r kube.Resource, handlers []*handle.Handler, synced func()) {
	settings := &o.compiled.Settings
	runner := &resourceRunner{
		settings: settings,
		resource: r,
		client:   o.client,
		labels:   handle.LabelSelector(handlers),
		fields:   handle.FieldSelector(handlers),
		forget:   o.related.forget,
		objects:  newObjects(),
		queue:    queue.New[types.NamespacedName](),
		log:      o.log.With("resource", r.Plural),
	}
	runner.worker = o.compiled.NewWorker(handlers, handle.WorkerOptions{
		Resource: r,
		Client:   o.client,
		ID:       instance(o.compiled.Name),
		Version:  o.options.Version,
		Log:      o.log,
		Emit:     o.emit,
		Related:  o.related.of(),
		Stopping: func() bool { return o.ctx.Err() != nil },
	})
	o.mu.Lock()
	o.runners[r.GVR()] = runner
	o.mu.Unlock()
	o.log.Debug("watching", "resource", r.String())
	o.running.Go(func() {
		runner.queue.Run(o.ctx, settings.WorkerLimit, func(key types.NamespacedName) { runner.process(o.work, key) })
	})
	synced = sync.OnceFunc(synced)
	o.running.Go(func() {
		defer synced() // nobody may wait for a watch that ended before its first listing
		o.watch(r, runner.labels, runner.fields, watch.Sink{Event: runner.event, Synced: synced})
	})
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
