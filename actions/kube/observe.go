package kube

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Observer is told of each request that was answered or has failed: its verb as the API
// server calls it (get, list, watch, create, update, patch, delete, deletecollection),
// the HTTP status of the answer, "error" where there is none, and the time until it
// came. It is called on the goroutine of the request and must be quick.
type Observer func(verb, code string, took time.Duration)

// observed tells an observer of what passes.
type observed struct {
	next http.RoundTripper
	tell Observer
}

// RoundTrip implements http.RoundTripper.
func (o *observed) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := o.next.RoundTrip(req)
	code := "error"
	if err == nil {
		code = strconv.Itoa(resp.StatusCode)
	}
	o.tell(verbOf(req), code, time.Since(start))
	return resp, err
}

// WrappedRoundTripper lets client-go see what is below.
func (o *observed) WrappedRoundTripper() http.RoundTripper { return o.next }

// verbOf is the API's verb of a request.
func verbOf(req *http.Request) string {
	many := isCollection(req.URL.Path)
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		switch {
		case req.URL.Query().Get("watch") == "true":
			return "watch"
		case many:
			return "list"
		default:
			return "get"
		}
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodDelete:
		if many {
			return "deletecollection"
		}
		return "delete"
	default:
		return strings.ToLower(req.Method)
	}
}

// isCollection tells whether a path is that of all objects of a resource, in a
// namespace or in all of them. Those of discovery are not.
func isCollection(path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	root := map[string]int{"api": 2, "apis": 3}
	for i, part := range parts { // a proxy may have a path of its own in front
		skip, ok := root[part]
		if !ok {
			continue
		}
		parts = parts[min(len(parts), i+skip):]
		if len(parts) > 2 && parts[0] == "namespaces" {
			parts = parts[2:]
		}
		return len(parts) == 1
	}
	return false
}
