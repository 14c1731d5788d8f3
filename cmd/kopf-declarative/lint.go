package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

func newLint(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lint FILES…",
		Short: "Check operators without a cluster",
		Long: `Check operators without a cluster: everything that run would find when it loads
the files, what does not fit the types of objects, and what is most likely not
meant, each with its place. Folders stand for the *.yaml, *.yml and *.json in them,
- for standard input.

What objects look like is known of the builtin kinds, and of those whose
CustomResourceDefinition is in the files or in those of --crd; with --cluster, of
all that the cluster serves.

Exit codes: 0 no errors, 1 errors or a cluster that cannot be asked, 2 wrong usage.`,
		Example: `  kopf-declarative lint operator.yaml
  kopf-declarative lint --strict --format github operators/ crds/
  kopf-declarative lint --crd config/crd/ operator.yaml
  kopf-declarative lint --cluster --context staging operator.yaml
  kopf-declarative lint --fix --diff operator.yaml
  kopf-declarative lint --explain self-trigger
  kopf-declarative lint - <operator.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed(explainFlag) {
				return nil
			}
			return needFiles(cmd, args)
		},
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed(explainFlag):
				return a.explainRules(cmd, args)
			case a.settings.fix || a.settings.diff:
				return a.fix(cmd.Context(), args)
			}
			return a.lint(cmd.Context(), args)
		},
	}
	a.settings.lintFlags(cmd.Flags())
	return cmd
}

// gcPercent lets the heap of lint grow further between collections: it is a
// short run that keeps nearly all that it makes.
const gcPercent = 400

func (a *app) lint(ctx context.Context, files []string) error {
	debug.SetGCPercent(gcPercent)
	bundle, found := spec.Load(files, a.stdin)
	kinds, err := a.kinds(ctx, bundle.Operators)
	if err != nil {
		return err
	}
	return a.tell(a.check(bundle, found, kinds))
}

// check compiles what was read, with the types of objects, and adds what only lint finds.
func (a *app) check(bundle *spec.Bundle, found diag.List, kinds known) loaded {
	a.settings.overrides.apply(bundle.Operators)
	l := loaded{bundle: bundle, found: lint.Bundle(bundle, found, kinds.schemas), kinds: kinds.schemas}
	kinds.tellOf(&l)
	if a.settings.strict {
		l.found = l.found.Strict()
	}
	return l
}

// tell writes what was found in the wanted format. People are told that all is
// well; a script has the exit code.
func (a *app) tell(l loaded) error {
	if err := a.writeFindings(l); err != nil {
		return err
	}
	if l.found.HasErrors() {
		return errReported
	}
	if len(l.found) > 0 || a.settings.format != "text" || !isTerminal(a.stdout) {
		return nil
	}
	if _, err := fmt.Fprintf(a.stdout, "ok: %s in %s\n", strings.Join(l.contents(), " and "), count(len(l.bundle.Sources), "file")); err != nil {
		return err
	}
	return a.tellUnknown(l)
}

// tellUnknown says to people of which resources it does not know the fields. It is no
// finding: nothing is wrong with the files.
func (a *app) tellUnknown(l loaded) error {
	unknown := lint.Unknown(l.bundle, l.kinds)
	if len(unknown) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(a.stdout, "The fields of %s are not known, and not checked: --crd FILE or --cluster tells them.\n", strings.Join(unknown, ", "))
	return err
}

func (a *app) writeFindings(l loaded) error {
	if a.settings.format == "text" {
		return a.printFindings(a.stdout, l)
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // absolute names stay absolute
	}
	r := diag.Report{Version: ownVersion().Version, Rules: lint.Rules(), Found: l.found, Files: l.files(), Dir: dir}
	switch a.settings.format {
	case "json":
		return r.JSON(a.stdout)
	case "sarif":
		return r.SARIF(a.stdout)
	default:
		return r.GitHub(a.stdout)
	}
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
