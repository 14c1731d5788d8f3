package main

import (
	"fmt"
	"slices"
	"strings"

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
