package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/kopf-declarative/kopf-declarative"

// Root is the folder of the checkout that the running program belongs to.
func Root(ctx context.Context) (string, error) {
	out, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module))
	if err != nil {
		return "", fmt.Errorf("run this inside the checkout of kopf-declarative: %w", err)
	}
	return strings.TrimSpace(out), nil
}

// Build compiles the package at path, relative to the root of the main module,
// into the folder dir and returns the binary's path.
func Build(ctx context.Context, path, dir string) (string, error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, filepath.Base(path))
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./"+path)
	build.Dir = root
	if _, err := output(build); err != nil {
		return "", fmt.Errorf("building %s: %w", path, err)
	}
	return binary, nil
}

// output runs a command, and says what it complained about if it failed.
func output(cmd *exec.Cmd) (string, error) {
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil && complaints.Len() > 0 {
		err = errors.New(strings.TrimSpace(complaints.String()))
	}
	return string(out), err
}
