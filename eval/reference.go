package eval

import (
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/types"
)

// TypeText is the type of a variable in words for users.
func (v Variable) TypeText() string { return strings.ReplaceAll(typeText(v.CELType()), "dyn", "any") }

// Where names the places at which a function exists.
func (f Function) Where() string {
	if f.TemplatesOnly {
		return "templates in " + f.Scope.String()
	}
	return f.Scope.String()
}

// NamesOf are the names of the functions of a library, each once.
func NamesOf(library string) []string {
	var names []string
	for _, f := range AllFunctions() {
		if f.Library == library && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// ExistsIn tells whether a function can be called at a place, in a template or
// in an expression such as when.
func (f Function) ExistsIn(s Scope, template bool) bool {
	return s.has(f.Scope) && (template || !f.TemplatesOnly)
}

// CallableOn tells whether a function can be called on a value of a type:
// value.f().
func (f Function) CallableOn(t *cel.Type) bool {
	return slices.ContainsFunc(f.Receivers, func(receiver *cel.Type) bool { return compatible(receiver, t) })
}

// compatible tells whether a value of one type may be one of the other.
func compatible(a, b *cel.Type) bool {
	for _, t := range []*cel.Type{a, b} {
		if k := t.Kind(); k == types.DynKind || k == types.AnyKind || k == types.TypeParamKind {
			return true
		}
	}
	if a.Kind() != b.Kind() || a.TypeName() != b.TypeName() || len(a.Parameters()) != len(b.Parameters()) {
		return false
	}
	for i, p := range a.Parameters() {
		if !compatible(p, b.Parameters()[i]) {
			return false
		}
	}
	return true
}

// AllFunctions lists all that expressions can call: our own functions first,
// then operators and macros and the functions of CEL, its extensions and
// Kubernetes. A name may be there more than once, with other receivers. It is
// meant for everything that explains or completes: the command explain, the
// language server, the prompt of eval. The list must not be changed.
var AllFunctions = sync.OnceValue(func() []Function {
	env, err := base()
	if err != nil { // then New fails, too, and says why
		return nil
	}
	declared := env.Functions()
	var out []Function
	for _, f := range Functions {
		f.Library, f.Global = LibraryOurs, true
		out = append(out, f)
	}
	for _, o := range celOperators {
		out = append(out, Function{Name: o.name, Signatures: o.usage, Doc: o.doc, Library: LibraryOperators, Kind: Operator, Example: o.example})
	}
	for _, m := range celMacros {
		out = append(out, Function{Name: m.name, Signatures: []string{m.usage}, Doc: m.doc, Library: m.library, Kind: Macro,
			Global: m.on == "", Receivers: macroReceivers[m.on], Example: m.example})
	}
	for _, d := range celFunctions {
		out = append(out, d.function(declared[d.name]))
	}
	return out
})

// macroReceivers are the types that macros are called on.
var macroReceivers = map[string][]*cel.Type{
	collection: {cel.ListType(cel.DynType), cel.MapType(cel.DynType, cel.DynType)},
	"list":     {cel.ListType(cel.DynType)},
	"optional": {cel.OptionalType(cel.DynType)},
}

// function adds to a description what the declaration says.
func (d celFunction) function(declared *decls.FunctionDecl) Function {
	f := Function{Name: d.name, Doc: d.doc, Library: d.library, Example: d.example}
	if declared == nil {
		return f // a test tells
	}
	var all []signature
	for _, o := range declared.OverloadDecls() {
		if !d.describes(o) {
			continue
		}
		s := signature{name: d.name, result: shortType(o.ResultType())}
		args := o.ArgTypes()
		if o.IsMemberFunction() {
			f.Receivers = append(f.Receivers, args[0])
			s.receiver, args = shortType(args[0]), args[1:]
		} else {
			f.Global = true
		}
		for _, arg := range args {
			s.args = append(s.args, shortType(arg))
		}
		all = append(all, s)
	}
	for _, s := range summarized(all) {
		f.Signatures = append(f.Signatures, s.String())
	}
	return f
}

// describes tells whether the description is about an overload: other types
// that the function is called on may have descriptions of their own.
func (d celFunction) describes(o *decls.OverloadDecl) bool {
	on := ""
	if o.IsMemberFunction() {
		on, _, _ = strings.Cut(shortType(o.ArgTypes()[0]), "(")
	}
	if d.on != "" {
		return on == d.on
	}
	return !slices.ContainsFunc(celFunctions, func(other celFunction) bool {
		return other.name == d.name && other.on != "" && other.on == on
	})
}
