package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kopf-declarative/kopf-declarative/runtime/scaffold"
)

// initSettings are those of the command init. What is empty has not been given.
type initSettings struct {
	name       string
	group      string
	kind       string
	plural     string
	namespaced bool
	fields     []string
	child      string
	yes        bool
	force      bool
}

func (s *settings) initFlags(f *pflag.FlagSet) {
	f.StringVar(&s.name, "name", "", "`NAME` of the operator (default that of the folder)")
	f.StringVar(&s.group, "group", "", "API `GROUP` of the resource (default NAME.example.com)")
	f.StringVar(&s.kind, "kind", "", "`KIND` of the resource (default from the name)")
	f.StringVar(&s.plural, "plural", "", "`PLURAL` of the kind (default as Kubernetes makes it)")
	f.BoolVar(&s.namespaced, namespacedFlag, true, "the objects are in namespaces; else they are for the whole cluster")
	f.StringArrayVar(&s.fields, fieldFlag, nil, "a field of spec as `NAME:TYPE`, of type "+strings.Join(scaffold.Types(), ", ")+"; may be repeated")
	f.StringVar(&s.child, "child", "", "`WORD` for what the operator makes for each object: "+strings.Join(scaffold.Children(), ", ")+" (default configmap)")
	f.BoolVarP(&s.yes, "yes", "y", false, "ask nothing: take the defaults for what is not given")
	f.BoolVar(&s.force, "force", false, "replace files that exist")
}

const (
	namespacedFlag = "namespaced"
	fieldFlag      = "field"
)

func newInit(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a small operator with its CustomResourceDefinition",
		Long: `Write a small operator with its CustomResourceDefinition, an object to try it on
and a README into a folder; the current one by default. It lints clean and runs.

At a terminal, what no flag says is asked for. Else, or with --yes, it is
derived: from the name the group and the kind, from the kind the plural.`,
		Example: `  kopf-declarative init shop
  kopf-declarative init shop --kind WebShop --field size:integer --child deployment --yes
  kopf-declarative init --name shop --group shop.example.org --namespaced=false --yes`,
		PreRunE: a.settings.resolve,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.init(cmd, args)
		},
	}
	a.settings.initFlags(cmd.Flags())
	return cmd
}

func (a *app) init(cmd *cobra.Command, args []string) error {
	dir := "."
	switch {
	case len(args) > 1:
		return usageErrorf(cmd, "init takes one folder, but got %q too", args[1])
	case len(args) == 1:
		dir = args[0]
	}
	wish, err := a.wish(cmd)
	if err != nil {
		return usageErrorf(cmd, "%v", err)
	}
	wish.folder = folderName(dir)
	if !a.settings.yes && a.atTerminal() {
		if err := wish.ask(newInterview(a.stdin, a.stdout)); err != nil {
			return err
		}
	}
	choices, err := wish.choices()
	if err != nil {
		return usageErrorf(cmd, "%v", err)
	}
	files, err := scaffold.Files(choices)
	if err != nil {
		return err
	}
	if err := scaffold.Write(dir, files, a.settings.force); err != nil {
		return err
	}
	return a.tellWritten(dir, files)
}

// tellWritten says what there is now, and what to do with it.
func (a *app) tellWritten(dir string, files []scaffold.File) error {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "wrote %s\n", filepath.Join(dir, filepath.FromSlash(f.Path)))
	}
	fmt.Fprintf(&b, "\nTo run it, and to give it something to do:\n  %s run --apply-crds %s\n  kubectl apply -f %s\n",
		program, filepath.Join(dir, "operator.yaml"), filepath.Join(dir, "example", "object.yaml"))
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

func (a *app) atTerminal() bool {
	in, ok := a.stdin.(*os.File)
	return ok && isTerminal(in) && isTerminal(a.stdout)
}

// folderName is the name of a folder, empty where it has none.
func folderName(dir string) string {
	path, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	return filepath.Base(path)
}

// wish is what the user wants, as far as it is known; its parts are right.
type wish struct {
	scaffold.Choices
	// folder is the name of the folder.
	folder string
	// hasScope and hasFields tell that these are known.
	hasScope, hasFields bool
}

// wish checks the flags.
func (a *app) wish(cmd *cobra.Command) (*wish, error) {
	s := a.settings.initSettings
	w := &wish{
		Choices:  scaffold.Choices{Name: s.name, Group: s.group, Kind: s.kind, Plural: s.plural, Namespaced: s.namespaced},
		hasScope: cmd.Flags().Changed(namespacedFlag) || !s.namespaced, hasFields: len(s.fields) > 0,
	}
	for _, flag := range []struct {
		name, value string
		check       func(string) error
	}{
		{"name", s.name, scaffold.CheckName}, {"group", s.group, scaffold.CheckGroup},
		{"kind", s.kind, scaffold.CheckKind}, {"plural", s.plural, scaffold.CheckPlural},
	} {
		if flag.value == "" && !cmd.Flags().Changed(flag.name) {
			continue
		}
		if err := flag.check(flag.value); err != nil {
			return nil, fmt.Errorf("--%s: %w", flag.name, err)
		}
	}
	for _, text := range s.fields {
		f, err := scaffold.ParseField(text)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", fieldFlag, err)
		}
		w.Fields = append(w.Fields, f)
	}
	if s.child == "" {
		return w, nil
	}
	var err error
	if w.Child, err = scaffold.ParseChild(s.child); err != nil {
		return nil, fmt.Errorf("--child: %w", err)
	}
	return w, nil
}

// choices are the wishes with the defaults for what is not known.
func (w *wish) choices() (scaffold.Choices, error) {
	c := w.Choices
	if c.Name == "" {
		if scaffold.CheckName(w.folder) != nil {
			return c, fmt.Errorf("the operator needs a name: give it with --name, since that of the folder, %q, is none", w.folder)
		}
		c.Name = w.folder
	}
	if c.Group == "" {
		c.Group = scaffold.GroupOf(c.Name)
	}
	if c.Kind == "" {
		if c.Kind = scaffold.KindOf(c.Name); c.Kind == "" {
			return c, fmt.Errorf("the resource needs a kind: give it with --kind, since none can be made of %q", c.Name)
		}
	}
	if c.Plural == "" {
		c.Plural = scaffold.PluralOf(c.Kind)
	}
	if c.Child == "" {
		c.Child = scaffold.ConfigMap
	}
	return c, c.Check()
}
