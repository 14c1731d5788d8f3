package eval

import (
	"unicode/utf8"

	"github.com/antlr4-go/antlr/v4"
	"github.com/google/cel-go/parser/gen"
)

// token is a word of CEL, from and to in bytes.
type token struct {
	kind, from, to int
	text           string
}

// noToken is the kind of what the lexer does not understand, such as a text
// without its closing quote.
const noToken = antlr.TokenInvalidType

// tokensOf cuts a text into tokens, whatever is wrong with it. White space is
// left out.
func tokensOf(text string) []token {
	lexer := newCELLexer(text)
	lexer.seek(0)
	var out []token
	behind := 0
	for {
		next := lexer.NextToken()
		from, to := len(text), len(text)
		if next.GetTokenType() != antlr.TokenEOF {
			from, to = lexer.byteAt(next.GetStart()), lexer.byteAt(next.GetStop()+1)
		}
		if from > behind {
			out = append(out, token{noToken, behind, from, text[behind:from]})
		}
		switch next.GetTokenType() {
		case antlr.TokenEOF:
			return out
		case gen.CELLexerWHITESPACE:
		default:
			out = append(out, token{next.GetTokenType(), from, to, text[from:to]})
		}
		behind = to
	}
}

// isWord tells whether a name may stand there, or a word that looks like one.
func (t token) isWord() bool {
	switch t.kind {
	case gen.CELLexerIDENTIFIER, gen.CELLexerESC_IDENTIFIER, gen.CELLexerIN,
		gen.CELLexerCEL_TRUE, gen.CELLexerCEL_FALSE, gen.CELLexerNUL:
		return true
	}
	return false
}

// endsOperand tells whether a value may end with the token.
func (t token) endsOperand() bool {
	switch t.kind {
	case gen.CELLexerIDENTIFIER, gen.CELLexerESC_IDENTIFIER, gen.CELLexerCEL_TRUE, gen.CELLexerCEL_FALSE, gen.CELLexerNUL,
		gen.CELLexerNUM_FLOAT, gen.CELLexerNUM_INT, gen.CELLexerNUM_UINT, gen.CELLexerSTRING, gen.CELLexerBYTES,
		gen.CELLexerRPAREN, gen.CELLexerRPRACKET, gen.CELLexerRBRACE:
		return true
	}
	return false
}

// opening are the brackets by those that close them.
var opening = map[int]int{
	gen.CELLexerRPAREN: gen.CELLexerLPAREN, gen.CELLexerRPRACKET: gen.CELLexerLBRACKET, gen.CELLexerRBRACE: gen.CELLexerLBRACE,
}

// celLexer is CEL's lexer over a whole string, startable anywhere in it.
type celLexer struct {
	*gen.CELLexer
	input *antlr.InputStream
	// offsets are the byte offsets of the code points, and the length.
	offsets []int
}

func newCELLexer(s string) *celLexer {
	input := antlr.NewInputStream(s)
	lexer := gen.NewCELLexer(input)
	lexer.RemoveErrorListeners()
	offsets := make([]int, 0, utf8.RuneCountInString(s)+1)
	for i := range s {
		offsets = append(offsets, i)
	}
	return &celLexer{CELLexer: lexer, input: input, offsets: append(offsets, len(s))}
}

// byteAt is the byte offset of a code point.
func (l *celLexer) byteAt(index int) int {
	return l.offsets[min(max(index, 0), len(l.offsets)-1)]
}

// seek lets the lexer go on at a byte offset.
func (l *celLexer) seek(offset int) {
	low, high := 0, len(l.offsets)
	for low < high {
		if middle := (low + high) / 2; l.offsets[middle] < offset {
			low = middle + 1
		} else {
			high = middle
		}
	}
	l.input.Seek(low)
}
