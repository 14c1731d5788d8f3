package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/retry"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

func newRetry(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retry KIND NAME",
		Short: "Have the handlers tried again that failed for good on an object",
		Long: `Ask the operators of an object to try handlers again that failed for good: all of
them, or those of --handler, which may also be waiting for their next attempt.
KIND is what kubectl understands. Without --file or --prefix all operators are
meant that keep records on the object. A running engine does the rest.`,
		Example: `  kopf-declarative retry evc my-claim
  kopf-declarative retry deployments.apps web -n demo --handler scale`,
		Args:    needObject,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.retry(cmd.Context(), cmd, args)
		},
	}
	a.settings.retryFlags(cmd.Flags())
	return cmd
}

// needObject is the Args of commands about one object: KIND NAME, or KIND/NAME.
func needObject(cmd *cobra.Command, args []string) error {
	if len(args) == 2 || len(args) == 1 && strings.Count(args[0], "/") == 1 {
		return nil
	}
	return usageErrorf(cmd, "%s needs a kind and a name, such as: %s %s pods my-pod", cmd.Name(), program, cmd.Name())
}

func (a *app) retry(ctx context.Context, cmd *cobra.Command, args []string) error {
	s := &a.settings
	if len(args) == 1 {
		args = strings.Split(args[0], "/")
	}
	namespaces, err := s.watched()
	if err != nil {
		return err
	}
	if namespaces.Wild() || len(namespaces.Exact()) > 1 {
		return usageErrorf(cmd, "an object is in one namespace, but --namespace means %s", namespaces)
	}
	storages, err := a.retryStorages()
	if err != nil {
		return err
	}
	client, err := kube.Connect(kube.Options{
		Kubeconfig: s.kubeconfig, Context: s.context, UserAgent: program, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	if _, err := client.Check(ctx); err != nil {
		return err
	}
	namespace := client.Namespace
	if exact := namespaces.Exact(); len(exact) == 1 {
		namespace = exact[0]
	}
	asked, err := retry.Ask(ctx, client, retry.Wish{Kind: args[0], Name: args[1], Namespace: namespace, Handlers: s.handlers, Storages: storages})
	if err != nil {
		return err
	}
	for _, h := range asked {
		how := "it failed"
		if !h.Failed {
			how = "it waits"
		}
		if h.Message != "" {
			how += ": " + h.Message
		}
		fmt.Fprintf(a.stdout, "%s: %s is to be tried again by the operator of %s (%s)\n", h.Object, h.Handler, h.Prefix, how)
	}
	return nil
}

// retryStorages are those of the operators that --file and --prefix mean.
func (a *app) retryStorages() ([]*state.Storage, error) {
	var out []*state.Storage
	for _, prefix := range a.settings.prefixes {
		out = append(out, &state.Storage{Prefix: prefix})
	}
	if len(a.settings.files) == 0 {
		return out, nil
	}
	l := a.load(a.settings.files)
	if l.found.HasErrors() {
		if err := a.printFindings(a.stderr, l); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	return append(out, l.engine.Storages()...), nil
}
