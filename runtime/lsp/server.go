package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/handler"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Options are what the server needs to know.
type Options struct {
	// Version of the program, for the client.
	Version string
	// Log is where the server tells about itself: never the output, which is the
	// client's.
	Log *slog.Logger
	// CRDs are files and folders whose CustomResourceDefinitions are known everywhere.
	// They are read again when they change.
	CRDs []string
	// Served asks a cluster for the kinds that it has, with the schemas of those that
	// operators name; nil where there is none. It is called in the background.
	Served func(context.Context, []*spec.Operator) (*schema.Set, error)
}

// ErrNoShutdown is that of a client that ended the server without the request
// shutdown before.
var ErrNoShutdown = errors.New("the client ended the connection without shutdown")

// Serve answers one client until it sends exit or its stream ends. What is being checked
// then, or when the context ends, is given up. The error is ErrNoShutdown, or tells what
// was no message of the protocol.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newServer(ctx, o)
	s.rpc = jrpc2.NewServer(s.methods(), &jrpc2.ServerOptions{
		AllowPush: true, DisableBuiltin: true, Concurrency: concurrency,
		NewContext: func() context.Context { return ctx },
		Logger:     func(text string) { o.Log.Debug(text) },
	})
	s.rpc.Start(newStream(in, out))
	err := s.rpc.Wait()
	cancel()
	s.running.Wait()
	s.workspace.stop()
	if err == nil && s.state() != stopping {
		return ErrNoShutdown
	}
	return err
}

func newServer(ctx context.Context, o Options) *server {
	s := &server{options: o, ctx: ctx, kinds: &kinds{crds: o.CRDs}}
	s.workspace = newWorkspace(ctx, s.publish)
	if o.Served != nil {
		s.cluster = newCluster(o.Served, s.served)
		s.workspace.parsed = s.cluster.has
	}
	return s
}

// concurrency is how many messages are handled at once: more than requests can be under
// way, so that a cancellation never waits for what it cancels.
const concurrency = 64

// server is a session with one client.
type server struct {
	options   Options
	rpc       *jrpc2.Server
	workspace *workspace
	kinds     *kinds
	cluster   *cluster // nil where none is asked
	told      told
	// running is what goes on beside the messages, until ctx ends.
	running sync.WaitGroup
	ctx     context.Context

	mu       sync.Mutex
	phase    phase // guarded by mu
	snippets bool  // guarded by mu: whether the client knows them
	watches  bool  // guarded by mu: whether it can be asked to watch files
	relative bool  // guarded by mu: and those of folders that are not its own
}

// phase is how far the session is.
type phase int

const (
	starting phase = iota // before initialize
	serving
	stopping // after shutdown
)

func (s *server) state() phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase
}

// The errors of the protocol that JSON-RPC does not have.
const (
	codeNotInitialized jrpc2.Code = -32002
	codeCancelled      jrpc2.Code = -32800
)

// methods are what a client can ask for.
func (s *server) methods() handler.Map {
	return handler.Map{
		"initialize":                      request(s, s.initialize),
		"initialized":                     notification(s, s.initialized),
		"shutdown":                        request(s, s.shutdown),
		"$/cancelRequest":                 notification(s, s.cancel),
		"$/setTrace":                      notification(s, func(struct{}) error { return nil }),
		"textDocument/didOpen":            notification(s, s.didOpen),
		"textDocument/didChange":          notification(s, s.didChange),
		"textDocument/didClose":           notification(s, s.didClose),
		"textDocument/didSave":            notification(s, s.didSave),
		"workspace/didChangeWatchedFiles": notification(s, s.didChangeWatchedFiles),
		"textDocument/completion":         request(s, s.completion),
		"textDocument/hover":              request(s, s.hover),
		"textDocument/definition":         request(s, s.definition),
		"textDocument/documentSymbol":     request(s, s.documentSymbol),
		"textDocument/codeAction":         request(s, s.codeAction),
	}
}

// request makes a handler of a method with an answer.
func request[P, R any](s *server, answer func(context.Context, P) (R, error)) jrpc2.Handler {
	return func(ctx context.Context, r *jrpc2.Request) (result any, err error) {
		defer s.recovered(r, &err)
		if err := s.admits(r.Method()); err != nil {
			return nil, err
		}
		p, err := params[P](r)
		if err != nil {
			return nil, err
		}
		out, err := answer(ctx, p)
		if ctx.Err() != nil {
			return nil, jrpc2.Errorf(codeCancelled, "cancelled")
		}
		return out, err
	}
}

// notification makes a handler of a method without an answer: errors are logged.
func notification[P any](s *server, take func(P) error) jrpc2.Handler {
	return func(_ context.Context, r *jrpc2.Request) (result any, err error) {
		defer s.recovered(r, &err)
		if s.state() != serving {
			return nil, nil // as the protocol demands
		}
		p, err := params[P](r)
		if err == nil {
			err = take(p)
		}
		if err != nil {
			s.options.Log.Warn("a notification that makes no sense", "method", r.Method(), "error", err)
		}
		return nil, nil
	}
}

