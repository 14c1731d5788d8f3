package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

func newEval(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "eval [EXPR]",
		Short: "Evaluate an expression or a template, without a cluster",
		Long: `Evaluate an expression, or with --template a template, as the engine would: show
its value and its type. Nothing is asked of a cluster: the object comes from a
file, and what only a run knows is given by --let.

With --operator and --handler, the expression is one in that handler: it sees
what exists there, the operator's filters and the handler's vars and param.

Without EXPR, there is a prompt, with completion and history; if the standard
input is no terminal, each of its lines is evaluated.`,
		Example: `  kopf-declarative eval 'spec.size * 2' --object claim.yaml
  kubectl get pod web -o yaml | kopf-declarative eval 'isReady(body)' --object -
  kopf-declarative eval "changed('spec.size')" --object new.yaml --old old.yaml
  kopf-declarative eval --template '${name}-${item}' --object claim.yaml --let item=3
  kopf-declarative eval 'vars.url' --object claim.yaml --operator operator.yaml --handler create`,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eval(cmd.Context(), cmd, args)
		},
	}
	a.settings.evalFlags(cmd.Flags())
	return cmd
}

func (a *app) eval(ctx context.Context, cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return usageErrorf(cmd, "eval takes one expression, but got %q too; quote it for your shell", args[1])
	case len(args) == 0 && a.settings.template:
		return usageErrorf(cmd, "--template needs the template as an argument; at the prompt there is :template")
	case len(args) == 0 && a.readsStandardInput():
		return usageErrorf(cmd, "without an expression the lines of the standard input are evaluated, so no file can be -")
	}
	o, sources, err := a.evalOptions(cmd)
	if err != nil {
		return err
	}
	t, err := trial.New(o)
	switch {
	case err != nil:
		return usageErrorf(cmd, "%v", err)
	case len(args) == 0:
		return a.evalLines(ctx, o, sources)
	}
	source := spec.Source{Name: trial.ExpressionName, Text: []byte(args[0])}
	evaluate := t.Expr
	if a.settings.template {
		source.Name, evaluate = trial.TemplateName, t.Template
	}
	answer, warnings, failure := evaluate(ctx, source)
	sources[source.Name] = source.Text
	if failure == nil {
		if err := trial.Show(a.stdout, answer, a.settings.output); err != nil {
			return err
		}
		return trial.Warn(a.printer(a.stderr, sources), warnings, a.settings.output)
	}
	if err := failure.Tell(a.printer(a.stderr, sources)); err != nil {
		return err
	}
	return errReported
}

// evalOptions read what expressions are evaluated on; the sources are the texts that
// messages may be about.
func (a *app) evalOptions(cmd *cobra.Command) (trial.Options, map[string][]byte, error) {
	o := trial.Options{Clock: time.Now, Version: ownVersion().Version}
	if err := a.evalPlace(cmd, &o); err != nil {
		return o, nil, err
	}
	sources, err := a.evalOperator(cmd, &o)
	if err != nil {
		return o, nil, err
	}
	if o.Object, err = a.readObject(a.settings.object); err != nil {
		return o, nil, err
	}
	if o.Old, err = a.readObject(a.settings.old); err != nil {
		return o, nil, err
	}
	for _, text := range a.settings.lets {
		l, err := trial.ParseLet(text, os.ReadFile)
		if err != nil {
			return o, nil, usageErrorf(cmd, "--let %v", err)
		}
		o.Lets = append(o.Lets, l)
	}
	return o, sources, nil
}

// inputs are the files that are to be read.
func (s *settings) inputs() []string {
	return slices.Concat([]string{s.object, s.old}, s.operators, s.crds)
}

func (a *app) readsStandardInput() bool { return slices.Contains(a.settings.inputs(), "-") }

// evalPlace reads the flags that say where the expression stands, and checks that they go
// together.
func (a *app) evalPlace(cmd *cobra.Command, o *trial.Options) error {
	s := &a.settings
	standardInput := 0
	for _, file := range s.inputs() {
		if file == "-" {
			standardInput++
		}
	}
	switch {
	case standardInput > 1:
		return usageErrorf(cmd, "only one file can be -, the standard input")
	case s.handler != "" && len(s.operators) == 0:
		return usageErrorf(cmd, "--handler needs --operator FILE")
	case s.handler != "" && s.scope != "":
		return usageErrorf(cmd, "--handler and --scope exclude each other: a handler is a place")
	case s.scope == "":
		return nil
	}
	scope, err := trial.ParseScope(s.scope)
	if err != nil {
		return usageErrorf(cmd, "--scope: %v", err)
	}
	o.Scope = &scope
	return nil
}

// evalOperator reads the operators and definitions. Their mistakes are told as lint tells them.
func (a *app) evalOperator(cmd *cobra.Command, o *trial.Options) (map[string][]byte, error) {
	o.Kinds = kube.NewKinds(schema.Builtin())
	files := slices.Concat(a.settings.operators, a.settings.crds)
	if len(files) == 0 {
		return map[string][]byte{}, nil
	}
	bundle, found := spec.Load(files, a.stdin)
	l := a.compile(bundle, found, func(bundle *spec.Bundle) (*runtime.Engine, diag.List) { return lint.Compile(bundle, nil) })
	if l.found.HasErrors() {
		if err := a.printFindings(a.stderr, l); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	schemas, _ := runtime.Schemas(l.bundle, nil) // what is wrong with them has been told
	o.Kinds = kube.NewKinds(schemas)
	if len(a.settings.operators) == 0 {
		return l.bundle.Sources, nil
	}
	var err error
	if o.Target, err = trial.Find(l.bundle.Operators, o.Kinds, a.settings.handler); err != nil {
		return nil, usageErrorf(cmd, "%v", err)
	}
	return l.bundle.Sources, nil
}

// readObject reads the object of a file; nil where none is named.
func (a *app) readObject(file string) (map[string]any, error) {
	if file == "" {
		return nil, nil
	}
	source := spec.Source{Name: file}
	var err error
	if file == "-" {
		source.Name = spec.StdinName
		source.Text, err = io.ReadAll(a.stdin)
	} else {
		source.Text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the object: %w", err)
	}
	object, found, err := trial.ReadObject(source)
	if found.HasErrors() {
		if err := a.printer(a.stderr, map[string][]byte{source.Name: source.Text}).Print(found); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	return object, err
}
