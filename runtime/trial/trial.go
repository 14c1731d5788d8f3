package trial

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Options are what expressions are tried on. All of it is only read.
type Options struct {
	// Object is the object, and Old an earlier state of it; nil where there is none.
	Object, Old map[string]any
	Target      Target
	// Kinds are the kinds of objects that are known; nil is for none.
	Kinds *kube.Kinds
	// Scope is the place of the expressions, where the Target is no handler; nil is
	// every place at once.
	Scope *eval.Scope
	// Lets are applied in their order.
	Lets []Let
	// Version is that of the engine.
	Version string
	// Clock tells the time of each evaluation.
	Clock func() time.Time
	// Interactive: whoever asks can give values at a prompt, else by flags.
	Interactive bool
}

// Trial evaluates expressions in one place, on the same data. It is for one goroutine at a time.
type Trial struct {
	options Options
	env     *eval.Env
	scope   eval.Scope
	subject subject
	// given are the values of variables that are no parts of the object.
	given map[string]any
	// shapes are the types that their values have beyond JSON.
	shapes map[string]*eval.Shape
	param  *eval.Template
	vars   *eval.Vars
}

// New makes a Trial. An error is for the user: something does not fit together.
func New(o Options) (*Trial, error) {
	t := &Trial{options: o, scope: anywhere, given: map[string]any{}}
	switch {
	case o.Target.chosen:
		t.scope = o.Target.scope
	case o.Scope != nil:
		t.scope = *o.Scope
	}
	t.subject.object = o.Object
	if err := t.let(); err != nil {
		return nil, err
	}
	if err := t.makeEnv(); err != nil {
		return nil, err
	}
	t.shapes = t.shapesOfGiven()
	return t, t.subject.make(o, t.given)
}

// let gives variables their values.
func (t *Trial) let() error {
	for _, l := range t.options.Lets {
		known, err := variable(l.Path[0])
		if err != nil {
			return err
		}
		if !exists(known, t.scope) {
			return fmt.Errorf("%s: %s does not exist here, but in %s only", l.Name(), known.Name, known.Scope)
		}
		if place, isPart := eval.PartOfObject(known.Name); isPart {
			err = t.subject.set(append(slices.Clone(place), l.Path[1:]...), l.Value)
		} else {
			t.given[known.Name], err = set(t.base(known.Name), l.Path[1:], l.Value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.Name(), err)
		}
	}
	for name, value := range t.given {
		known, _ := variable(name)
		fitting, err := fit(value, known.CELType())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.given[name] = fitting
	}
	return nil
}

// base is what a path into a variable adds to.
func (t *Trial) base(name string) any {
	if value, has := t.given[name]; has {
		return value
	}
	switch {
	case name == "operator" && t.options.Target.Operator != nil:
		return t.identity()
	case name == "resource" && t.subject.object != nil:
		return resourceOf(t.subject.object, t.options.Kinds).Vars()
	case name == "event" && t.subject.object != nil:
		return map[string]any{"object": t.subject.object}
	}
	return nil
}

func exists(v eval.Variable, s eval.Scope) bool { return v.Scope == 0 || v.Scope&s != 0 }

// makeEnv makes the environment, and compiles what the handler has of its own.
func (t *Trial) makeEnv() error {
	target := t.options.Target
	if target.Operator == nil {
		env, err := eval.New(eval.Options{Indexes: t.indexIDs()})
		if err != nil {
			return err
		}
		t.env = t.withTypes(env, nil)
	} else if t.env = target.compiled.Env(target.id); t.env == nil {
		t.env = target.compiled.Env("") // of a probe, for which nothing more is known
	}
	if !target.chosen && t.subject.object != nil {
		t.env = t.withTypes(t.env, eval.ObjectTypes(t.options.Kinds.TypeOfKind(typeMeta(t.subject.object))))
	}
	if _, given := t.given["param"]; given {
		t.env = t.withTypes(t.env, eval.Types{"param": nil})
	}
	if !target.chosen && t.options.Kinds != nil {
		t.env = t.env.Given(t.there())
	}
	if !target.chosen || t.scope == 0 {
		return nil
	}
	// What is wrong with these was found when the operator was loaded.
	t.vars, _ = t.env.Vars(t.varsWith(), t.scope|eval.Steps)
	t.env = t.withTypes(t.env, eval.Types{"vars": t.vars.Type()})
	if target.param != nil {
		t.param, _ = t.env.Template(target.param, t.scope)
	}
	return nil
}

// withTypes is an environment that knows more variables, where kinds are known at all.
func (t *Trial) withTypes(env *eval.Env, types eval.Types) *eval.Env {
	if t.options.Kinds == nil {
		return env
	}
	return env.With(types)
}

