package main

import (
	"github.com/spf13/pflag"

	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
)

// evalSettings are those of the command eval.
type evalSettings struct {
	object    string
	old       string
	operators []string
	handler   string
	scope     string
	lets      []string
	template  bool
}

func (s *settings) evalFlags(f *pflag.FlagSet) {
	f.StringVar(&s.object, "object", "", "take the object from this `FILE`, in YAML or JSON; - is the standard input")
	f.StringVar(&s.old, "old", "", "take the state before the change from this `FILE`")
	f.StringArrayVar(&s.operators, "operator", nil, "take filters and indexes from the operator in this `FILE` or folder; may be repeated")
	f.StringVar(&s.handler, "handler", "", "be in the handler of this `ID`, with its variables, its vars and its param; OPERATOR:ID where several have it")
	f.StringArrayVar(&s.crds, "crd", nil, "take definitions of resources from this `FILE` or folder; may be repeated")
	f.StringVar(&s.scope, "scope", "", "be in this `PLACE`, where no handler is given: change, event, timer, daemon, index, activity, probe or selector; and in it value, do, forEach, wait or onFailure, as in change,forEach (default all of them at once)")
	f.StringArrayVar(&s.lets, "let", nil, "give a variable a value, as `NAME=YAML` or NAME=@FILE; the name may be a path, such as steps.pvc or spec.size; may be repeated")
	f.BoolVarP(&s.template, "template", "t", false, "take the argument for a template: YAML with ${ } in it")
	f.VarP(newChoice(&s.output, trial.Text, trial.JSON, trial.YAML), "output", "o", "format of the answer: text, json or yaml")
}
