package devcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// heartbeat is how often a build says that it is under way.
const heartbeat = 15 * time.Second

// build compiles the binary and puts it in place when it is complete.
func build(ctx context.Context, s source, cache, binary string, progress io.Writer) error {
	flags, err := s.linkerFlags()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(cache, binaryPrefix+"building-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyModule(s.command(), dir); err != nil {
		return err
	}
	fmt.Fprintf(progress, "Building the development cluster (etcd, kube-apiserver, kube-controller-manager).\n"+
		"This takes about 5 minutes on 2 cores, once: it is kept in %s.\n", cache)
	started := time.Now()
	report := newReport(progress, started)
	defer report.stop()
	modfile := "-modfile=" + filepath.Join(dir, "go.mod")
	packages, err := goCommand(ctx, s.command(), report, "list", "-mod=mod", modfile, "-deps", ".")
	if err != nil {
		return err
	}
	report.expect(bytes.Count(packages, []byte("\n")))
	output := filepath.Join(dir, "kopf-devcluster")
	if _, err := goCommand(ctx, s.command(), report, "build", "-mod=mod", modfile, "-buildvcs=false", "-v", "-ldflags="+flags, "-o", output, "."); err != nil {
		return err
	}
	if err := os.Rename(output, binary); err != nil {
		return err
	}
	report.stop()
	fmt.Fprintf(progress, "Built the development cluster in %v.\n", time.Since(started).Round(time.Second))
	return nil
}

// copyModule copies go.mod and go.sum. The build uses and may change the copy, so
// it works also while the main module's go.mod asks for newer modules than ours.
func copyModule(from, to string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// goVersion is the version of the compiler that builds in a folder.
func goVersion(ctx context.Context, dir string) (string, error) {
	out, err := goCommand(ctx, dir, &report{}, "env", "GOVERSION")
	return strings.TrimSpace(string(out)), err
}

// goCommand runs the go command for this machine, whatever the environment says
// about workspaces and other machines, and returns what it prints.
func goCommand(ctx context.Context, dir string, r *report, args ...string) ([]byte, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	cmd.Stdout, cmd.Stderr = &out, r
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	switch err := cmd.Run(); {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("it needs Go, and there is no command \"go\" in PATH")
	default:
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, r.complaints())
	}
}
