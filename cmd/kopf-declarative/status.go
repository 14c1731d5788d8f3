package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/runtime/status"
)

func newStatus(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what a running engine is doing",
		Long: `Show what a running engine is doing: its operators and what they wait for, their
handlers, and the objects under way. The engine has to run with --listen.`,
		Example: `  kopf-declarative status
  kubectl port-forward deploy/my-operator 8080 &
  kopf-declarative status --server http://127.0.0.1:8080 -o json`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.status(cmd.Context())
		},
	}
	a.settings.statusFlags(cmd.Flags())
	return cmd
}

func (a *app) status(ctx context.Context) error {
	s, err := status.Fetch(ctx, a.settings.server)
	if err != nil {
		return err
	}
	if a.settings.output != "json" {
		return status.Write(a.stdout, s)
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(s)
}
