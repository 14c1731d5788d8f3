package mutate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// expression is one CEL expression in one line of a file.
type expression struct {
	site *site
	// at is where it begins in the file.
	at   int
	text string
	// dollar is where its ${ begins; -1 for one that stands without.
	dollar int
	// quoted is the quote of the YAML text around it, 0 for a plain one.
	quoted byte
	tokens []token
}

// token is a word, a text, a number or an operator of an expression.
type token struct {
	from, to int
	kind     tokenKind
}

type tokenKind int

const (
	word tokenKind = iota
	text
	number
	operator
)

// findExpressions collects what stands where the language has expressions, and
// in ${ } wherever it stands.
func (f *file) findExpressions() {
	for _, s := range f.sites {
		if s.holds("expression") {
			f.plainExpression(s)
			continue
		}
		for _, n := range []*yaml.Node{s.key, s.value} {
			if n != nil {
				f.template(s, n)
			}
		}
	}
}

func (f *file) plainExpression(s *site) {
	at, text, ok := f.scalar(s.value)
	if !ok {
		return
	}
	f.expression(s, at, text, -1)
}

func (f *file) expression(s *site, at int, text string, dollar int) {
	tokens, ok := tokenize(text)
	if !ok {
		return
	}
	x := &expression{site: s, at: at, text: text, dollar: dollar, tokens: tokens}
	if n := f.offset(s.value); f.text[n] == '"' || f.text[n] == '\'' {
		x.quoted = f.text[n]
	}
	f.expressions = append(f.expressions, x)
}

// template finds the expressions of a text.
func (f *file) template(s *site, n *yaml.Node) {
	at, whole, ok := f.scalar(n)
	if !ok {
		return
	}
	for from := 0; ; {
		i := strings.Index(whole[from:], "${")
		if i < 0 {
			return
		}
		dollar := from + i
		if dollar > 0 && whole[dollar-1] == '$' {
			from = dollar + 2
			continue
		}
		tokens, _ := tokenize(whole[dollar+2:])
		depth, end := 0, -1
		for _, t := range tokens {
			switch whole[dollar+2+t.from] {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth < 0 {
				end = dollar + 2 + t.from
				break
			}
		}
		if end < 0 {
			return
		}
		f.expression(s, at+dollar+2, whole[dollar+2:end], at+dollar)
		from = end + 1
	}
}

var operators = []string{"&&", "||", "==", "!=", "<=", ">=", ".?", "[?"}

// tokenize cuts an expression into its tokens; ok is false where a text in it
// does not end.
func tokenize(s string) (tokens []token, ok bool) {
	for at := 0; at < len(s); {
		from := at
		switch c := s[at]; {
		case c == ' ':
			at++
			continue
		case c == '"' || c == '\'' || c == '`':
			end := strings.IndexByte(s[at+1:], c)
			if end < 0 {
				return tokens, false
			}
			at += end + 2
			tokens = append(tokens, token{from, at, text})
		case isLetter(c):
			for at < len(s) && (isLetter(s[at]) || isDigit(s[at])) {
				at++
			}
			tokens = append(tokens, token{from, at, word})
		case isDigit(c):
			for at < len(s) && (isDigit(s[at]) || s[at] == '.') {
				at++
			}
			tokens = append(tokens, token{from, at, number})
		default:
			at++
			if at < len(s) && slices.Contains(operators, s[from:at+1]) {
				at++
			}
			tokens = append(tokens, token{from, at, operator})
		}
	}
	return tokens, true
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// of is the text of a token; empty for one that is not there.
func (x *expression) of(i int) string {
	if i < 0 || i >= len(x.tokens) {
		return ""
	}
	return x.text[x.tokens[i].from:x.tokens[i].to]
}

// isVariable tells whether a token is a name by itself: not selected from
// something, and not called.
func (x *expression) isVariable(i int) bool {
	return x.tokens[i].kind == word && !x.isSelected(i) && x.of(i+1) != "(" &&
		!slices.Contains([]string{"true", "false", "null", "in"}, x.of(i))
}

func (x *expression) isSelected(i int) bool { return x.of(i-1) == "." || x.of(i-1) == ".?" }

// locals are the names that macros bring: the first arguments of map, all and
// the like.
func (x *expression) locals() []string {
	macros := []string{"all", "exists", "exists_one", "map", "filter", "transformList", "transformMap", "transformMapEntry", "existsOne", "bind"}
	var out []string
	for i := range x.tokens {
		if slices.Contains(macros, x.of(i)) && x.isSelected(i) && x.of(i+1) == "(" {
			for j := i + 2; x.tokens[j].kind == word && x.of(j+1) == ","; j += 2 {
				out = append(out, x.of(j))
			}
		}
	}
	return out
}

// declares tells whether a token is where a macro brings a name. A typo there
// is one of the places where the name is used as well.
func (x *expression) declares(i int) bool {
	if x.tokens[i].kind != word || x.of(i+1) != "," {
		return false
	}
	for i--; x.of(i) == ","; i -= 2 {
	}
	return x.of(i) == "(" && i > 1 && x.isSelected(i-1) && slices.Contains(x.locals(), x.of(i+1))
}

// isFunction tells whether a token is the name of what is called.
func (x *expression) isFunction(i int) bool { return x.tokens[i].kind == word && x.of(i+1) == "(" }

// place is where an expression stands.
type place struct {
	// kind is the key of spec: handlers, timers, filters.
	kind string
	// on are the kinds of a handler.
	on []string
	// within are the keys below kind.
	within []string
	item   bool
}

func (x *expression) place() place {
	path := x.site.path()
	var p place
	if len(path) > 1 {
		p.kind, p.within = path[1], path[2:]
	}
	for s := x.site; s != nil; s = s.up {
		for _, b := range s.below {
			if b.key == nil || b.lang == nil {
				continue
			}
			if b.key.Value == "forEach" && b != x.site {
				p.item = true
			}
			if b.key.Value == "on" {
				p.on = append(p.on, b.value.Value)
				for _, n := range b.value.Content {
					p.on = append(p.on, n.Value)
				}
			}
		}
	}
	return p
}
