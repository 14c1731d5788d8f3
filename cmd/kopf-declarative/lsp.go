package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/runtime/lsp"
)

func newLSP(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor: the language server, on standard input and output",
		Long: `Serve an editor as a language server: mistakes while you write, with their fixes,
completion of keys, values and expressions, explanations, and where names are
defined. It speaks the Language Server Protocol on the standard input and output,
and is started by the editor; docs/editors.md says how. What it logs goes to the
standard error.`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.lsp(cmd.Context()) },
	}
	// Editors pass it that know servers with several ways; here there is one.
	cmd.Flags().Bool("stdio", true, "use the standard input and output, as it always does")
	return cmd
}

func (a *app) lsp(ctx context.Context) error {
	o := lsp.Options{Version: ownVersion().Version, Log: newLogger(a.stderr, &a.settings)}
	return lsp.Serve(ctx, a.stdin, nopCloser{a.stdout}, o)
}

// nopCloser is a writer that somebody else closes.
type nopCloser struct{ io.Writer }

// Close does nothing.
func (nopCloser) Close() error { return nil }
