package watch

import (
	"context"
	"errors"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// feed is an open watch as the reflector wants it.
type feed struct {
	source *source
	watch  *kube.Watch
	guard  *guard
	events chan apiwatch.Event
	done   chan struct{}
}

func newFeed(s *source, w *kube.Watch, g *guard) *feed {
	f := &feed{source: s, watch: w, guard: g, events: make(chan apiwatch.Event), done: make(chan struct{})}
	go f.run()
	return f
}

// ResultChan implements watch.Interface.
func (f *feed) ResultChan() <-chan apiwatch.Event { return f.events }

// Stop implements watch.Interface: it ends the watch and waits for it.
func (f *feed) Stop() {
	f.guard.end()
	<-f.done
}

func (f *feed) run() {
	defer close(f.done)
	defer f.watch.Close()
	defer f.guard.end()
	defer close(f.events)
	for {
		f.guard.alive()
		event, err := f.watch.Next()
		f.guard.pause() // the receiver may take its time
		if err != nil {
			f.fail(err)
			return
		}
		if !f.send(f.convert(event)) {
			return
		}
	}
}

func (f *feed) convert(event kube.Event) apiwatch.Event {
	if event.Type != apiwatch.Bookmark {
		return apiwatch.Event{Type: event.Type, Object: item{event.Object}}
	}
	mark := bookmark{item{event.Object}}
	if mark.endsListing() {
		f.source.listCut = false
	}
	return apiwatch.Event{Type: event.Type, Object: mark}
}

// fail ends the feed. The reflector resumes a stream that merely ended; what it
// does about an error that the server sent depends on the error.
func (f *feed) fail(err error) {
	status := apierrors.APIStatus(nil)
	switch {
	case f.guard.ended():
	case errors.Is(err, io.EOF):
		f.ended(Ended)
	case errors.As(err, &status):
		f.source.log.Debug("the API server ended a watch", "resource", f.source.options.Resource.String(), "error", err)
		if expired(err) {
			f.ended(Expired)
		} else {
			f.ended(Failed)
		}
		s := status.Status()
		f.send(apiwatch.Event{Type: apiwatch.Error, Object: &s})
	default:
		err = f.guard.explain(err)
		if errors.Is(err, errSilent) {
			f.ended(Silent)
		} else {
			f.ended(Cut)
		}
		f.source.log.Debug("a watch was cut", "resource", f.source.options.Resource.String(), "error", err)
	}
}

// ended tells why the watch is over.
func (f *feed) ended(reason string) {
	if f.source.restarted != nil {
		f.source.restarted(reason)
	}
}

func (f *feed) send(event apiwatch.Event) bool {
	select {
	case f.events <- event:
		return true
	case <-f.guard.ctx.Done():
		return false
	}
}

// guard ends a request that is silent for too long.
type guard struct {
	ctx     context.Context // the request's
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
}

var errSilent = errors.New("the API server was silent for too long")

func newGuard(ctx context.Context, timeout time.Duration) *guard {
	g := &guard{timeout: timeout}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	g.timer = time.AfterFunc(timeout, func() { g.cancel(errSilent) })
	return g
}

// alive says that something came, or is waited for anew.
func (g *guard) alive() { g.timer.Reset(g.timeout) }

// pause stops the clock until something is waited for again.
func (g *guard) pause() { g.timer.Stop() }

// end ends the request.
func (g *guard) end() {
	g.timer.Stop()
	g.cancel(nil)
}

// ended tells whether somebody called end, or what is around it ended.
func (g *guard) ended() bool {
	return g.ctx.Err() != nil && !errors.Is(context.Cause(g.ctx), errSilent)
}

// explain names the silence where it is why a request failed.
func (g *guard) explain(err error) error {
	if errors.Is(context.Cause(g.ctx), errSilent) {
		return errSilent
	}
	return err
}
