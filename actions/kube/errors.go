package kube

import (
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

// RetryAfter is the time that the server asked to wait, where it did.
func RetryAfter(err error) (time.Duration, bool) {
	seconds, ok := apierrors.SuggestsClientDelay(err)
	return time.Duration(seconds) * time.Second, ok
}

// code is the HTTP status of an API error, or 0.
func code(err error) int32 {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) {
		return 0
	}
	return status.Status().Code
}
