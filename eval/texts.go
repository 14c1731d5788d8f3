package eval

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/conform"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Texts tells of the strings of the template what package conform needs to know. The
// strings are those of the value that the template was compiled from.
func (t *Template) Texts() func(*spec.Value) conform.Text {
	programs := map[*spec.Value][]*Program{}
	for _, p := range t.programs {
		programs[p.src.node] = append(programs[p.src.node], p)
	}
	return func(v *spec.Value) conform.Text { return textOf(v, programs[v]) }
}

// textOf tells of a string with these expressions in it.
func textOf(v *spec.Value, programs []*Program) conform.Text {
	s, _ := v.String()
	if len(programs) == 0 {
		return literalOf(s)
	}
	if p := programs[0]; len(programs) == 1 && p.src.start == len("${") && p.src.end == len(s)-len("}") {
		return conform.Text{Type: p.result.of, Optional: p.mayBeOmitted()}
	}
	return conform.Text{Type: schema.Of(schema.String), Optional: slices.ContainsFunc(programs, (*Program).mayBeOmitted)}
}

// literalOf is a string without expressions. One that cannot be cut is anything.
func literalOf(s string) conform.Text {
	if !mayHoldExpression(s) {
		return conform.Text{Constant: s, IsConstant: true}
	}
	segments, wrong := scanTemplate(s)
	if wrong != nil {
		return conform.Text{}
	}
	var text strings.Builder
	for _, segment := range segments {
		text.WriteString(segment.literal)
	}
	return conform.Text{Constant: text.String(), IsConstant: true}
}

// mayBeOmitted tells whether the expression as a whole may have no value.
func (p *Program) mayBeOmitted() bool {
	if p.result.optional {
		return true
	}
	switch p.result.of.Kind() {
	case schema.List, schema.Map, schema.Object:
		return false // what is omitted is within
	}
	return p.use != nil && slices.ContainsFunc(p.use.functions, func(f use) bool { return f.name == "omit" })
}
