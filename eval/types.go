package eval

import (
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/containers"
	"github.com/google/cel-go/common/decls"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Types says what is known of variables, by their names. What is not in it can be
// anything. The type of index is an object that has the type of the values of each
// index, by its id.
type Types map[string]*schema.Type

// typing is what an Env knows of the variables.
type typing struct {
	// outer is what it adds to; nil for nothing.
	outer   *typing
	types   Types
	checker *checker.Env
	// objects has only what does not change from step to step, for the filters.
	objects *typing
	// inner are those that add to this one, by what they add.
	inner map[string]*typing
	// number tells it apart from others.
	number int
}

// With makes an Env that also knows the types of these variables. Beside what each
// Env finds, it finds what does not fit the types. What it compiles is the same: types
// are checked, and have no part in an evaluation.
func (e *Env) With(more Types) *Env {
	t, err := e.registry.typing(e.types, more)
	if err != nil {
		return e // as without them; New has checked what could fail
	}
	return &Env{operatorEnv: e.operatorEnv, types: t, given: e.given}
}

// Known is the type that a variable has; nil where nothing is known of it.
func (e *Env) Known(variable string) *schema.Type {
	for t := e.types; t != nil; t = t.outer {
		if of, known := t.types[variable]; known {
			return of
		}
	}
	return nil
}

// variableType is the best type that is known of a variable.
func (e *Env) variableType(v Variable) *cel.Type {
	if t := e.Known(v.Name); t != nil {
		return e.registry.celType(t)
	}
	return v.CELType()
}

// typed is the Env itself, or where it knows no types, one that knows those that are the same everywhere.
func (e *Env) typed() *Env {
	if e.types != nil {
		return e
	}
	return e.With(anyObjectTypes())
}

// typeOf is the type of an expression in which there are local names, dyn where it
// cannot be told.
func (e *Env) typeOf(text string, locals []Name) *cel.Type {
	of, ok := e.checkedType(text, locals)
	if !ok {
		return cel.DynType
	}
	return of
}

// checkedType is false for an expression that is wrong.
func (e *Env) checkedType(text string, locals []Name) (of *cel.Type, ok bool) {
	e = e.typed()
	parsed, issues := e.cel.Parse(text)
	if issues.Err() != nil || e.types == nil {
		return nil, false
	}
	var variables []*decls.VariableDecl
	for _, local := range locals {
		variables = append(variables, decls.NewVariable(local.Name, orDyn(local.Type)))
	}
	env, err := e.registry.inherit(e.types.checker, variables)
	if err != nil {
		return nil, false
	}
	c := &typeCheck{env: e, src: source{text: text, end: len(text)}, parsed: parsed.NativeRep(), checker: env}
	found, of := c.run()
	return of, len(found) == 0
}

func orDyn(t *cel.Type) *cel.Type {
	if t == nil {
		return cel.DynType
	}
	return t
}

// untyped is the Env without any types.
func (e *Env) untyped() *Env { return &Env{operatorEnv: e.operatorEnv} }

// baseChecker is the checker of the base environment. An environment with types
// is made of it rather than of a cel.Env, since a checker's environment may give a
// variable another type than the one that it inherits from has given it.
var baseChecker = sync.OnceValues(func() (*checker.Env, error) {
	shared, err := base()
	if err != nil {
		return nil, err
	}
	env, err := checker.NewEnv(containers.DefaultContainer, shared.CELTypeProvider(), checker.CrossTypeNumericComparisons(true))
	if err != nil {
		return nil, err
	}
	if err := env.AddIdents(shared.Variables()...); err != nil {
		return nil, err
	}
	for name, f := range shared.Functions() {
		if name == "condition" {
			continue // see conditionFunction
		}
		if err := env.AddFunctions(f); err != nil {
			return nil, err
		}
	}
	return env, nil
})

// conditionFunction declares condition() with what is known of conditions.
func (r *registry) conditionFunction() (*decls.FunctionDecl, error) {
	text := schema.Of(schema.String)
	of := schema.ObjectOf("a condition", []schema.Field{
		{Name: "type", Type: text, Required: true}, {Name: "status", Type: text, Required: true},
		{Name: "reason", Type: text}, {Name: "message", Type: text}, {Name: "observedGeneration", Type: schema.Of(schema.Int)},
	}).AndMore()
	return decls.NewFunction("condition", decls.Overload("condition_dyn_string",
		[]*cel.Type{cel.DynType, cel.StringType}, cel.OptionalType(r.celTypeLocked(of))))
}

// typing makes or finds what is to be known of these variables, beside what is known
// already.
func (r *registry) typing(outer *typing, more Types) (*typing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if outer == nil {
		if err := r.openLocked(); err != nil {
			return nil, err
		}
		outer = r.root
	}
	return r.typingLocked(outer, more)
}

// openLocked makes the typing that knows the filters, and what is the same everywhere.
func (r *registry) openLocked() error {
	if r.root != nil {
		return nil
	}
	base, err := baseChecker()
	if err != nil {
		return err
	}
	var filters []*decls.VariableDecl
	for _, filter := range r.filters {
		filters = append(filters, decls.NewVariable(filter, cel.BoolType))
	}
	env, err := r.inherit(base, filters)
	if err != nil {
		return err
	}
	condition, err := r.conditionFunction()
	if err != nil {
		return err
	}
	if err := env.AddFunctions(condition); err != nil {
		return err
	}
	filtersOnly := r.newTypingLocked(nil, nil, env)
	filtersOnly.objects = filtersOnly
	r.root, err = r.typingLocked(filtersOnly, r.commonLocked())
	return err
}

// commonLocked are the types of variables that are more than the base environment knows.
func (r *registry) commonLocked() Types {
	out := Types{}
	for _, v := range Variables {
		if v.Type != nil && !r.celTypeLocked(v.Type).IsExactType(v.CELType()) {
			out[v.Name] = v.Type
		}
	}
	return out
}

// inherit makes a checker that knows more variables.
func (r *registry) inherit(outer *checker.Env, variables []*decls.VariableDecl) (*checker.Env, error) {
	env, err := checker.NewEnv(containers.DefaultContainer, r, checker.CrossTypeNumericComparisons(true), checker.ValidatedDeclarations(outer))
	if err != nil {
		return nil, err
	}
	return env, env.AddIdents(variables...)
}

func (r *registry) newTypingLocked(outer *typing, more Types, env *checker.Env) *typing {
	r.made++
	return &typing{outer: outer, types: more, checker: env, inner: map[string]*typing{}, number: r.made}
}

func (r *registry) typingLocked(outer *typing, more Types) (*typing, error) {
	if len(more) == 0 {
		return outer, nil
	}
	key := r.keyLocked(more)
	if known := outer.inner[key]; known != nil {
		return known, nil
	}
	var variables []*decls.VariableDecl
	for name, t := range more {
		of := r.celTypeLocked(t)
		if name == indexName && t != nil {
			of = r.indexTypeLocked(t)
		}
		variables = append(variables, decls.NewVariable(name, of))
	}
	env, err := r.inherit(outer.checker, variables)
	if err != nil {
		return nil, err
	}
	t := r.newTypingLocked(outer, more, env)
	outer.inner[key] = t
	ofObject := more.ofObject()
	if len(ofObject) == len(more) && outer.objects == outer {
		t.objects = t
		return t, nil
	}
	t.objects, err = r.typingLocked(outer.objects, ofObject)
	return t, err
}

// keyLocked is the same for the same types.
func (r *registry) keyLocked(more Types) string {
	key := make([]byte, 0, 64)
	for _, name := range slices.Sorted(maps.Keys(more)) {
		key = append(append(key, name...), '=')
		key = append(strconv.AppendInt(key, int64(r.numberLocked(more[name])), 10), ' ')
	}
	return string(key)
}

// ofObject are those that filters can be about without being checked anew for each
// step that uses them.
func (t Types) ofObject() Types {
	out := Types{}
	for name, of := range t {
		if v, known := variable(name); known && (v.Scope == everywhere || v.Scope.has(Object|Change|RawEvent|Failure)) && name != "param" {
			out[name] = of
		}
	}
	return out
}

func isOptional(t *cel.Type) bool {
	return t.Kind() == cel.OpaqueKind && t.TypeName() == "optional_type"
}

// presentType is the type of the value of an optional.
func presentType(t *cel.Type) *cel.Type {
	if isOptional(t) {
		return t.Parameters()[0]
	}
	return t
}
