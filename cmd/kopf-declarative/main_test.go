package main

import (
	"strings"
	"testing"
)

// A bug of ours is one line for users, and a stack for whoever asks.
func TestPanicsAreReported(t *testing.T) {
	tests := []struct {
		args  []string
		stack bool
	}{
		{[]string{"lint", "-"}, false},
		{[]string{"lint", "--verbose", "-"}, true},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := Main(test.args, panicking{}, &stdout, &stderr)
			if code != exitFailure {
				t.Errorf("exit code %d, want %d", code, exitFailure)
			}
			line, rest, _ := strings.Cut(stderr.String(), "\n")
			if !strings.HasPrefix(line, "kopf-declarative: internal error: out of order; please report this") {
				t.Errorf("the first line is %q", line)
			}
			if stack := strings.Contains(rest, "panicking.Read"); stack != test.stack {
				t.Errorf("with a stack: %v, want %v:\n%s", stack, test.stack, rest)
			}
		})
	}
}

// panicking is a reader with a bug.
type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("out of order") }
