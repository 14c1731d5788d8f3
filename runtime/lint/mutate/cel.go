package mutate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
)

// wordsOfExpressions misspells the names in expressions.
func wordsOfExpressions(f *file) {
	filters := f.chosen("filters")
	for _, x := range f.expressions {
		for i := range x.tokens {
			f.wordTypos(x, i, filters)
		}
	}
}

func (f *file) wordTypos(x *expression, i int, filters []string) {
	at, name := x.at+x.tokens[i].from, x.of(i)
	switch {
	case x.tokens[i].kind != word || x.declares(i):
	case x.isFunction(i):
		f.misspell("function", at, name, func(t string) bool { return slices.Contains(functionNames, t) })
	case x.isVariable(i):
		known := append(append(variableNames(), filters...), x.locals()...)
		group := "variable"
		switch {
		case !slices.Contains(known, name):
			if x.of(i+1) != "." || !slices.Contains(namespaces, name) {
				return
			}
			group, known = "function", namespaces
		case slices.Contains(filters, name):
			group = "filter"
		case slices.Contains(x.locals(), name):
			group = "loop variable"
		}
		if len(name) < 2 {
			return // another letter is no typo that somebody could guess
		}
		f.misspell(group, at, name, func(t string) bool { return slices.Contains(known, t) || slices.Contains(reservedWords, t) })
	case x.isSelected(i):
		f.memberTypos(x, i, at)
	}
}

// memberTypos misspells what is selected from variables whose content is known
// without a schema.
func (f *file) memberTypos(x *expression, i, at int) {
	if x.of(i-3) == "." || x.of(i-3) == ".?" || i < 2 || !x.isVariable(i-2) {
		return
	}
	variable := x.of(i - 2)
	if slices.Contains(x.locals(), variable) {
		return
	}
	var known []string
	group := variable
	switch variable {
	case "vars":
		known = f.declared(x.site, "vars")
	case "steps":
		known = f.declared(x.site, "name")
	case "index":
		known = f.indexIDs()
	case "children":
		known = f.chosen("resources")
	case "operator":
		known, group = []string{"name", "id", "version"}, "member"
	case "error":
		known, group = []string{"kind", "message", "step"}, "member"
	case "resource":
		known, group = []string{"group", "version", "kind", "plural", "singular", "shortNames", "categories", "namespaced", "preferred"}, "member"
	case "event":
		known, group = []string{"type", "object"}, "member"
	}
	if slices.Contains(known, x.of(i)) {
		f.misspell(group, at, x.of(i), func(t string) bool { return slices.Contains(known, t) })
	}
}

// declared are the names of the vars, or of the steps, around a site.
func (f *file) declared(s *site, key string) []string {
	var out []string
	var visit func(s *site)
	visit = func(s *site) {
		if s.lang != nil && s.key != nil && s.key.Value == key {
			if s.named {
				for _, b := range s.below {
					out = append(out, b.key.Value)
				}
			} else {
				out = append(out, s.value.Value)
			}
		}
		for _, b := range s.below {
			visit(b)
		}
	}
	visit(s.task())
	return out
}

func (f *file) indexIDs() []string {
	var out []string
	for _, s := range f.sites {
		if strings.Join(s.path(), ".") == "spec.indexes.id" {
			out = append(out, s.value.Value)
		}
	}
	return out
}

func variableNames() []string {
	var out []string
	for _, v := range eval.Variables {
		out = append(out, v.Name)
	}
	return out
}

var (
	namespaces    = []string{"json", "yaml", "hash", "dns", "random", "base64", "math", "sets", "cel", "lists", "strings", "optional", "ip", "cidr", "format"}
	reservedWords = []string{"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while"}
	// functionNames are short ones that a typo of another one could be.
	functionNames = []string{"min", "max", "map", "all", "int", "uint", "sum", "add", "sub", "has", "size", "ip", "url"}
)

// wrongScopes uses variables where they do not exist.
func wrongScopes(f *file) {
	for _, x := range f.expressions {
		for i := range x.tokens {
			// What is selected or called does not go together with another variable.
			if !x.isVariable(i) || x.declares(i) || !slices.Contains(variableNames(), x.of(i)) || slices.Contains(x.locals(), x.of(i)) {
				continue
			}
			for _, other := range x.place().unavailable() {
				at := x.at + x.tokens[i].from
				f.replace(mistake{"scope", other, fmt.Sprintf("%s is now %s", x.of(i), other), ""}, at, at+len(x.of(i)), other, at)
			}
		}
	}
}

