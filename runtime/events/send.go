package events

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// errExpired says that the event of a series exists no longer.
var errExpired = errors.New("the event has expired")

// send tries a request some times; what fails is dropped, and said.
func (l *lane) send(s *series, request func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := request(l.recorder.ctx)
		switch {
		case err == nil, errors.Is(err, errExpired):
			return err
		case apierrors.IsAlreadyExists(err) && attempt > 1:
			return nil // the answer to the attempt before was lost
		case attempt == attempts || final(err) || !l.pause(err, attempt):
			l.recorder.lost(s, err)
			return err
		}
	}
}

// final tells whether another attempt makes no sense.
func final(err error) bool {
	return kube.Permanent(err) ||
		apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsUnauthorized(err) || apierrors.IsAlreadyExists(err)
}

// pause waits before the next attempt; it is false where there is none.
func (l *lane) pause(err error, attempt int) bool {
	delay := time.Duration(attempt) * retryDelay
	if asked, ok := kube.RetryAfter(err); ok {
		delay = max(delay, asked)
	}
	select {
	case <-l.recorder.clock.After(delay):
		return true
	case <-l.recorder.ctx.Done():
		return false
	}
}

// lost takes note of an event that could not be posted. That of an object whose
// namespace goes away is nobody's loss.
func (r *Recorder) lost(s *series, err error) {
	if apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		r.dropped.Add(1)
		r.log.Debug("an event of an object that goes away is dropped", "object", s.about.Name, "namespace", s.about.Namespace, "reason", s.reason)
		return
	}
	r.drop(err.Error())
}
