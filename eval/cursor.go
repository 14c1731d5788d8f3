package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/parser/gen"
)

// sketch is an expression as far as its tokens tell: it may be unfinished.
type sketch struct {
	text   string
	tokens []token
}

func newSketch(text string) *sketch { return &sketch{text, tokensOf(text)} }

func (s *sketch) is(i, kind int) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == kind
}

// word is the name at a token, without backquotes.
func (s *sketch) word(i int) string {
	return strings.Trim(s.tokens[i].text, "`")
}

// dotBefore is the index of the dot in front of a token, that of a selection or
// an optional one; -1 where there is none.
func (s *sketch) dotBefore(i int) int {
	switch {
	case s.is(i-1, gen.CELLexerDOT):
		return i - 1
	case s.is(i-1, gen.CELLexerQUESTIONMARK) && s.is(i-2, gen.CELLexerDOT):
		return i - 2
	}
	return -1
}

// opener is the index of the bracket that the one at i closes, -1 without one.
func (s *sketch) opener(i int) int {
	depth := 0
	for ; i >= 0; i-- {
		switch kind := s.tokens[i].kind; {
		case opening[kind] != 0:
			depth++
		case kind == gen.CELLexerLPAREN || kind == gen.CELLexerLBRACKET || kind == gen.CELLexerLBRACE:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// operand is the text of the value that ends before the token i: spec.items[0]
// before a dot. It is empty where there is none.
func (s *sketch) operand(i int) string {
	start := s.operandStart(i - 1)
	if start < 0 {
		return ""
	}
	return s.text[s.tokens[start].from:s.tokens[i-1].to]
}

// operandStart is the index of the first token of the value that ends with i.
func (s *sketch) operandStart(i int) int {
	for i >= 0 && s.tokens[i].endsOperand() {
		if opening[s.tokens[i].kind] != 0 {
			closing := s.tokens[i].kind
			if i = s.opener(i); i < 0 {
				return -1
			}
			callee := i > 0 && s.tokens[i-1].isWord() && s.tokens[i-1].endsOperand()
			if closing == gen.CELLexerRPAREN && callee {
				i--
			}
			if closing == gen.CELLexerRPRACKET && i > 0 && s.tokens[i-1].endsOperand() {
				i--
				continue
			}
		}
		dot := s.dotBefore(i)
		if dot < 0 {
			return i
		}
		i = dot - 1
	}
	return -1
}

// call is a call whose parentheses hold a place.
type call struct {
	// name is that of the function; the token it ends with is at.
	name string
	at   int
	// open is the index of the parenthesis, commas are those before the place.
	open   int
	commas []int
	bare   bool // not a call but a bracket of another kind
}

// calls are the calls around the token i, the outermost first.
func (s *sketch) calls(i int) []call {
	var open []call
	for at := 0; at < i && at < len(s.tokens); at++ {
		switch kind := s.tokens[at].kind; kind {
		case gen.CELLexerLPAREN:
			c := call{open: at, at: at - 1, bare: true}
			if at > 0 && s.tokens[at-1].kind == gen.CELLexerIDENTIFIER {
				c.name, c.bare = s.word(at-1), false
			}
			open = append(open, c)
		case gen.CELLexerLBRACKET, gen.CELLexerLBRACE:
			open = append(open, call{open: at, bare: true})
		case gen.CELLexerRPAREN, gen.CELLexerRPRACKET, gen.CELLexerRBRACE:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case gen.CELLexerCOMMA:
			if len(open) > 0 {
				last := &open[len(open)-1]
				last.commas = append(last.commas, at)
			}
		}
	}
	return open
}

// locals are the names that macros bring to the token i, with the types that
// are known of them. Inner ones come last.
func (e *Env) locals(s *sketch, i int) []Name {
	var out []Name
	for _, c := range s.calls(i) {
		if !c.bare && len(c.commas) > 0 {
			out = append(out, e.localsOf(s, c, out)...)
		}
	}
	return out
}

// Macros that bring names: cel.bind, comprehensions, of which some may bring two,
// and a few others.
const bindName = "cel.bind"

var (
	twoNames    = []string{"all", "exists", "exists_one", "existsOne", "transformList", "transformMap", "transformMapEntry"}
	otherMacros = []string{"sortBy", "optMap", "optFlatMap"}
)

// localsOf are the names that one call brings.
func (e *Env) localsOf(s *sketch, c call, outer []Name) []Name {
	b, ok := s.binder(c)
	if !ok {
		return nil
	}
	of := e.typeOf(b.of, outer)
	switch {
	case b.bind:
		return []Name{{Name: b.first, Type: of}}
	case b.second != "":
		return []Name{{Name: b.first, Type: keyType(of)}, {Name: b.second, Type: valueType(of)}}
	}
	return []Name{{Name: b.first, Type: itemType(of)}}
}

// binder is a call that brings names.
type binder struct {
	first, second string
	// of is the expression of the value of the name, with bind, or of what the macro walks through.
	of   string
	bind bool
}

// binder reads what names a call brings; ok is false where it brings none.
func (s *sketch) binder(c call) (b binder, ok bool) {
	dot := s.dotBefore(c.at)
	if dot < 0 || !s.is(c.open+1, gen.CELLexerIDENTIFIER) || c.commas[0] != c.open+2 {
		return binder{}, false
	}
	b = binder{first: s.word(c.open + 1), of: s.operand(dot)}
	if b.of+"."+c.name == bindName {
		if len(c.commas) < 2 {
			return binder{}, false
		}
		b.of, b.bind = s.text[s.tokens[c.commas[0]].to:s.tokens[c.commas[1]].from], true
		return b, true
	}
	if slices.Contains(twoNames, c.name) && len(c.commas) > 1 && s.is(c.open+3, gen.CELLexerIDENTIFIER) && c.commas[1] == c.open+4 {
		b.second = s.word(c.open + 3)
	}
	return b, slices.Contains(comprehensions, c.name) || slices.Contains(otherMacros, c.name)
}

// receiver is the operand before a dot or a bracket, as somebody with data can evaluate it.
func (s *sketch) receiver(at int) string {
	if operand := s.operand(at); operand != "" {
		return s.sampled(operand, at)
	}
	return ""
}

// sampled is an expression at a token with an example of each name that macros around it
// bring: the first item of the list that is walked through.
func (s *sketch) sampled(expression string, i int) string {
	for _, c := range slices.Backward(s.calls(i)) {
		if c.bare || len(c.commas) == 0 {
			continue
		}
		switch b, ok := s.binder(c); {
		case !ok:
		case b.bind:
			expression = bindName + "(" + b.first + ", " + b.of + ", " + expression + ")"
		case b.second != "":
			expression = bindName + "(" + b.second + ", (" + b.of + ")[0], " + expression + ")"
		default:
			expression = bindName + "(" + b.first + ", (" + b.of + ")[0], " + expression + ")"
		}
	}
	return expression
}

// itemType is what a macro with one name walks through.
func itemType(over *cel.Type) *cel.Type {
	if over.Kind() == cel.MapKind {
		return over.Parameters()[0]
	}
	return valueType(over)
}

// keyType is the type of keys and indexes.
func keyType(over *cel.Type) *cel.Type {
	switch over.Kind() {
	case cel.ListKind:
		return cel.IntType
	case cel.MapKind:
		return over.Parameters()[0]
	}
	return cel.DynType
}

// valueType is the type of what a list, a map or an optional holds.
func valueType(over *cel.Type) *cel.Type {
	if p := over.Parameters(); len(p) > 0 {
		return p[len(p)-1]
	}
	return cel.DynType
}