// unavailable are some variables that do not exist at a place. Filters have the
// variables of the places where they are used, so none is wrong in them.
func (p place) unavailable() []string {
	var out []string
	add := func(names ...string) { out = append(out, names...) }
	// The vars are evaluated where they are used, and the result after the steps.
	inSteps := len(p.within) > 0 && slices.Contains([]string{"do", "onFailure", "vars", "result"}, p.within[0])
	inTest := len(p.within) > 2 && p.within[0] == "match"
	switch p.kind {
	case "handlers":
		add("stopped")
		if slices.Contains(p.on, "event") {
			add("retry", "old", "diff", "reason")
		} else {
			add("event")
		}
	case "timers", "daemons":
		add("old", "new", "diff", "reason", "event")
	case "indexes":
		add("index", "memo", "old", "retry")
	case "startup", "cleanup", "probes":
		add("spec", "labels", "old", "body")
	default:
		return nil
	}
	if !inSteps {
		add("steps")
	}
	if !slices.Contains(p.within, "onFailure") {
		add("error")
	}
	if !inTest {
		add("value")
	}
	if !p.item {
		add("item", "key")
	}
	return out
}

// brokenExpressions breaks the grammar.
func brokenExpressions(f *file) {
	for _, x := range f.expressions {
		f.brackets(x)
		f.quotes(x)
		f.foreignOperators(x)
		f.missingOperands(x)
		f.dollars(x)
	}
}

// brackets leaves out closing brackets, and adds some. Which of several was
// left out nobody can tell: the finding stands at the one that is left open.
func (f *file) brackets(x *expression) {
	for i := range x.tokens {
		t := x.tokens[i]
		switch c := x.of(i); c {
		case ")", "]":
			broken := x.text[:t.from] + x.text[t.to:]
			if at, ok := openIn(broken); ok {
				f.replace(mistake{"expression", "no closing " + c, x.text, ""}, x.at+t.from, x.at+t.to, "", x.at+at)
			}
			f.replace(mistake{"expression", "one more " + c, x.text, ""}, x.at+t.to, x.at+t.to, c, x.at+extraIn(x.text[:t.to]+c+x.text[t.to:]))
		}
	}
}

