package faultproxy

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Proxy forwards to an API server with the credentials of its kubeconfig.
type Proxy struct {
	server     *httptest.Server
	kubeconfig string

	mu       sync.Mutex
	fail     func(*http.Request) (Fault, bool) // guarded by mu
	cutEvery int                               // guarded by mu
	cuts     int                               // guarded by mu
	stalled  chan struct{}                     // guarded by mu; nil, or closed when the stall ends
	requests []*http.Request                   // guarded by mu
}

// Fault is what the proxy answers instead of the server.
type Fault struct {
	// Status is the HTTP status; 0 breaks the connection without an answer.
	Status int
	// Reason is the Kubernetes reason; empty for the usual one of the status.
	Reason metav1.StatusReason
	// RetryAfter is the header of that name, in seconds; 0 for none.
	RetryAfter int
	// Lost lets the server do what is asked, and breaks the connection instead of
	// passing on its answer.
	Lost bool
	// InStream answers 200 and sends the status as an event of a watch, as
	// servers do when a resourceVersion is too old.
	InStream bool
}

// New starts a proxy that ends with the test.
func New(t testing.TB, kubeconfig string) *Proxy {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	target, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{}
	p.server = httptest.NewUnstartedServer(p.handler(target, transport))
	p.server.EnableHTTP2 = true
	p.server.StartTLS()
	t.Cleanup(func() {
		p.Stall(false)
		p.server.CloseClientConnections()
		p.server.Close()
	})
	p.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(p.clientConfig(), p.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return p
}

// Kubeconfig is the path of a kubeconfig for the proxy.
func (p *Proxy) Kubeconfig() string { return p.kubeconfig }

// Fail has each request answered by the fault that f returns for it; where it
// returns false, or f is nil, the server answers. f runs in the request's
// goroutine and may wait.
func (p *Proxy) Fail(f func(*http.Request) (Fault, bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = f
}

// CutWatchEvery ends each watch behind its nth event, by turns as a server does
// it and as a broken network does it; 0 ends none.
func (p *Proxy) CutWatchEvery(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutEvery = n
}

// Cuts counts the watches that were cut.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Stall silences the watches, open and new ones, or lets them speak again.
func (p *Proxy) Stall(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case on && p.stalled == nil:
		p.stalled = make(chan struct{})
	case !on && p.stalled != nil:
		close(p.stalled)
		p.stalled = nil
	}
}

// Disconnect breaks all connections.
func (p *Proxy) Disconnect() { p.server.CloseClientConnections() }

// Count counts the requests so far that match. They have no body.
func (p *Proxy) Count(match func(*http.Request) bool) int {
	n := 0
	for _, r := range p.Requests() {
		if match(r) {
			n++
		}
	}
	return n
}

// Requests returns the requests so far, without their bodies.
func (p *Proxy) Requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*http.Request(nil), p.requests...)
}

// Forget empties the log of requests.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}

// IsWrite tells whether a request changes something.
func IsWrite(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// IsWatch tells whether a request opens a watch.
func IsWatch(r *http.Request) bool {
	watch, _ := strconv.ParseBool(r.URL.Query().Get("watch"))
	return watch
}

func (p *Proxy) handler(target *url.URL, transport http.RoundTripper) http.Handler {
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("Accept-Encoding", "identity") // to see the events of a watch
		},
		Transport:      transport,
		FlushInterval:  -1,
		ModifyResponse: p.wrap,
		ErrorLog:       log.New(io.Discard, "", 0), // it would tell of our own cuts
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // the client sees what it would see without a proxy
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, ok := p.note(r)(r)
		if ok && fault.Lost {
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		if ok {
			fault.answer(w)
			return
		}
		forward.ServeHTTP(w, r)
	})
}

// note logs a request and returns what decides over its fault.
func (p *Proxy) note(r *http.Request) func(*http.Request) (Fault, bool) {
	logged := r.Clone(context.WithoutCancel(r.Context()))
	logged.Body = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, logged)
	if p.fail == nil {
		return func(*http.Request) (Fault, bool) { return Fault{}, false }
	}
	return p.fail
}

func (f Fault) answer(w http.ResponseWriter) {
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	status := metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure,
		Code:     int32(f.Status),
		Reason:   f.reason(),
		Message:  "injected by faultproxy",
	}
	var body any = status
	w.Header().Set("Content-Type", "application/json")
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if f.InStream {
		body = map[string]any{"type": "ERROR", "object": status}
	} else {
		w.WriteHeader(f.Status)
	}
	_ = json.NewEncoder(w).Encode(body) // a client that left is no fault of the test
}

func (f Fault) reason() metav1.StatusReason {
	if f.Reason != "" {
		return f.Reason
	}
	return map[int]metav1.StatusReason{
		http.StatusUnauthorized:        metav1.StatusReasonUnauthorized,
		http.StatusForbidden:           metav1.StatusReasonForbidden,
		http.StatusNotFound:            metav1.StatusReasonNotFound,
		http.StatusConflict:            metav1.StatusReasonConflict,
		http.StatusGone:                metav1.StatusReasonExpired,
		http.StatusUnprocessableEntity: metav1.StatusReasonInvalid,
		http.StatusTooManyRequests:     metav1.StatusReasonTooManyRequests,
		http.StatusInternalServerError: metav1.StatusReasonInternalError,
		http.StatusServiceUnavailable:  metav1.StatusReasonServiceUnavailable,
	}[f.Status]
}

func (p *Proxy) clientConfig() clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters["proxy"] = &clientcmdapi.Cluster{
		Server:                   p.server.URL,
		CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw}),
	}
	config.AuthInfos["proxy"] = &clientcmdapi.AuthInfo{}
	config.Contexts["proxy"] = &clientcmdapi.Context{Cluster: "proxy", AuthInfo: "proxy"}
	config.CurrentContext = "proxy"
	return *config
}
