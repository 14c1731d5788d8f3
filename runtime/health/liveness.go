package health

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// Endpoint is where the health is served besides the server's own pages, as Kopf's
// --liveness says it. The zero value is nowhere.
type Endpoint struct {
	// Address is host and port, Path begins with a slash.
	Address, Path string
}

// String is the endpoint as a URL; empty for nowhere.
func (e Endpoint) String() string {
	if e.Address == "" {
		return ""
	}
	return "http://" + e.Address + e.Path
}

// ParseEndpoint reads a URL such as http://0.0.0.0:8080/healthz. As in Kopf, the host is
// localhost where there is none, and the port 80.
func ParseEndpoint(text string) (Endpoint, error) {
	u, err := url.Parse(text)
	const wanted = "such as http://0.0.0.0:8080/healthz"
	switch {
	case err != nil || u.Scheme == "" || u.Opaque != "":
		return Endpoint{}, errors.New("must be a URL " + wanted)
	case u.Scheme != "http":
		return Endpoint{}, fmt.Errorf("must be an http URL, not %s: the health is served without TLS, %s", u.Scheme, wanted)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Endpoint{}, errors.New("must be a URL of host, port and path alone, " + wanted)
	}
	host, port, path := u.Hostname(), u.Port(), u.Path
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "80"
	}
	if path == "" {
		path = "/"
	}
	if err := checkPort(port); err != nil {
		return Endpoint{}, err
	}
	return Endpoint{Address: net.JoinHostPort(host, port), Path: path}, nil
}

// CheckAddress tells what is wrong with an address to listen on.
func CheckAddress(text string) error {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return fmt.Errorf("must be host and port; did you mean %q?", ":"+text)
	}
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return errors.New("must be host and port, such as :8080 or 127.0.0.1:8080")
	}
	return checkPort(port)
}

func checkPort(port string) error {
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("has the port %q; must be a number from 0 to 65535", port)
	}
	return nil
}

// shares tells whether what listens on one address also serves the other.
func shares(listen, other string) bool {
	host, port, err := net.SplitHostPort(listen)
	otherHost, otherPort, otherErr := net.SplitHostPort(other)
	if err != nil || otherErr != nil || port != otherPort || port == "0" {
		return false
	}
	return host == otherHost || host == "" || host == "0.0.0.0" || host == "::"
}
