package eval

import (
	"maps"
	"slices"
	"strconv"
	"strings"
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
	types   Types
	checker *checker.Env
	// objects has only what does not change from step to step, for the filters.
	objects *typing
	key     string
}

// With makes an Env that also knows the types of these variables. Beside what each
// Env finds, it finds what does not fit the types. What it compiles is the same: types
// are checked, and have no part in an evaluation.
func (e *Env) With(more Types) *Env {
	all := Types{}
	if e.types != nil {
		maps.Copy(all, e.types.types)
	}
	maps.Copy(all, more)
	t, err := e.registry.typing(all)
	if err != nil {
		return e // as without types; New has checked what could fail
	}
	return &Env{operatorEnv: e.operatorEnv, types: t}
}

// Known is the type that a variable has; nil where nothing is known of it.
func (e *Env) Known(variable string) *schema.Type {
	if e.types == nil {
		return nil
	}
	return e.types.types[variable]
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
	for _, f := range shared.Functions() {
		if err := env.AddFunctions(f); err != nil {
			return nil, err
		}
	}
	return env, nil
})

// typing makes or finds what is to be known of these variables.
func (r *registry) typing(all Types) (*typing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.typingLocked(all)
}

func (r *registry) typingLocked(all Types) (*typing, error) {
	key := r.keyLocked(all)
	if known := r.typings[key]; known != nil {
		return known, nil
	}
	var variables []*decls.VariableDecl
	for name, t := range all {
		of := r.celTypeLocked(t)
		if name == "index" {
			of = r.indexTypeLocked(t)
		}
		variables = append(variables, decls.NewVariable(name, of))
	}
	env, err := r.checkerLocked(variables)
	if err != nil {
		return nil, err
	}
	t := &typing{types: all, checker: env, key: key}
	t.objects = t
	r.typings[key] = t
	if stable := all.ofObject(); len(stable) < len(all) {
		if t.objects, err = r.typingLocked(stable); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// checkerLocked makes a checker that knows the filters and these variables.
func (r *registry) checkerLocked(variables []*decls.VariableDecl) (*checker.Env, error) {
	parent, err := baseChecker()
	if err != nil {
		return nil, err
	}
	env, err := checker.NewEnv(containers.DefaultContainer, r, checker.CrossTypeNumericComparisons(true), checker.ValidatedDeclarations(parent))
	if err != nil {
		return nil, err
	}
	for _, filter := range r.filters {
		variables = append(variables, decls.NewVariable(filter, cel.BoolType))
	}
	return env, env.AddIdents(variables...)
}

// keyLocked is the same for the same types.
func (r *registry) keyLocked(all Types) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.WriteString(name + "=" + strconv.Itoa(r.numberLocked(all[name])) + " ")
	}
	return b.String()
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
