// Package lsptest is the other end of the language server: a client that runs the
// built command as a process and talks to it as an editor does, for tests and
// benchmarks.
package lsptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// Client is a session with a language server.
type Client struct {
	rpc *jrpc2.Client
	cmd *exec.Cmd
	// Stderr is what the server has logged; it is complete after Wait.
	Stderr bytes.Buffer

	mu        sync.Mutex
	published map[string][]Diagnostics // guarded by mu: by URI
	messages  []string                 // guarded by mu
	asked     []Request                // guarded by mu
	news      chan struct{}            // guarded by mu: closed when something comes
}

// Diagnostics are those of one version of a document.
type Diagnostics struct {
	URI         string       `json:"uri"`
	Version     int          `json:"version"`
	Diagnostics []Diagnostic `json:"diagnostics"`
	// After is how long they took, if they were measured.
	After time.Duration `json:"-"`
	at    time.Time
}

// Diagnostic is one finding.
type Diagnostic struct {
	Range              Range  `json:"range"`
	Severity           int    `json:"severity"`
	Code               string `json:"code"`
	Source             string `json:"source"`
	Message            string `json:"message"`
	Tags               []int  `json:"tags"`
	CodeDescription    struct{ Href string }
	RelatedInformation []struct {
		Location struct {
			URI   string
			Range Range
		}
		Message string
	}
}

// Range is a stretch of a document.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Position is a place in a document; both count from 0.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// Start runs `binary lsp`. The process ends with the context, if Wait has not been
// called before.
func Start(ctx context.Context, binary string, arguments ...string) (*Client, error) {
	c := &Client{published: map[string][]Diagnostics{}, news: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, binary, append([]string{"lsp"}, arguments...)...)
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stderr = &c.Stderr
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.rpc = jrpc2.NewClient(channel.LSP(out, in), &jrpc2.ClientOptions{OnNotify: c.notified, OnCallback: c.called})
	return c, nil
}

// PID is the process id of the server.
func (c *Client) PID() int { return c.cmd.Process.Pid }

// Request is one of the server to the client.
type Request struct {
	Method string
	Params json.RawMessage
}

// called takes a request of the server, and grants it.
func (c *Client) called(_ context.Context, r *jrpc2.Request) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, Request{r.Method(), json.RawMessage(r.ParamString())})
	c.tellLocked()
	return nil, nil
}

// tellLocked wakes those who wait.
func (c *Client) tellLocked() {
	close(c.news)
	c.news = make(chan struct{})
}

// showed takes a message for the user.
func (c *Client) showed(r *jrpc2.Request) {
	var p struct{ Message string }
	if err := r.UnmarshalParams(&p); err != nil {
		p.Message = fmt.Sprintf("no message: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, p.Message)
	c.tellLocked()
}

// notified takes a notification of the server.
func (c *Client) notified(r *jrpc2.Request) {
	switch r.Method() {
	case "window/showMessage":
		c.showed(r)
		return
	case "textDocument/publishDiagnostics":
	default:
		return
	}
	var d Diagnostics
	if err := r.UnmarshalParams(&d); err != nil {
		d.URI = fmt.Sprintf("no diagnostics: %v", err)
	}
	d.at = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.published[d.URI] = append(c.published[d.URI], d)
	c.tellLocked()
}

// Call asks the server, and decodes its answer into result, if that is not nil.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	response, err := c.rpc.Call(ctx, method, params)
	if err != nil || result == nil {
		return err
	}
	return response.UnmarshalResult(result)
}

// Notify tells the server something.
func (c *Client) Notify(ctx context.Context, method string, params any) error {
	return c.rpc.Notify(ctx, method, params)
}

// Initialize begins the session with the capabilities of a client, and returns
// those of the server.
func (c *Client) Initialize(ctx context.Context, capabilities any) (map[string]any, error) {
	var result struct{ Capabilities map[string]any }
	params := map[string]any{"processId": nil, "rootUri": nil, "capabilities": capabilities}
	if err := c.Call(ctx, "initialize", params, &result); err != nil {
		return nil, err
	}
	return result.Capabilities, c.Notify(ctx, "initialized", struct{}{})
}

// Open opens a document, as its first version.
func (c *Client) Open(ctx context.Context, uri, text string) error {
	return c.Notify(ctx, "textDocument/didOpen", map[string]any{
		"textDocument": map[string]any{"uri": uri, "languageId": "yaml", "version": 1, "text": text},
	})
}

// Change makes a new version of a document. A nil range stands for all of it.
func (c *Client) Change(ctx context.Context, uri string, version int, at *Range, text string) error {
	change := map[string]any{"text": text}
	if at != nil {
		change["range"] = at
	}
	return c.Notify(ctx, "textDocument/didChange", map[string]any{
		"textDocument": map[string]any{"uri": uri, "version": version}, "contentChanges": []any{change},
	})
}

// Await waits for diagnostics of a document that are accepted.
func (c *Client) Await(ctx context.Context, uri string, accepts func(Diagnostics) bool) (Diagnostics, error) {
	d, err := await(ctx, c, func() []Diagnostics { return c.published[uri] }, accepts)
	if err != nil {
		err = fmt.Errorf("waiting for diagnostics of %s: %w", uri, err)
	}
	return d, err
}

// AwaitMessage waits for a message to the user that is accepted.
func (c *Client) AwaitMessage(ctx context.Context, accepts func(string) bool) (string, error) {
	return await(ctx, c, func() []string { return c.messages }, accepts)
}

// AwaitRequest waits for a request of the server that is accepted.
func (c *Client) AwaitRequest(ctx context.Context, accepts func(Request) bool) (Request, error) {
	return await(ctx, c, func() []Request { return c.asked }, accepts)
}

// Messages are all messages to the user so far.
func (c *Client) Messages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.messages)
}

// Requests are all requests of the server so far.
func (c *Client) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// await waits until one of what has come is accepted. all is called under the lock.
func await[T any](ctx context.Context, c *Client, all func() []T, accepts func(T) bool) (T, error) {
	for {
		c.mu.Lock()
		come, news := slices.Clone(all()), c.news
		c.mu.Unlock()
		if i := slices.IndexFunc(come, accepts); i >= 0 {
			return come[i], nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			var none T
			return none, fmt.Errorf("nothing fits in %+v: %w", come, ctx.Err())
		}
	}
}

// Measure does something that makes a version of a document, and waits for the first
// diagnostics of it.
func (c *Client) Measure(ctx context.Context, uri string, version int, do func() error) (Diagnostics, error) {
	begin := time.Now()
	if err := do(); err != nil {
		return Diagnostics{}, err
	}
	d, err := c.Await(ctx, uri, func(d Diagnostics) bool { return d.Version == version })
	d.After = d.at.Sub(begin)
	return d, err
}

// Shutdown ends the session as the protocol wants it, and returns how the process
// has ended.
func (c *Client) Shutdown(ctx context.Context) error {
	if _, err := c.rpc.Call(ctx, "shutdown", nil); err != nil {
		return err
	}
	if err := c.Notify(ctx, "exit", nil); err != nil {
		return err
	}
	return c.Wait()
}

// Wait waits for the end of the process.
func (c *Client) Wait() error {
	err := c.cmd.Wait()
	c.rpc.Close()
	return err
}

// Raw starts the server like Start, but hands out its streams, for what is no
// protocol at all.
func Raw(ctx context.Context, binary string) (*exec.Cmd, io.WriteCloser, io.Reader, error) {
	cmd := exec.CommandContext(ctx, binary, "lsp")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	return cmd, in, out, cmd.Start()
}
