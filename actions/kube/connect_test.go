package kube_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

const twoContexts = `
apiVersion: v1
kind: Config
current-context: staging
clusters:
- {name: c, cluster: {server: "https://staging.example.com"}}
- {name: d, cluster: {server: "https://production.example.com"}}
users: [{name: u, user: {}}]
contexts:
- {name: staging, context: {cluster: c, user: u, namespace: mine}}
- {name: production, context: {cluster: d, user: u}}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConnectFindsTheCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", "")
	t.Setenv("HOME", t.TempDir())
	path := write(t, twoContexts)

	t.Run("the file that is named", func(t *testing.T) {
		c, err := kube.Connect(kube.Options{Kubeconfig: path})
		if err != nil {
			t.Fatal(err)
		}
		if c.REST.Host != "https://staging.example.com" || c.Namespace != "mine" {
			t.Errorf("%s, namespace %s", c.REST.Host, c.Namespace)
		}
	})
	t.Run("the context that is named", func(t *testing.T) {
		c, err := kube.Connect(kube.Options{Kubeconfig: path, Context: "production"})
		if err != nil {
			t.Fatal(err)
		}
		if c.REST.Host != "https://production.example.com" || c.Namespace != "default" {
			t.Errorf("%s, namespace %s", c.REST.Host, c.Namespace)
		}
	})
	t.Run("KUBECONFIG, leaving out files that are missing", func(t *testing.T) {
		t.Setenv("KUBECONFIG", "/does/not/exist"+string(filepath.ListSeparator)+path)
		c, err := kube.Connect(kube.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if c.REST.Host != "https://staging.example.com" {
			t.Error(c.REST.Host)
		}
	})
	t.Run("no limit of requests unless one is set", func(t *testing.T) {
		c, err := kube.Connect(kube.Options{Kubeconfig: path})
		if err != nil {
			t.Fatal(err)
		}
		limited, err := kube.Connect(kube.Options{Kubeconfig: path, QPS: 5, Burst: 7})
		if err != nil {
			t.Fatal(err)
		}
		if c.REST.QPS != -1 || c.REST.RateLimiter != nil {
			t.Error("there is a limit by default")
		}
		for range 7 {
			if !limited.REST.RateLimiter.TryAccept() {
				t.Fatal("the burst is too small")
			}
		}
		if limited.REST.RateLimiter.QPS() != 5 || limited.REST.RateLimiter.TryAccept() {
			t.Error("the limit is not the one that was set")
		}
	})
}

func TestConnectErrors(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	good := write(t, twoContexts)
	t.Run("a pod without its account", func(t *testing.T) {
		t.Setenv("KUBECONFIG", "")
		t.Setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
		t.Setenv("KUBERNETES_SERVICE_PORT", "443")
		_, err := kube.Connect(kube.Options{})
		checkLine(t, err, "the cluster that this pod runs in cannot be used: ")
	})
	tests := map[string]struct {
		env     string
		options kube.Options
		want    string
	}{
		"nothing configured": {"", kube.Options{}, "no cluster is configured: set KUBECONFIG or pass --kubeconfig"},
		"missing file":       {"", kube.Options{Kubeconfig: "/no/such"}, "the kubeconfig /no/such does not exist"},
		"missing file of KUBECONFIG": {
			"/no/such", kube.Options{}, "$KUBECONFIG: the kubeconfig /no/such does not exist",
		},
		"broken file": {"", kube.Options{Kubeconfig: write(t, "a: [")}, "cannot be read"},
		"empty file":  {"", kube.Options{Kubeconfig: write(t, "")}, "has no contexts"},
		"no current context": {
			"", kube.Options{Kubeconfig: write(t, strings.Replace(twoContexts, "current-context: staging", "", 1))},
			"has no current context: choose one with --context: production, staging",
		},
		"unknown context": {
			good, kube.Options{Context: "produktion"},
			`has no context "produktion" (did you mean production?); it has: production, staging`,
		},
		"unknown context unlike any": {
			good, kube.Options{Context: "zzz"}, `has no context "zzz"; it has: production, staging`,
		},
		"context without its cluster": {
			"", kube.Options{Kubeconfig: write(t, strings.Replace(twoContexts, "name: c,", "name: x,", 1))},
			`has no cluster "c", which its context "staging" names`,
		},
		"context without its user": {
			"", kube.Options{Kubeconfig: write(t, strings.Replace(twoContexts, "name: u,", "name: x,", 1))},
			`has no user "u", which its context "staging" names`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", test.env)
			_, err := kube.Connect(test.options)
			checkLine(t, err, test.want)
		})
	}
}

// checkLine checks that an error is one line that contains a text.
func checkLine(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func TestCheck(t *testing.T) {
	version, err := connect(t, kube.Options{}).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version, "v") {
		t.Error(version)
	}
}

func TestCheckErrors(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"hello":"world"}`))
	}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	t.Cleanup(web.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	real := rest.CopyConfig(connect(t, kube.Options{}).REST)
	real.BearerToken, real.BearerTokenFile = "wrong", ""
	real.CertData, real.CertFile, real.KeyData, real.KeyFile = nil, "", nil, ""

	tests := map[string]struct {
		config *rest.Config
		want   string
	}{
		"refused":       {&rest.Config{Host: "https://" + free.Addr().String()}, "refuses connections"},
		"no such name":  {&rest.Config{Host: "https://no-such-host.invalid"}, "no-such-host.invalid"},
		"silence":       {&rest.Config{Host: "https://" + silent.Addr().String()}, "does not answer in time"},
		"not trusted":   {&rest.Config{Host: web.URL}, "is not trusted"},
		"no TLS":        {&rest.Config{Host: strings.Replace(plain.URL, "http:", "https:", 1)}, "does not speak TLS"},
		"no API server": {&rest.Config{Host: web.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}, "is not a Kubernetes API server"},
		"wrong token":   {real, "does not accept the credentials"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, err := kube.NewClient(test.config, kube.Options{RequestTimeout: 500 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Check(t.Context())
			checkLine(t, err, test.want)
			if strings.Contains(err.Error(), "wrong") {
				t.Errorf("the message shows the token: %s", err)
			}
		})
	}
}

func TestCheckSaysWhoIsNotLetIn(t *testing.T) {
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) { return faultproxy.Fault{Status: 403}, true })
	_, err := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()}).Check(t.Context())
	checkLine(t, err, "does not let this user in")
	proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) { return faultproxy.Fault{Status: 503}, true })
	_, err = connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig()}).Check(t.Context())
	checkLine(t, err, "cannot be used")
}
