package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/decls"
)

// Site is where an expression stands, and what the handler around it has: for
// those who help to write it. What the operator has (filters and indexes) is
// known to Env.
type Site struct {
	Scope Scope
	// Template is set for expressions inside ${ }.
	Template bool
	// Vars are those of the handler, Steps the ones whose results can be seen.
	Vars, Steps []Name
	// Children are the aliases of spec.resources.
	Children []Name
}

// Name is a name that the user chose, and what is known about it.
type Name struct {
	Name string
	// Type is nil where it is not known.
	Type *cel.Type
	Doc  string
}

// SymbolKind is what a Symbol is.
type SymbolKind int

// The kinds of symbols.
const (
	// VariableSymbol is one of Variables.
	VariableSymbol SymbolKind = iota
	// LocalSymbol is a name that a macro such as map() brings.
	LocalSymbol
	// FilterSymbol is one of spec.filters.
	FilterSymbol
	// FieldSymbol is a field of an object.
	FieldSymbol
	// VarSymbol is one of the handler's vars: vars.<name>.
	VarSymbol
	// StepSymbol is a step with a result: steps.<name>.
	StepSymbol
	// IndexSymbol is one of spec.indexes: index.<id>.
	IndexSymbol
	// ChildSymbol is an alias of a resource: children.<alias>.
	ChildSymbol
	// FunctionSymbol is a function or macro.
	FunctionSymbol
	// MethodSymbol is a function or macro that is called on a value.
	MethodSymbol
	// KeywordSymbol is a word of CEL itself, such as true.
	KeywordSymbol
)

// Symbol is something that an expression can name.
type Symbol struct {
	Kind SymbolKind
	// Name is that of the symbol; those of functions may hold a dot: hash.sha256.
	Name string
	// Type is the type of a value, or the signatures of a function, a line each.
	Type string
	Doc  string
	// Arguments tells that a function takes some.
	Arguments bool
}

// Text is how the name is written in an expression: a field whose name is no
// identifier needs backquotes.
func (s Symbol) Text() string {
	if s.Kind != FieldSymbol && s.Kind != ChildSymbol {
		return s.Name
	}
	for i := range len(s.Name) {
		if c := s.Name[i]; !isNamePart(c) || i == 0 && c >= '0' && c <= '9' {
			return "`" + s.Name + "`"
		}
	}
	if isWord(s.Name) {
		return "`" + s.Name + "`"
	}
	return s.Name
}

// words are those of CEL itself that are values.
var words = []Symbol{
	{Kind: KeywordSymbol, Name: "true", Type: "bool"},
	{Kind: KeywordSymbol, Name: "false", Type: "bool"},
	{Kind: KeywordSymbol, Name: "null", Type: "null"},
}

// isWord tells whether CEL takes a name for something else.
func isWord(name string) bool {
	return name == "in" || slices.ContainsFunc(words, func(s Symbol) bool { return s.Name == name })
}

// symbolType is a type in words for people.
func symbolType(t *cel.Type) string {
	if t == nil {
		return "any"
	}
	if t.Kind() == cel.StructKind {
		return "object"
	}
	text := typeText(t)
	for _, name := range structNames(t) {
		text = strings.ReplaceAll(text, name, "object")
	}
	return typeWords.Replace(text)
}

// structNames are the names of the object types within a type.
func structNames(t *cel.Type) []string {
	if t.Kind() == cel.StructKind {
		return []string{t.TypeName()}
	}
	var names []string
	for _, p := range t.Parameters() {
		names = append(names, structNames(p)...)
	}
	return names
}

var typeWords = strings.NewReplacer("dyn", "any", "<", "", ">", "")

// variableSymbols are the variables and filters that exist at a place.
func (e *Env) variableSymbols(at Site) []Symbol {
	known := e.variableTypes()
	var out []Symbol
	for _, v := range Variables {
		if e.unavailable(place{scope: at.Scope}, v.Name) == "" {
			out = append(out, variableSymbol(v, known[v.Name]))
		}
	}
	for _, f := range e.order {
		if e.filters[f.Key.Value] == f.Value && f.Value != nil && e.unavailable(place{scope: at.Scope}, f.Key.Value) == "" {
			out = append(out, filterSymbol(f.Key.Value, f.Value.Text))
		}
	}
	return out
}

func variableSymbol(v Variable, t *cel.Type) Symbol {
	return Symbol{Kind: VariableSymbol, Name: v.Name, Type: symbolType(t), Doc: v.Doc}
}

func filterSymbol(name, text string) Symbol {
	return Symbol{Kind: FilterSymbol, Name: name, Type: "bool", Doc: "Filter of this operator: `" + strings.Join(strings.Fields(text), " ") + "`"}
}

