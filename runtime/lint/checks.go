package lint

import (
	"cmp"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/conform"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// check finds what breaks some rules in one operator.
type check struct {
	rules []*diag.Rule
	find  func(*view) diag.List
}

// checks are the rules of this package that are about operators.
func checks() []check {
	return []check{
		{[]*diag.Rule{ruleConstant}, constants},
		{[]*diag.Rule{ruleDeprecatedAPI, ruleDeprecatedField}, deprecations},
		{[]*diag.Rule{ruleLongID}, longIDs},
		{[]*diag.Rule{ruleSecret}, secrets},
		{[]*diag.Rule{ruleSelfTrigger, ruleOnceMore}, selfTriggers},
		{[]*diag.Rule{ruleShadowed}, shadowed},
		{[]*diag.Rule{ruleUnreachable}, unreachable},
		{[]*diag.Rule{ruleUnreachableStep}, unreachableSteps},
		{[]*diag.Rule{ruleUnseen}, unseenPatches},
		{[]*diag.Rule{ruleUnknownResource}, unknownResources},
		{[]*diag.Rule{ruleUnusedFilter}, unusedFilters},
		{[]*diag.Rule{ruleUnusedResource}, unusedResources},
		{[]*diag.Rule{ruleUnusedVar}, unusedVars},
	}
}

// Rules are those of all layers, by their ids.
func Rules() []*diag.Rule {
	var out []*diag.Rule
	for _, c := range checks() {
		out = append(out, c.rules...)
	}
	out = append(out, commentRules()...)
	for _, layer := range [][]*diag.Rule{spec.Rules(), eval.Rules(), conform.Rules(), actions.Rules(), handle.Rules(), runtime.Rules()} {
		out = append(out, layer...)
	}
	slices.SortFunc(out, func(a, b *diag.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Rule is the rule of an id, nil where there is none.
func Rule(id string) *diag.Rule {
	for _, r := range Rules() {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Sources does everything: it parses and compiles texts, and checks them. Known are the
// kinds of objects beside those whose CustomResourceDefinitions are in the texts; nil is
// for the builtin ones.
func Sources(sources []spec.Source, known *schema.Set) (*spec.Bundle, diag.List) {
	bundle, found := spec.Parse(sources)
	return bundle, Bundle(bundle, found, known)
}

// Bundle compiles and checks what was parsed, both at the same time, and adds to what was
// found. Known is as for Sources.
func Bundle(bundle *spec.Bundle, found diag.List, known *schema.Set) diag.List {
	own := make(chan diag.List, 1)
	go func() { own <- rulesFindings(bundle, known) }()
	_, more := Compile(bundle, known)
	return finish(bundle, slices.Concat(found, more, <-own))
}

// Check adds to what was found when a bundle was loaded and compiled what the
// rules of this package find, and leaves out what comments disable and what
// follows from other findings. Known is as for Sources.
func Check(bundle *spec.Bundle, found diag.List, known *schema.Set) diag.List {
	return finish(bundle, slices.Concat(found, rulesFindings(bundle, known)))
}

// rulesFindings are what the rules of this package find.
func rulesFindings(bundle *spec.Bundle, known *schema.Set) diag.List {
	inspector, err := eval.NewInspector()
	if err != nil {
		return nil // runtime.Compile says it for each operator
	}
	schemas, _ := runtime.Schemas(bundle, known)
	resources := schemas.Resources()
	var out diag.List
	for _, op := range bundle.Operators {
		v := newView(op, inspector)
		v.resources = resources
		for _, c := range checks() {
			out = append(out, c.find(v)...)
		}
	}
	return out
}

// finish leaves out what is not to be shown, and sorts.
func finish(bundle *spec.Bundle, found diag.List) diag.List {
	out := withoutConsequences(bundle, disable(bundle, onlyDeprecated(found))).Sorted()
	keepQuotes(bundle.Sources, out)
	return out
}

// onlyDeprecated leaves out that a kind does not exist where it is said that, and since
// when, Kubernetes has left it behind.
func onlyDeprecated(found diag.List) diag.List {
	gone := map[diag.Range]bool{}
	for _, d := range found {
		gone[d.Subject] = gone[d.Subject] || d.Rule == ruleDeprecatedAPI
	}
	return slices.DeleteFunc(slices.Clone(found), func(d *diag.Diagnostic) bool { return d.ID() == "no-such-kind" && gone[d.Subject] })
}

// Compile compiles a bundle, and finds what does not fit the kinds of objects: see
// Sources.
func Compile(bundle *spec.Bundle, known *schema.Set) (*runtime.Engine, diag.List) {
	schemas, found := runtime.Schemas(bundle, known)
	engine, more := runtime.CompileTyped(bundle, schemas)
	return engine, append(found, more...)
}
