package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func newRun(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run FILES…",
		Short: "Run operators against a cluster",
		Long: `Run the operators of the files against a cluster, until SIGTERM or Ctrl-C.
Folders stand for the *.yaml, *.yml and *.json in them, - for standard input.

Without --namespace all namespaces are watched, also where the kubeconfig's
context names one. Objects without a namespace are watched in either case.

A namespace can be a pattern: globs with * and ?, separated by commas, where ! excludes.
A namespace must match the first one; of the others, the last one that matches
decides. For several namespaces, repeat the flag.`,
		Example: `  kopf-declarative run operator.yaml
  kopf-declarative run -n demo --apply-crds operators/
  kopf-declarative run -n demo -n 'myapp-*,!*-pr-*,*-pr-123' operators/`,
		Args:    needFiles,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.run(cmd.Context(), files)
		},
	}
	a.settings.runFlags(cmd.Flags())
	return cmd
}

func (a *app) run(ctx context.Context, files []string) error {
	log := newLogger(a.stderr, &a.settings)
	routeKlog(log)
	l := a.load(files)
	if err := a.reportFindings(log, l); err != nil {
		return err
	}
	if l.found.HasErrors() {
		return errReported
	}
	if len(l.bundle.Operators) == 0 {
		log.Error("there is no Operator in the files")
		return errReported
	}
	stopProfile, err := startProfile(a.settings.cpuProfile, log)
	if err != nil {
		log.Error(err.Error())
		return errReported
	}
	defer stopProfile()
	ctx, release := untilSignal(ctx, log)
	defer release()
	err = a.serve(ctx, log, l)
	if err == nil || errors.Is(context.Cause(ctx), errStopped) {
		log.Info("stopped")
		return nil
	}
	log.Error(err.Error())
	return errReported
}

// serve runs what was loaded on the chosen cluster until the context ends.
func (a *app) serve(ctx context.Context, log *slog.Logger, l loaded) error {
	client, err := kube.Connect(kube.Options{
		Kubeconfig: a.settings.kubeconfig,
		Context:    a.settings.context,
		UserAgent:  program,
		Log:        log,
		Observe: func(verb, code string, took time.Duration) {
			l.engine.Metrics().Request("", verb, code, took.Seconds())
		},
	})
	if err != nil {
		return err
	}
	version, err := client.Check(ctx)
	if err != nil {
		return err
	}
	namespaces, err := a.settings.watched()
	if err != nil {
		return err
	}
	log.Info(greeting(l.bundle.Operators, namespaces), "server", client.REST.Host, "kubernetes", version)
	return l.engine.Run(ctx, runtime.Options{
		Client:     client,
		Namespaces: namespaces,
		Version:    ownVersion().Version,
		ApplyCRDs:  a.settings.applyCRDs,
		Listen:     a.settings.listen,
		Liveness:   a.settings.liveness,
		Log:        log,
		Ready:      func() { log.Info("ready") },
	})
}

// greeting tells what is going to run, and where.
func greeting(operators []*spec.Operator, namespaces scope.Namespaces) string {
	names := make([]string, len(operators))
	for i, op := range operators {
		names[i] = op.Metadata.Name.Value
	}
	return fmt.Sprintf("running %s in %s", strings.Join(names, ", "), namespaces)
}
