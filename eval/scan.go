package eval

import (
	"strings"
	"unicode/utf8"

	"github.com/antlr4-go/antlr/v4"
	"github.com/google/cel-go/parser/gen"
)

// segment is a piece of a template string: literal text, or an expression from
// start to end of the string, in bytes.
type segment struct {
	literal      string
	isExpression bool
	start, end   int
}

// scanError is where a template string is wrong.
type scanError struct {
	summary, detail string
	from, to        int
}

// mayHoldExpression is a quick look whether a string is more than text.
func mayHoldExpression(s string) bool { return strings.Contains(s, "${") }

// scanTemplate cuts a template string into text and expressions. The end of
// an expression is where CEL's own lexer finds the brace that matches, so
// braces in texts and in map literals are no riddle. $${ is a literal ${.
func scanTemplate(s string) ([]segment, *scanError) {
	var segments []segment
	var literal strings.Builder
	var lexer *celLexer
	at := 0
	for at < len(s) {
		next := strings.Index(s[at:], "${")
		if next < 0 {
			break
		}
		next += at
		if next > at && s[next-1] == '$' {
			literal.WriteString(s[at:next-1] + "${")
			at = next + 2
			continue
		}
		literal.WriteString(s[at:next])
		if lexer == nil {
			lexer = newCELLexer(s)
		}
		end, ok := lexer.closingBrace(next + 2)
		if !ok {
			if quote := openQuote(s, next+2); quote >= 0 {
				return nil, &scanError{unclosedText, unclosedTextHint, quote, quote + 1}
			}
			return nil, &scanError{"unclosed ${", "the } that ends the expression is missing; a literal ${ is written $${", next, next + 2}
		}
		if strings.TrimSpace(s[next+2:end]) == "" {
			return nil, &scanError{"empty ${}", "an expression is missing; a literal ${ is written $${", next, end + 1}
		}
		if literal.Len() > 0 {
			segments = append(segments, segment{literal: literal.String()})
			literal.Reset()
		}
		segments = append(segments, segment{isExpression: true, start: next + 2, end: end})
		at = end + 1
	}
	literal.WriteString(s[at:])
	if literal.Len() > 0 || len(segments) == 0 {
		segments = append(segments, segment{literal: literal.String()})
	}
	return segments, nil
}

// dollarBrace is the offset of a ${ outside of texts and comments of an
// expression, or -1.
func dollarBrace(s string) int {
	if !mayHoldExpression(s) {
		return -1
	}
	lexer := newCELLexer(s)
	lexer.seek(0)
	behind := 0
	for {
		token := lexer.NextToken()
		start := len(s)
		if token.GetTokenType() != antlr.TokenEOF {
			start = lexer.byteAt(token.GetStart())
		}
		if gap := strings.Index(s[behind:min(start+1, len(s))], "${"); gap >= 0 {
			return behind + gap
		}
		if token.GetTokenType() == antlr.TokenEOF {
			return -1
		}
		behind = lexer.byteAt(token.GetStop() + 1)
	}
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

// closingBrace is the offset of the brace that ends an expression which
// begins at an offset.
func (l *celLexer) closingBrace(from int) (int, bool) {
	l.seek(from)
	depth := 0
	for {
		token := l.NextToken()
		switch token.GetTokenType() {
		case antlr.TokenEOF:
			return 0, false
		case gen.CELLexerLBRACE:
			depth++
		case gen.CELLexerRBRACE:
			if depth == 0 {
				return l.byteAt(token.GetStart()), true
			}
			depth--
		}
	}
}
