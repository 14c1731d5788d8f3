package spec

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// JSONSchema is the language as a JSON Schema (draft 07, which editors know
// best), made of the tags of types.go and the demands of keys on each other. It
// is about form: what keys there are, what they hold, which of them are needed,
// and which go together. It refuses nothing that the parser accepts.
func JSONSchema() []byte {
	s := schemas{definitions: object{}}
	operator := s.of(reflect.TypeFor[*Operator](), field{})
	root := object{
		"$schema":     "http://json-schema.org/draft-07/schema#",
		"title":       "kopf-declarative",
		"description": "Operators for Kubernetes, and what stands beside them in a file.",
		"type":        "object",
		"required":    []string{"apiVersion", "kind"},
		"properties": object{
			"apiVersion": object{"type": "string"},
			"kind":       object{"enum": kinds},
		},
		// A document without a kind is taken for an operator, so that
		// completion begins in an empty file. Operators come first because
		// yaml-language-server, when it completes, takes the beginning of a
		// constant for the constant: "Operator" for "OperatorTest".
		"if":          ofKind(kindOperator),
		"then":        operator,
		"else":        object{"if": ofKind(kindCRD), "then": crdSchema(), "else": testSchema()},
		"definitions": s.definitions,
	}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // there are only texts, lists and maps in it
	}
	return append(out, '\n')
}

// object is a part of a schema, or a map in one.
type object map[string]any

// ofKind matches documents of a kind, and those without one.
func ofKind(kind string) object {
	return object{"properties": object{"kind": object{"const": kind}}}
}

func testSchema() object {
	return object{"properties": object{"apiVersion": object{"const": apiVersion}}}
}

func crdSchema() object {
	return object{
		"properties": object{
			"apiVersion": object{"const": apiVersionCRD},
			"metadata": object{"type": "object", "required": []string{"name"},
				"properties": object{"name": object{"type": "string"}}},
			"spec": object{"type": "object"},
		},
		"required": []string{"metadata", "spec"},
	}
}

// schemas makes schemas of types. Each type with keys is one definition, so
// that steps can hold steps.
type schemas struct{ definitions object }

// of is the schema of a field of a type.
func (s schemas) of(t reflect.Type, f field) object {
	if out, ok := scalarSchema(t, f); ok {
		return out
	}
	switch {
	case isEntries(t):
		return s.entries(t, f)
	case t.Kind() == reflect.Slice:
		return s.list(t, f)
	case t.Kind() == reflect.Pointer:
		t = t.Elem()
	}
	short, isShort := reflect.New(t).Interface().(shortForm)
	if !isShort {
		return s.reference(t)
	}
	if len(fieldsOf(t)) == 0 {
		return short.schema()
	}
	return object{"anyOf": []object{short.schema(), s.reference(t)}}
}

func isEntries(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && reflect.PointerTo(t.Elem()).Implements(entryType)
}

// entryValue is the type of the values of a map whose keys the user chooses.
func entryValue(t reflect.Type) reflect.Type {
	value, _ := t.Elem().FieldByName("Value")
	return value.Type
}

func (s schemas) entries(t reflect.Type, f field) object {
	inner := f
	inner.keys = ""
	out := object{"type": "object", "additionalProperties": s.of(entryValue(t), inner)}
	if form, ok := forms[f.keys]; ok {
		out["propertyNames"] = form.schema()
	}
	return out
}

func (s schemas) list(t reflect.Type, f field) object {
	item := s.of(t.Elem(), f)
	list := object{"type": "array", "items": item}
	if !f.list {
		return list
	}
	if f.required {
		list["minItems"] = 1
	}
	return object{"anyOf": []object{item, list}}
}

// reference points to the definition of a type, which it makes the first time.
func (s schemas) reference(t reflect.Type) object {
	name := t.Name()
	if _, done := s.definitions[name]; !done {
		s.definitions[name] = nil // it may hold itself
		s.definitions[name] = s.definition(t)
	}
	return object{"$ref": "#/definitions/" + name}
}

