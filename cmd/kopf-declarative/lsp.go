package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func newLSP(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor: the language server, on standard input and output",
		Long: `Serve an editor as a language server: mistakes while you write, with their fixes,
completion of keys, values and expressions, explanations, and where names are
defined. It speaks the Language Server Protocol on the standard input and output,
and is started by the editor; docs/editors.md says how. What it logs goes to the
standard error.

What objects look like is known of the builtin kinds, and of those whose
CustomResourceDefinition is beside the open file or in the files of --crd; with
--cluster, of all that the cluster serves. It is asked in the background.`,
		Example: `  kopf-declarative lsp
  kopf-declarative lsp --crd config/crd/
  kopf-declarative lsp --cluster --context staging`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.lsp(cmd) },
	}
	a.settings.kindFlags(cmd.Flags())
	// Editors pass it that know servers with several ways; here there is one.
	cmd.Flags().Bool("stdio", true, "use the standard input and output, as it always does")
	return cmd
}

func (a *app) lsp(cmd *cobra.Command) error {
	if slices.Contains(a.settings.crds, "-") {
		return usageErrorf(cmd, "--crd cannot be -: the standard input belongs to the editor")
	}
	o := lsp.Options{Version: ownVersion().Version, Log: newLogger(a.stderr, &a.settings), CRDs: a.settings.crds}
	if a.settings.cluster {
		o.Served = func(ctx context.Context, operators []*spec.Operator) (*schema.Set, error) {
			return a.servedKinds(ctx, schema.Builtin(), operators)
		}
	}
	return lsp.Serve(cmd.Context(), a.stdin, nopCloser{a.stdout}, o)
}

// nopCloser is a writer that somebody else closes.
type nopCloser struct{ io.Writer }

// Close does nothing.
func (nopCloser) Close() error { return nil }
