package eval

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Render is the value of the template as JSON-like data, which is the
// caller's own. ok is false where the value as a whole is omitted.
func (t *Template) Render(ctx context.Context, b *Binding) (v any, ok bool, err error) {
	return t.root.render(ctx, b)
}

// Text is the value in text form, as within a longer string. It is empty where
// the value is omitted.
func (t *Template) Text(ctx context.Context, b *Binding) (string, error) {
	v, ok, err := t.Render(ctx, b)
	if err != nil || !ok {
		return "", err
	}
	return text(v)
}

// Duration is the value as a time span: a Go duration such as 1m30s, a CEL
// duration, or a number of seconds. It is 0 where the value is omitted.
func (t *Template) Duration(ctx context.Context, b *Binding) (time.Duration, error) {
	v, ok, err := t.duration(ctx, b)
	if err != nil || !ok {
		return 0, err
	}
	d, err := durationOf(v)
	if err != nil {
		return 0, t.failed(err.Error())
	}
	return d, nil
}

// duration is the value from which a duration can be read. A duration of an object's may have a
// text that only its schema's format can read.
func (t *Template) duration(ctx context.Context, b *Binding) (any, bool, error) {
	x, ok := t.root.(expression)
	if !ok {
		return t.Render(ctx, b)
	}
	v, err := x.program.value(ctx, b)
	if err != nil {
		return nil, false, err
	}
	if d, ok := present(v).(types.Duration); ok {
		return d.Duration, true, nil
	}
	return x.program.written(b, v, true)
}

// failed is an error about the value of the template.
func (t *Template) failed(message string) error {
	return &Error{Range: t.place, Message: message}
}

// durationOf reads a duration from JSON-like data.
func durationOf(v any) (time.Duration, error) {
	switch x := v.(type) {
	case time.Duration:
		return x, nil
	case int64:
		return seconds(float64(x))
	case float64:
		return seconds(x)
	case string:
		if d, err := time.ParseDuration(x); err == nil {
			return d, nil
		}
		if n, err := strconv.ParseFloat(x, 64); err == nil {
			return seconds(n)
		}
	}
	return 0, fmt.Errorf("not a duration: a text such as 1m30s or a number of seconds is needed")
}

// seconds is a duration of n seconds.
func seconds(n float64) (time.Duration, error) {
	if math.IsNaN(n) || math.Abs(n) > math.MaxInt64/float64(time.Second) {
		return 0, fmt.Errorf("not a duration: out of range")
	}
	return time.Duration(n * float64(time.Second)), nil
}

// part is a piece of a compiled template. Its value is the caller's own; ok is
// false where it is omitted.
type part interface {
	render(ctx context.Context, b *Binding) (v any, ok bool, err error)
}

// constant is a part without expressions.
type constant struct{ value any }

func (c constant) render(context.Context, *Binding) (any, bool, error) {
	return deepCopy(c.value), true, nil
}

// deepCopy copies JSON-like data.
func deepCopy(v any) any {
	switch x := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(x))
		for key, value := range x {
			m[key] = deepCopy(value)
		}
		return m
	case []any:
		l := make([]any, len(x))
		for i, value := range x {
			l[i] = deepCopy(value)
		}
		return l
	}
	return v
}

// broken is a part whose string could not be cut into expressions.
type broken struct{ place diag.Range }

func (p broken) render(context.Context, *Binding) (any, bool, error) {
	return nil, false, &Error{Range: p.place, Message: "the template has errors"}
}

// expression is a string that is one ${ } and nothing else.
type expression struct{ program *Program }

func (p expression) render(ctx context.Context, b *Binding) (any, bool, error) {
	return p.program.render(ctx, b)
}

// mixed is a string of texts and expressions. Where one of them is omitted,
// the whole is: omit() drops the field it stands in.
type mixed []part

func (p mixed) render(ctx context.Context, b *Binding) (any, bool, error) {
	var out strings.Builder
	for _, piece := range p {
		if c, ok := piece.(constant); ok {
			out.WriteString(c.value.(string))
			continue
		}
		v, ok, err := piece.render(ctx, b)
		if err != nil || !ok {
			return nil, false, err
		}
		s, err := text(v)
		if err != nil {
			return nil, false, piece.(expression).program.failed(Failed, err.Error())
		}
		out.WriteString(s)
	}
	return out.String(), true, nil
}

// listPart is a list with expressions.
type listPart []part

func (p listPart) render(ctx context.Context, b *Binding) (any, bool, error) {
	items := make([]any, 0, len(p))
	for _, item := range p {
		v, ok, err := item.render(ctx, b)
		if err != nil {
			return nil, false, err
		}
		if ok {
			items = append(items, v)
		}
	}
	return items, true, nil
}

// mapPart is a map with expressions, in the order of the file.
type mapPart []fieldPart

type fieldPart struct {
	key, value part
	place      diag.Range
}

func (p mapPart) render(ctx context.Context, b *Binding) (any, bool, error) {
	fields := make(map[string]any, len(p))
	for _, field := range p {
		key, ok, err := field.name(ctx, b)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			continue
		}
		v, ok, err := field.value.render(ctx, b)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			continue
		}
		if _, twice := fields[key]; twice {
			return nil, false, field.failed("this key exists already")
		}
		fields[key] = v
	}
	return fields, true, nil
}

// name is the key; a field whose key is omitted is dropped.
func (f fieldPart) name(ctx context.Context, b *Binding) (string, bool, error) {
	if c, ok := f.key.(constant); ok {
		if s, ok := c.value.(string); ok {
			return s, true, nil
		}
	}
	v, ok, err := f.key.render(ctx, b)
	if err != nil || !ok {
		return "", false, err
	}
	key, err := keyOf(v)
	if err != nil {
		return "", false, f.failed(err.Error())
	}
	return key, true, nil
}

// failed is an error about the key.
func (f fieldPart) failed(message string) error {
	e := &Error{Range: f.place, Message: message}
	if x, ok := f.key.(expression); ok {
		e.Expr = shown(x.program.src.text)
	}
	return e
}

// keyOf is the key for a rendered value: a text, a number or a boolean.
func keyOf(v any) (string, error) {
	switch v.(type) {
	case string, bool, int64, float64:
		return text(v)
	}
	return "", fmt.Errorf("a key must be a text, a number or a boolean")
}
