package watch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// source lists and watches for the reflector.
type source struct {
	options Options
	log     *slog.Logger
	trouble trouble
	// restarted is told why a watch has ended; it may be nil.
	restarted func(reason string)
	// listCut says that a streamed initial list ended before it was complete:
	// the next listing is taken in pages, for they make progress where a stream
	// would begin anew each time. Only the reflector's goroutine uses it.
	listCut bool
}

var errListCut = errors.New("the streamed initial list was cut")

// List implements cache.Lister.
func (s *source) List(o metav1.ListOptions) (runtime.Object, error) {
	return s.ListWithContext(context.Background(), o)
}

// Watch implements cache.Watcher.
func (s *source) Watch(o metav1.ListOptions) (apiwatch.Interface, error) {
	return s.WatchWithContext(context.Background(), o)
}

// ListWithContext implements cache.ListerWithContext.
func (s *source) ListWithContext(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	guarded := newGuard(ctx, s.options.InactivityTimeout)
	defer guarded.end()
	list := &internalversion.List{}
	meta, err := s.options.Client.List(guarded.ctx, s.options.Resource, s.options.Namespace, s.selected(o), func(o *kube.Object) error {
		guarded.alive()
		list.Items = append(list.Items, item{o})
		return nil
	})
	if err != nil {
		err = guarded.explain(err)
		s.trouble.failed(ctx, err)
		return nil, err
	}
	list.ListMeta = meta
	return list, nil
}

// WatchWithContext implements cache.WatcherWithContext.
func (s *source) WatchWithContext(ctx context.Context, o metav1.ListOptions) (apiwatch.Interface, error) {
	listing := o.SendInitialEvents != nil && *o.SendInitialEvents
	if listing && s.listCut {
		s.listCut = false
		return nil, errListCut
	}
	o = s.selected(o)
	if s.options.ServerTimeout > 0 {
		seconds := max(1, int64(s.options.ServerTimeout/time.Second))
		o.TimeoutSeconds = &seconds
	}
	guarded := newGuard(ctx, s.options.InactivityTimeout)
	w, err := s.options.Client.Watch(guarded.ctx, s.options.Resource, s.options.Namespace, o)
	if err != nil {
		guarded.end()
		err = guarded.explain(err)
		// Where a listing cannot be streamed, the reflector asks for pages, and
		// what stands in the way of both is told then.
		if !listing || utilnet.IsConnectionRefused(err) || apierrors.IsTooManyRequests(err) {
			s.trouble.failed(ctx, err)
		}
		return nil, err
	}
	s.trouble.over()
	s.listCut = listing
	return newFeed(s, w, guarded), nil
}

// selected adds the selectors.
func (s *source) selected(o metav1.ListOptions) metav1.ListOptions {
	o.LabelSelector, o.FieldSelector = s.options.Labels, s.options.Fields
	return o
}

// StillExists tells whether an object that a stream reported as Deleted exists:
// it may only have ceased to match the selectors.
func StillExists(ctx context.Context, client *kube.Client, r kube.Resource, o *kube.Object) (bool, error) {
	now, err := client.Get(ctx, r, o.Namespace, o.Name)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return now.UID == o.UID, nil
}
