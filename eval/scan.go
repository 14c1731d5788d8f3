package eval

import (
	"strings"

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
	for _, t := range tokensOf(s) { // the dollar is in no token
		if t.kind != noToken {
			continue
		}
		if at := strings.Index(s[t.from:min(t.to+1, len(s))], "${"); at >= 0 {
			return t.from + at
		}
	}
	return -1
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

// ExpressionAt finds the expression of a template text that an offset, in
// bytes, is in: what stands between ${ and }. Where the } is missing, it goes
// on to the next ${ or to the end.
func ExpressionAt(template string, offset int) (from, to int, ok bool) {
	var lexer *celLexer
	for at := 0; ; {
		next := strings.Index(template[at:], "${")
		if next < 0 {
			return 0, 0, false
		}
		next += at
		from = next + 2
		if next > at && template[next-1] == '$' {
			at = from
			continue
		}
		if lexer == nil {
			lexer = newCELLexer(template)
		}
		end, closed := lexer.closingBrace(from)
		if !closed {
			end = len(template)
			if more := strings.Index(template[from:], "${"); more >= 0 {
				end = from + more
			}
		}
		if offset < from {
			return 0, 0, false
		}
		if offset <= end {
			return from, end, true
		}
		at = end
	}
}