func (s schemas) definition(t reflect.Type) object {
	properties := object{}
	var required []string
	var actions []string
	for _, f := range fieldsOf(t) {
		one := s.of(t.FieldByIndex(f.index).Type, f)
		one["description"] = f.doc
		properties[f.key] = one
		if f.required {
			required = append(required, f.key)
		}
		if f.action {
			actions = append(actions, f.key)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		out["required"] = required
	}
	if actions != nil {
		out["oneOf"] = oneAction(actions)
	}
	for _, one := range demands[t] {
		one.add(out)
	}
	if add, ok := conditions[t]; ok {
		add(out)
	}
	return out
}

// scalarSchema is the schema of a positioned scalar or a template.
func scalarSchema(t reflect.Type, f field) (out object, ok bool) {
	switch t {
	case reflect.TypeFor[*Value]():
		return templateSchema(f), true
	case reflect.TypeFor[*String]():
		return textSchema(f), true
	case reflect.TypeFor[*Bool]():
		return object{"type": "boolean"}, true
	case reflect.TypeFor[*Int]():
		return f.bounds.limit(object{"type": "integer"}), true
	case reflect.TypeFor[*Number]():
		return f.bounds.limit(object{"type": "number"}), true
	case reflect.TypeFor[*Duration]():
		return f.bounds.limit(durationSchema()), true
	case reflect.TypeFor[*Expr]():
		return exprSchema(), true
	}
	return nil, false
}

func textSchema(f field) object {
	if f.enum != nil {
		return object{"type": "string", "enum": f.enum}
	}
	if form, ok := forms[f.format]; ok {
		return form.schema()
	}
	return object{"type": "string"}
}

func (f form) schema() object {
	out := object{"type": "string", "pattern": f.pattern.String(), "patternErrorMessage": "Must be " + f.demand + "."}
	if f.longest > 0 {
		out["maxLength"] = f.longest
	}
	return out
}

// limit adds the bounds of the tags. Those of a duration are for plain seconds.
func (b bounds) limit(out object) object {
	for key, text := range map[string]string{"minimum": b.min, "exclusiveMinimum": b.above, "maximum": b.max} {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			out[key] = n
		}
	}
	return out
}

// expression is the pattern of a text with an expression in it.
const expression = `\$\{`

// goDurationPattern is what time.ParseDuration reads.
const goDurationPattern = `[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)`

func durationSchema() object {
	return object{"type": []string{"string", "number"}, "pattern": "^" + goDurationPattern + "$",
		"patternErrorMessage": "Must be " + durationForms + "."}
}

func exprSchema() object {
	return object{
		"type": []string{"string", "number", "boolean"}, "pattern": `\S`,
		"patternErrorMessage": "Must be a CEL expression.",
		"not":                 object{"type": "string", "pattern": `^\s*\$\{[\s\S]*\}\s*$`},
		"errorMessage":        "This is an expression already: leave out ${ and }.",
	}
}

// templateSchema allows what is fixed in a template, or any expression.
func templateSchema(f field) object {
	switch {
	case f.enum != nil:
		return object{"anyOf": []object{{"enum": templateWords(f.enum)}, {"type": "string", "pattern": expression}}}
	case f.format == "duration":
		return object{"type": []string{"string", "number"}, "minimum": 0,
			"pattern": "^" + goDurationPattern + "$|" + expression, "patternErrorMessage": "Must be " + durationForms + "."}
	case f.format == "map":
		return orExpression("object")
	case f.format == "list":
		return orExpression("array")
	case f.format == "text":
		return object{"type": []string{"string", "number", "boolean"}}
	default:
		return object{}
	}
}

// templateWords are the values of an enum, with the booleans that may stand for
// True and False.
func templateWords(enum []string) []any {
	var out []any
	for _, word := range enum {
		out = append(out, word)
		if word == "True" || word == "False" {
			out = append(out, word == "True")
		}
	}
	return out
}

func orExpression(kind string) object {
	return object{"type": []string{kind, "string"}, "pattern": expression,
		"patternErrorMessage": "Must be a value of type " + kind + ", or an expression that yields one: ${…}."}
}

// The schemas of the short forms, beside their maps.

func (*Backoff) schema() object {
	initial, _ := fieldOf(reflect.TypeFor[Backoff](), "initial")
	return initial.bounds.limit(durationSchema())
}

func (*ValueTest) schema() object {
	return object{"type": []string{"string", "number", "boolean", "null", "array"}}
}

func (*Adopt) schema() object { return object{"type": "boolean"} }

func (*AdoptLabel) schema() object {
	return object{"type": []string{"boolean", "object", "string"}, "pattern": expression}
}

func (*Delete) schema() object { return object{"type": "null"} }

func (*Log) schema() object { return object{"type": []string{"string", "number", "boolean"}} }

func (*Fail) schema() object { return object{"type": []string{"string", "number", "boolean"}} }

func (*Return) schema() object { return object{} }

func (*Path) schema() object {
	return object{"type": []string{"string", "array"}, "items": object{"type": "string"}, "minItems": 1,
		"pattern": `^\$$|^[^$.\[\]{}*][^.\[\]{}*]*(\.[^.\[\]{}*]+)*$`, "patternErrorMessage": "Must be a path such as spec.size."}
}

func (s *Selector) schema() object {
	trim := func(pattern string) string { return strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$") }
	name, version := trim(resourceName.String()), trim(versionName.String())
	return object{
		"type":                "string",
		"pattern":             `^` + name + `(\.` + version + `)?(\.(` + subdomainPattern + `)?)?$|^((` + subdomainPattern + `)?/)?` + version + `/` + name + `$`,
		"patternErrorMessage": "Must be " + s.forms() + ".",
	}
}
