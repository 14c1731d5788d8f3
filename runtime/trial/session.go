package trial

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// ExpressionName is what messages call an expression that stands in no file, and
// TemplateName a template.
const (
	ExpressionName = "<expression>"
	TemplateName   = "<template>"
)

// Session is a prompt without its terminal: it takes lines, which are expressions or
// commands. It is for one goroutine at a time.
type Session struct {
	options Options
	trial   *Trial
	io      SessionIO
}

// SessionIO is where a session writes.
type SessionIO struct {
	// Out takes the answers, in one of the formats.
	Out    io.Writer
	Format string
	// Errors writes what is wrong. Its sources are those of the operator; the session adds
	// the line.
	Errors *diag.Printer
	// Width is that of the terminal in cells, 0 where there is none.
	Width int
}

// NewSession begins a session. An error is one of New.
func NewSession(o Options, io SessionIO) (*Session, error) {
	o.Interactive = true
	t, err := New(o)
	return &Session{options: o, trial: t, io: io}, err
}

// Reply tells what became of a line.
type Reply struct {
	// Failed: something was wrong with it, which has been told.
	Failed bool
	// Quit: the user wants to end.
	Quit bool
}

// Do takes one line. Empty ones and comments do nothing. An error is that of a stream.
func (s *Session) Do(ctx context.Context, line string) (Reply, error) {
	line = strings.TrimSpace(line)
	switch {
	case line == "" || strings.HasPrefix(line, "//"):
		return Reply{}, nil
	case !strings.HasPrefix(line, ":"):
		answer, warnings, failure := s.trial.Expr(ctx, source(ExpressionName, line))
		return s.answered(answer, warnings, failure, ExpressionName, line)
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	c, err := commandNamed(word)
	switch {
	case err != nil:
		return s.refuse(err)
	case c.argument == "" && rest != "":
		return s.refuse(fmt.Errorf("%s takes nothing behind it", c.name))
	case c.argument != "" && rest == "":
		return s.refuse(fmt.Errorf("%s needs %s behind it", c.name, c.argument))
	}
	return c.do(s, ctx, rest)
}

func source(name, text string) spec.Source { return spec.Source{Name: name, Text: []byte(text)} }

func (s *Session) refuse(err error) (Reply, error) {
	_, failed := fmt.Fprintln(s.io.Errors.Out, err)
	return Reply{Failed: true}, failed
}

// answered shows an answer, or why there is none.
func (s *Session) answered(a eval.Answer, warnings diag.List, f *Failure, name, text string) (Reply, error) {
	if f != nil {
		return s.failed(f, name, text)
	}
	if err := Show(s.io.Out, a, s.io.Format); err != nil {
		return Reply{}, err
	}
	return Reply{}, s.warn(warnings, name, text)
}

func (s *Session) warn(warnings diag.List, name, text string) error {
	s.io.Errors.Sources[name] = []byte(text)
	return Warn(s.io.Errors, warnings, s.io.Format)
}

func (s *Session) failed(f *Failure, name, text string) (Reply, error) {
	s.io.Errors.Sources[name] = []byte(text)
	return Reply{Failed: true}, f.Tell(s.io.Errors)
}

// command is what can be asked for beside expressions.
type command struct {
	name     string
	argument string // empty where there is none
	doc      string
	do       func(s *Session, ctx context.Context, argument string) (Reply, error)
}

// commands are all of them, in the order of the help.
func commands() []command {
	return []command{
		{":help", "", "show this", (*Session).help},
		{":vars", "", "show the variables that exist here, their types and values", (*Session).listVars},
		{":type", "EXPR", "show the type of an expression, without evaluating it", (*Session).typeOf},
		{":let", "NAME = EXPR", "give a variable a value, or something in it: steps.pvc, spec.size", (*Session).let},
		{":template", "YAML", "render a template, which may have ${ } in it", (*Session).template},
		{":quit", "", "end; so does Ctrl-D", (*Session).quit},
	}
}

// commandNamed finds a command by its name, or by the begin of only one.
func commandNamed(word string) (command, error) {
	var fitting []command
	var names []string
	for _, c := range commands() {
		if c.name == word {
			return c, nil
		}
		if strings.HasPrefix(c.name, word) {
			fitting = append(fitting, c)
		}
		names = append(names, c.name)
	}
	if len(fitting) == 1 {
		return fitting[0], nil
	}
	if len(fitting) > 1 {
		names = nil
		for _, c := range fitting {
			names = append(names, c.name)
		}
		return command{}, fmt.Errorf("%s may be %s", word, strings.Join(names, " or "))
	}
	if guess, ok := diag.Nearest(word, names); ok {
		return command{}, fmt.Errorf("there is no %s; did you mean %s?", word, guess)
	}
	return command{}, fmt.Errorf("there is no %s; :help shows what there is", word)
}

func (s *Session) help(context.Context, string) (Reply, error) {
	var b strings.Builder
	b.WriteString("An expression shows its value and type. Tab completes names. Beside expressions there are\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-19s %s\n", strings.TrimSpace(c.name+" "+c.argument), c.doc)
	}
	_, err := io.WriteString(s.io.Out, b.String())
	return Reply{}, err
}

