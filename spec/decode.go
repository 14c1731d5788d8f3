package spec

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// decoder fills the types of types.go from Values, by their tags. It never
// stops: what is wrong is reported and left out, so that what it returns is
// sound, if not complete. Sound means that no required field is nil.
type decoder struct {
	*report
	// around are the maps around the one being decoded, outermost first.
	around []frame
}

// frame is a map that is being decoded.
type frame struct {
	typ reflect.Type
	// noun is what messages call it: "handler", "match".
	noun  string
	value *Value
	// given are the keys that it has, and those that stand somewhere inside of it
	// by mistake.
	given keySet
	// flawed says that a mistake in it has been reported already: then it is
	// not asked for what is missing, which may be there under a wrong name.
	flawed bool
}

// shortForm is a type that has other forms than a map. decodeValue tells
// whether the value has such a form, and whether it could be used.
type shortForm interface {
	decodeValue(d *decoder, v *Value, f field) (taken, ok bool)
	// forms describes what is expected, after "expected".
	forms() string
	// schema is the JSON Schema of the other forms.
	schema() object
}

// checked is a type with demands on its fields together; one that does not
// hold them is left out.
type checked interface {
	check(d *decoder) bool
}

// keySet are the keys that a user gave, misspelled ones and those with a broken
// value too: nobody is told that they are missing.
type keySet map[string]bool

// noting is a type whose later checks ask for its keySet.
type noting interface{ note(given keySet) }

func (h *Handler) note(given keySet) { h.given = given }

func (t *Timer) note(given keySet) { t.given = given }

func (t *Daemon) note(given keySet) { t.given = given }

func (x *Index) note(given keySet) { x.given = given }

func (a *Activity) note(given keySet) { a.given = given }

func (s *Sub) note(given keySet) { s.given = given }

func (m *Match) note(given keySet) { m.given = given }

// value decodes v into out, which may be any type of a tagged field, and tells
// whether out has a value now.
func (d *decoder) value(v *Value, out reflect.Value, f field) bool {
	if v.broken {
		return false
	}
	if ok, scalar := d.scalar(v, out, f); scalar {
		return ok
	}
	switch out.Kind() {
	case reflect.Slice:
		if out.Type().Elem().Implements(entryType) || reflect.PointerTo(out.Type().Elem()).Implements(entryType) {
			return d.entries(v, out, f)
		}
		return d.items(v, out, f)
	case reflect.Pointer:
		target := reflect.New(out.Type().Elem())
		if !d.object(v, target, f) {
			return false
		}
		out.Set(target)
		return true
	default:
		return d.object(v, out.Addr(), f)
	}
}

// scalar decodes into the positioned scalars; is tells whether out is one.
func (d *decoder) scalar(v *Value, out reflect.Value, f field) (ok, is bool) {
	switch target := out.Addr().Interface().(type) {
	case **Value:
		*target = v
		d.checkTemplate(v, f)
	case **String:
		*target = d.text(v, f)
		return *target != nil, true
	case **Bool:
		*target = d.boolean(v, f)
		return *target != nil, true
	case **Int:
		*target = d.integer(v, f)
		return *target != nil, true
	case **Number:
		*target = d.number(v, f)
		return *target != nil, true
	case **Duration:
		*target = d.duration(v, f)
		return *target != nil, true
	case **Expr:
		*target = d.expr(v, f)
		return *target != nil, true
	default:
		return false, false
	}
	return true, true
}

// object decodes a struct, to which target points.
func (d *decoder) object(v *Value, target reflect.Value, f field) bool {
	setRange(target.Elem(), v.Range)
	short, isShort := target.Interface().(shortForm)
	if isShort {
		if taken, ok := short.decodeValue(d, v, f); taken {
			return ok
		}
	}
	if v.Kind != MapKind {
		expected := "a map"
		if isShort {
			expected = short.forms()
		}
		bad := d.wrongType(v, f, expected)
		d.keyHint(bad, v, target.Elem().Type())
		return false
	}
	return d.fields(v, target, f)
}

