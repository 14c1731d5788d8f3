package spec

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Key is one key of the language, as people who learn it need it.
type Key struct {
	// Path leads to it from the top of an operator: spec.handlers.backoff.
	// Lists and the names that users choose are left out of it.
	Path string
	Doc  string
	// Type is what it holds, in words: "duration", "list of steps".
	Type     string
	Required bool
	// Action says that the key is one of the actions of a step.
	Action bool
	// Limits are demands on the value, such as the words that it may be. They
	// are sentences.
	Limits []string
	// Values are the words that it may be, nil where it is free. A template may be
	// an expression instead.
	Values []string
	// Named says that it is a map whose keys the user chooses, Listed that it is a
	// list of what it holds, or may be one.
	Named, Listed bool
	// Content is what it holds, or what the items and values of it are.
	Content Content

	id keyID
	// holds is the type with the keys below, or nil.
	holds reflect.Type
}

// Content is what a key holds, as far as one who completes it needs to know.
type Content int

// The contents of keys.
const (
	// OtherContent is numbers, durations, names, and maps with keys of their own.
	OtherContent Content = iota
	// BoolContent is true or false.
	BoolContent
	// ExpressionContent is one expression.
	ExpressionContent
	// TemplateContent is YAML with expressions in ${ }. The key may have a long form
	// with keys of its own, too, as log has.
	TemplateContent
	// SelectorContent names a resource.
	SelectorContent
	// PathContent is the path of a field.
	PathContent
)

// keyID tells keys apart: those of all handlers are the same ones.
type keyID struct {
	owner reflect.Type
	key   string
}

// Same tells whether two keys are the same one, in different places.
func (k Key) Same(other Key) bool { return k.id == other.id }

// SameKeys tells whether two keys hold the same keys, such as do and onFailure.
func (k Key) SameKeys(other Key) bool { return k.holds != nil && k.holds == other.holds }

// Name is the last part of the path.
func (k Key) Name() string { return k.Path[strings.LastIndex(k.Path, ".")+1:] }

// Keys are the keys below this one, in the order of the language.
func (k Key) Keys() []Key {
	if k.holds == nil {
		return nil
	}
	return keysAt(k.holds, k.Path+".")
}

// TopKeys are the keys of an operator.
func TopKeys() []Key { return keysAt(reflect.TypeFor[Operator](), "") }

// StepKeys are the keys of a step, wherever it stands.
func StepKeys() []Key { return keysAt(reflect.TypeFor[Step](), canonical(reflect.TypeFor[Step]())) }

func keysAt(t reflect.Type, prefix string) []Key {
	var out []Key
	for _, f := range fieldsOf(t) {
		out = append(out, keyOf(t, f, prefix))
	}
	return out
}

func keyOf(t reflect.Type, f field, prefix string) Key {
	owner := t
	if outer := f.index[:len(f.index)-1]; len(outer) > 0 {
		owner = t.FieldByIndex(outer).Type
	}
	typ := t.FieldByIndex(f.index).Type
	return Key{
		Path: prefix + f.key, Doc: f.doc, Type: typeWords(typ, f), Required: f.required, Action: f.action,
		Limits: limitsOf(typ, f), Values: f.enum, Named: isEntries(typ), Listed: !isEntries(typ) && typ.Kind() == reflect.Slice,
		Content: contentOf(owner, bare(typ)), id: keyID{owner, f.key}, holds: heldKeys(typ),
	}
}

// contentOf is what a key of an owner holds. Values of these two owners are no
// templates, though they have the same type.
func contentOf(owner, t reflect.Type) Content {
	isLiteral := owner == reflect.TypeFor[ValueTest]() || owner == reflect.TypeFor[OperatorMeta]()
	switch t {
	case reflect.TypeFor[Bool]():
		return BoolContent
	case reflect.TypeFor[Expr]():
		return ExpressionContent
	case reflect.TypeFor[Selector]():
		return SelectorContent
	case reflect.TypeFor[Path]():
		return PathContent
	case reflect.TypeFor[Value]():
		if !isLiteral {
			return TemplateContent
		}
	case reflect.TypeFor[Log](), reflect.TypeFor[Fail](), reflect.TypeFor[Return](), reflect.TypeFor[AdoptLabel]():
		return TemplateContent
	}
	return OtherContent
}

// bare is what a field holds, or what its items or the values of its map are.
func bare(t reflect.Type) reflect.Type {
	for {
		switch {
		case isEntries(t):
			t = entryValue(t)
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
			t = t.Elem()
		default:
			return t
		}
	}
}

func heldKeys(t reflect.Type) reflect.Type {
	if t = bare(t); t.Kind() == reflect.Struct && len(fieldsOf(t)) > 0 {
		return t
	}
	return nil
}

