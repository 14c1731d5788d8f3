package runtime

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/events"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// watch lists and watches those objects of a resource that match the selectors, in the
// namespaces that are served, until the context ends: by one stream for all of them, or
// by one for each. The sink sees one stream:
//
//   - Synced is called when all those namespaces have been listed that are served at
//     the start. Those that come later are not waited for.
//   - Trouble is called once, where that does not happen for now: with what keeps back
//     those that are missing, when nothing else is waited for.
func (o *operator) watch(ctx context.Context, r kube.Resource, labels, fields string, sink watch.Sink) {
	w := &watching{o: o, resource: r, labels: labels, fields: fields, sink: sink,
		streams: map[string]*scoped{}, waiting: map[string]bool{}, hopeless: map[string]error{}}
	defer w.running.Wait()
	if o.options.Namespaces.All() || !r.Namespaced {
		w.follow(ctx, []string{""}, true)
		<-ctx.Done()
		return
	}
	changed, leave := o.namespaces.join()
	defer leave()
	for {
		names, known := o.namespaces.served()
		w.follow(ctx, names, known)
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// watching is what follows one resource.
type watching struct {
	o              *operator
	resource       kube.Resource
	labels, fields string
	running        sync.WaitGroup
	streams        map[string]*scoped // by namespace; only watch's goroutine sees them

	mu       sync.Mutex
	sink     watch.Sink       // guarded by mu, so that it is called by one stream at a time
	known    bool             // guarded by mu: no more namespaces are waited for
	waiting  map[string]bool  // guarded by mu: namespaces that are to be listed
	hopeless map[string]error // guarded by mu: those that cannot be listed for now
	synced   bool             // guarded by mu
	told     bool             // guarded by mu: of trouble
}

// scoped is the stream of one namespace.
type scoped struct {
	stream *watch.Stream
	cancel func()
	ended  chan struct{}
}

// follow starts and ends streams, so that these namespaces are followed. With known
// these are all that are there at the start.
func (w *watching) follow(ctx context.Context, names []string, known bool) {
	for name := range w.streams {
		if !slices.Contains(names, name) {
			w.end(name)
		}
	}
	for _, name := range names {
		if w.streams[name] == nil {
			w.begin(ctx, name)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = w.known || known
	w.checkLocked()
}

func (w *watching) begin(ctx context.Context, name string) {
	ctx, cancel := context.WithCancel(ctx)
	w.mu.Lock()
	if !w.known {
		w.waiting[name] = true
	}
	w.mu.Unlock()
	trouble := troubleKey{w.resource.GVR(), name}
	s := &scoped{cancel: cancel, ended: make(chan struct{})}
	s.stream = w.o.stream(w.o.client, w.resource, name, w.labels, w.fields, w.o.log.With("resource", w.resource.Plural), watch.Sink{
		Event:  w.event,
		Synced: func() { w.listed(name) },
		Trouble: func(err error) {
			w.o.troubles.set(trouble, err)
			w.failed(name, err)
		},
	})
	w.streams[name] = s
	w.running.Go(func() {
		defer close(s.ended)
		defer cancel()
		s.stream.Run(ctx)
		w.o.troubles.set(trouble, nil)
	})
}

// end stops the stream of a namespace that is gone, and so are its objects, whether
// the stream could tell or not.
func (w *watching) end(name string) {
	s := w.streams[name]
	delete(w.streams, name)
	s.cancel()
	<-s.ended
	w.o.log.Debug("no longer watching", "resource", w.resource.String(), "namespace", name)
	s.stream.Forget()
	w.listed(name)
}

func (w *watching) event(e watch.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sink.Event(e)
}

func (w *watching) listed(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, name)
	delete(w.hopeless, name)
	w.checkLocked()
}

func (w *watching) failed(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.hopeless, name)
	if w.waiting[name] && lasting(err) {
		w.hopeless[name] = err
	}
	w.checkLocked()
}

// checkLocked tells the sink how the first listing ends.
func (w *watching) checkLocked() {
	switch {
	case !w.known || w.synced:
	case len(w.waiting) == 0:
		w.synced = true
		if w.sink.Synced != nil {
			w.sink.Synced()
		}
	case len(w.waiting) == len(w.hopeless) && !w.told && w.sink.Trouble != nil:
		w.told = true
		w.sink.Trouble(errors.Join(slices.Collect(maps.Values(w.hopeless))...))
	}
}

// lasting tells troubles that others have to end from those that pass.
func lasting(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err)
}

// stream makes a stream with the operator's settings; an empty namespace is for all.
func (o *operator) stream(client *kube.Client, r kube.Resource, namespace, labels, fields string, log *slog.Logger, sink watch.Sink) *watch.Stream {
	settings := &o.compiled.Settings
	sink.Restarted = func(reason string) { o.metrics.WatchRestarted(r.GVR().GroupResource().String(), reason) }
	return watch.New(watch.Options{
		Client:            client,
		Resource:          r,
		Namespace:         namespace,
		Labels:            labels,
		Fields:            fields,
		ServerTimeout:     settings.ServerTimeout,
		InactivityTimeout: settings.InactivityTimeout,
		ReconnectBackoff:  settings.ReconnectBackoff,
		Log:               log,
	}, sink)
}

// emit posts a Kubernetes event of a handler, unless the operator posts none.
func (o *operator) emit(e actions.Event) {
	if !o.compiled.Settings.Posting {
		return
	}
	o.recorder.Emit(events.Event{Type: e.Type, Reason: e.Reason, Note: e.Message, About: e.About})
}
