package health

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseEndpoint(t *testing.T) {
	for _, tt := range []struct{ text, address, path, problem string }{
		{"http://0.0.0.0:8080/healthz", "0.0.0.0:8080", "/healthz", ""},
		{"http://:8080/healthz", "localhost:8080", "/healthz", ""},
		{"http://127.0.0.1", "127.0.0.1:80", "/", ""},
		{"http://[::1]:8080/x", "[::1]:8080", "/x", ""},
		{"https://0.0.0.0:8080/healthz", "", "", "must be an http URL, not https: the health is served without TLS, such as http://0.0.0.0:8080/healthz"},
		{"tcp://0.0.0.0:8080", "", "", "must be an http URL, not tcp"},
		{"localhost:8080", "", "", "must be a URL such as"},
		{":8080", "", "", "must be a URL such as"},
		{"", "", "", "must be a URL such as"},
		{"http://a:b@h:80/x", "", "", "host, port and path alone"},
		{"http://h:80/x?y=1", "", "", "host, port and path alone"},
		{"http://h:99999/x", "", "", `has the port "99999"`},
	} {
		got, err := ParseEndpoint(tt.text)
		if tt.problem != "" {
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("%s: error %v, want %s", tt.text, err, tt.problem)
			}
			continue
		}
		if err != nil || got.Address != tt.address || got.Path != tt.path {
			t.Errorf("%s: %+v, %v", tt.text, got, err)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for text, problem := range map[string]string{
		":8080": "", "127.0.0.1:0": "", "[::1]:80": "",
		"8080":       `did you mean ":8080"?`,
		"localhost":  "must be host and port, such as",
		":http":      `has the port "http"`,
		":70000":     `has the port "70000"`,
		"http://x:1": "must be host and port",
	} {
		err := CheckAddress(text)
		if problem == "" && err != nil || problem != "" && (err == nil || !strings.Contains(err.Error(), problem)) {
			t.Errorf("%s: %v, want %q", text, err, problem)
		}
	}
}

// page is a page with a text.
func page(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

// serving starts a server, and tells where it listens.
func serving(t *testing.T, o Options) (addresses []string) {
	t.Helper()
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	for _, match := range regexp.MustCompile(`address=(\S+)`).FindAllStringSubmatch(log.String(), -1) {
		addresses = append(addresses, match[1])
	}
	return addresses
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServer(t *testing.T) {
	addresses := serving(t, Options{
		Listen:   "127.0.0.1:0",
		Pages:    map[string]http.Handler{"/metrics": page("m"), "/healthz": page("h")},
		Liveness: Endpoint{"127.0.0.1:0", "/live/{x}"},
		Health:   page("h"),
	})
	if len(addresses) != 2 {
		t.Fatalf("it listens at %v", addresses)
	}
	for _, tt := range []struct {
		url  string
		code int
		body string
	}{
		{addresses[0] + "/metrics", 200, "m"},
		{addresses[0] + "/healthz", 200, "h"},
		{addresses[0] + "/", 200, "/healthz\n/metrics\n"},
		{addresses[0] + "/metric", 404, "there is no /metric here, but:\n/healthz\n/metrics\n\n"},
		{addresses[1] + "/live/{x}", 200, "h"},
		{addresses[1] + "/metrics", 404, "there is no /metrics here, but:\n/live/{x}\n\n"},
	} {
		if code, body := get(t, "http://"+tt.url); code != tt.code || body != tt.body {
			t.Errorf("%s: %d %q", tt.url, code, body)
		}
	}
	resp, err := http.Post("http://"+addresses[0]+"/metrics", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", resp.StatusCode)
	}
}

// TestSharedPort: one port for both, where the addresses are the same.
func TestSharedPort(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	free.Close()
	pages := map[string]http.Handler{"/metrics": page("m"), "/healthz": page("h")}
	for _, tt := range []struct{ listen, liveness string }{{address, address}, {":" + port, address}} {
		t.Run(tt.listen, func(t *testing.T) {
			addresses := serving(t, Options{Listen: tt.listen, Pages: pages, Liveness: Endpoint{tt.liveness, "/live"}, Health: page("h")})
			if len(addresses) != 1 {
				t.Fatalf("it listens at %v", addresses)
			}
			for path, want := range map[string]string{"/live": "h", "/healthz": "h", "/metrics": "m"} {
				if _, body := get(t, "http://"+address+path); body != want {
					t.Errorf("%s: %q", path, body)
				}
			}
		})
	}
	_, err = Start(Options{Listen: address, Pages: pages, Liveness: Endpoint{address, "/metrics"}, Health: page("h"), Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "--liveness has the path /metrics") {
		t.Errorf("a path for two pages: %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := Options{Log: slog.New(slog.DiscardHandler), Health: page("h"), Liveness: Endpoint{taken.Addr().String(), "/x"}}
	if _, err := Start(o); err == nil || !strings.Contains(err.Error(), "(--liveness): the address is in use; is another engine running?") {
		t.Errorf("a port in use: %v", err)
	}
	o = Options{Log: o.Log, Listen: "203.0.113.1:8080"}
	if _, err := Start(o); err == nil || !strings.Contains(err.Error(), "(--listen): this is not an address of this machine") {
		t.Errorf("an address of others: %v", err)
	}
}

// TestProbesHold: the results hold for some time, and one request evaluates.
func TestProbesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		p := &probes{evaluate: func(context.Context) map[string]any { n++; return map[string]any{"n": n} }}
		for range 3 {
			if got := p.results(t.Context()); got["n"] != 1 {
				t.Errorf("at first: %v", got)
			}
		}
		time.Sleep(probeAge)
		if got := p.results(t.Context()); got["n"] != 2 {
			t.Errorf("later: %v", got)
		}
	})
}
