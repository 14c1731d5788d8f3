package actions

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Temporary ends an attempt that is to be repeated after a delay.
type Temporary struct {
	Message string
	// Delay is nil where the user set none.
	Delay *time.Duration
	// Waiting tells that nothing went wrong: a wait does not hold yet.
	Waiting bool
	// Unfinished tells that sub-handlers have not ended: the handler itself has
	// neither failed nor made an attempt that counts.
	Unfinished bool
}

func (e *Temporary) Error() string { return e.Message }

// Permanent ends the handler: no later attempt can succeed.
type Permanent struct {
	Message string
	// Cause is nil where the message says it all.
	Cause error
}

func (e *Permanent) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *Permanent) Unwrap() error { return e.Cause }

// StepError is what every failed step returns: its place around the error.
// Inside are a *Temporary, a *Permanent, an *eval.Error, an API error in plain
// words around the original, or any other error.
type StepError struct {
	// Step is the step's name, or "step N" counted from 1 within its block.
	Step string
	// Item is the key of the forEach item, if there is one.
	Item string
	// Action is the step's action, such as create; when or forEach where one of
	// these failed.
	Action string
	Range  diag.Range
	Err    error
}

// Error names the place, the step and the reason on one line.
func (e *StepError) Error() string {
	var located *eval.Error
	if errors.As(e.Err, &located) || !e.Range.Start.IsValid() {
		return e.where() + ": " + e.Err.Error()
	}
	return e.Range.String() + ": " + e.where() + ": " + e.Err.Error()
}

// Message is the reason alone, for places that name the step themselves.
func (e *StepError) Message() string { return e.Err.Error() }

// Unwrap gives the step's own error.
func (e *StepError) Unwrap() error { return e.Err }

func (e *StepError) where() string {
	var b strings.Builder
	b.WriteString(e.Step)
	if e.Item != "" {
		fmt.Fprintf(&b, "[%s]", e.Item)
	}
	fmt.Fprintf(&b, " (%s)", e.Action)
	return b.String()
}

// errReturned travels up through groups and loops when a step says return.
var errReturned = errors.New("returned")

func permanent(format string, args ...any) error {
	return &Permanent{Message: fmt.Sprintf(format, args...)}
}

// apiError is an error of the API in plain words. The original stays inside,
// since its type decides what happens next.
type apiError struct {
	text string
	err  error
}

func (e *apiError) Error() string { return e.text }
func (e *apiError) Unwrap() error { return e.err }

// cannot says what was tried in vain, and on what.
func cannot(verb string, p place, err error) error {
	return &apiError{text: fmt.Sprintf("cannot %s %s: %s", verb, p, kube.Discreet(p.resource, err)), err: err}
}
