package eval

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Vars are the compiled vars of a handler.
type Vars struct {
	templates map[string]*Template
	// names are sorted.
	names []string
}

// Vars compiles the vars of a handler. They may use one another, but not in a
// cycle.
func (e *Env) Vars(entries []spec.Entry[*spec.Template], s Scope) (*Vars, diag.List) {
	v := &Vars{templates: make(map[string]*Template, len(entries))}
	var problems diag.List
	uses := map[string][]string{}
	for _, entry := range e.varsInOrder(entries) {
		name := entry.Key.Value
		t, found := e.knowingVars(v, entry, entries).definingVar(name).Template(entry.Value, s)
		problems = append(problems, found...)
		if v.templates[name] == nil {
			v.names = append(v.names, name)
		}
		v.templates[name] = t
		uses[name] = slices.DeleteFunc(t.Selected("vars"), func(used string) bool { return used == anything })
	}
	slices.Sort(v.names)
	problems = append(problems, v.Check(v.Selections("vars"))...)
	for _, entry := range entries {
		if cycle := cycleFrom(entry.Key.Value, uses); cycle != nil {
			problems = append(problems, keyProblem(ruleVars, entry.Key, "var needs itself", strings.Join(cycle, " uses ")))
		}
	}
	return v, problems
}

// Selections are the names that the vars select from a variable, and where.
func (v *Vars) Selections(variable string) []Selection {
	var all []Selection
	for _, name := range v.names {
		all = append(all, v.templates[name].Selections(variable)...)
	}
	return all
}

// Check tells which selections from vars name none of them.
func (v *Vars) Check(selections []Selection) diag.List {
	var problems diag.List
	for _, s := range selections {
		if v.templates[s.Name] != nil {
			continue
		}
		d := finding(ruleVars, "unknown var", s.Name, s.Range)
		if guess, ok := diag.Nearest(s.Name, v.names); ok {
			d.Detail = s.Name + "; did you mean " + guess + "?"
			d.SuggestWord(s.Name, guess)
		}
		problems = append(problems, d)
	}
	return problems
}

// Selected are the names that the vars select from a variable, as those of
// Program.Selected.
func (v *Vars) Selected(variable string) []string {
	var names []string
	for _, t := range v.templates {
		names = append(names, t.Selected(variable)...)
	}
	return distinct(names)
}

// Bind is the value of the variable vars for the Binding b: a map whose values
// are evaluated when they are first used, and once. The values see the result
// as vars, too. It is for one goroutine at a time.
func (v *Vars) Bind(ctx context.Context, b *Binding) any {
	values := &lazyVars{vars: v, ctx: ctx, done: map[string]ref.Val{}}
	m := &lazyMap{source: values}
	values.binding = b.With(map[string]any{"vars": m})
	return m
}

// lazyVars are the vars as a map whose values are evaluated when they are first used, and once.
type lazyVars struct {
	vars    *Vars
	ctx     context.Context
	binding *Binding
	// done has the evaluated values: nil for one that is omitted, an error
	// for one that is under way.
	done map[string]ref.Val
}

var errVarItself = &lazyError{"vars", errItself}

// keys are the names of those that are not omitted.
func (v *lazyVars) keys() []any {
	var names []any
	for _, name := range v.vars.names {
		if _, found := v.find(types.String(name)); found {
			names = append(names, name)
		}
	}
	return names
}

func (v *lazyVars) size() int { return len(v.keys()) }

func (v *lazyVars) find(key ref.Val) (any, bool) {
	name, _ := key.(types.String)
	t := v.vars.templates[string(name)]
	if t == nil {
		return nil, false
	}
	value, known := v.done[string(name)]
	if !known {
		v.done[string(name)] = types.WrapErr(errVarItself)
		value = v.evaluate(t)
		v.done[string(name)] = value
	}
	return value, value != nil
}

// evaluate is the value of one var, an error, or nil where it is omitted.
func (v *lazyVars) evaluate(t *Template) ref.Val {
	value, ok, err := t.Render(v.ctx, v.binding)
	switch {
	case err != nil:
		return types.WrapErr(err)
	case !ok:
		return nil
	}
	return adapter{}.NativeToValue(value)
}

// Type is the type of the variable vars: an object with those of which something is
// known. It may have others: Check tells of those that do not exist.
func (v *Vars) Type() *schema.Type {
	var fields []schema.Field
	for _, name := range v.names {
		of := typeOfPart(v.templates[name].root)
		if v.templates[name].typed && of.of != nil {
			fields = append(fields, schema.Field{Name: name, Type: of.of, Required: !of.optional})
		}
	}
	return schema.ObjectOf("vars", fields).AndMore()
}

// knowingVars is the Env for a var that is compiled after others.
func (e *Env) knowingVars(v *Vars, entry spec.Entry[*spec.Template], all []spec.Entry[*spec.Template]) *Env {
	if e.types == nil || !usesAny(entry.Value, all) {
		return e
	}
	return e.With(Types{"vars": v.Type()})
}

// usedVar finds vars in the text of a template. What only looks like one does no harm.
var usedVar = regexp.MustCompile(`\bvars\s*(?:\.\s*\??\s*|\[\s*\??\s*['"])(\w+)`)

// varsInOrder are the vars so that those that others use come first, where their types
// matter.
func (e *Env) varsInOrder(entries []spec.Entry[*spec.Template]) []spec.Entry[*spec.Template] {
	if e.types == nil {
		return entries
	}
	var out, waiting []spec.Entry[*spec.Template]
	for left := slices.Clone(entries); len(left) > 0; left, waiting = waiting, nil {
		for _, entry := range left {
			if usesAny(entry.Value, left) {
				waiting = append(waiting, entry)
			} else {
				out = append(out, entry)
			}
		}
		if len(waiting) == len(left) { // a cycle, of which Vars tells
			return append(out, waiting...)
		}
	}
	return out
}

// usesAny tells whether a template uses one of these vars.
func usesAny(v *spec.Template, vars []spec.Entry[*spec.Template]) bool {
	if v == nil {
		return false
	}
	if s, ok := v.String(); ok {
		for _, m := range usedVar.FindAllStringSubmatch(s, -1) {
			if slices.ContainsFunc(vars, func(entry spec.Entry[*spec.Template]) bool { return entry.Key.Value == m[1] }) {
				return true
			}
		}
	}
	for _, item := range v.Items {
		if usesAny(item, vars) {
			return true
		}
	}
	for _, f := range v.Fields {
		if usesAny(f.Key, vars) || usesAny(f.Value, vars) {
			return true
		}
	}
	return false
}
