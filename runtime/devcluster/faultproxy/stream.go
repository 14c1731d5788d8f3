package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// wrap puts the faults of open watches into their streams.
func (p *Proxy) wrap(resp *http.Response) error {
	if IsWatch(resp.Request) && resp.StatusCode == http.StatusOK {
		resp.Body = &stream{ReadCloser: resp.Body, proxy: p, ctx: resp.Request.Context()}
	}
	return nil
}

// stream is the body of a watch: one event per line.
type stream struct {
	io.ReadCloser
	proxy  *Proxy
	ctx    context.Context // the request's own
	events int
	end    error
}

var errCut = errors.New("cut by faultproxy")

// Read implements io.Reader.
func (s *stream) Read(into []byte) (int, error) {
	if s.end != nil {
		return 0, s.end
	}
	n, err := s.ReadCloser.Read(into)
	if waitErr := s.wait(); waitErr != nil {
		return 0, waitErr
	}
	return s.cut(into[:n], err)
}

// wait holds the stream while the proxy is stalled.
func (s *stream) wait() error {
	s.proxy.mu.Lock()
	stalled := s.proxy.stalled
	s.proxy.mu.Unlock()
	if stalled == nil {
		return nil
	}
	select {
	case <-stalled:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// cut ends the stream behind its last allowed event.
func (s *stream) cut(part []byte, err error) (int, error) {
	s.proxy.mu.Lock()
	defer s.proxy.mu.Unlock()
	limit := s.proxy.cutEvery
	if limit <= 0 {
		s.events += bytes.Count(part, []byte("\n"))
		return len(part), err
	}
	n := 0
	for n < len(part) && s.events < limit {
		line := bytes.IndexByte(part[n:], '\n')
		if line < 0 {
			return len(part), err
		}
		n += line + 1
		s.events++
	}
	if s.events < limit {
		return n, err
	}
	s.end = io.EOF
	if s.proxy.cuts%2 == 1 {
		s.end = errCut
	}
	s.proxy.cuts++
	return n, nil
}
