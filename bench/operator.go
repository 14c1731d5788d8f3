package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
)

// operator is the process that is measured.
type operator struct {
	*command.Process
	log     *os.File
	stopped bool
}

// start starts floor or engine for a workload; its output goes to a file.
func (b *bench) start(ctx context.Context, w workload, who string, round int) (*operator, error) {
	log, err := os.CreateTemp(b.dir, fmt.Sprintf("%s-%s-%d-*.log", w.name, who, round))
	if err != nil {
		return nil, err
	}
	args := append([]string{"-namespace", namespace}, w.floor...)
	if who == engine {
		args = []string{"run", "--namespace", namespace, "--quiet", filepath.Join(b.root, "bench", "operators", w.operator)}
		if b.o.profile != "" {
			args = append(args, "--cpuprofile", filepath.Join(b.o.profile, fmt.Sprintf("%s-%d.pprof", w.name, round)))
		}
	}
	cmd := exec.CommandContext(ctx, b.binaries[who], args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+b.kubeconfig)
	cmd.Stdout, cmd.Stderr = log, log
	p, err := command.Start(cmd)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &operator{Process: p, log: log}, nil
}

// stop ends the process. Where something went wrong before, it adds what the
// process said last.
func (o *operator) stop(before error) error {
	if o.stopped {
		return before
	}
	o.stopped = true
	err := errors.Join(before, o.Stop(20*time.Second), o.log.Close())
	if err == nil {
		return nil
	}
	if said := lastLines(o.log.Name(), 10); said != "" {
		return fmt.Errorf("%w\nthe operator said last:\n%s", err, said)
	}
	return err
}

func lastLines(file string, n int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