// typeWords names a type.
func typeWords(t reflect.Type, f field) string {
	word := bareWords(bare(t), f)
	switch {
	case isEntries(t):
		return "map of " + plural(word)
	case t.Kind() == reflect.Slice && f.list:
		return word + ", or a list of them"
	case t.Kind() == reflect.Slice:
		return "list of " + plural(word)
	}
	return word
}

func bareWords(t reflect.Type, f field) string {
	switch t {
	case reflect.TypeFor[Value]():
		if f.enum != nil {
			return "text template"
		}
		if f.format != "" {
			return f.format + " template"
		}
		return "value"
	case reflect.TypeFor[String]():
		return "text"
	case reflect.TypeFor[Bool]():
		return "boolean"
	case reflect.TypeFor[Int]():
		return "whole number"
	case reflect.TypeFor[Expr]():
		return "expression"
	}
	return words(t.Name())
}

// words makes "value test" of ValueTest.
func words(name string) string {
	var out strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			out.WriteByte(' ')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

func plural(word string) string {
	switch {
	case strings.HasSuffix(word, "y"):
		return strings.TrimSuffix(word, "y") + "ies"
	case strings.HasSuffix(word, "x"):
		return word + "es"
	}
	return word + "s"
}

// limitsOf are the demands of a field's tags, and the short forms of its type.
func limitsOf(t reflect.Type, f field) []string {
	var out []string
	inner, it := bare(t), "It"
	if t.Kind() == reflect.Slice {
		it = "Each"
	}
	if f.enum != nil {
		out = append(out, it+" is "+orList(f.enum)+".")
	}
	if wanted := f.bounds.words(); wanted != "" {
		if inner == reflect.TypeFor[Duration]() {
			wanted += ", in seconds"
		}
		out = append(out, it+" must be "+wanted+".")
	}
	if form, ok := forms[f.format]; ok && inner == reflect.TypeFor[String]() {
		out = append(out, it+" must be "+form.demand+".")
	}
	if form, ok := forms[f.keys]; ok {
		out = append(out, "Its keys must be "+form.demand+".")
	}
	if short, ok := reflect.New(inner).Interface().(shortForm); ok {
		out = append(out, it+" is written as "+short.forms()+".")
	}
	return out
}

// words are what a number must be, empty where it is free.
func (b bounds) words() string {
	switch {
	case b.above != "":
		return "more than " + b.above
	case b.min != "" && b.max != "":
		return "from " + b.min + " to " + b.max
	case b.min != "":
		return b.min + " or more"
	case b.max != "":
		return b.max + " or less"
	}
	return ""
}

// place is where a type with keys stands first.
type place struct {
	typ    reflect.Type
	prefix string
}

// places are all types with keys, those nearest to the top first.
func places() []place {
	out := []place{{typ: reflect.TypeFor[Operator]()}}
	for at := 0; at < len(out); at++ {
		for _, k := range keysAt(out[at].typ, out[at].prefix) {
			known := func(p place) bool { return p.typ == k.holds }
			if k.holds != nil && !slices.ContainsFunc(out, known) {
				out = append(out, place{k.holds, k.Path + "."})
			}
		}
	}
	return out
}

func canonical(t reflect.Type) string {
	for _, p := range places() {
		if p.typ == t {
			return p.prefix
		}
	}
	return ""
}

// FindKeys finds the keys that a path may mean. It may begin at the top, at a
// key of spec, at an action or at a key of settings, in this order; else
// anywhere, and then several keys may be meant.
func FindKeys(path string) []Key {
	segments := strings.Split(path, ".")
	all := places()
	step := reflect.TypeFor[Step]()
	for _, start := range []reflect.Type{reflect.TypeFor[Operator](), reflect.TypeFor[OperatorSpec](), step, reflect.TypeFor[Settings]()} {
		// Handlers have do as well as steps, so it does not tell where one is.
		may := func(k Key) bool { return k.id.owner == start && (start != step || k.Action && k.holds != step) }
		if found := startingAt(all, segments, may); found != nil {
			return found
		}
	}
	return startingAt(all, segments, func(Key) bool { return true })
}

// startingAt follows the segments from all keys that may be the first one.
func startingAt(all []place, segments []string, may func(Key) bool) []Key {
	var found []Key
	for _, p := range all {
		for _, k := range keysAt(p.typ, p.prefix) {
			if k.id.key != segments[0] || !may(k) {
				continue
			}
			end, ok := k.follow(segments[1:])
			if ok && !slices.ContainsFunc(found, end.Same) {
				found = append(found, end)
			}
		}
	}
	return found
}

func (k Key) follow(segments []string) (Key, bool) {
	for _, segment := range segments {
		below := k.Keys()
		i := slices.IndexFunc(below, func(b Key) bool { return b.id.key == segment })
		if i < 0 {
			return Key{}, false
		}
		k = below[i]
	}
	return k, true
}

// KeyNames are the names of all keys of the language, for guesses.
func KeyNames() []string {
	var out []string
	for _, p := range places() {
		out = append(out, keysOf(p.typ)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
