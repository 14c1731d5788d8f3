package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/parser/gen"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Completion is what can stand at a place of an expression.
type Completion struct {
	// From and To are the stretch to replace, in bytes: what is written of the
	// name already, and what of it follows.
	From, To int
	// Prefix is what stands between From and the place.
	Prefix string
	// Receiver is the expression whose members are completed: that before the dot, or
	// before the bracket of an index. In a macro, it is about the first item of the list that
	// is walked through. Where there is none, it is empty. Whoever has data can find
	// more members in its value.
	Receiver string
	// Quoted tells that the place is inside a text that is an index: only keys can
	// stand there, as they are.
	Quoted bool
	// Symbols are all that can stand there, whatever the prefix; those that fit
	// best come first.
	Symbols []Symbol
}

// Complete finds what can stand at an offset, in bytes, of an expression, which
// may be unfinished: spec. or has(spec.x) && or items.all(i, i. are fine.
func (e *Env) Complete(text string, offset int, at Site) Completion {
	s := newSketch(text)
	offset = max(0, min(offset, len(text)))
	i, word, inside := s.at(offset)
	if inside {
		return e.completeKey(s, i, offset, at)
	}
	c := Completion{From: offset, To: offset}
	if word {
		c = Completion{From: s.tokens[i].from, To: s.tokens[i].to, Prefix: s.text[s.tokens[i].from:offset]}
	}
	switch dot := s.dotBefore(i); {
	case dot >= 0:
		c.Receiver = s.receiver(dot)
		c.Symbols = e.members(s, dot, at)
	case i > 0 && s.tokens[i-1].endsOperand():
		c.Symbols = []Symbol{{Kind: KeywordSymbol, Name: "in", Type: "bool", Doc: "Whether the item is in the list, or the key in the map."}}
	default:
		c.Symbols = e.names(s, i, at)
	}
	return c
}

// at finds the token at an offset: a word that the offset is in or behind, or
// else the first one behind the offset. inside tells that the offset is inside
// of a text, a number or a comment.
func (s *sketch) at(offset int) (i int, word, inside bool) {
	for i, t := range s.tokens {
		switch {
		case offset <= t.from:
			return i, false, false
		case offset < t.to || offset == t.to && (t.isWord() || s.goesOn(t)):
			return i, t.isWord(), s.isLiteral(t)
		}
	}
	return len(s.tokens), false, false
}

// isLiteral tells whether a token is a text, a number or a comment.
func (s *sketch) isLiteral(t token) bool {
	return t.kind == gen.CELLexerSTRING || t.kind == gen.CELLexerBYTES || s.goesOn(t)
}

// goesOn tells that what is written at the end of a token belongs to it: those
// of numbers, comments and texts without a closing quote.
func (s *sketch) goesOn(t token) bool {
	switch t.kind {
	case gen.CELLexerNUM_FLOAT, gen.CELLexerNUM_INT, gen.CELLexerNUM_UINT, gen.CELLexerCOMMENT:
		return true
	}
	return t.kind == noToken && strings.ContainsAny(t.text, `'"`)
}

// names are what an operand can begin with.
func (e *Env) names(s *sketch, i int, at Site) []Symbol {
	locals := e.locals(s, i)
	var out []Symbol
	hidden := map[string]bool{}
	for _, local := range slices.Backward(locals) {
		if !hidden[local.Name] {
			hidden[local.Name] = true
			out = append(out, localSymbol(local))
		}
	}
	for _, v := range e.variableSymbols(at) {
		if !hidden[v.Name] {
			out = append(out, v)
		}
	}
	out = append(out, functionSymbols(at, "")...)
	return append(out, words...)
}

func localSymbol(local Name) Symbol {
	return Symbol{Kind: LocalSymbol, Name: local.Name, Type: shortType(orDyn(local.Type)), Doc: local.Doc}
}

