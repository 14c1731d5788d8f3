package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const program = "kopf-declarative"

// newRoot builds the command tree of one invocation.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   program,
		Short: "Run Kubernetes operators that are written in YAML",
		Long: `Run Kubernetes operators that are written in YAML.

Every flag can also be set in the environment, as KOPF_ and its name in capitals
(KOPF_NAMESPACE, KOPF_LOG_FORMAT), or in a config file by its name
(namespace: demo): --config FILE, else kopf-declarative.yaml in the working
directory or in the user's configuration directory. With the name of a command
before it, a setting is for that command alone: KOPF_LINT_FORMAT, lint-format. A
flag wins over the environment, and the environment over the file. Settings of all operators can be
set there too: --set queueing.exitTimeout=30s, KOPF_SET="PATH=VALUE PATH=VALUE", or
in the file a block "set" of the form of an operator's spec.settings.`,
		Args: cobra.ArbitraryArgs, // unknown commands are ours to report
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	a.settings.globalFlags(root.PersistentFlags())
	root.AddCommand(newRun(a), newLint(a), newStatus(a), newRetry(a), newFreeze(a), newResume(a), newCRDs(a), newSchema(a), newLSP(a), newExplain(a), newGraph(a), newEval(a), newInit(a), newVersion(a))
	return root
}

// needFiles is the Args of commands that read definitions.
func needFiles(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageErrorf(cmd, "no files given: name YAML files or folders, or - for standard input")
	}
	return nil
}

// noArgs is the Args of commands that take none.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageErrorf(cmd, "%s takes no arguments, but got %q", cmd.Name(), args[0])
	}
	return nil
}

func usageErrorf(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...), command: cmd.CommandPath()}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	return usageErrorf(cmd, "unknown command %q%s", name, didYouMean(name, "", known))
}

// flagError turns pflag's errors into one line with the nearest guess.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return usageErrorf(cmd, "%s", err)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	name, _, _ := strings.Cut(unknown.GetSpecifiedName(), "=")
	return usageErrorf(cmd, "unknown flag --%s%s", name, didYouMean(name, "--", known))
}
