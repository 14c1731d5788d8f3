package lsp

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// local is a server with a client in one process, in the phase serving.
func local(t *testing.T, more map[string]func(*server) jrpc2.Handler) *jrpc2.Client {
	t.Helper()
	s := newServer(t.Context(), Options{Log: slog.New(slog.DiscardHandler)})
	s.phase = serving
	methods := s.methods()
	for name, make := range more {
		methods[name] = make(s)
	}
	s.rpc = jrpc2.NewServer(methods, &jrpc2.ServerOptions{AllowPush: true, Concurrency: 4})
	here, there := channel.Direct()
	s.rpc.Start(there)
	client := jrpc2.NewClient(here, nil)
	t.Cleanup(func() {
		client.Close()
		s.rpc.Stop()
		_ = s.rpc.Wait() // the client has closed its end
	})
	return client
}

// A request that is cancelled is answered so, at once.
func TestCancel(t *testing.T) {
	begun := make(chan string, 1)
	client := local(t, map[string]func(*server) jrpc2.Handler{
		"slow": func(s *server) jrpc2.Handler {
			wrapped := request(s, func(ctx context.Context, _ struct{}) (string, error) {
				<-ctx.Done()
				return "too late", nil
			})
			return func(ctx context.Context, r *jrpc2.Request) (any, error) {
				begun <- r.ID()
				return wrapped(ctx, r)
			}
		},
	})
	answer := make(chan error, 1)
	go func() {
		_, err := client.Call(t.Context(), "slow", struct{}{})
		answer <- err
	}()
	id := <-begun
	if err := client.Notify(t.Context(), "$/cancelRequest", map[string]any{"id": jsonNumber(id)}); err != nil {
		t.Fatal(err)
	}
	var problem *jrpc2.Error
	if err := <-answer; !errors.As(err, &problem) || problem.Code != codeCancelled {
		t.Errorf("answered with %v", err)
	}
}

// jsonNumber is an id as it is written in JSON.
type jsonNumber string

// MarshalJSON implements json.Marshaler.
func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// A bug ends a request, not the session.
func TestPanic(t *testing.T) {
	client := local(t, map[string]func(*server) jrpc2.Handler{
		"broken": func(s *server) jrpc2.Handler {
			return request(s, func(context.Context, struct{}) (string, error) { panic("a bug") })
		},
	})
	var problem *jrpc2.Error
	if _, err := client.Call(t.Context(), "broken", struct{}{}); !errors.As(err, &problem) || problem.Code != jrpc2.InternalError {
		t.Errorf("answered with %v", err)
	}
	if _, err := client.Call(t.Context(), "textDocument/hover", map[string]any{}); err != nil {
		t.Errorf("the session is over: %v", err)
	}
}
