package eval

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Template is compiled YAML with expressions in it. It is safe for concurrent
// use.
type Template struct {
	root part
	// programs are all expressions, in the order of the file.
	programs []*Program
	place    diag.Range
	// typed says that the types of variables were known.
	typed bool
}

// Template compiles a template for a place. It is never nil; one with errors
// fails when it is rendered.
func (e *Env) Template(v *spec.Template, s Scope) (*Template, diag.List) {
	c := &templateCompiler{env: e, at: place{scope: s, template: true}}
	root := c.part(v)
	t := &Template{root: root, programs: c.programs, typed: e.types != nil}
	if v != nil {
		t.place = v.Range
	}
	return t, c.problems
}

// Static is the value of a template without expressions; it is the caller's
// own.
func (t *Template) Static() (any, bool) {
	c, ok := t.root.(constant)
	if !ok {
		return nil, false
	}
	return deepCopy(c.value), true
}

// Selected are the names that the template selects from a variable, as those
// of Program.Selected.
func (t *Template) Selected(variable string) []string {
	var names []string
	for _, p := range t.programs {
		names = append(names, p.Selected(variable)...)
	}
	return distinct(names)
}

// Selections are the places behind Selected.
func (t *Template) Selections(variable string) []Selection {
	var all []Selection
	for _, p := range t.programs {
		all = append(all, p.Selections(variable)...)
	}
	return all
}

// distinct sorts names and drops repetitions.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// templateCompiler compiles the parts of one template.
type templateCompiler struct {
	env      *Env
	at       place
	programs []*Program
	problems diag.List
}

// part compiles a value. What has no expression in it becomes a constant.
func (c *templateCompiler) part(v *spec.Value) part {
	if v == nil {
		return constant{nil}
	}
	switch v.Kind {
	case spec.StringKind:
		s, _ := v.String()
		return c.text(v, s)
	case spec.ListKind:
		return c.list(v)
	case spec.MapKind:
		return c.mapping(v)
	}
	return constant{v.Scalar}
}

// text compiles a string.
func (c *templateCompiler) text(v *spec.Value, s string) part {
	if !mayHoldExpression(s) {
		return constant{s}
	}
	segments, wrong := scanTemplate(s)
	if wrong != nil {
		c.problems = append(c.problems, finding(ruleSyntax, wrong.summary, wrong.detail, v.RangeOf(wrong.from, wrong.to)))
		return broken{v.RangeOf(wrong.from, wrong.to)}
	}
	parts := make([]part, len(segments))
	for i, segment := range segments {
		if !segment.isExpression {
			parts[i] = constant{segment.literal}
			continue
		}
		src := source{node: v, text: s[segment.start:segment.end], start: segment.start, end: segment.end}
		program, problems := c.env.compile(src, c.at, nil)
		c.problems = append(c.problems, problems...)
		c.programs = append(c.programs, program)
		c.env = c.env.behind(program)
		parts[i] = expression{program}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return mixed(parts)
}

// list compiles a list.
func (c *templateCompiler) list(v *spec.Value) part {
	items := make(listPart, len(v.Items))
	values := make([]any, len(v.Items))
	isConstant := true
	for i, item := range v.Items {
		items[i] = c.part(item)
		if fixed, ok := items[i].(constant); ok {
			values[i] = fixed.value
		} else {
			isConstant = false
		}
	}
	if isConstant {
		return constant{values}
	}
	return items
}

// mapping compiles a map.
func (c *templateCompiler) mapping(v *spec.Value) part {
	fields := make(mapPart, len(v.Fields))
	values := make(map[string]any, len(v.Fields))
	isConstant := true
	for i, field := range v.Fields {
		fields[i] = fieldPart{key: c.part(field.Key), value: c.part(field.Value), place: field.Key.Range}
		key, okKey := fields[i].key.(constant)
		value, okValue := fields[i].value.(constant)
		name, err := "", error(nil)
		if okKey {
			name, err = keyOf(key.value)
		}
		if !okKey || !okValue || err != nil {
			isConstant = false
			continue
		}
		values[name] = value.value
	}
	if isConstant {
		return constant{values}
	}
	return fields
}
