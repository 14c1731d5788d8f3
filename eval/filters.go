package eval

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// filterKey is a filter at a place: what one may use depends on where it is
// used.
type filterKey struct {
	name  string
	scope Scope
}

// CheckFilters tells what is wrong with spec.filters themselves. What only
// keeps a filter from being used at some place is told there.
func (e *Env) CheckFilters() diag.List {
	var problems diag.List
	seen := map[string]bool{}
	for _, f := range e.order {
		switch _, taken := variable(f.Key.Value); {
		case taken:
			problems = append(problems, keyProblem(ruleFilter, f.Key, "wrong name of a filter", f.Key.Value+" is a variable already"))
		case f.Value != nil && !seen[f.Key.Value]:
			_, found := e.compileFilter(f.Value, anyScope)
			problems = append(problems, found...)
		}
		seen[f.Key.Value] = true
	}
	return append(problems, e.filterCycles()...)
}

// exprSource is where an expression stands.
func exprSource(x *spec.Expr) source {
	return source{node: x.Node, text: x.Text, end: len(x.Text)}
}

// keyProblem is an error about a name that the user chose.
func keyProblem(rule *diag.Rule, key spec.String, summary, detail string) *diag.Diagnostic {
	var at diag.Range
	if key.Node != nil {
		at = key.Node.Range
	}
	return finding(rule, summary, detail, at)
}

// filtersOf compiles the filters that an expression uses, for where it stands.
func (e *Env) filtersOf(src source, at place, u *usage) (map[string]*Program, diag.List) {
	var problems diag.List
	programs := map[string]*Program{}
	for _, v := range u.variables {
		x, ok := e.filters[v.name]
		if !ok || programs[v.name] != nil {
			continue
		}
		program, found := e.filterAt(v.name, x, at.scope)
		programs[v.name] = program
		if len(found) == 0 {
			continue
		}
		if _, broken := e.compileFilter(x, anyScope); len(broken) > 0 {
			continue // CheckFilters tells
		}
		problems = append(problems, src.problemOn(u, v.id, ruleFilter, "filter cannot be used here",
			v.name+": "+found[0].Detail))
	}
	return programs, problems
}

// filterAt is the filter's program for a scope. A filter in a cycle finds
// itself under way, as a broken program.
func (e *Env) filterAt(name string, x *spec.Expr, s Scope) (*Program, diag.List) {
	key := filterKey{name, s}
	e.mu.Lock()
	program, ok := e.compiled[key]
	if !ok {
		e.compiled[key] = &Program{env: e, src: exprSource(x)}
	}
	e.mu.Unlock()
	if ok {
		return program, nil
	}
	program, problems := e.compileFilter(x, s)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(problems) > 0 {
		delete(e.compiled, key)
	} else {
		e.compiled[key] = program
	}
	return program, problems
}

// compileFilter compiles without types: see checkFilterTypes.
func (e *Env) compileFilter(x *spec.Expr, s Scope) (*Program, diag.List) {
	return e.untyped().compile(exprSource(x), place{scope: s, filter: true}, cel.BoolType)
}

// filterCycles finds filters that need themselves.
func (e *Env) filterCycles() diag.List {
	uses := map[string][]string{}
	for name, x := range e.filters {
		parsed, issues := e.cel.Parse(x.Text)
		if issues.Err() != nil {
			continue
		}
		for _, v := range usageOf(parsed.NativeRep()).variables {
			if e.filters[v.name] != nil {
				uses[name] = append(uses[name], v.name)
			}
		}
	}
	var problems diag.List
	for _, f := range e.order {
		if cycle := cycleFrom(f.Key.Value, uses); cycle != nil {
			problems = append(problems, keyProblem(ruleFilter, f.Key, "filter needs itself", strings.Join(cycle, " uses ")))
		}
	}
	return problems
}

// cycleFrom is the shortest way from name back to name: [a, b, a].
func cycleFrom(name string, uses map[string][]string) []string {
	paths := [][]string{{name}}
	seen := map[string]bool{}
	for len(paths) > 0 {
		path := paths[0]
		paths = paths[1:]
		for _, next := range uses[path[len(path)-1]] {
			way := append(slices.Clone(path), next)
			if next == name {
				return way
			}
			if !seen[next] {
				seen[next] = true
				paths = append(paths, way)
			}
		}
	}
	return nil
}

// filterBinding adds the filters to a Binding: each is evaluated when it is
// first asked for.
type filterBinding struct {
	ctx     context.Context
	binding *Binding
	filters map[string]*Program
	answers map[string]any
}

// ResolveName implements cel's Activation.
func (f *filterBinding) ResolveName(name string) (any, bool) {
	program, ok := f.filters[name]
	if !ok {
		return f.binding.ResolveName(name)
	}
	if answer, ok := f.answers[name]; ok {
		return answer, true
	}
	var answer any
	answer, err := program.Bool(f.ctx, f.binding)
	if err != nil {
		answer = types.WrapErr(err)
	}
	if f.answers == nil {
		f.answers = map[string]any{}
	}
	f.answers[name] = answer
	return answer, true
}

// Parent implements cel's Activation; ResolveName has looked there already.
func (f *filterBinding) Parent() interpreter.Activation { return nil }

// checkFilterTypes checks the filters that an expression uses, each once for each kind
// of object.
func (e *Env) checkFilterTypes(at place, u *usage) diag.List {
	var problems diag.List
	for _, v := range u.variables {
		x := e.filters[v.name]
		if x == nil || !e.registry.first("filter "+v.name+" "+strconv.Itoa(e.types.objects.number)) {
			continue
		}
		env := &Env{operatorEnv: e.operatorEnv, types: e.types.objects}
		p, found := env.compile(exprSource(x), place{scope: at.scope, filter: true}, cel.BoolType)
		if !p.mistyped {
			continue // what else is wrong is told elsewhere
		}
		for _, d := range found {
			if e.registry.first("finding " + v.name + d.Subject.String() + d.Message()) {
				problems = append(problems, usedFor(d, v.name, e.Known("body")))
			}
		}
	}
	return problems
}

// usedFor says for which kind a filter is wrong, unless the finding does so.
func usedFor(d *diag.Diagnostic, filter string, body *schema.Type) *diag.Diagnostic {
	if kind := body.Name(); kind != "" && !strings.Contains(d.Detail, kind) {
		d.Detail += " (" + filter + " is used for " + kind + ")"
	}
	return d
}