// keyHint says of a text that begins with a key that something is missing behind
// it.
func (d *decoder) keyHint(bad *diag.Diagnostic, v *Value, typ reflect.Type) {
	text, _ := v.String()
	i := strings.IndexAny(text, ": ")
	if i < 0 {
		return
	}
	if _, ok := fieldOf(typ, text[:i]); !ok {
		return
	}
	missing, what, end := ":", "a colon is missing behind", i
	if text[i] == ':' {
		missing, what, end = " ", "a space is missing behind the colon of", i+1
	}
	at := v.RangeOf(end, end)
	bad.Detail += fmt.Sprintf("; %s %q", what, text[:i])
	bad.Fix = &diag.Fix{Title: "write " + text[:i] + ": …", Edits: []diag.Edit{{Range: at, Text: missing}}}
}

func (d *decoder) fields(v *Value, target reflect.Value, f field) bool {
	typ := target.Elem().Type()
	given, usable := keySet{}, keySet{}
	d.around = append(d.around, frame{typ: typ, noun: noun(typ, f.key), value: v, given: given})
	defer func() { d.around = d.around[:len(d.around)-1] }()
	flawed := false
	for _, entry := range v.Fields {
		name, _ := entry.Key.String()
		known, ok := fieldOf(typ, name)
		if !ok {
			given[d.unknownKey(entry.Key)] = true
			flawed = true
			continue
		}
		given[name] = true
		usable[name] = d.value(entry.Value, target.Elem().FieldByIndex(known.index), known)
		flawed = flawed || !usable[name]
	}
	sound := true
	for _, known := range fieldsOf(typ) {
		if known.required && !given[known.key] {
			d.missingKey(v, typ, known)
			flawed = true
		}
		sound = sound && (usable[known.key] || !isVital(typ, known))
	}
	if n, ok := target.Interface().(noting); ok {
		n.note(given)
	}
	if v.joined {
		return false
	}
	if c, ok := target.Interface().(checked); ok {
		d.around[len(d.around)-1].flawed = flawed
		return c.check(d) && !flawed
	}
	return sound
}

// isVital tells whether a value is unusable without a field: an empty list in
// its place does no harm.
func isVital(typ reflect.Type, f field) bool {
	return f.required && typ.FieldByIndex(f.index).Type.Kind() != reflect.Slice
}

func (d *decoder) missingKey(v *Value, typ reflect.Type, f field) {
	bad := d.add(ruleMissing, head(v), "%s needs %q: %s", d.here().noun, f.key, lowerFirst(docOf(typ, f)))
	if f.enum != nil {
		bad.Detail += "; it is " + orList(f.enum)
	}
}

func docOf(typ reflect.Type, f field) string {
	doc := strings.TrimSuffix(typ.FieldByIndex(f.index).Tag.Get("doc"), ".")
	doc, _, _ = strings.Cut(doc, ". ")
	return doc
}

