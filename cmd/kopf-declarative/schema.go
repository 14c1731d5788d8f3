package main

import (
	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

//go:generate sh -c "go run . schema >../../docs/schema.json"

func newSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the language, for editors",
		Long: `Print the JSON Schema (draft 07) of the language. Editors with a YAML language
server complete keys with it, explain them and mark mistakes of form.`,
		Example: `  kopf-declarative schema >kopf-declarative.schema.json`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(spec.JSONSchema())
			return err
		},
	}
}
