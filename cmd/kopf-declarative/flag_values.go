package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// namespaceName is a flag whose value is a namespace. An empty one is refused:
// it comes from a variable that is not set, and would mean all namespaces.
type namespaceName string

// String implements pflag.Value.
func (n *namespaceName) String() string { return string(*n) }

// Type implements pflag.Value.
func (n *namespaceName) Type() string { return "NAMESPACE" }

// Set implements pflag.Value.
func (n *namespaceName) Set(text string) error {
	if problems := validation.IsDNS1123Label(text); len(problems) > 0 {
		return errors.New("is not the name of a namespace")
	}
	*n = namespaceName(text)
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
