package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/many"
)

// lints is how often each file is linted.
const lints = 10

// measureLinting measures lint of an operator of 1000 handlers, from the start of the
// process to its end.
func measureLinting(ctx context.Context, binary, dir string) error {
	path := filepath.Join(dir, "many.yaml")
	defer func() { warn(os.Remove(path)) }() // the language server reads what lies beside its files
	fmt.Println("| linted file | lines | on the clock, best of 10, ms | median ms | CPU ms | peak MiB |\n| --- | --: | --: | --: | --: | --: |")
	for _, f := range []struct{ title, text string }{
		{"1000 handlers", many.Handlers(1000)},
		{"1000 handlers, and the definition of their objects", many.Handlers(1000) + many.Definition()},
	} {
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			return err
		}
		var took []time.Duration
		var last *exec.Cmd
		for range lints {
			last = exec.CommandContext(ctx, binary, "lint", path)
			begin := time.Now()
			out, err := last.CombinedOutput()
			if err != nil {
				return fmt.Errorf("lint of %s: %w\n%.2000s", f.title, err, out)
			}
			if len(out) > 0 {
				return fmt.Errorf("lint of %s has found something:\n%.2000s", f.title, out)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		state := last.ProcessState
		cpu := state.UserTime() + state.SystemTime()
		peak := float64(state.SysUsage().(*syscall.Rusage).Maxrss) / 1024 // Linux counts it in KiB
		fmt.Printf("| %s | %d | %d | %d | %d | %.0f |\n", f.title, strings.Count(f.text, "\n"),
			took[0].Milliseconds(), took[len(took)/2].Milliseconds(), cpu.Milliseconds(), peak)
	}
	fmt.Println()
	return nil
}
