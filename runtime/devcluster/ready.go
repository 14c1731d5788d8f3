package devcluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// etcdListens checks whether etcd has opened its socket.
func (c *Cluster) etcdListens(context.Context) error {
	_, err := os.Stat(c.folder.path(etcdSocketFile))
	return err
}

// client asks the API server whether the cluster is ready.
type client struct {
	*http.Client
	server string
}

func newClient(pki string, port int) (*client, error) {
	ca, err := os.ReadFile(filepath.Join(pki, caCert))
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, adminCert), filepath.Join(pki, adminKey))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New(filepath.Join(pki, caCert) + " has no certificate")
	}
	return &client{
		Client: &http.Client{
			Timeout:   5 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}},
		},
		server: fmt.Sprintf("https://127.0.0.1:%d", port),
	}, nil
}

// ready checks whether the API is served and all hooks of its start have run,
// among them the one that creates the roles.
func (c *client) ready(ctx context.Context) error { return c.get(ctx, "/readyz") }

// populated checks for what tests and pods expect in the default namespace.
func (c *client) populated(ctx context.Context) error {
	if err := c.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default"); err != nil {
		return err
	}
	return c.get(ctx, "/api/v1/namespaces/default/configmaps/kube-root-ca.crt")
}

func (c *client) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+path, nil)
	if err != nil {
		return err
	}
	answer, err := c.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, answer.Status, strings.TrimSpace(string(text)))
	}
	return err
}
