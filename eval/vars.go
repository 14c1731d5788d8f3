package eval

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

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
	m := &varsMap{vars: v, ctx: ctx, done: map[string]ref.Val{}}
	m.binding = b.With(map[string]any{"vars": m})
	return m
}

// varsMap is a map in CEL with lazy values.
type varsMap struct {
	vars    *Vars
	ctx     context.Context
	binding *Binding
	// done has the evaluated values: nil for one that is omitted, an error
	// for one that is under way.
	done map[string]ref.Val
}

var errVarItself = &lazyError{"vars", errItself}

// Find implements traits.Mapper.
func (m *varsMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	if value, ok := m.done[string(name)]; ok {
		return value, value != nil
	}
	t := m.vars.templates[string(name)]
	if t == nil {
		return nil, false
	}
	m.done[string(name)] = types.WrapErr(errVarItself)
	value := m.evaluate(t)
	m.done[string(name)] = value
	return value, value != nil
}

// evaluate is the value of one var, an error, or nil where it is omitted.
func (m *varsMap) evaluate(t *Template) ref.Val {
	value, ok, err := t.Render(m.ctx, m.binding)
	switch {
	case err != nil:
		return types.WrapErr(err)
	case !ok:
		return nil
	}
	return adapter{}.NativeToValue(value)
}

// Get implements traits.Indexer.
func (m *varsMap) Get(key ref.Val) ref.Val {
	value, found := m.Find(key)
	if !found {
		return types.NewErr("no such key: %v", key)
	}
	return value
}

// Contains implements traits.Container.
func (m *varsMap) Contains(key ref.Val) ref.Val {
	value, found := m.Find(key)
	if found && types.IsError(value) {
		return value
	}
	return types.Bool(found)
}

// Iterator implements traits.Iterable. Vars that are omitted are left out.
func (m *varsMap) Iterator() traits.Iterator {
	var keys []ref.Val
	for _, name := range m.vars.names {
		if _, found := m.Find(types.String(name)); found {
			keys = append(keys, types.String(name))
		}
	}
	return &keyIterator{keys: keys}
}

// Size implements traits.Sizer.
func (m *varsMap) Size() ref.Val {
	return types.Int(len(m.Iterator().(*keyIterator).keys))
}

// Equal implements ref.Val.
func (m *varsMap) Equal(other ref.Val) ref.Val { return m.evaluated().Equal(other) }

// ConvertToNative implements ref.Val.
func (m *varsMap) ConvertToNative(t reflect.Type) (any, error) {
	return m.evaluated().ConvertToNative(t)
}

// ConvertToType implements ref.Val.
func (m *varsMap) ConvertToType(t ref.Type) ref.Val { return m.evaluated().ConvertToType(t) }

// Type implements ref.Val.
func (m *varsMap) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (m *varsMap) Value() any { return m }

// evaluated is a plain map of all values.
func (m *varsMap) evaluated() ref.Val {
	all := map[ref.Val]ref.Val{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		value, _ := m.Find(key)
		if types.IsError(value) {
			return value
		}
		all[key] = value
	}
	return types.NewRefValMap(adapter{}, all)
}
