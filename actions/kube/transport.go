package kube

import (
	"context"
	"errors"
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
		defer cancel()
		return nil, inTime(ctx, err)
	}
	resp.Body = &limitedBody{resp.Body, ctx, cancel}
	return resp, nil
}

// inTime names the time limit where it is why a request failed.
func inTime(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errRequestTimeout) {
		return errRequestTimeout
	}
	return err
}

// WrappedRoundTripper lets client-go see what is below.
func (t *timeLimit) WrappedRoundTripper() http.RoundTripper { return t.next }

var errRequestTimeout error = requestTimeout{}

// requestTimeout is why a request was cut: net/http and client-go know it for
// a timeout.
type requestTimeout struct{}

func (requestTimeout) Error() string   { return "the API server did not answer in time" }
func (requestTimeout) Timeout() bool   { return true }
func (requestTimeout) Temporary() bool { return true }

// limitedBody is the body of a response within the time limit.
type limitedBody struct {
	io.ReadCloser
	ctx    context.Context // the request's
	cancel context.CancelFunc
}

// Read implements io.Reader.
func (b *limitedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		err = inTime(b.ctx, err)
	}
	return n, err
}

// Close implements io.Closer. It releases the timer.
func (b *limitedBody) Close() error {
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
