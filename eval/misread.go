package eval

import (
	"slices"
	"strings"

	"github.com/antlr4-go/antlr/v4"
	"github.com/google/cel-go/parser/gen"
)

// misread is what was probably meant where the parser does not understand an
// expression: it stops at the first token that cannot be right, which often is
// behind what was left out.
type misread struct {
	from, to        int
	summary, detail string
}

// reread looks for what makes the parser stop at a place, in bytes.
func reread(s string, at int) *misread {
	tokens := slices.DeleteFunc(tokensOf(s), func(t token) bool { return t.kind == noToken || t.kind == gen.CELLexerCOMMENT })
	if m := foreign(tokens, at); m != nil {
		return m
	}
	return openBracket(tokens, at, len(s))
}

// foreign knows operators of other languages that CEL reads as something else
// up to the next token.
func foreign(tokens []token, at int) *misread {
	for i := 1; i < len(tokens); i++ {
		before, token := tokens[i-1], tokens[i]
		switch {
		case token.from != at:
		case before.text == "not":
			return &misread{before.from, before.to, "unexpected 'not'", keywordHint("not")}
		case before.text == "<" && token.text == ">" && before.to == token.from:
			return &misread{before.from, token.to, "unexpected '<>'", "CEL writes !="}
		}
	}
	return nil
}

// openBracket finds the bracket that is left open where the parser stops: at
// the end, at a bracket that closes another kind, or at a comma between
// parentheses that are no call's.
func openBracket(tokens []token, at, end int) *misread {
	var open []int
	for i, token := range tokens {
		if token.from > at {
			return nil
		}
		switch token.text {
		case "(", "[", "[?", "{":
			open = append(open, i)
		case ")", "]", "}":
			if len(open) == 0 {
				return nil
			}
			top := tokens[open[len(open)-1]]
			if closes(top.text) == token.text {
				open = open[:len(open)-1]
				continue
			}
			if isBalanced(tokens, open, i+1) {
				return &misread{token.from, token.to, "unexpected " + quoteShort(token.text), "nothing is there that it could close"}
			}
			return leftOpen(top)
		case ",":
			if len(open) > 0 && isGroup(tokens, open[len(open)-1]) {
				return leftOpen(tokens[open[len(open)-1]])
			}
		}
	}
	if len(open) == 0 || at < end {
		return nil
	}
	return leftOpen(tokens[open[len(open)-1]])
}

// isBalanced tells whether the tokens from one on close what is open.
func isBalanced(tokens []token, open []int, from int) bool {
	open = slices.Clone(open)
	for i := from; i < len(tokens); i++ {
		switch text := tokens[i].text; text {
		case "(", "[", "[?", "{":
			open = append(open, i)
		case ")", "]", "}":
			if len(open) == 0 || closes(tokens[open[len(open)-1]].text) != text {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

func closes(bracket string) string {
	switch bracket[0] {
	case '(':
		return ")"
	case '[':
		return "]"
	}
	return "}"
}

func leftOpen(bracket token) *misread {
	return &misread{bracket.from, bracket.from + 1, "unclosed " + bracket.text[:1], "the " + closes(bracket.text) + " that belongs to it is missing"}
}

// isGroup tells a parenthesis around a part of an expression from that of a
// call.
func isGroup(tokens []token, i int) bool {
	if tokens[i].text != "(" {
		return false
	}
	return i == 0 || tokens[i-1].kind != gen.CELLexerIDENTIFIER && tokens[i-1].kind != gen.CELLexerESC_IDENTIFIER
}

// openQuote is the quote in a stretch of a template from which on nothing is an
// expression any more, because no other closes it; -1 where there is none, or
// where no brace is behind it that could have ended the expression.
func openQuote(s string, from int) int {
	lexer := newCELLexer(s)
	errors := &lexerErrors{DefaultErrorListener: antlr.NewDefaultErrorListener(), lexer: lexer, first: -1}
	lexer.AddErrorListener(errors)
	lexer.seek(from)
	for errors.first < 0 && lexer.NextToken().GetTokenType() != antlr.TokenEOF {
	}
	if errors.first < 0 {
		return -1
	}
	at := lexer.byteAt(errors.first)
	if !strings.Contains(s[at:], "}") {
		return -1
	}
	return at
}

// lexerErrors notes the first quote that the lexer stumbles over, in code
// points; -1 is none.
type lexerErrors struct {
	*antlr.DefaultErrorListener
	lexer *celLexer
	first int
}

// SyntaxError is called by the lexer.
func (e *lexerErrors) SyntaxError(_ antlr.Recognizer, _ any, _, _ int, message string, _ antlr.RecognitionException) {
	quoted := strings.HasPrefix(message, "token recognition error at: ''") || strings.HasPrefix(message, `token recognition error at: '"`)
	if e.first < 0 && quoted {
		e.first = e.lexer.TokenStartCharIndex
	}
}