// members are what can stand behind the dot at a token.
func (e *Env) members(s *sketch, dot int, at Site) []Symbol {
	receiver := s.operand(dot)
	if receiver == "" {
		return nil
	}
	if e.isNamespace(receiver) || receiver == "cel" {
		return functionSymbols(at, receiver+".")
	}
	receiving := e.typeOf(receiver, e.locals(s, dot))
	if receiving.Kind() == cel.DynKind && at.TypeOf != nil {
		receiving = orDyn(at.TypeOf(s.receiver(dot)))
	}
	return append(e.fields(receiver, receiving, at), methodSymbols(receiving)...)
}

// fields are those of a value, as far as they are known.
func (e *Env) fields(receiver string, t *cel.Type, at Site) []Symbol {
	switch receiver {
	case "vars":
		return e.named(VarSymbol, receiver, at.Vars)
	case "steps":
		return e.named(StepSymbol, receiver, at.Steps)
	case "children":
		return e.named(ChildSymbol, receiver, at.Children)
	case "index":
		var ids []Name
		for _, id := range e.indexes {
			ids = append(ids, Name{Name: id, Doc: "Index of this operator."})
		}
		return e.named(IndexSymbol, receiver, ids)
	}
	return e.fieldSymbols(t)
}

// named are the names that the user has chosen in a variable, with what is known of
// their types.
func (e *Env) named(kind SymbolKind, variable string, names []Name) []Symbol {
	var out []Symbol
	for _, n := range names {
		s := Symbol{Kind: kind, Name: n.Name, Doc: n.Doc}
		of := e.typeOf(variable+"."+s.Text(), nil)
		if of.Kind() == cel.DynKind && n.Type != nil {
			of = n.Type
		}
		s.Type = shortType(of)
		out = append(out, s)
	}
	return out
}

// fieldSymbols are the fields of an object type.
func (e *Env) fieldSymbols(t *cel.Type) []Symbol {
	if isOptional(t) {
		t = valueType(t)
	}
	if t.Kind() != cel.StructKind {
		return nil
	}
	known := e.registry.typeOfObject(t.TypeName())
	fields := known.Fields()
	if known.Name() == schema.AnyObject().Name() && known.Open() {
		fields = append(slices.Clone(fields), stanzas...)
	}
	var out []Symbol
	for _, f := range fields {
		out = append(out, Symbol{Kind: FieldSymbol, Name: f.Name, Type: shortType(e.fieldType(t, f.Name)), Doc: fieldDoc(f)})
	}
	return out
}

// stanzas are what nearly all objects have, whatever their kind.
var stanzas = []schema.Field{{Name: "spec", Doc: "What is wanted."}, {Name: "status", Doc: "What is."}}

// fieldType is the CEL type of a field of an object that the registry knows.
func (e *Env) fieldType(t *cel.Type, name string) *cel.Type {
	if f, ok := e.registry.FindStructFieldType(t.TypeName(), name); ok {
		return f.Type
	}
	return cel.DynType
}

// fieldDoc is what we say of a field, or its schema.
func fieldDoc(f schema.Field) string {
	if f.Doc != "" {
		return f.Doc
	}
	return strings.Join(strings.Fields(f.Type.Doc()), " ")
}

// completeKey completes a text that is an index: spec['si. There are only fields then.
func (e *Env) completeKey(s *sketch, i, offset int, at Site) Completion {
	none := Completion{From: offset, To: offset}
	t := s.tokens[i]
	quote := strings.IndexAny(t.text, `'"`)
	if quote < 0 || !s.is(i-1, gen.CELLexerLBRACKET) && !(s.is(i-1, gen.CELLexerQUESTIONMARK) && s.is(i-2, gen.CELLexerLBRACKET)) {
		return none
	}
	from, to := t.from+quote+1, t.to
	if t.kind == gen.CELLexerSTRING {
		to--
	}
	bracket := i - 1
	if !s.is(bracket, gen.CELLexerLBRACKET) {
		bracket--
	}
	receiver := s.operand(bracket)
	if from > offset || receiver == "" {
		return none
	}
	fields := e.fields(receiver, e.typeOf(receiver, e.locals(s, bracket)), at)
	return Completion{From: from, To: to, Prefix: s.text[from:offset], Receiver: s.receiver(bracket), Quoted: true, Symbols: fields}
}
