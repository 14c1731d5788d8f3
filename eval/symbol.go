package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
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
	// TypeOf is the type of the value that an expression has, for those who have data; nil
	// where it has none. It is asked where nothing is known otherwise. Without data, it is nil.
	TypeOf func(expression string) *cel.Type
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

// variableSymbols are the variables and filters that exist at a place.
func (e *Env) variableSymbols(at Site) []Symbol {
	typed := e.typed()
	var out []Symbol
	for _, v := range Variables {
		if e.unavailable(place{scope: at.Scope}, v.Name) == "" {
			out = append(out, variableSymbol(v, typed.variableType(v)))
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
	return Symbol{Kind: VariableSymbol, Name: v.Name, Type: shortType(t), Doc: v.Doc}
}

func filterSymbol(name, text string) Symbol {
	return Symbol{Kind: FilterSymbol, Name: name, Type: "bool", Doc: "Filter of this operator: `" + strings.Join(strings.Fields(text), " ") + "`"}
}

// functionSymbols are the functions and macros that can be called at a place,
// those whose names begin with a prefix such as "hash.", which is cut.
func functionSymbols(at Site, prefix string) []Symbol {
	var out []Symbol
	for _, f := range AllFunctions() {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if ok && f.Global && f.ExistsIn(at.Scope, at.Template) {
			s := functionSymbol(f, FunctionSymbol)
			s.Name = name
			out = append(out, s)
		}
	}
	return sortedSymbols(out)
}

// methodSymbols are the functions and macros that can be called on a value.
func methodSymbols(receiver *cel.Type) []Symbol {
	var out []Symbol
	for _, f := range AllFunctions() {
		if f.CallableOn(receiver) {
			out = append(out, functionSymbol(f, MethodSymbol))
		}
	}
	return sortedSymbols(out)
}

// sortedSymbols orders symbols by their names, and joins those of one name, which
// are called on values of several types.
func sortedSymbols(symbols []Symbol) []Symbol {
	slices.SortStableFunc(symbols, func(a, b Symbol) int { return strings.Compare(a.Name, b.Name) })
	var out []Symbol
	for _, s := range symbols {
		if n := len(out); n > 0 && out[n-1].Name == s.Name {
			last := &out[n-1]
			last.Type += "\n" + s.Type
			last.Doc += " " + s.Doc
			last.Arguments = last.Arguments || s.Arguments
			continue
		}
		out = append(out, s)
	}
	return out
}

// functionSymbol makes a symbol of a function, with those of its signatures that
// are of the kind.
func functionSymbol(f Function, kind SymbolKind) Symbol {
	s := Symbol{Kind: kind, Name: f.Name, Doc: f.Doc}
	var signatures []string
	for _, signature := range f.Signatures {
		if strings.HasPrefix(signature, f.Name+"(") == (kind == FunctionSymbol) {
			signatures = append(signatures, signature)
			s.Arguments = s.Arguments || !strings.Contains(signature, "()")
		}
	}
	s.Type = strings.Join(signatures, "\n")
	return s
}
