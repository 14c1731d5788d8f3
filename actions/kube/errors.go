package kube

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Permanent tells whether an API error cannot heal by trying the same request
// again: the server understood what was sent and found it wrong (an invalid
// object, an unknown field, a verb that the resource does not have).
//
// Not permanent: 401, 403 and 404, for rights, quotas, namespaces and CRDs come
// later; conflicts, for a newer object may pass; and everything that did not
// reach the server.
func Permanent(err error) bool {
	if Conflict(err) {
		return false
	}
	switch code(err) {
	case http.StatusBadRequest,
		http.StatusMethodNotAllowed,
		http.StatusNotAcceptable,
		http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// Conflict tells whether a write was meant for another state of the object than
// the one it has: its resourceVersion was not the newest, or its JSON patch does
// not apply (a test failed, or a path is not there).
func Conflict(err error) bool {
	return apierrors.IsConflict(err) || misfit(err)
}

// misfit recognizes what the API server answers to a JSON patch that does not
// apply: unlike for an invalid object, it does not say what is wrong, nor where.
func misfit(err error) bool {
	status := apierrors.APIStatus(nil)
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details == nil || details.Kind == "" && len(details.Causes) == 0
}

// RetryAfter is the time that the server asked to wait, where it did: no time is
// no such wish.
func RetryAfter(err error) (time.Duration, bool) {
	seconds, _ := apierrors.SuggestsClientDelay(err)
	return time.Duration(seconds) * time.Second, seconds > 0
}

// Discreet is an error about an object of a resource, without what the API server
// quotes of the object where that may be the data of a Secret: of a patch that
// does not fit, it quotes all that there is. The original stays inside, for its
// type decides what happens next.
func Discreet(r Resource, err error) error {
	status := apierrors.APIStatus(nil)
	if r.Group != "" || r.Plural != "secrets" || !errors.As(err, &status) {
		return err
	}
	switch s := status.Status(); s.Reason {
	case metav1.StatusReasonInvalid, metav1.StatusReasonInternalError, metav1.StatusReasonUnknown:
		return &discreet{withoutValues(s), err}
	default:
		return err
	}
}

type discreet struct {
	text string
	err  error
}

func (e *discreet) Error() string { return e.text }
func (e *discreet) Unwrap() error { return e.err }

// withoutValues says which fields are wrong, and what is wrong with them only
// where that cannot be data.
func withoutValues(s metav1.Status) string {
	var fields []string
	if s.Details != nil {
		for _, cause := range s.Details.Causes {
			field := cause.Field
			if strings.HasPrefix(field, "metadata.") {
				field += ": " + cause.Message
			}
			fields = append(fields, field)
		}
	}
	text := fmt.Sprintf("the API server answered %d %s", s.Code, s.Reason)
	if len(fields) > 0 {
		text += ": " + strings.Join(fields, ", ")
	}
	return text + " (what it says about a Secret's data is left out)"
}

// code is the HTTP status of an API error, or 0.
func code(err error) int32 {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) {
		return 0
	}
	return status.Status().Code
}
