package eval

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/interpreter"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Kind says why an evaluation failed.
type Kind int

// The kinds of run-time errors.
const (
	// Failed is an error in the expression or in the data that it met.
	Failed Kind = iota
	// CostLimit is an evaluation that was about to do too much work.
	CostLimit
	// Deadline is an evaluation that took too long.
	Deadline
	// Cancelled is an evaluation whose context ended.
	Cancelled
)

// Error is why an evaluation failed. Its text is one line, the same for the
// same data, and never holds values of the data: they may be secrets.
type Error struct {
	// Range is the part of the expression that failed.
	Range   diag.Range
	Expr    string
	Message string
	Kind    Kind
	cause   error
}

// Error is "file:line:column: message (in: expression)".
func (e *Error) Error() string {
	line := e.Message
	if e.Range.Start.IsValid() {
		line = e.Range.String() + ": " + line
	}
	if e.Expr != "" {
		line += " (in: " + e.Expr + ")"
	}
	return line
}

// Unwrap is the error of a lazy value, or why the context ended.
func (e *Error) Unwrap() error { return e.cause }

// Permanent tells whether another attempt cannot help.
func (e *Error) Permanent() bool { return e.Kind == CostLimit || e.Kind == Deadline }

// maxShown is how much of an expression a message repeats.
const maxShown = 80

// shown is the expression on one line, cut where it is long.
func shown(expression string) string {
	line := []rune(strings.Join(strings.Fields(expression), " "))
	if len(line) > maxShown {
		return string(line[:maxShown-1]) + "…"
	}
	return string(line)
}

// failed is an error about the whole expression.
func (p *Program) failed(kind Kind, message string) *Error {
	return &Error{Range: p.src.whole(), Expr: shown(p.src.text), Message: message, Kind: kind}
}

// interrupted is the error for a context that ended.
func (p *Program) interrupted(cause error) *Error {
	if errors.Is(cause, errDeadline) {
		return p.failed(Deadline, fmt.Sprintf("evaluation took longer than %s", p.env.deadline))
	}
	e := p.failed(Cancelled, "evaluation was cancelled")
	e.cause = cause
	if cause != nil && !errors.Is(cause, context.Canceled) {
		e.Message += ": " + cause.Error()
	}
	return e
}

// explain turns what cel-go says into an Error. An error of a filter or of
// vars is told as it is: it points to where it happened.
func (p *Program) explain(b *Binding, err error) error {
	if inner := (*Error)(nil); errors.As(err, &inner) {
		return inner
	}
	if cancelled := (interpreter.EvalCancelledError{}); errors.As(err, &cancelled) {
		return p.failed(CostLimit, fmt.Sprintf("evaluation is over the cost limit of %d", p.env.costLimit))
	}
	if errors.Is(err, errTooLarge) {
		return p.failed(CostLimit, errTooLarge.Error())
	}
	if lazy := (*lazyError)(nil); errors.As(err, &lazy) {
		e := p.locate(err, lazy.Error())
		if name := identIn(p.node(err), lazy.name); name != nil {
			e.Range = p.rangeOf(name.ID())
		}
		e.cause = lazy.err
		return e
	}
	return p.describe(b, err)
}

// lazyError is why a lazy value of a Binding could not be had.
type lazyError struct {
	name string
	err  error
}

func (e *lazyError) Error() string { return e.name + ": " + e.err.Error() }

func (e *lazyError) Unwrap() error { return e.err }
