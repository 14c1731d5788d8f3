package eval

import (
	"regexp"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Type is the type of the variable vars: an object with those of which something is
// known. It may have others: Check tells of those that do not exist.
func (v *Vars) Type() *schema.Type {
	var fields []schema.Field
	for _, name := range v.names {
		of := typeOfPart(v.templates[name].root)
		if v.templates[name].typed && of.of != nil {
			fields = append(fields, schema.Field{Name: name, Type: of.of, Required: !of.optional})
		}
	}
	return schema.ObjectOf("vars", fields).AndMore()
}

// knowingVars is the Env for a var that is compiled after others.
func (e *Env) knowingVars(v *Vars, entry spec.Entry[*spec.Template], all []spec.Entry[*spec.Template]) *Env {
	if e.types == nil || !usesAny(entry.Value, all) {
		return e
	}
	return e.With(Types{"vars": v.Type()})
}

// usedVar finds vars in the text of a template. What only looks like one does no harm.
var usedVar = regexp.MustCompile(`\bvars\s*(?:\.\s*\??\s*|\[\s*\??\s*['"])(\w+)`)

// varsInOrder are the vars so that those that others use come first, where their types
// matter.
func (e *Env) varsInOrder(entries []spec.Entry[*spec.Template]) []spec.Entry[*spec.Template] {
	if e.types == nil {
		return entries
	}
	var out, waiting []spec.Entry[*spec.Template]
	for left := slices.Clone(entries); len(left) > 0; left, waiting = waiting, nil {
		for _, entry := range left {
			if usesAny(entry.Value, left) {
				waiting = append(waiting, entry)
			} else {
				out = append(out, entry)
			}
		}
		if len(waiting) == len(left) { // a cycle, of which Vars tells
			return append(out, waiting...)
		}
	}
	return out
}

// usesAny tells whether a template uses one of these vars.
func usesAny(v *spec.Template, vars []spec.Entry[*spec.Template]) bool {
	if v == nil {
		return false
	}
	if s, ok := v.String(); ok {
		for _, m := range usedVar.FindAllStringSubmatch(s, -1) {
			if slices.ContainsFunc(vars, func(entry spec.Entry[*spec.Template]) bool { return entry.Key.Value == m[1] }) {
				return true
			}
		}
	}
	for _, item := range v.Items {
		if usesAny(item, vars) {
			return true
		}
	}
	for _, f := range v.Fields {
		if usesAny(f.Key, vars) || usesAny(f.Value, vars) {
			return true
		}
	}
	return false
}
