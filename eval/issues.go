package eval

import (
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// syntaxErrors tells the first thing that the parser did not understand; what
// it says behind that is guesses. Reserved words and errors of macros do not
// confuse it, so each of these is told.
func syntaxErrors(src source, issues []*common.Error) diag.List {
	var problems diag.List
	text := common.NewTextSource(src.text)
	sortIssues(issues)
	for _, issue := range issues {
		offset, _ := text.LocationOffset(issue.Location)
		message, isSyntax := strings.CutPrefix(issue.Message, "Syntax error: ")
		if isSyntax {
			at := src.byteAt(int(offset))
			if m := reread(src.text, at); m != nil {
				return append(problems, src.problem(ruleSyntax, m.summary, m.detail, m.from, m.to))
			}
			summary, detail := syntaxMessage(src, at, message)
			return append(problems, src.problemAt(ruleSyntax, summary, detail, int(offset)))
		}
		summary, detail := "invalid expression", message
		if word, ok := strings.CutPrefix(message, "reserved identifier: "); ok {
			summary, detail = "reserved word", reserved(word)
		}
		problems = append(problems, src.problemAt(ruleSyntax, summary, detail, int(offset)))
	}
	return problems
}

// sortIssues orders issues by place: the lexer's come before the parser's.
func sortIssues(issues []*common.Error) {
	slices.SortStableFunc(issues, func(a, b *common.Error) int {
		if a.Location.Line() != b.Location.Line() {
			return a.Location.Line() - b.Location.Line()
		}
		return a.Location.Column() - b.Location.Column()
	})
}

// reserved says what to write instead of a reserved word.
func reserved(word string) string {
	if word == "namespace" {
		return "namespace is a reserved word of CEL; write meta.namespace"
	}
	return word + " is a reserved word of CEL and cannot be a name"
}

var (
	unexpectedToken = regexp.MustCompile(`(?s)^(?:mismatched|extraneous) input '(.*?)' expecting`)
	noAlternative   = regexp.MustCompile(`(?s)no viable alternative at input '(.*)'`)
	missingToken    = regexp.MustCompile(`(?s)^missing '(.*?)' at '(.*)'$`)
	badCharacter    = regexp.MustCompile(`(?s)^token recognition error at: '(.*)'$`)
)

const (
	unclosedText     = "unclosed or invalid string"
	unclosedTextHint = `a text ends with the quote that it began with; a backslash in it is written \\`
)

// syntaxMessage puts the parser's words into plain ones.
func syntaxMessage(src source, at int, message string) (summary, detail string) {
	if m := badCharacter.FindStringSubmatch(message); m != nil {
		if strings.HasPrefix(m[1], "'") || strings.HasPrefix(m[1], `"`) {
			return unclosedText, unclosedTextHint
		}
		character := strings.TrimSpace(m[1])
		if hint := keywordHint(character); hint != "" {
			return "unexpected " + quoteShort(character), hint
		}
		return "unexpected character", quoteShort(character)
	}
	if at >= len(src.text) {
		return "incomplete expression", "something is missing at its end"
	}
	if m := unexpectedToken.FindStringSubmatch(message); m != nil {
		if hint := keywordHint(m[1]); hint != "" {
			return "unexpected " + quoteShort(m[1]), hint
		}
		return "syntax error", "unexpected " + quoteShort(m[1])
	}
	if m := missingToken.FindStringSubmatch(message); m != nil {
		return "syntax error", quoteShort(m[1]) + " is missing before " + quoteShort(m[2])
	}
	if noAlternative.MatchString(message) {
		return "syntax error", "unexpected " + quoteShort(src.text[at:src.tokenEnd(at)])
	}
	return "syntax error", strings.Join(strings.Fields(message), " ")
}

// keywordHint knows what people write who come from other languages.
func keywordHint(token string) string {
	switch token {
	case "and", "&":
		return "CEL writes &&"
	case "or", "|":
		return "CEL writes ||"
	case "not":
		return "CEL writes !"
	case "=", "is":
		return "CEL compares with =="
	case "if", "else":
		return "CEL writes condition ? then : otherwise"
	}
	return ""
}

// quoteShort quotes a piece of source, cut where it is long.
func quoteShort(s string) string {
	if runes := []rune(s); len(runes) > 20 {
		s = string(runes[:20]) + "…"
	}
	return "'" + strings.Join(strings.Fields(s), " ") + "'"
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '(.*)' \(in container ''\)$`)
	noOverload = regexp.MustCompile(`(?s)^found no matching overload for '(.*)' applied to '(.*)'$`)
	mismatch   = regexp.MustCompile(`(?s)^expected type '(.*)' but found '(.*)'$`)
)

// typeErrors puts what the checker found into plain words.
func (e *Env) typeErrors(src source, at place, u *usage, issues []*common.Error) diag.List {
	var problems diag.List
	text := common.NewTextSource(src.text)
	ignored := e.consequences(u, issues)
	for _, issue := range issues {
		offset, _ := text.LocationOffset(issue.Location)
		if m := undeclared.FindStringSubmatch(issue.Message); m != nil {
			name := m[1]
			if isCall(src, int(offset)) {
				name += "()"
			}
			if ignored[name] {
				continue
			}
			problems = append(problems, e.unknown(src, at, u, issue, m[1], int(offset)))
			continue
		}
		if e.isMisplaced(at, u, issue.ExprID) {
			continue
		}
		summary, detail := typeMessage(issue.Message)
		problems = append(problems, src.problemAt(ruleType, summary, detail, int(offset)))
	}
	return problems
}

// isMisplaced tells whether a node is made of a variable that does not exist
// here: of what type it should be nobody knows.
func (e *Env) isMisplaced(at place, u *usage, id int64) bool {
	node, ok := u.nodes[id]
	if !ok {
		return false
	}
	misplaced := map[int64]bool{}
	for _, v := range u.variables {
		if e.unavailable(at, v.name) != "" {
			misplaced[v.id] = true
		}
	}
	var holds func(ast.Expr) bool
	holds = func(n ast.Expr) bool { return misplaced[n.ID()] || slices.ContainsFunc(children(n), holds) }
	return len(misplaced) > 0 && holds(node)
}

// isCall tells whether a CEL offset is that of a call's parenthesis.
func isCall(src source, offset int) bool {
	b := src.byteAt(offset)
	return b < len(src.text) && src.text[b] == '('
}

// consequences are names that are unknown only because a function is, or the
// other way round: the prefix of hash.sha265(x), the variable of a misspelt
// spec.list.fliter(i, …), and the function of hahs.short(x).
func (e *Env) consequences(u *usage, issues []*common.Error) map[string]bool {
	names := map[string]bool{}
	for _, issue := range issues {
		node, ok := u.nodes[issue.ExprID]
		if !ok || node.Kind() != ast.CallKind || !undeclared.MatchString(issue.Message) {
			continue
		}
		c := node.AsCall()
		if c.IsMemberFunction() && c.Target().Kind() == ast.IdentKind {
			prefix := c.Target().AsIdent()
			if _, meant := e.nearestNamespace(prefix, c.FunctionName()); meant {
				names[c.FunctionName()+"()"] = true
			} else if e.isNamespace(prefix) {
				names[prefix] = true
			}
		}
		for _, arg := range c.Args()[:max(len(c.Args())-1, 0)] {
			if arg.Kind() != ast.IdentKind {
				break
			}
			names[arg.AsIdent()] = true
		}
	}
	return names
}

// nearestNamespace guesses which prefix a function was meant to have: one with
// which it exists.
func (e *Env) nearestNamespace(prefix, function string) (string, bool) {
	var known []string
	for f := range e.cel.Functions() {
		if namespace, ok := strings.CutSuffix(f, "."+function); ok {
			known = append(known, namespace)
		}
	}
	slices.Sort(known)
	return diag.Nearest(prefix, known)
}

// isNamespace tells whether functions are named name.something.
func (e *Env) isNamespace(name string) bool {
	for f := range e.cel.Functions() {
		if strings.HasPrefix(f, name+".") {
			return true
		}
	}
	return false
}

// unknown is the error for a name that exists nowhere.
func (e *Env) unknown(src source, at place, u *usage, issue *common.Error, name string, offset int) *diag.Diagnostic {
	if !isCall(src, offset) {
		d := src.problemAt(ruleName, "unknown variable", name, offset)
		guess, ok := e.meantNamespace(u, name)
		if !ok {
			guess, ok = diag.Nearest(name, e.visible(at, u))
		}
		if ok {
			d.Detail = name + "; did you mean " + guess + "?"
			d.SuggestWord(name, guess)
		}
		return d
	}
	full, prefix, member := name, "", false
	if node, ok := u.nodes[issue.ExprID]; ok && node.Kind() == ast.CallKind {
		c := node.AsCall()
		member = c.IsMemberFunction()
		if c.IsMemberFunction() && c.Target().Kind() == ast.IdentKind && e.isNamespace(c.Target().AsIdent()) {
			prefix = c.Target().AsIdent() + "."
			full, member = prefix+name, false
		}
	}
	d := src.problemAt(ruleName, "unknown function", full+"()", offset)
	if hint := keywordHint(name); hint != "" {
		d.Detail += "; " + hint
		return d
	}
	if guess, ok := diag.Nearest(full, e.callable(prefix, member)); ok {
		d.Detail = full + "(); did you mean " + guess + "()?"
		d.SuggestWord(name, strings.TrimPrefix(guess, prefix))
	}
	return d
}

// visible are the names of variables and filters that exist here.
func (e *Env) visible(at place, u *usage) []string {
	var names []string
	for _, v := range Variables {
		if at.scope.has(v.Scope) {
			names = append(names, v.Name)
		}
	}
	for name := range e.filters {
		names = append(names, name)
	}
	for name := range u.locals {
		if !strings.HasPrefix(name, "@") && !strings.HasPrefix(name, "#") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// meantNamespace takes an unknown variable for the misspelt prefix of a
// function.
func (e *Env) meantNamespace(u *usage, name string) (string, bool) {
	for _, f := range u.functions {
		prefix, function, ok := strings.Cut(f.name, ".")
		if !ok || prefix != name {
			continue
		}
		if guess, ok := e.nearestNamespace(name, function); ok {
			return guess, true
		}
	}
	return "", false
}

// callable are the names of the functions and macros with a prefix, or of those
// that are called on a value.
func (e *Env) callable(prefix string, member bool) []string {
	var names []string
	for name, f := range e.cel.Functions() {
		if slices.ContainsFunc(f.OverloadDecls(), func(o *decls.OverloadDecl) bool { return o.IsMemberFunction() == member }) {
			names = append(names, name)
		}
	}
	for _, m := range e.cel.Macros() {
		if m.IsReceiverStyle() == member {
			names = append(names, m.Function())
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return strings.ContainsAny(name, "@_") || name == "in" || !strings.HasPrefix(name, prefix)
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// typeMessage puts a message of the checker into plain words.
func typeMessage(message string) (summary, detail string) {
	if m := noOverload.FindStringSubmatch(message); m != nil {
		return "wrong types", overloadMessage(m[1], m[2])
	}
	if m := mismatch.FindStringSubmatch(message); m != nil {
		return "wrong type", "this is " + plainTypes(m[2]) + ", needed is " + plainTypes(m[1])
	}
	if rest, ok := strings.CutPrefix(message, "expression of type '"); ok {
		if kind, _, ok := strings.Cut(rest, "'"); ok {
			return "wrong type", "cannot walk through " + plainTypes(kind) + "; a list or a map is needed"
		}
	}
	return "invalid expression", plainTypes(strings.Join(strings.Fields(message), " "))
}

// overloadMessage says that a function does not take these types.
func overloadMessage(function, applied string) string {
	args := plainTypes(applied)
	if function == touchedName {
		return badChangedPath
	}
	if function == operators.Conditional {
		return "both branches of ?: must have one type, these have " + strings.Join(argTypes(args)[1:], " and ") + "; dyn(…) around one of them lifts that"
	}
	if function == operators.Index || function == operators.OptIndex {
		types := argTypes(args)
		return types[0] + " cannot be indexed by " + types[1]
	}
	if symbol, ok := operators.FindReverse(function); ok && symbol != "" {
		return "operator " + symbol + " does not take " + strings.Join(argTypes(args), " and ")
	}
	if receiver, rest, ok := strings.Cut(args, ".("); ok {
		return receiver + " has no " + function + "(" + rest
	}
	return function + "() does not take " + args
}

// argTypes splits the checker's "(int, map(string, dyn))" into its types.
func argTypes(args string) []string {
	args = strings.TrimSuffix(strings.TrimPrefix(args, "("), ")")
	var all []string
	depth, start := 0, 0
	for i, r := range args {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				all = append(all, strings.TrimSpace(args[start:i]))
				start = i + 1
			}
		}
	}
	return append(all, strings.TrimSpace(args[start:]))
}

// literalText is the value of a text literal.
func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

// segmentsOf splits a dotted path.
func segmentsOf(path string) []string { return strings.Split(path, ".") }
