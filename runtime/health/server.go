package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options say what is served where.
type Options struct {
	// Listen is host and port of the server; empty for none. Port 0 is any free one.
	Listen string
	// Pages are what it serves, by path.
	Pages map[string]http.Handler
	// Liveness is where Health is served too: by the same server if it has that address.
	Liveness Endpoint
	Health   http.Handler
	Log      *slog.Logger
}

// The limits of the server; scrapes of many series take some seconds.
const (
	headerTimeout = 5 * time.Second
	writeTimeout  = time.Minute
	idleTimeout   = 2 * time.Minute
	// stopTimeout is how long answers that are under way may take at the end.
	stopTimeout = time.Second
)

// Server serves the pages of an engine.
type Server struct {
	servers []*http.Server
	running sync.WaitGroup
}

// Start opens the ports and serves until Stop. An error, such as of a port in use, is made
// for people.
func Start(o Options) (*Server, error) {
	s := &Server{}
	pages := maps.Clone(o.Pages)
	alone := o.Liveness.Address != ""
	if alone && o.Listen != "" && shares(o.Listen, o.Liveness.Address) {
		if _, taken := pages[o.Liveness.Path]; taken && o.Liveness.Path != "/healthz" {
			return nil, fmt.Errorf("--liveness has the path %s, which --listen serves something else at; choose another path or port", o.Liveness.Path)
		}
		pages[o.Liveness.Path] = o.Health
		alone = false
	}
	if o.Listen != "" {
		address, err := s.serve("--listen", o.Listen, pages)
		if err != nil {
			return nil, err
		}
		o.Log.Info("serving metrics, health and status", "address", address)
	}
	if alone {
		address, err := s.serve("--liveness", o.Liveness.Address, map[string]http.Handler{o.Liveness.Path: o.Health})
		if err != nil {
			s.Stop()
			return nil, err
		}
		o.Log.Info("serving health", "address", address, "path", o.Liveness.Path)
	}
	return s, nil
}

// Stop lets answers under way end, and closes the ports.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	for _, server := range s.servers {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // who asks at the end gets no answer
		}
	}
	s.running.Wait()
}

// serve opens one port.
func (s *Server) serve(flag, address string, pages map[string]http.Handler) (net.Addr, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (%s): %w", address, flag, explain(err))
	}
	server := &http.Server{
		Handler:           site(pages),
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // clients that go away
	}
	s.servers = append(s.servers, server)
	s.running.Go(func() { _ = server.Serve(listener) }) // it ends with Stop
	return listener.Addr(), nil
}

// explain says what is to be done about a port that cannot be opened.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return errors.New("the address is in use; is another engine running? Choose another port, or 0 for any free one")
	case errors.Is(err, syscall.EACCES):
		return errors.New("the rights for this port are missing; choose one from 1024 on")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return errors.New("this is not an address of this machine; :PORT is for all of its own")
	}
	var unknown *net.DNSError
	if errors.As(err, &unknown) {
		return fmt.Errorf("no such host as %s", unknown.Name)
	}
	return err
}

// site serves pages by their exact paths.
func site(pages map[string]http.Handler) http.Handler {
	paths := strings.Join(slices.Sorted(maps.Keys(pages)), "\n") + "\n"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := pages[r.URL.Path]
		switch {
		case page == nil && r.URL.Path == "/":
			fmt.Fprint(w, paths)
		case page == nil:
			http.Error(w, "there is no "+r.URL.Path+" here, but:\n"+paths, http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
		default:
			page.ServeHTTP(w, r)
		}
	})
}
