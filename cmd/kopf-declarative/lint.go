package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newLint(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILES…",
		Short: "Check operators without a cluster",
		Long: `Check operators without a cluster: everything that run would find when it loads
the files, each with its place. Folders stand for the *.yaml, *.yml and *.json
in them, - for standard input.

Exit codes: 0 no errors, 1 errors, 2 wrong usage.`,
		Example: `  kopf-declarative lint operator.yaml
  kopf-declarative lint operators/ crds/
  kopf-declarative lint - <operator.yaml`,
		Args:    needFiles,
		PreRunE: a.settings.resolve,
		RunE: func(_ *cobra.Command, files []string) error {
			return a.lint(files)
		},
	}
}

func (a *app) lint(files []string) error {
	l := a.load(files)
	if err := a.printFindings(a.stdout, l); err != nil {
		return err
	}
	if l.found.HasErrors() {
		return errReported
	}
	_, err := fmt.Fprintf(a.stdout, "ok: %s in %s\n", strings.Join(l.contents(), " and "), count(len(l.bundle.Sources), "file"))
	return err
}

// contents counts what the files hold.
func (l loaded) contents() []string {
	found := []string{count(len(l.bundle.Operators), "operator")}
	if n := len(l.bundle.CRDs); n > 0 {
		found = append(found, count(n, "CustomResourceDefinition"))
	}
	return found
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
