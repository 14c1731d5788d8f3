package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// defaultPoll is how long a wait without poll sleeps between looks.
const defaultPoll = 10 * time.Second

// waitAction postpones the handler until its condition holds.
type waitAction struct {
	condition *eval.Program
	children  []string
	timeout   *eval.Template
	poll      *eval.Template
	message   *eval.Template
	text      string
}

func (c *compiler) wait(x *spec.Wait) action {
	inner := *c
	inner.scope |= eval.Children
	a := &waitAction{
		text:      x.For.Text,
		condition: inner.expr(x.For, cel.BoolType),
		timeout:   c.duration(x.Timeout),
		poll:      c.duration(x.Poll),
		message:   inner.template(x.Message),
	}
	a.children = a.condition.Selected("children")
	if a.message != nil {
		a.children = append(a.children, a.message.Selected("children")...)
	}
	c.needs.Waits = true
	slices.Sort(a.children)
	a.children = slices.Compact(a.children)
	if slices.Contains(a.children, "*") {
		c.report(ruleWaitChildren, x.For.Node.Range,
			"say which: children.<alias>, with an alias of spec.resources, is the list of the children of that resource")
	}
	for _, alias := range a.children {
		c.needs.Children = append(c.needs.Children, Child{Alias: alias, Range: a.placeOf(alias, x)})
	}
	return a
}

// placeOf is where an alias is selected from children. One in a filter counts
// where the filter is used.
func (a *waitAction) placeOf(alias string, x *spec.Wait) diag.Range {
	selections := a.condition.Selections("children")
	if a.message != nil {
		selections = append(selections, a.message.Selections("children")...)
	}
	for _, s := range selections {
		if s.Name == alias {
			return s.Range
		}
	}
	return x.For.Node.Range
}

func (a *waitAction) run(ctx context.Context, f *frame) (any, error) {
	bind := f.bind.With(map[string]any{"children": func() (any, error) { return a.list(f) }})
	holds, err := a.condition.Bool(ctx, bind)
	if err != nil || holds {
		return nil, err
	}
	message := "waiting for: " + a.text
	if a.message != nil {
		if message, err = a.message.Text(ctx, bind); err != nil {
			return nil, err
		}
	}
	delay := defaultPoll
	if a.poll != nil {
		if delay, err = a.poll.Duration(ctx, f.bind); err != nil {
			return nil, err
		}
	}
	if delay <= 0 {
		delay = defaultPoll
	}
	return nil, a.postpone(ctx, f, message, delay)
}

func (a *waitAction) list(f *frame) (any, error) {
	children, shapes := make(map[string]any, len(a.children)), make(map[string]*eval.Shape, len(a.children))
	for _, alias := range a.children {
		objects, each, err := f.Children(alias)
		if err != nil {
			return nil, fmt.Errorf("cannot list the children of %s: %w", alias, err)
		}
		children[alias], shapes[alias] = objects, eval.ItemsShape(each)
	}
	return eval.TypedFields(children, shapes), nil
}

// postpone ends the attempt; the last look is right at the timeout.
func (a *waitAction) postpone(ctx context.Context, f *frame, message string, delay time.Duration) error {
	var timeout time.Duration
	if a.timeout != nil {
		var err error
		if timeout, err = a.timeout.Duration(ctx, f.bind); err != nil {
			return err
		}
	}
	if timeout > 0 {
		left := timeout - f.Now.Sub(f.Started)
		if left <= 0 {
			return permanent("gave up after %s: %s", timeout, message)
		}
		delay = min(delay, left)
	}
	return &Temporary{Message: message, Delay: &delay, Waiting: true}
}
