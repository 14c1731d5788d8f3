package eval

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// place is where an expression stands.
type place struct {
	scope Scope
	// template is set for expressions inside ${ }.
	template bool
	// filter is set for the filters of spec.filters.
	filter bool
}

// interruptEvery is how many steps of a loop go between looks at the deadline.
const interruptEvery = 256

// compile makes a Program of an expression. All that is wrong with it is in
// the list; the Program is then a broken one.
func (e *Env) compile(src source, at place, want *cel.Type) (*Program, diag.List) {
	if e.compiling != nil {
		e.compiling(src.text, e)
	}
	p := &Program{env: e, src: src}
	if problem := notAnExpression(src, at); problem != nil {
		return p, diag.List{problem}
	}
	parsed, issues := e.cel.ParseSource(common.NewTextSource(src.text))
	if issues.Err() != nil {
		return p, syntaxErrors(src, issues.Errors())
	}
	p.use = usageOf(parsed.NativeRep())
	problems := e.checkUse(src, at, p.use)
	checked, issues := e.cel.Check(parsed)
	if issues.Err() != nil {
		problems = append(problems, e.typeErrors(src, at, p.use, issues.Errors())...)
	}
	if len(problems) > 0 {
		return p, sorted(problems)
	}
	if problem := wrongResult(src, checked.OutputType(), want); problem != nil {
		return p, diag.List{problem}
	}
	filters, broken := e.filtersOf(src, at, p.use)
	if len(broken) > 0 {
		return p, broken
	}
	p.filters = filters
	if e.types != nil {
		problems = e.checkTypes(p, at, checked.NativeRep(), want)
	}
	if err := p.plan(checked); err != nil {
		return p, diag.List{src.problem(ruleExpression, "invalid expression", err.Error(), 0, len(src.text))}
	}
	return p, problems
}

// notAnExpression finds what is wrong before CEL has a look.
func notAnExpression(src source, at place) *diag.Diagnostic {
	if strings.TrimSpace(src.text) == "" {
		return src.problem(ruleExpression, "empty expression", "", 0, len(src.text))
	}
	if at.template {
		return nil
	}
	if offset := dollarBrace(src.text); offset >= 0 {
		return src.problem(ruleExpression, "this is an expression already", "write it without ${ }", offset, offset+2)
	}
	return nil
}

// plan makes the checked expression executable. Counting its cost makes it
// several times slower, and is left out where it cannot come near the limit.
func (p *Program) plan(checked *cel.Ast) error {
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if !p.env.cheap(checked, p.use) {
		options = append(options, cel.CostTracking(costs{}), cel.CostLimit(p.env.costLimit))
	}
	if p.use.folds {
		options = append(options, cel.InterruptCheckFrequency(interruptEvery))
	}
	program, err := p.env.cel.Program(checked, options...)
	if err != nil {
		return err
	}
	p.program, p.ast = program, checked
	p.use.nodes = nil
	return nil
}

// wrongResult compares the type of the result with the wanted one.
func wrongResult(src source, got, want *cel.Type) *diag.Diagnostic {
	if want == nil || accepts(want, got) {
		return nil
	}
	detail := "this is " + typeText(got) + ", needed is " + typeText(want)
	if isOptional(got) {
		detail += "; take the value out with .orValue(…)"
	}
	return src.problem(ruleType, "wrong type", detail, 0, len(src.text))
}

// accepts tells whether a value of type got can be one of type want.
func accepts(want, got *cel.Type) bool {
	switch got.Kind() {
	case cel.DynKind, cel.AnyKind, cel.TypeParamKind:
		return true
	}
	if want == Collection {
		return got.Kind() == cel.ListKind || got.Kind() == cel.MapKind
	}
	return want.Kind() == cel.DynKind || want.IsAssignableType(got)
}
