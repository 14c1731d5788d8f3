package kube

import (
	"errors"
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
// later; conflicts, a failed test of a JSON patch among them, for a newer object
// may pass; and everything that did not reach the server.
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

// Conflict tells whether a write was based on an older state of the object: its
// resourceVersion was not the newest, or a test of its JSON patch failed.
func Conflict(err error) bool {
	return apierrors.IsConflict(err) || failedTest(err)
}

// failedTest recognizes what the API server answers when an operation "test" of
// a JSON patch does not hold. It has no reason of its own, only a text.
func failedTest(err error) bool {
	status := apierrors.APIStatus(nil)
	if code(err) != http.StatusUnprocessableEntity || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	if details == nil {
		return false
	}
	for _, cause := range details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse && strings.Contains(cause.Message, "test") {
			return true
		}
	}
	return false
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