// lowerFirst makes a sentence the rest of one, unless it begins with a name.
func lowerFirst(text string) string {
	if len(text) > 1 && text[1] >= 'A' && text[1] <= 'Z' {
		return text
	}
	return strings.ToLower(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

// head is the part of a value that is pointed at when the whole is meant: the
// first key of a map.
func head(v *Value) diag.Range {
	if v.Kind == MapKind && len(v.Fields) > 0 {
		if first := v.Fields[0].Key.Range; first.Start.Offset == v.Range.Start.Offset {
			return first
		}
	}
	at := v.Range
	if at.Start.Line != at.End.Line {
		at.End = at.Start
	}
	return at
}

func (d *decoder) here() frame { return d.around[len(d.around)-1] }

// items decodes a list; where the tag allows it, a single value is one too.
func (d *decoder) items(v *Value, out reflect.Value, f field) bool {
	values := v.Items
	switch {
	case v.Kind == ListKind && len(values) == 0 && f.list && f.required:
		d.add(ruleEmpty, v.Range, "%q needs at least one value", f.key)
		return false
	case v.Kind == ListKind:
	case f.list && v.Kind != Null:
		values = []*Value{v}
	default:
		d.wrongType(v, f, "a list")
		return false
	}
	f.item = v.Kind == ListKind
	items := reflect.MakeSlice(out.Type(), 0, len(values))
	for _, value := range values {
		item := reflect.New(out.Type().Elem()).Elem()
		if d.value(value, item, f) {
			items = reflect.Append(items, item)
		}
	}
	out.Set(items)
	return true
}

// entryType lets entries be found without knowing their values' type.
var entryType = reflect.TypeFor[interface{ setKey(String) }]()

func (e *Entry[T]) setKey(key String) { e.Key = key }

// entries decodes a map whose keys the user chooses.
func (d *decoder) entries(v *Value, out reflect.Value, f field) bool {
	if v.Kind != MapKind {
		d.wrongType(v, f, "a map")
		return false
	}
	list := reflect.MakeSlice(out.Type(), 0, len(v.Fields))
	for _, one := range v.Fields {
		name, _ := one.Key.String()
		named := func(word string) bool { form, ok := forms[f.keys]; return ok && form.pattern.MatchString(word) }
		if d.swallowed(one.Key, name, named) != "" {
			continue // what is behind the colon that was taken for its own is no value
		}
		d.checkForm(one.Key, name, f.keys)
		entry := reflect.New(out.Type().Elem())
		entry.Interface().(interface{ setKey(String) }).setKey(String{Value: name, Node: one.Key})
		inner := f
		inner.key = name
		if d.value(one.Value, entry.Elem().FieldByName("Value"), inner) {
			list = reflect.Append(list, entry.Elem())
		}
	}
	out.Set(list)
	return true
}

func (d *decoder) wrongType(v *Value, f field, expected string) *diag.Diagnostic {
	found := v.Kind.String()
	switch v.Kind {
	case StringKind:
		found += " (" + quoteShort(v.Source()) + ")"
	case BoolKind, IntKind, FloatKind:
		found += " (" + v.Source() + ")"
	}
	what := fmt.Sprintf("%q", f.key)
	if f.item {
		what = "an item of " + what
	}
	return d.add(ruleType, head(v), "%s must be %s, and is %s%s", what, expected, found, typeHint(v, expected))
}

func quoteShort(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		text = string(runes[:40]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// typeHint says what to do about the mistakes that indentation makes.
func typeHint(v *Value, expected string) string {
	switch {
	case expected == "a list" && v.Kind == MapKind:
		return `; each item of a list begins with "- "`
	case v.Kind == Null && v.Range.Start.IsValid():
		return "; give it a value, indented further than its key, or remove it"
	default:
		return ""
	}
}

// noun is what messages call the values of a type.
func noun(typ reflect.Type, key string) string {
	switch typ {
	case reflect.TypeFor[Operator]():
		return "an operator"
	case reflect.TypeFor[Handler]():
		return "a handler"
	case reflect.TypeFor[Timer]():
		return "a timer"
	case reflect.TypeFor[Daemon]():
		return "a daemon"
	case reflect.TypeFor[Index]():
		return "an index"
	case reflect.TypeFor[Activity]():
		return "an activity"
	case reflect.TypeFor[Probe]():
		return "a probe"
	case reflect.TypeFor[Sub]():
		return "a sub-handler"
	case reflect.TypeFor[Step]():
		return "a step"
	case reflect.TypeFor[Selector]():
		return "a selector"
	case reflect.TypeFor[ValueTest]():
		return "a value test"
	case reflect.TypeFor[Target]():
		return "a target"
	default:
		return key
	}
}
