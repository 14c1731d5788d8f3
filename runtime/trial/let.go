package trial

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Let gives a variable, or something inside it, a value.
type Let struct {
	// Path begins with the name of the variable.
	Path []string
	// Value is JSON-like data.
	Value any
	// Shape has the types of what is in it, where it is the value of an expression.
	Shape *eval.Shape
}

// Name is the path as people write it.
func (l Let) Name() string { return essence.FormatPath(l.Path) }

// ParseLet reads NAME=YAML, where the name may be a path such as steps.pvc. For
// NAME=@FILE, the value is what read returns for the file.
func ParseLet(text string, read func(file string) ([]byte, error)) (Let, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return Let{}, fmt.Errorf("%q needs the form NAME=VALUE, such as item=5 or steps.pvc=@pvc.yaml", text)
	}
	path, err := ParsePath(strings.TrimSpace(name))
	if err != nil {
		return Let{}, err
	}
	source := spec.Source{Name: name, Text: []byte(value)}
	if file, isFile := strings.CutPrefix(value, "@"); isFile {
		if source.Text, err = read(file); err != nil {
			return Let{}, fmt.Errorf("%s: %w", name, err)
		}
		source.Name = file
	}
	values, found := spec.ParseValues(source)
	switch {
	case found.HasErrors():
		return Let{}, fmt.Errorf("the value is no YAML: %w", found.Err())
	case len(values) > 1:
		return Let{}, fmt.Errorf("%s: one value is needed, and there are %d documents", source.Name, len(values))
	case len(values) == 0:
		return Let{Path: path}, nil
	}
	return Let{Path: path, Value: values[0].Native()}, nil
}

// ParsePath reads the name of a variable, or a dotted path into one.
func ParsePath(name string) ([]string, error) {
	path := essence.ParsePath(name)
	if len(path) == 0 || slices.Contains(path, "") {
		return nil, fmt.Errorf("%q is no name of a variable and no path into one", name)
	}
	known, err := variable(path[0])
	if err != nil {
		return nil, err
	}
	if kind := known.CELType().Kind(); len(path) > 1 && kind != cel.MapKind && kind != cel.DynKind {
		return nil, fmt.Errorf("%q: there is nothing inside %s, which is %s", name, path[0], known.TypeText())
	}
	return path, nil
}

func variable(name string) (eval.Variable, error) {
	var names []string
	for _, v := range eval.Variables {
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
	}
	if guess, ok := diag.Nearest(name, names); ok {
		return eval.Variable{}, fmt.Errorf("there is no variable %q; did you mean %q?", name, guess)
	}
	return eval.Variable{}, fmt.Errorf("there is no variable %q; the variables are %s", name, strings.Join(names, ", "))
}

// set puts a value at a path of maps, which are copied: what was there before is seen by others too.
func set(data any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	before, isMap := data.(map[string]any)
	if !isMap && data != nil {
		return nil, fmt.Errorf("there is nothing inside %s", kindOf(data))
	}
	inner, err := set(before[path[0]], path[1:], value)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(before)+1)
	for k, v := range before {
		out[k] = v
	}
	out[path[0]] = inner
	return out, nil
}

// fit makes a value of JSON-like data that is of a type.
func fit(value any, t *cel.Type) (any, error) {
	switch t.Kind() {
	case cel.IntKind:
		if n, ok := value.(int64); ok {
			return n, nil
		}
		return nil, needed("a whole number", value)
	case cel.StringKind:
		if s, ok := value.(string); ok {
			return s, nil
		}
		return nil, needed("text", value)
	case cel.TimestampKind:
		s, _ := value.(string)
		stamp, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return nil, needed("a time such as 2026-11-25T12:00:00Z", value)
		}
		return stamp, nil
	case cel.DurationKind:
		return duration(value)
	case cel.ListKind:
		return fitList(value, t.Parameters()[0])
	case cel.MapKind:
		return fitMap(value, t.Parameters()[1])
	}
	return value, nil
}

func duration(value any) (any, error) {
	switch x := value.(type) {
	case int64:
		return time.Duration(x) * time.Second, nil
	case float64:
		return time.Duration(x * float64(time.Second)), nil
	case string:
		if d, err := time.ParseDuration(x); err == nil {
			return d, nil
		}
	}
	return nil, needed("a duration such as 1m30s, or a number of seconds", value)
}

func fitList(value any, item *cel.Type) (any, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, needed("a list", value)
	}
	out := make([]any, len(list))
	for i, one := range list {
		var err error
		if out[i], err = fit(one, item); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return out, nil
}

func fitMap(value any, item *cel.Type) (any, error) {
	m, ok := value.(map[string]any)
	if !ok {
		return nil, needed("a map", value)
	}
	out := make(map[string]any, len(m))
	for key, one := range m {
		var err error
		if out[key], err = fit(one, item); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return out, nil
}

func needed(what string, value any) error {
	return errors.New(what + " is needed, and this is " + kindOf(value))
}

// kindOf names what JSON-like data is.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case string:
		return "text"
	case []any:
		return "a list"
	default:
		return "a map"
	}
}

// literal is a template of data, in which nothing is an expression.
func literal(data any) *spec.Template {
	switch x := data.(type) {
	case nil:
		return &spec.Value{Kind: spec.Null}
	case bool:
		return &spec.Value{Kind: spec.BoolKind, Scalar: x}
	case int64:
		return &spec.Value{Kind: spec.IntKind, Scalar: x}
	case float64:
		return &spec.Value{Kind: spec.FloatKind, Scalar: x}
	case string:
		return &spec.Value{Kind: spec.StringKind, Scalar: strings.ReplaceAll(x, "${", "$${")}
	case []any:
		out := &spec.Value{Kind: spec.ListKind}
		for _, item := range x {
			out.Items = append(out.Items, literal(item))
		}
		return out
	case map[string]any:
		out := &spec.Value{Kind: spec.MapKind}
		for _, key := range slices.Sorted(maps.Keys(x)) {
			out.Fields = append(out.Fields, spec.Field{Key: literal(key), Value: literal(x[key])})
		}
		return out
	}
	return &spec.Value{Kind: spec.Null}
}
