package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyHandlers is an operator of n handlers, no two with the same expressions,
// as large as those of the samples.
func manyHandlers(n int) string {
	var b strings.Builder
	b.WriteString("apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: many}\nspec:\n" +
		"  resources: {things: things.example.com, config: configmaps}\n  filters: {big: spec.size > 10}\n  handlers:\n")
	for i := range n {
		fmt.Fprintf(&b, `    - id: handler_%[1]d
      on: [create, update]
      resource: things
      match: {labels: {app: web}, when: "big && spec.number == %[1]d"}
      vars: {title: "${spec.title + ' %[1]d'}"}
      retries: 5
      do:
        - name: config
          create:
            object:
              apiVersion: v1
              kind: ConfigMap
              metadata: {name: "${name}-%[1]d"}
              data: {title: "${vars.title}", size: "${string(spec.size * %[1]d)}"}
        - when: spec.items.exists(i, i.number == %[1]d)
          log: ${name} has item %[1]d
        - wait: {for: "children.config.size() > %[1]d"}
        - status: {config%[1]d: "${steps.config.metadata.name}"}
`, i)
	}
	return b.String()
}

// BenchmarkLint is lint as people call it, file to exit code; the aim is less
// than a second for 1000 handlers.
func BenchmarkLint(b *testing.B) {
	path := filepath.Join(b.TempDir(), "many.yaml")
	if err := os.WriteFile(path, []byte(manyHandlers(1000)), 0o600); err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	for b.Loop() {
		var stdout strings.Builder
		if code := Main([]string{"lint", path}, nil, &stdout, io.Discard); code != exitOK || stdout.String() != "" {
			b.Fatalf("exit code %d: %.2000s", code, stdout.String())
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
}

// processorTime is what this process has used of all cores: unlike the time on
// the clock it does not depend on what else the machine does.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
