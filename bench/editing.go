package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kopf-declarative/kopf-declarative/bench/editor"
	"github.com/kopf-declarative/kopf-declarative/bench/many"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
)

// edits is how often each file is edited.
const edits = 200

// measureEditing measures edits of a sample, and of an operator of 1000 handlers.
func measureEditing(ctx context.Context, binary, dir string) error {
	root, err := command.Root(ctx)
	if err != nil {
		return err
	}
	sample, err := os.ReadFile(filepath.Join(root, "samples", "evc", "operator.yaml"))
	if err != nil {
		return err
	}
	var results []editor.Result
	for _, f := range []editor.File{
		{Title: "the sample evc", Text: string(sample), Find: "spec.size"},
		{Title: "1000 handlers", Text: many.Handlers(1000), Find: "spec.title + ' 500'"},
	} {
		r, err := editor.Measure(ctx, binary, dir, f, edits)
		if err != nil {
			return fmt.Errorf("editing %s: %w", f.Title, err)
		}
		results = append(results, r)
	}
	fmt.Println(editor.Table(results))
	return nil
}
