package eval

import (
	"errors"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
)

// ChangedKey is where a Binding holds the func(path []string) bool behind the
// function changed().
const ChangedKey = "@changed"

// Binding is what an evaluation sees: values by the names of the Variables.
// A value is JSON-like data, a time.Time, a time.Duration, what Typed or Vars.Bind
// returned, or a func() (any, error) of one of these that is called when the name is first
// used, and once. A Binding is for one goroutine at a time; the data in it is
// only ever read.
type Binding struct {
	values map[string]any
	parent *Binding
}

// NewBinding makes a Binding of values, which it keeps and may fill in.
func NewBinding(values map[string]any) *Binding { return &Binding{values: values} }

// With makes a Binding that adds to this one and hides what it redefines.
func (b *Binding) With(values map[string]any) *Binding {
	return &Binding{values: values, parent: b}
}

// Become makes this Binding, and all that were made from it, see what the other one sees.
// What a lazy value of theirs has yielded stays.
func (b *Binding) Become(other *Binding) { *b = *other }

// ResolveName implements cel's Activation. A lazy value that failed is a CEL
// error, which the attribute that asked for it passes on.
func (b *Binding) ResolveName(name string) (any, bool) {
	value, found := b.lookup(name)
	if l, ok := value.(*leaf); ok {
		return valueOf(l.raw, l.shape), true
	}
	return value, found
}

// lookup finds a value as it was bound.
func (b *Binding) lookup(name string) (any, bool) {
	for at := b; at != nil; at = at.parent {
		value, found := at.values[name]
		if !found {
			continue
		}
		switch v := value.(type) {
		case func() (any, error):
			return at.force(name, v), true
		case func([]string) bool:
			return touched(v), true
		}
		return value, true
	}
	return nil, false
}

var errItself = errors.New("its value needs itself")

// force calls a lazy value and remembers its result.
func (b *Binding) force(name string, lazy func() (any, error)) any {
	b.values[name] = types.WrapErr(&lazyError{name, errItself})
	value, err := lazy()
	if err != nil {
		value = types.WrapErr(&lazyError{name, err})
	}
	b.values[name] = value
	return value
}

// Parent implements cel's Activation; ResolveName has looked there already.
func (b *Binding) Parent() interpreter.Activation { return nil }
