package watch

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// Trouble is why a stream does not work, in words.
type Trouble struct {
	Message string
	Err     error
}

// Error implements error.
func (t *Trouble) Error() string { return t.Message }

// Unwrap returns the API's error.
func (t *Trouble) Unwrap() error { return t.Err }

// patience is how many failures in a row are not worth a word, if they may pass
// by themselves.
const patience = 3

// trouble tells of failures once, however often they are retried. It belongs to
// the reflector's goroutine.
type trouble struct {
	tell     func(error)
	log      *slog.Logger
	resource kube.Resource

	failures int
	told     string // the kind of the failure that was told; empty for none
}

// failed takes note of a failed request.
func (t *trouble) failed(ctx context.Context, err error) {
	if ctx.Err() != nil || expired(err) {
		return
	}
	t.failures++
	kind, message := t.describe(err)
	if kind == "" && t.failures < patience {
		t.log.Debug(message)
		return
	}
	if kind == "" {
		kind = "other"
	}
	if kind == t.told {
		return
	}
	t.told = kind
	t.log.Warn(message)
	if t.tell != nil {
		t.tell(&Trouble{message, err})
	}
}

// over takes note of a watch that works.
func (t *trouble) over() {
	t.failures = 0
	if t.told == "" {
		return
	}
	t.told = ""
	t.log.Info("watching " + t.resource.String() + " again")
	if t.tell != nil {
		t.tell(nil)
	}
}

// describe names the kind of a failure that does not pass by itself, and what
// to tell of any.
func (t *trouble) describe(err error) (kind, message string) {
	status := apierrors.ReasonForError(err)
	switch {
	case apierrors.IsForbidden(err):
		return string(status), fmt.Sprintf("missing rights: %s cannot be listed and watched: %s; waiting for them", t.resource, firstLine(err))
	case apierrors.IsUnauthorized(err):
		return string(status), "the API server does not accept the credentials any longer; trying again"
	case apierrors.IsNotFound(err):
		return string(status), fmt.Sprintf("the cluster does not serve %s (any longer); waiting for it", t.resource)
	case apierrors.IsMethodNotSupported(err):
		return string(status), fmt.Sprintf("%s cannot be watched: the API does not support it", t.resource)
	}
	return "", fmt.Sprintf("%s cannot be watched: %s; trying again", t.resource, firstLine(err))
}

// expired tells whether the server only wants a new listing.
func expired(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
