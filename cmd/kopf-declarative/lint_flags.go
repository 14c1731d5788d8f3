package main

import "github.com/spf13/pflag"

// lintSettings are those of the command lint.
type lintSettings struct {
	format  string
	strict  bool
	fix     bool
	diff    bool
	explain string
	cluster bool
}

func (s *settings) lintFlags(f *pflag.FlagSet) {
	s.kindFlags(f)
	f.Var(newChoice(&s.format, "text", "json", "sarif", "github"), "format", "how findings are written: text, json, sarif or github")
	f.BoolVar(&s.strict, "strict", false, "take warnings for errors")
	f.BoolVar(&s.fix, "fix", false, "write the fixes that have one right answer into the files")
	f.BoolVar(&s.diff, "diff", false, "print what --fix would write, as a unified diff, and write nothing")
	f.StringVar(&s.explain, explainFlag, "", "explain the rules of these `IDS`, or list all rules, instead of reading files")
	f.Lookup(explainFlag).NoOptDefVal = allRules
}

// kindFlags say where kinds of objects are known from, beside the files and what is
// builtin.
func (s *settings) kindFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&s.crds, "crd", nil, "take the CustomResourceDefinitions of this `FILE` or folder for known; may be repeated")
	f.BoolVar(&s.cluster, "cluster", false, "ask the cluster which kinds of objects it has, and what they look like")
	s.clusterFlags(f)
}