// openIn is the bracket in an expression that no other closes.
func openIn(s string) (at int, ok bool) {
	tokens, _ := tokenize(s)
	var open []token
	groups := map[int]bool{}
	pairs := map[byte]byte{')': '(', ']': '[', '}': '{'}
	for i, t := range tokens {
		if t.kind != operator {
			continue
		}
		switch c := s[t.from]; c {
		case '(', '[', '{':
			groups[t.from] = c == '(' && (i == 0 || tokens[i-1].kind != word)
			open = append(open, t)
		case ',':
			// Parentheses that are no call's hold no comma.
			if len(open) > 0 && groups[open[len(open)-1].from] {
				return open[len(open)-1].from, true
			}
		case ')', ']', '}':
			if len(open) == 0 {
				return 0, false
			}
			if top := open[len(open)-1]; s[top.from] != pairs[c] {
				return top.from, true
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return 0, false
	}
	return open[len(open)-1].from, true
}

// extraIn is the bracket in an expression that closes none.
func extraIn(s string) int {
	tokens, _ := tokenize(s)
	var open []byte
	pairs := map[byte]byte{')': '(', ']': '[', '}': '{'}
	for _, t := range tokens {
		if t.kind != operator {
			continue
		}
		switch c := s[t.from]; c {
		case '(', '[', '{':
			open = append(open, c)
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != pairs[c] {
				return t.from
			}
			open = open[:len(open)-1]
		case ',':
			if len(open) == 0 {
				return t.from // what it would separate is over
			}
		}
	}
	return len(s)
}

// quotes leaves out quotes of texts. With several texts in one expression the
// next quote would close this one, and what is wrong is the text behind it: so
// only the last text of an expression is taken.
func (f *file) quotes(x *expression) {
	for i := len(x.tokens) - 1; i >= 0; i-- {
		t := x.tokens[i]
		if t.kind != text {
			continue
		}
		f.replace(mistake{"expression", "no closing quote", x.text, ""}, x.at+t.to-1, x.at+t.to, "", x.at+t.from)
		f.replace(mistake{"expression", "no opening quote", x.text, ""}, x.at+t.from, x.at+t.from+1, "", x.at+t.to-2)
		return
	}
}

// foreignOperators writes operators as other languages do.
func (f *file) foreignOperators(x *expression) {
	foreign := map[string][]string{"==": {"=", "===", "is"}, "!=": {"<>"}, "&&": {"and", "&"}, "||": {"or", "|"}, "!": {"not "}}
	for i := range x.tokens {
		t := x.tokens[i]
		for _, other := range foreign[x.of(i)] {
			if t.kind != operator {
				continue
			}
			at := x.at + t.from
			if other == "===" {
				at += 2 // == is right, and = is too much
			}
			f.replace(mistake{"expression", x.of(i) + " as " + other, x.text, ""}, x.at+t.from, x.at+t.to, other, at)
		}
	}
}

var binary = []string{"==", "!=", "<", ">", "<=", ">=", "&&", "||", "+", "*", "/", "%", "in"}

// missingOperands leaves out operators, and what is behind the last one.
func (f *file) missingOperands(x *expression) {
	for i := range x.tokens {
		if !slices.Contains(binary, x.of(i)) || i == 0 || i+1 >= len(x.tokens) || x.of(i+1) == "[" || x.of(i+1) == "(" {
			continue // behind a value, a bracket would be an index or a call
		}
		t, next := x.tokens[i], x.tokens[i+1]
		f.replace(mistake{"expression", "no operator", x.text, ""}, x.at+t.from, x.at+next.from, "", x.at+t.from)
		if i+2 == len(x.tokens) && x.text[next.to:] == "" {
			f.replace(mistake{"expression", "no second operand", x.text, ""}, x.at+t.to, x.at+next.to, "", x.at+t.to)
		}
	}
}

// dollars leaves out what ends an expression in a text, and puts ${ } around
// one that needs none.
func (f *file) dollars(x *expression) {
	end := x.at + len(x.text)
	if x.dollar >= 0 {
		f.replace(mistake{"expression", "unclosed ${", x.text, ""}, end, end+1, "", x.dollar)
		f.replace(mistake{"expression", "nothing in ${ }", x.text, ""}, x.at, end, "", x.dollar)
		return
	}
	from, to, _ := f.extent(x.site.value)
	whole := `"` + "${" + x.text + `}"`
	if strings.ContainsRune(x.text, '"') {
		return // it would need escapes
	}
	f.replace(mistake{"expression", "${ } around an expression", x.text, ""}, from, to, whole, from)
	f.replace(mistake{"expression", "an empty expression", x.text, ""}, from, to, `""`, from)
}

// wrongOperands compares what cannot be equal, and puts values of a wrong type
// where the language needs a certain one.
func wrongOperands(f *file) {
	for _, x := range f.expressions {
		for i := range x.tokens {
			f.textForNumber(x, i)
		}
		if x.dollar >= 0 || x.site.lang == nil {
			continue
		}
		from, to, _ := f.extent(x.site.value)
		switch x.site.lang.Name() {
		case "when", "until", "for":
			f.replace(mistake{"type", "a condition that is no bool", x.text, ""}, from, to, "size('abc')", from)
			f.replace(mistake{"type", "a condition that is no bool", x.text, ""}, from, to, "string(now)", from)
		case "forEach":
			f.replace(mistake{"type", "a loop over what is no list", x.text, ""}, from, to, "size('abc')", from)
		}
	}
}

// textForNumber quotes a number that is compared with the result of size() or
// with retry.
func (f *file) textForNumber(x *expression, i int) {
	if x.tokens[i].kind != number || !slices.Contains([]string{"==", "<", ">", "<=", ">=", "!="}, x.of(i-1)) {
		return
	}
	if x.of(i-2) != "retry" && !(x.of(i-2) == ")" && x.of(0) == "size") {
		return
	}
	quote := "'"
	if x.quoted == '\'' {
		return
	}
	t := x.tokens[i]
	f.replace(mistake{"type", "a text compared with a number", x.text, ""}, x.at+t.from, x.at+t.to, quote+x.of(i)+quote, x.at+x.tokens[i-1].from)
}