// params reads the parameters of a message.
func params[P any](r *jrpc2.Request) (P, error) {
	var p P
	if !r.HasParams() {
		return p, nil
	}
	if err := json.Unmarshal([]byte(r.ParamString()), &p); err != nil {
		return p, jrpc2.Errorf(jrpc2.InvalidParams, "parameters of %s: %v", r.Method(), err)
	}
	return p, nil
}

// recovered turns a bug into an error: the session goes on.
func (s *server) recovered(r *jrpc2.Request, err *error) {
	if p := recover(); p != nil {
		s.options.Log.Error("internal error; please report this", "method", r.Method(), "error", fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = jrpc2.Errorf(jrpc2.InternalError, "internal error: %v", p)
	}
}

// admits tells whether a request can be answered in this phase.
func (s *server) admits(method string) error {
	switch phase := s.state(); {
	case phase == starting && method != "initialize":
		return jrpc2.Errorf(codeNotInitialized, "%s before initialize", method)
	case phase == serving && method == "initialize":
		return jrpc2.Errorf(jrpc2.InvalidRequest, "initialize for a second time")
	case phase == stopping:
		return jrpc2.Errorf(jrpc2.InvalidRequest, "%s after shutdown", method)
	}
	return nil
}

func (s *server) initialize(_ context.Context, p initializeParams) (initializeResult, error) {
	e := chooseEncoding(p.Capabilities.General.PositionEncodings)
	s.workspace.setEncoding(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = serving
	files := p.Capabilities.Workspace.DidChangeWatchedFiles
	s.watches, s.relative = files.DynamicRegistration, files.RelativePatternSupport
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	return initializeResult{
		ServerInfo: serverInfo{Name: sourceName, Version: s.options.Version},
		Capabilities: capabilities{
			PositionEncoding:       e,
			TextDocumentSync:       syncOptions{OpenClose: true, Change: incrementalSync, Save: true},
			HoverProvider:          true,
			DefinitionProvider:     true,
			DocumentSymbolProvider: true,
			CompletionProvider:     completionProvider{TriggerCharacters: strings.Split(triggers, "")},
			CodeActionProvider:     codeActionProvider{CodeActionKinds: []string{quickFix}},
		},
	}, nil
}

// initialized begins what the server does by itself.
func (s *server) initialized(struct{}) error {
	s.mu.Lock()
	watches, relative := s.watches, s.relative
	s.mu.Unlock()
	if watches {
		s.running.Go(func() { s.watch(s.ctx, relative) })
	}
	s.readKinds()
	if s.cluster != nil {
		s.running.Go(func() { s.cluster.run(s.ctx) })
	}
	return nil
}

// readKinds reads the files of Options.CRDs again, if they have changed.
func (s *server) readKinds() {
	set, found, changed := s.kinds.read()
	if !changed {
		return
	}
	s.workspace.setKinds(set)
	message := ""
	if len(found) > 0 {
		message = found[0].Error()
	}
	s.tell("definitions", message, message)
}

// served takes what the cluster has answered. That it does not answer is told once until
// it does: the words may have a port in them, and differ each time.
func (s *server) served(set *schema.Set, err error) {
	if err != nil {
		s.tell("cluster", "fails", err.Error())
		return
	}
	s.tell("cluster", "", "")
	s.workspace.setKinds(s.kinds.serve(set))
}

// tell shows a message about something to the user, when its state has become another one.
func (s *server) tell(about, state, message string) {
	if !s.told.news(about, state) {
		return
	}
	p := showMessageParams{Type: warningMessage, Message: sourceName + ": " + message}
	if err := s.rpc.Notify(s.ctx, "window/showMessage", p); err != nil {
		s.options.Log.Debug("the client is gone", "error", err)
	}
}

// triggers are the characters behind which editors ask for completion by themselves.
const triggers = `.{ '"[`

func (s *server) shutdown(context.Context, struct{}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = stopping
	return nil, nil
}

func (s *server) cancel(p cancelParams) error {
	s.rpc.CancelRequest(string(p.ID))
	return nil
}

func (s *server) didOpen(p didOpenParams) error {
	s.workspace.set(newDocument(p.TextDocument.URI, p.TextDocument.Version, newText(p.TextDocument.Text)))
	return nil
}

func (s *server) didChange(p didChangeParams) error {
	d, ok := s.workspace.document(p.TextDocument.URI)
	if !ok {
		return fmt.Errorf("%s is not open", p.TextDocument.URI)
	}
	t, err := d.text, error(nil)
	for _, c := range p.ContentChanges {
		if t, err = t.change(c, s.workspace.units()); err != nil {
			return err
		}
	}
	s.workspace.set(newDocument(d.uri, p.TextDocument.Version, t))
	return nil
}

func (s *server) didClose(p documentParams) error {
	s.workspace.close(p.TextDocument.URI)
	return nil
}

// publish sends the diagnostics of a document.
func (s *server) publish(p publishDiagnosticsParams) {
	if err := s.rpc.Notify(context.Background(), "textDocument/publishDiagnostics", p); err != nil {
		s.options.Log.Debug("the client is gone", "error", err)
	}
}
