package eval

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/parser/gen"
)

// Hover is what stands at a place of an expression.
type Hover struct {
	Symbol Symbol
	// From and To are where its name stands, in bytes.
	From, To int
}

// Hover tells what stands at an offset, in bytes, of an expression. ok is false
// where there is nothing that has a name, or nothing is known of it.
func (e *Env) Hover(text string, offset int, at Site) (h Hover, ok bool) {
	s := newSketch(text)
	for i, t := range s.tokens {
		if offset < t.from || offset > t.to || offset == t.to && !t.isWord() {
			continue
		}
		if symbol, ok := e.symbolAt(s, i, at); ok {
			return Hover{Symbol: symbol, From: t.from, To: t.to}, true
		}
	}
	return Hover{}, false
}

// symbolAt is what a token names.
func (e *Env) symbolAt(s *sketch, i int, at Site) (Symbol, bool) {
	t := s.tokens[i]
	if t.kind == gen.CELLexerSTRING && s.is(i-1, gen.CELLexerLBRACKET) && s.is(i+1, gen.CELLexerRPRACKET) {
		return e.fieldAt(s, i-1, strings.Trim(t.text, `'"`), i+1, at)
	}
	if !t.isWord() {
		return Symbol{}, false
	}
	isCall := s.is(i+1, gen.CELLexerLPAREN)
	dot := s.dotBefore(i)
	switch {
	case dot >= 0 && isCall:
		return e.methodAt(s, i, dot)
	case dot >= 0:
		return e.fieldAt(s, dot, s.word(i), i, at)
	case isCall:
		return functionNamed(s.word(i))
	}
	return e.nameAt(s, i)
}

// nameAt is the local name, variable or filter, or the function whose name
// begins with the word.
func (e *Env) nameAt(s *sketch, i int) (Symbol, bool) {
	name := s.word(i)
	if local, ok := findName(e.locals(s, i), name); ok {
		return localSymbol(local), true
	}
	if local, ok := e.declared(s, i); ok {
		return localSymbol(local), true
	}
	if v, ok := variable(name); ok {
		return variableSymbol(v, e.typed().variableType(v)), true
	}
	if f := e.filters[name]; f != nil {
		return filterSymbol(name, f.Text), true
	}
	if s.is(i+1, gen.CELLexerDOT) && s.is(i+3, gen.CELLexerLPAREN) {
		return functionNamed(name + "." + s.word(i+2))
	}
	return Symbol{}, false
}

// declared is the name that a macro brings, where it brings it: x in map(x, x + 1).
func (e *Env) declared(s *sketch, i int) (Name, bool) {
	for behind := i + 1; behind <= i+3 && behind < len(s.tokens); behind++ {
		if !s.is(behind, gen.CELLexerCOMMA) {
			continue
		}
		if local, ok := findName(e.locals(s, behind+1), s.word(i)); ok {
			return local, true
		}
	}
	// cel.bind needs the comma behind the value.
	for behind := i + 2; behind < len(s.tokens) && s.is(i+1, gen.CELLexerCOMMA); behind++ {
		if s.is(behind, gen.CELLexerCOMMA) && len(s.calls(behind)) == len(s.calls(i)) {
			return findName(e.locals(s, behind+1), s.word(i))
		}
	}
	return Name{}, false
}

// findName finds the innermost of the names.
func findName(names []Name, name string) (Name, bool) {
	for i := len(names) - 1; i >= 0; i-- {
		if names[i].Name == name {
			return names[i], true
		}
	}
	return Name{}, false
}

// functionNamed is a function or macro that is called on no value.
func functionNamed(name string) (Symbol, bool) {
	for _, f := range AllFunctions() {
		if f.Name == name && f.Global {
			return functionSymbol(f, FunctionSymbol), true
		}
	}
	return Symbol{}, false
}

// methodAt is what is called on the value before a dot, or the function in a
// namespace such as hash.sha256.
func (e *Env) methodAt(s *sketch, i, dot int) (Symbol, bool) {
	receiver, name := s.operand(dot), s.word(i)
	if full, ok := functionNamed(receiver + "." + name); ok {
		return full, true
	}
	receiving := e.typeOf(receiver, e.locals(s, dot))
	for _, m := range methodSymbols(receiving) {
		if m.Name == name {
			return m, true
		}
	}
	return Symbol{}, false
}

// fieldAt is the field of the value before a dot or a bracket; the selection
// ends with the token last.
func (e *Env) fieldAt(s *sketch, dot int, name string, last int, at Site) (Symbol, bool) {
	receiver := s.operand(dot)
	if receiver == "" {
		return Symbol{}, false
	}
	locals := e.locals(s, dot)
	of := e.typeOf(receiver, locals)
	for _, f := range e.fields(receiver, of, at) {
		if f.Name == name {
			return f, true
		}
	}
	switch receiver {
	case "vars", "steps", "children", "index":
		return Symbol{}, false // there is none of this name
	}
	t := e.typeOf(s.text[s.tokens[s.operandStart(dot-1)].from:s.tokens[last].to], locals)
	if t == cel.DynType && !e.isData(receiver, locals) {
		return Symbol{}, false
	}
	return Symbol{Kind: FieldSymbol, Name: name, Type: shortType(t)}, true
}

// isData tells whether a value may have fields of which nothing is known.
func (e *Env) isData(receiver string, locals []Name) bool {
	of, ok := e.checkedType(receiver, locals)
	return ok && (of.Kind() == cel.DynKind || of.Kind() == cel.MapKind)
}
