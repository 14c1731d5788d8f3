package spec

import (
	"reflect"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// field is what the tags of types.go say about one key.
type field struct {
	key      string
	required bool
	list     bool
	action   bool
	enum     []string
	format   string
	keys     string
	doc      string
	bounds   bounds
	index    []int // for reflect's FieldByIndex
	// item says that the value at hand is one of a list.
	item bool
}

// bounds are the limits of a number, as they are written in the tags.
type bounds struct{ min, above, max string }

// tables are the keys of all types of the language. Reading tags takes long, and
// a definition asks for them with each of its maps.
var tables = addTables(map[reflect.Type][]field{}, reflect.TypeFor[Operator]())

// addTables adds the keys of a type, and of the types that it is made of.
func addTables(known map[reflect.Type][]field, t reflect.Type) map[reflect.Type][]field {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if _, done := known[t]; done || t.Kind() != reflect.Struct {
		return known
	}
	known[t] = readFields(t)
	for i := range t.NumField() {
		addTables(known, t.Field(i).Type)
	}
	return known
}

// fieldsOf returns the keys of a type, in the order of its fields, with those of
// the types that are embedded in it. The list is shared.
func fieldsOf(t reflect.Type) []field {
	if fields, ok := tables[t]; ok {
		return fields
	}
	return readFields(t)
}

func readFields(t reflect.Type) []field {
	var out []field
	for _, member := range reflect.VisibleFields(t) {
		tag := member.Tag
		text, ok := tag.Lookup("yaml")
		if !ok {
			continue
		}
		key, options, _ := strings.Cut(text, ",")
		f := field{
			key:      key,
			required: strings.Contains(options, "required"),
			list:     strings.Contains(options, "list"),
			action:   tag.Get("action") == "true",
			format:   tag.Get("format"),
			keys:     tag.Get("keys"),
			doc:      tag.Get("doc"),
			bounds:   bounds{tag.Get("min"), tag.Get("above"), tag.Get("max")},
			index:    member.Index,
		}
		if enum := tag.Get("enum"); enum != "" {
			f.enum = strings.Split(enum, "|")
		}
		out = append(out, f)
	}
	return out
}

func keysOf(t reflect.Type) []string {
	var out []string
	for _, f := range fieldsOf(t) {
		out = append(out, f.key)
	}
	return out
}

func fieldOf(t reflect.Type, key string) (field, bool) {
	for _, f := range fieldsOf(t) {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// structIn is the type with keys that a field holds: its own, or that of its
// items. Positioned scalars and values are none.
func structIn(t reflect.Type) (inner reflect.Type, list bool, ok bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		list = list || t.Kind() == reflect.Slice
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || len(fieldsOf(t)) == 0 {
		return nil, list, false
	}
	return t, list, true
}

var rangeType = reflect.TypeFor[diag.Range]()

// setRange fills the field Range of a struct that has one.
func setRange(out reflect.Value, at diag.Range) {
	if f, ok := out.Type().FieldByName("Range"); ok && f.Type == rangeType {
		out.FieldByIndex(f.Index).Set(reflect.ValueOf(at))
	}
}

func typeOf[T any](*T) reflect.Type { return reflect.TypeFor[T]() }
