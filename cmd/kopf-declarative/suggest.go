package main

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// didYouMean is `; did you mean "…"?` where a known word is close to the wanted.
func didYouMean(wanted, prefix string, known []string) string {
	near, ok := diag.Nearest(wanted, known)
	if !ok {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", prefix+near)
}
