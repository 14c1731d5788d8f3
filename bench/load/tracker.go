package load

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/watch"
)

// tracker follows the objects of one run through their watch.
type tracker struct {
	o Options

	// mu guards what follows.
	mu     sync.Mutex
	sent   map[string]time.Time
	done   map[string]time.Time
	events int
	last   time.Time

	// finished is closed when all objects are done.
	finished chan struct{}
}

func newTracker(o Options) *tracker {
	return &tracker{
		o:        o,
		sent:     make(map[string]time.Time, o.Objects),
		done:     make(map[string]time.Time, o.Objects),
		finished: make(chan struct{}),
	}
}

// watch follows the objects from now on, until the function that it returns is
// called.
func (t *tracker) watch(ctx context.Context, objects dynamic.ResourceInterface) (stop func(), err error) {
	list, err := objects.List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return nil, err
	}
	// A RetryWatcher goes on where a broken watch stopped, so no event is missed.
	w, err := watch.NewRetryWatcherWithContext(ctx, list.GetResourceVersion(), &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, lo metav1.ListOptions) (apiwatch.Interface, error) {
			return objects.Watch(ctx, lo)
		},
	})
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for event := range w.ResultChan() {
			if u, ok := event.Object.(*unstructured.Unstructured); ok {
				t.seen(event.Type, u)
			}
		}
	}()
	return func() { w.Stop(); <-ended }, nil
}

func (t *tracker) sending(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent[name] = time.Now()
}

func (t *tracker) seen(kind apiwatch.EventType, u *unstructured.Unstructured) {
	name := u.GetName()
	if !strings.HasPrefix(name, t.o.Prefix+"-") {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.Now()
	t.events++
	if _, already := t.done[name]; already || !t.isDone(kind, u) {
		return
	}
	t.done[name] = t.last
	if len(t.done) == t.o.Objects {
		close(t.finished)
	}
}

func (t *tracker) isDone(kind apiwatch.EventType, u *unstructured.Unstructured) bool {
	if t.o.Operation == Delete {
		return kind == apiwatch.Deleted
	}
	value, found, _ := unstructured.NestedFieldNoCopy(u.Object, t.o.Done...)
	if !found || value == nil || value == "" {
		return false
	}
	return t.o.Operation != Update || value == t.o.Value
}

// wait returns when all objects are done and nothing has happened to them for a
// while.
func (t *tracker) wait(ctx context.Context, quiet time.Duration) error {
	select {
	case <-t.finished:
	case <-ctx.Done():
		t.mu.Lock()
		defer t.mu.Unlock()
		return fmt.Errorf("the operator has done %d of %d objects: %w", len(t.done), t.o.Objects, ctx.Err())
	}
	for {
		t.mu.Lock()
		left := time.Until(t.last.Add(quiet))
		t.mu.Unlock()
		if left <= 0 {
			return nil
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *tracker) result(start time.Time) *Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	latencies := make([]time.Duration, 0, len(t.done))
	r := &Result{Operation: t.o.Operation, Objects: t.o.Objects}
	for name, done := range t.done {
		latencies = append(latencies, done.Sub(t.sent[name]))
		r.Took = max(r.Took, done.Sub(start))
	}
	slices.Sort(latencies)
	r.Median = latencies[len(latencies)/2]
	r.P99 = latencies[len(latencies)*99/100]
	// One event of each object comes from the load itself.
	r.ObjectWrites = t.events - t.o.Objects
	return r
}
