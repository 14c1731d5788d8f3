package trial

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Candidates are what can stand at a place of a line instead of From to To, in bytes.
type Candidates struct {
	From, To int
	// Texts begin with what is written at the place already, and are sorted as people
	// should see them.
	Texts []string
}

// Complete finds what can stand at a place, in bytes, of a line: names of commands,
// variables, functions, and the fields of values, those that are known from types and
// those that a value has.
func (s *Session) Complete(ctx context.Context, line string, at int) Candidates {
	at = max(0, min(at, len(line)))
	start := len(line) - len(strings.TrimLeft(line, " "))
	if !strings.HasPrefix(line[start:], ":") {
		return s.trial.complete(ctx, line, at, 0, false)
	}
	if at < start {
		return Candidates{From: at, To: at}
	}
	word, _, more := strings.Cut(line[start:], " ")
	if at <= start+len(word) {
		return commandCandidates(start, start+len(word), line[start:at])
	}
	c, err := commandNamed(word)
	if err != nil || !more {
		return Candidates{From: at, To: at}
	}
	return s.completeArgument(ctx, c.name, line, at, start+len(word)+1)
}

func commandCandidates(from, to int, prefix string) Candidates {
	out := Candidates{From: from, To: to}
	for _, c := range commands() {
		if strings.HasPrefix(c.name, prefix) {
			text := c.name
			if c.argument != "" {
				text += " "
			}
			out.Texts = append(out.Texts, text)
		}
	}
	return out
}

// completeArgument completes what stands behind a command, from start on.
func (s *Session) completeArgument(ctx context.Context, command, line string, at, start int) Candidates {
	switch command {
	case ":type":
		return s.trial.complete(ctx, line, at, start, false)
	case ":let":
		if equal := strings.Index(line[start:], "="); equal >= 0 && start+equal < at {
			return s.trial.complete(ctx, line, at, start+equal+1, false)
		}
		return s.trial.completeName(line, at, start)
	case ":template":
		if from, _, ok := eval.ExpressionAt(line[start:], at-start); ok {
			return s.trial.complete(ctx, line, at, start+from, true)
		}
	}
	return Candidates{From: at, To: at}
}

// completeName completes the name of a variable.
func (t *Trial) completeName(line string, at, start int) Candidates {
	from := start + len(line[start:at]) - len(strings.TrimLeft(line[start:at], " "))
	out := Candidates{From: from, To: at}
	for _, v := range t.variables() {
		if strings.HasPrefix(v.Name, line[from:at]) {
			out.Texts = append(out.Texts, v.Name)
		}
	}
	return out
}

// complete completes in an expression that begins at start, perhaps in a template.
func (t *Trial) complete(ctx context.Context, line string, at, start int, template bool) Candidates {
	site := t.site(ctx)
	site.Template = template
	c := t.env.Complete(line[start:], at-start, site)
	out := Candidates{From: start + c.From, To: start + c.To}
	prefix := strings.TrimPrefix(c.Prefix, "`")
	known := map[string]bool{}
	for _, symbol := range append(t.actual(ctx, c), c.Symbols...) {
		if known[symbol.Name] || !strings.HasPrefix(symbol.Name, prefix) {
			continue
		}
		known[symbol.Name] = true
		out.Texts = append(out.Texts, textOf(symbol, c.Quoted))
	}
	return out
}

// textOf is how a symbol is written; the parenthesis of a call belongs to it.
func textOf(s eval.Symbol, quoted bool) string {
	switch {
	case quoted:
		return s.Name
	case s.Kind != eval.FunctionSymbol && s.Kind != eval.MethodSymbol:
		return s.Text()
	case s.Arguments:
		return s.Text() + "("
	}
	return s.Text() + "()"
}

// actual are the fields that the value before the dot has.
func (t *Trial) actual(ctx context.Context, c eval.Completion) []eval.Symbol {
	if c.Receiver == "" {
		return nil
	}
	fields, _ := t.look(ctx, c.Receiver).Value.(map[string]any)
	var out []eval.Symbol
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, eval.Symbol{Kind: eval.FieldSymbol, Name: name})
	}
	return out
}

// look evaluates a part of an expression, also where that does not fit the types: data may
// have more than their schema. Where there is no value, the answer is empty.
func (t *Trial) look(ctx context.Context, expression string) eval.Answer {
	program, _ := t.env.Expr(spec.NewExpr(source(ExpressionName, expression)), t.scope, nil)
	answer, err := program.Answer(ctx, t.binding(ctx))
	if err != nil {
		return eval.Answer{}
	}
	return answer
}

// site is the place of the expressions, for completion.
func (t *Trial) site(ctx context.Context) eval.Site {
	at := eval.Site{Scope: t.scope, TypeOf: func(expression string) *cel.Type {
		return t.look(ctx, expression).Kind
	}}
	for _, v := range t.options.Target.vars {
		at.Vars = append(at.Vars, eval.Name{Name: v.Key.Value})
	}
	if op := t.options.Target.Operator; op != nil {
		for _, r := range op.Spec.Resources {
			at.Children = append(at.Children, eval.Name{Name: r.Key.Value})
		}
	}
	return at
}
