package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/many"
)

// BenchmarkLint is lint as people call it, file to exit code, where nothing is known of
// the objects and where their definition stands beside the operator; the aim is less than
// a second for 1000 handlers.
func BenchmarkLint(b *testing.B) {
	for name, text := range map[string]string{"Untyped": many.Handlers(1000), "Typed": many.Handlers(1000) + many.Definition()} {
		b.Run(name, func(b *testing.B) { benchmarkLint(b, text) })
	}
}

func benchmarkLint(b *testing.B, text string) {
	path := filepath.Join(b.TempDir(), "many.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
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
