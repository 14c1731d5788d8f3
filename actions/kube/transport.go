package kube

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// timeLimit limits the time of each request, up to the end of its response.
// http.Client's own limit would end watches too.
type timeLimit struct {
	next  http.RoundTripper
	limit time.Duration
}

// unlimited marks the context of a request that is streamed.
type unlimited struct{}

// RoundTrip implements http.RoundTripper.
func (t *timeLimit) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if ctx.Value(unlimited{}) != nil || req.URL.Query().Get("watch") == "true" {
		return t.next.RoundTrip(req)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.limit, errRequestTimeout)
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &cancelBody{resp.Body, cancel}
	return resp, nil
}

// WrappedRoundTripper lets client-go see what is below.
func (t *timeLimit) WrappedRoundTripper() http.RoundTripper { return t.next }

var errRequestTimeout = requestTimeout{}

// requestTimeout is why a request was cut: net/http and client-go know it for
// a timeout.
type requestTimeout struct{}

func (requestTimeout) Error() string { return "the API server did not answer in time" }
func (requestTimeout) Timeout() bool { return true }

// cancelBody releases the time limit's timer with the body.
type cancelBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// maxWarnings bounds how many of the server's warnings are remembered.
const maxWarnings = 256

// warnings logs each of the API server's warnings once.
type warnings struct {
	log *slog.Logger

	mu   sync.Mutex
	seen map[string]bool // guarded by mu
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(ctx context.Context, code int, _, text string) {
	const miscellaneous = 299 // the only code that the API server uses
	if w.log == nil || code != miscellaneous || text == "" || !w.isNew(text) {
		return
	}
	w.log.DebugContext(ctx, "the API server warns: "+text)
}

func (w *warnings) isNew(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[text] {
		return false
	}
	if w.seen == nil || len(w.seen) >= maxWarnings {
		w.seen = map[string]bool{}
	}
	w.seen[text] = true
	return true
}
