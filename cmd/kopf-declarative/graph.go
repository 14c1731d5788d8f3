package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kopf-declarative/kopf-declarative/runtime/graph"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// graphSettings are those of the command graph.
type graphSettings struct {
	// graphFormat is auto where the ending of the file decides.
	graphFormat    string
	drawnOperators []string
	out            string
}

func (s *graphSettings) graphFlags(f *pflag.FlagSet) {
	f.Var(newChoice(&s.graphFormat, "auto", "mermaid", "dot", "svg"), "format", "what to write: mermaid, dot, svg, or auto: by the ending of --out, else mermaid")
	f.StringArrayVar(&s.drawnOperators, "operator", nil, "only the operator of this `NAME`; may be repeated")
	f.StringVarP(&s.out, "out", "o", "", "write into this `FILE` instead of the standard output")
}

func newGraph(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "graph FILES…",
		Short: "Draw operators: resources, handlers, children and what starts what",
		Long: `Draw operators: their resources, the handlers that these start, what handlers
create, change and look up, and what they wait for. Several operators are drawn
together, with what one makes and the other handles in between.

What has errors is drawn as far as it is understood; they are told as by lint, and
the exit code is 1.`,
		Example: `  kopf-declarative graph operator.yaml
  kopf-declarative graph -o operator.svg operator.yaml
  kopf-declarative graph --format dot --operator evc operators/ | dot -Tpdf >evc.pdf`,
		Args:    needFiles,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.graph(cmd, files)
		},
	}
	a.settings.graphFlags(cmd.Flags())
	return cmd
}

func (a *app) graph(cmd *cobra.Command, files []string) error {
	l := a.load(files)
	if err := a.printFindings(a.stderr, l); err != nil {
		return err
	}
	operators, err := a.chosen(cmd, l.bundle.Operators)
	if err != nil {
		return err
	}
	switch {
	case len(operators) == 0 && l.found.HasErrors():
		return errReported
	case len(operators) == 0:
		return fmt.Errorf("there is no operator in the files")
	}
	g, err := graph.New(&spec.Bundle{Operators: operators, CRDs: l.bundle.CRDs})
	if err != nil {
		return err
	}
	if err := a.writeGraph(g); err != nil {
		return err
	}
	if l.found.HasErrors() {
		return errReported
	}
	return nil
}

// chosen are the operators that --operator names, or all.
func (a *app) chosen(cmd *cobra.Command, all []*spec.Operator) ([]*spec.Operator, error) {
	if len(a.settings.drawnOperators) == 0 {
		return all, nil
	}
	var known []string
	for _, op := range all {
		if op.Metadata.Name != nil {
			known = append(known, op.Metadata.Name.Value)
		}
	}
	for _, name := range a.settings.drawnOperators {
		if !slices.Contains(known, name) {
			return nil, usageErrorf(cmd, "there is no operator %q in the files%s", name, didYouMean(name, "", known))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(op *spec.Operator) bool {
		return op.Metadata.Name == nil || !slices.Contains(a.settings.drawnOperators, op.Metadata.Name.Value)
	}), nil
}

func (a *app) writeGraph(g *graph.Graph) error {
	var text string
	switch a.settings.drawn() {
	case "svg":
		text = g.SVG()
	case "dot":
		text = g.DOT()
	default:
		text = g.Mermaid()
	}
	if a.settings.out != "" {
		return os.WriteFile(a.settings.out, []byte(text), 0o644)
	}
	_, err := fmt.Fprint(a.stdout, text)
	return err
}

// drawn is the format to write.
func (s *graphSettings) drawn() string {
	if s.graphFormat != "auto" {
		return s.graphFormat
	}
	switch strings.ToLower(filepath.Ext(s.out)) {
	case ".svg":
		return "svg"
	case ".dot", ".gv":
		return "dot"
	}
	return "mermaid"
}
