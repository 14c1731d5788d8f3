package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/version"
)

// Check makes the first contact and returns the server's version, such as
// v1.37.0. Its errors say in one line what stands between.
func (c *Client) Check(ctx context.Context) (string, error) {
	text, err := answerTo(ctx, c.raw.Get().AbsPath("/version").MaxRetries(3))
	if err != nil {
		return "", c.explain(err)
	}
	var info version.Info
	if err := json.Unmarshal(text, &info); err != nil || info.GitVersion == "" {
		return "", fmt.Errorf("the server at %s is not a Kubernetes API server: its /version is not what it should be", c.REST.Host)
	}
	return info.GitVersion, nil
}

// explain puts an error of the first contact into words.
func (c *Client) explain(err error) error {
	host := c.REST.Host
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		timeout   interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("the API server at %s refuses connections: is it running?", host)
	case errors.As(err, &dns):
		return fmt.Errorf("the API server at %s cannot be found: the name %s is not known", host, dns.Name)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fmt.Errorf("the API server at %s cannot be reached: there is no route to it", host)
	case errors.As(err, &authority):
		return fmt.Errorf("the API server at %s is not trusted: its certificate is not signed by the kubeconfig's certificate authority", host)
	case errors.As(err, &name), errors.As(err, &invalid):
		return fmt.Errorf("the API server at %s is not trusted: %w", host, oneLine(errors.Unwrap(err)))
	case errors.As(err, &alert):
		return fmt.Errorf("the API server at %s refuses the kubeconfig's client certificate: %w", host, alert)
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("the server at %s does not speak TLS: is the port right, or should the address begin with http://?", host)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server at %s does not accept the credentials: log in again, or choose another context", host)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the API server at %s does not let this user in: %w", host, oneLine(err))
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the API server at %s does not answer in time", host)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("the API server at %s closes the connection without an answer", host)
	default:
		return fmt.Errorf("the API server at %s cannot be used: %w", host, oneLine(err))
	}
}
