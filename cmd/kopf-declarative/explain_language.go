package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/runtime/explain"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func newExplain(a *app) *cobra.Command {
	var recursive bool
	cmd := &cobra.Command{
		Use:   "explain [PATH|VARIABLE|FUNCTION]",
		Short: "Explain a key, a variable or a function of the language",
		Long: `Explain a key, a variable or a function of the language. Without an argument it
shows what can be asked for.

A path of keys may begin at the top, at a key of spec, at an action, at a key of
settings, or anywhere if no other key has the name.`,
		Example: `  kopf-declarative explain handlers.backoff
  kopf-declarative explain create.adopt.name
  kopf-declarative explain body
  kopf-declarative explain changed
  kopf-declarative explain string.split
  kopf-declarative explain --recursive settings`,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, words []string) error {
			return a.explainLanguage(cmd, words, recursive)
		},
	}
	cmd.Flags().BoolVar(&recursive, "recursive", false, "show all keys below as a tree")
	return cmd
}

func (a *app) explainLanguage(cmd *cobra.Command, words []string, recursive bool) error {
	var text string
	switch {
	case len(words) > 1:
		return usageErrorf(cmd, "explain takes one argument, but got %q too", words[1])
	case len(words) == 0 && recursive:
		text = explain.Tree(spec.TopKeys())
	case len(words) == 0:
		text = explain.Overview()
	default:
		var err error
		if text, err = explain.Word(words[0], recursive); err != nil {
			return usageErrorf(cmd, "%v", err)
		}
	}
	_, err := fmt.Fprint(a.stdout, text)
	return err
}