func (s *Session) quit(context.Context, string) (Reply, error) { return Reply{Quit: true}, nil }

func (s *Session) typeOf(_ context.Context, text string) (Reply, error) {
	words, failure := s.trial.Type(source(ExpressionName, text))
	if failure != nil {
		return s.failed(failure, ExpressionName, text)
	}
	_, err := fmt.Fprintln(s.io.Out, words)
	return Reply{}, err
}

func (s *Session) template(ctx context.Context, text string) (Reply, error) {
	answer, warnings, failure := s.trial.Template(ctx, source(TemplateName, text))
	return s.answered(answer, warnings, failure, TemplateName, text)
}

// let evaluates an expression and keeps its value.
func (s *Session) let(ctx context.Context, text string) (Reply, error) {
	name, expression, ok := strings.Cut(text, "=")
	if !ok {
		return s.refuse(fmt.Errorf("%q needs the form NAME = EXPR", text))
	}
	path, err := ParsePath(strings.TrimSpace(name))
	if err != nil {
		return s.refuse(err)
	}
	expression = strings.TrimSpace(expression)
	answer, warnings, failure := s.trial.Expr(ctx, source(ExpressionName, expression))
	switch {
	case failure != nil:
		return s.failed(failure, ExpressionName, expression)
	case answer.Omitted:
		return s.refuse(fmt.Errorf("the expression has no value: %s", answer.Type))
	}
	o := s.options
	o.Lets = append(slices.Clone(o.Lets), Let{Path: path, Value: answer.Value, Shape: answer.Shape})
	t, err := New(o)
	if err != nil {
		return s.refuse(err)
	}
	s.options, s.trial = o, t
	return Reply{}, s.warn(warnings, ExpressionName, expression)
}

// listVars shows each variable that exists here.
func (s *Session) listVars(ctx context.Context, _ string) (Reply, error) {
	var b strings.Builder
	for _, v := range s.trial.variables() {
		kind, value := "", "-"
		if answer, _, failure := s.trial.Expr(ctx, source(ExpressionName, v.Name)); failure == nil {
			kind = answer.Type
			text, err := compact(answer.Value)
			if err != nil {
				return Reply{}, err
			}
			value = strings.TrimSuffix(text, "\n")
		} else {
			kind, _ = s.trial.Type(source(ExpressionName, v.Name))
		}
		line := fmt.Sprintf("%-12s %-20s ", v.Name, kind)
		fmt.Fprintf(&b, "%s%s\n", line, cut(value, s.room(len(line))))
	}
	_, err := io.WriteString(s.io.Out, b.String())
	return Reply{}, err
}

// room is what a value may take of a line.
func (s *Session) room(taken int) int {
	if s.io.Width == 0 {
		return maxSeen
	}
	return max(s.io.Width-taken, 20)
}

// variables are those that exist here.
func (t *Trial) variables() []eval.Variable {
	var out []eval.Variable
	for _, v := range eval.Variables {
		if exists(v, t.scope) && (t.scope&eval.Indexing == 0 || v.Name != "index" && v.Name != "memo") {
			out = append(out, v)
		}
	}
	return out
}