// functionSymbols are the functions and macros that can be called at a place,
// those whose names begin with a prefix such as "hash.", which is cut.
func (e *Env) functionSymbols(at Site, prefix string) []Symbol {
	var out []Symbol
	for _, s := range e.allFunctions() {
		rest, ok := strings.CutPrefix(s.Name, prefix)
		if ok && forbidden(place{scope: at.Scope, template: at.Template}, s.Name) == "" {
			s.Name = rest
			out = append(out, s)
		}
	}
	return out
}

// allFunctions are all functions and macros that are not called on a value.
func (e *Env) allFunctions() []Symbol {
	var out []Symbol
	for _, m := range macros {
		if m.receiver == nil {
			out = append(out, m.symbol(FunctionSymbol))
		}
	}
	for _, name := range e.functionNames() {
		if s, ok := functionSymbol(e.cel.Functions()[name]); ok {
			out = append(out, s)
		}
	}
	for _, f := range Functions {
		if e.cel.Functions()[f.Name] == nil { // a macro
			out = append(out, tableSymbol(f))
		}
	}
	slices.SortFunc(out, func(a, b Symbol) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func tableSymbol(f Function) Symbol {
	return Symbol{Kind: FunctionSymbol, Name: f.Name, Type: f.Usage(), Doc: f.Doc, Arguments: !strings.Contains(f.Signature, "()")}
}

// functionNames are the names of the functions that users can call.
func (e *Env) functionNames() []string {
	names := e.callable("")
	return slices.DeleteFunc(names, func(name string) bool { return e.cel.Functions()[name] == nil || isWord(name) })
}

// functionSymbol makes a symbol of a function that can be called without a
// receiver.
func functionSymbol(f *decls.FunctionDecl) (Symbol, bool) {
	return callSymbol(f, FunctionSymbol, func(o *decls.OverloadDecl) bool { return !o.IsMemberFunction() })
}

// methodSymbols are the functions and macros that can be called on a value.
func (e *Env) methodSymbols(receiver *cel.Type) []Symbol {
	var out []Symbol
	for _, m := range macros {
		if m.receiver != nil && slices.ContainsFunc(m.receiver, func(t *cel.Type) bool { return receives(t, receiver) }) {
			out = append(out, m.symbol(MethodSymbol))
		}
	}
	for _, name := range e.functionNames() {
		s, ok := callSymbol(e.cel.Functions()[name], MethodSymbol, func(o *decls.OverloadDecl) bool {
			return o.IsMemberFunction() && receives(o.ArgTypes()[0], receiver)
		})
		if ok {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Symbol) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// callSymbol makes a symbol of those overloads of a function that are wanted.
func callSymbol(f *decls.FunctionDecl, kind SymbolKind, wanted func(*decls.OverloadDecl) bool) (Symbol, bool) {
	s := Symbol{Kind: kind, Name: f.Name(), Doc: functionDoc(f)}
	var signatures []string
	for _, o := range f.OverloadDecls() {
		if !wanted(o) {
			continue
		}
		takes := len(o.ArgTypes())
		if o.IsMemberFunction() {
			takes--
		}
		s.Arguments = s.Arguments || takes > 0
		signatures = append(signatures, signature(f.Name(), o))
	}
	s.Type = strings.Join(signatures, "\n")
	if known, ok := function(f.Name()); ok && kind == FunctionSymbol {
		s.Type = known.Usage()
	}
	return s, len(signatures) > 0
}

// signature is an overload as people write it: string.split(string) -> list(string).
func signature(name string, o *decls.OverloadDecl) string {
	var args []string
	for _, t := range o.ArgTypes() {
		args = append(args, symbolType(t))
	}
	if o.IsMemberFunction() {
		name = args[0] + "." + name
		args = args[1:]
	}
	return name + "(" + strings.Join(args, ", ") + ") -> " + symbolType(o.ResultType())
}

// functionDoc is what is known about a function.
func functionDoc(f *decls.FunctionDecl) string {
	if known, ok := function(f.Name()); ok {
		return known.Doc
	}
	if doc, ok := libraryDocs[f.Name()]; ok {
		return doc
	}
	return sentence(f.Documentation())
}

// sentence makes one of CEL's own documentation.
func sentence(doc *common.Doc) string {
	text := plainTypes(strings.Join(strings.Fields(doc.Description), " "))
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// receives tells whether a function that takes param may take a value of type got.
func receives(param, got *cel.Type) bool {
	switch got.Kind() {
	case cel.DynKind, cel.AnyKind, cel.TypeParamKind:
		return true
	}
	switch param.Kind() {
	case cel.DynKind, cel.AnyKind, cel.TypeParamKind:
		return true
	}
	if param.Kind() != got.Kind() || len(param.Parameters()) != len(got.Parameters()) {
		return false
	}
	if len(param.Parameters()) == 0 || param.Kind() == cel.OpaqueKind && param.TypeName() != got.TypeName() {
		return param.TypeName() == got.TypeName()
	}
	for i, p := range param.Parameters() {
		if !receives(p, got.Parameters()[i]) {
			return false
		}
	}
	return true
}
