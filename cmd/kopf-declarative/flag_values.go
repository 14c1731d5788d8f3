package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/health"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// namespaceFlag is the flag whose values are namespacePatterns.
const namespaceFlag = "namespace"

// namespacePatterns is a flag that may be given several times, each with a pattern
// of namespaces. An empty one is refused: it comes from a variable that is not
// set, and would mean all namespaces.
type namespacePatterns []string

// String implements pflag.Value.
func (n *namespacePatterns) String() string { return strings.Join(*n, " ") }

// Type implements pflag.Value.
func (n *namespacePatterns) Type() string { return "NAMESPACE" }

// Set implements pflag.Value.
func (n *namespacePatterns) Set(text string) error {
	if err := scope.Check(text); err != nil {
		return err
	}
	*n = append(*n, text)
	return nil
}

// listenAddress is a flag with host and port.
type listenAddress string

// String implements pflag.Value.
func (a *listenAddress) String() string { return string(*a) }

// Type implements pflag.Value.
func (a *listenAddress) Type() string { return "ADDRESS" }

// Set implements pflag.Value.
func (a *listenAddress) Set(text string) error {
	if err := health.CheckAddress(text); err != nil {
		return err
	}
	*a = listenAddress(text)
	return nil
}

// livenessURL is a flag with the URL of the health.
type livenessURL health.Endpoint

// String implements pflag.Value.
func (u *livenessURL) String() string { return health.Endpoint(*u).String() }

// Type implements pflag.Value.
func (u *livenessURL) Type() string { return "URL" }

// Set implements pflag.Value.
func (u *livenessURL) Set(text string) error {
	parsed, err := health.ParseEndpoint(text)
	*u = livenessURL(parsed)
	return err
}

// choice is a flag whose value is one of a few words; the first is the default.
type choice struct {
	value *string
	words []string
}

func newChoice(value *string, words ...string) *choice {
	*value = words[0]
	return &choice{value, words}
}

// String implements pflag.Value.
func (c *choice) String() string { return *c.value }

// Type implements pflag.Value.
func (c *choice) Type() string { return "WORD" }

// Set implements pflag.Value.
func (c *choice) Set(text string) error {
	if !slices.Contains(c.words, text) {
		last := len(c.words) - 1
		return fmt.Errorf("must be %s or %s%s", strings.Join(c.words[:last], ", "), c.words[last], didYouMean(text, "", c.words))
	}
	*c.value = text
	return nil
}

// integer is a flag whose value is an integer, or nothing.
type integer struct {
	n     int
	given bool
}

// String implements pflag.Value.
func (i *integer) String() string {
	if !i.given {
		return ""
	}
	return strconv.Itoa(i.n)
}

// Type implements pflag.Value.
func (i *integer) Type() string { return "N" }

// Set implements pflag.Value.
func (i *integer) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return errors.New("is not an integer of 32 bits")
	}
	i.n, i.given = int(n), true
	return nil
}

// seconds is a flag whose value is a duration of at least a second, or a number of seconds.
type seconds time.Duration

// String implements pflag.Value.
func (s *seconds) String() string { return time.Duration(*s).String() }

// Type implements pflag.Value.
func (s *seconds) Type() string { return "DURATION" }

// Set implements pflag.Value.
func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, plain := strconv.ParseInt(text, 10, 32); plain == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d < time.Second {
		return errors.New("is not a duration of at least a second, such as 90s, 10m or 90")
	}
	*s = seconds(d)
	return nil
}
