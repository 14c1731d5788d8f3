package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Path is where an engine's server tells its status.
const Path = "/status"

const (
	fetchTimeout = 10 * time.Second
	fetchLimit   = 64 << 20 // bytes
)

// Fetch asks the engine behind a URL such as http://127.0.0.1:8080. Its errors are made
// for people.
func Fetch(ctx context.Context, server string) (*Status, error) {
	address, err := url.Parse(server)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the URL of an engine, such as http://127.0.0.1:8080", server)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	target := strings.TrimSuffix(server, "/") + Path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, unreachable(server, err)
	}
	defer resp.Body.Close()
	var out Status
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is no engine of kopf-declarative: it answers %s", target, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, fetchLimit)).Decode(&out); err != nil {
		return nil, fmt.Errorf("%s is no engine of kopf-declarative: its answer cannot be read: %w", target, err)
	}
	return &out, nil
}

// unreachable says why nobody answers.
func unreachable(server string, err error) error {
	var unknown *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no engine listens at %s: it has to run with --listen; one in a pod is reached through kubectl port-forward POD 8080", server)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("nobody answers at %s within %s", server, fetchTimeout)
	case errors.As(err, &unknown):
		return fmt.Errorf("%s cannot be reached: no such host as %s", server, unknown.Name)
	default:
		return fmt.Errorf("%s cannot be reached: %w", server, err)
	}
}