// there is what is known to be there where no handler tells. Then other parts of objects
// that may be absent are asked for, as in handlers.
func (t *Trial) there() eval.Facts {
	if t.options.Old != nil {
		return eval.NotNull("old", "new")
	}
	return eval.NotNull("new")
}

// indexIDs are the ids of indexes that have been given.
func (t *Trial) indexIDs() []string {
	index, _ := t.given["index"].(map[string]any)
	return slices.Sorted(maps.Keys(index))
}

// varsWith are the vars of the handler, with those that have been given in their place.
func (t *Trial) varsWith() []spec.Entry[*spec.Template] {
	given, _ := t.given["vars"].(map[string]any)
	var out []spec.Entry[*spec.Template]
	for _, entry := range t.options.Target.vars {
		if _, has := given[entry.Key.Value]; !has {
			out = append(out, entry)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		out = append(out, spec.Entry[*spec.Template]{Key: spec.String{Value: name}, Value: literal(given[name])})
	}
	return out
}

// Failure is why there is no answer.
type Failure struct {
	Found diag.List
	// Seen are the values that the expression saw before it failed.
	Seen []eval.Seen
}

// Expr evaluates an expression. Where there is an answer, the list has warnings about the
// expression: with another object it might have none.
func (t *Trial) Expr(ctx context.Context, source spec.Source) (eval.Answer, diag.List, *Failure) {
	program, found := t.compile(source)
	if found.HasErrors() {
		return eval.Answer{}, nil, &Failure{Found: found}
	}
	b := t.binding(ctx)
	answer, err := program.Answer(ctx, b)
	if err != nil {
		return answer, nil, t.failure(err, program.Seen(b, err))
	}
	return answer, found.Sorted(), nil
}

// Type is the type of an expression in words, as far as it is known without a value.
func (t *Trial) Type(source spec.Source) (string, *Failure) {
	program, found := t.compile(source)
	if found.HasErrors() {
		return "", &Failure{Found: found}
	}
	return program.TypeWords(), nil
}

func (t *Trial) compile(source spec.Source) (*eval.Program, diag.List) {
	program, found := t.env.Expr(spec.NewExpr(source), t.scope, nil)
	return program, append(t.withHints(found), t.unknownVars(program.Selections)...)
}

// Template renders a template, which is YAML. The list is as for Expr.
func (t *Trial) Template(ctx context.Context, source spec.Source) (eval.Answer, diag.List, *Failure) {
	template, found := t.template(source)
	if found.HasErrors() {
		return eval.Answer{}, nil, &Failure{Found: found}
	}
	b := t.binding(ctx)
	answer, err := template.Answer(ctx, b)
	if err != nil {
		return answer, nil, t.failure(err, template.Seen(b, err))
	}
	return answer, found.Sorted(), nil
}

func (t *Trial) template(source spec.Source) (*eval.Template, diag.List) {
	values, found := spec.ParseValues(source)
	switch {
	case found.HasErrors():
		return nil, found
	case len(values) > 1:
		return nil, diag.List{{
			Summary: "several templates", Detail: fmt.Sprintf("one is needed, and this is a stream of %d documents", len(values)), Subject: values[1].Range,
		}}
	case len(values) == 0:
		values = []*spec.Value{nil}
	}
	template, found := t.env.Template(values[0], t.scope)
	return template, append(t.withHints(found), t.unknownVars(template.Selections)...)
}

// withHints says how there can be an index, where there is no operator that has some.
func (t *Trial) withHints(found diag.List) diag.List {
	for _, d := range found {
		if d.ID() == "unknown-index" && t.options.Target.Operator == nil {
			d.Detail += "; --operator FILE gives its indexes, or " + t.flag() + "index." + d.Detail + "={KEY: [VALUE]}"
		}
	}
	return found
}

// unknownVars finds vars that the handler does not have.
func (t *Trial) unknownVars(selections func(string) []eval.Selection) diag.List {
	if t.vars == nil {
		return nil
	}
	return t.vars.Check(selections("vars"))
}

// failure tells of an error at run time.
func (t *Trial) failure(err error, seen []eval.Seen) *Failure {
	d := &diag.Diagnostic{Summary: "evaluation failed", Detail: err.Error()}
	if located := (*eval.Error)(nil); errors.As(err, &located) {
		d.Detail, d.Subject = located.Message, located.Range
	}
	if lacking := (*missing)(nil); errors.As(err, &lacking) {
		d.Summary, d.Detail = "no value", lacking.name+": "+t.howToGive(lacking.name)
		seen = nil
	}
	return &Failure{Found: diag.List{d}, Seen: seen}
}
