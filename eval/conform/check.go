package conform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Text is what is known of a string of a template.
type Text struct {
	// Constant is the text itself, where IsConstant says that there is no expression
	// in it.
	Constant   string
	IsConstant bool
	// Type is that of the value; nil where it is not known.
	Type *schema.Type
	// Optional says that the value may be left out, with the field that it stands in.
	Optional bool
}

// Mode says what becomes of what is written.
type Mode int

// The modes.
const (
	// Whole values are all there is: what is required must be there.
	Whole Mode = iota
	// Merge values are merged into existing ones, and null deletes. Lists are whole.
	Merge
	// Apply values are merged, items of lists too.
	Apply
)

// Writing is what is to be known of a place where values are written.
type Writing struct {
	// Texts tells of the strings of the template.
	Texts func(*spec.Value) Text
	// Kinds has the kinds of embedded objects.
	Kinds *schema.Set
	Mode  Mode
	// Given are fields of the value that somebody else fills in.
	Given []string
	// Rule is what a field that the schema does not have breaks; nil is the usual one.
	// Why ends the message about it.
	Rule *diag.Rule
	Why  string
}

// Check compares a template with the type of what it becomes. Name is what messages
// call the value, and key the place that stands for it where something is missing.
func (w Writing) Check(v *spec.Value, t *schema.Type, name string, key diag.Range) diag.List {
	c := &checker{Writing: w, root: t}
	c.value(v, t, where{name: name, key: start(key), given: w.Given, mode: w.Mode})
	return c.found
}

// checker collects findings.
type checker struct {
	Writing
	root  *schema.Type
	found diag.List
}

// where is where in the object a value stands.
type where struct {
	name string
	// item says that it is an item of what the name says.
	item bool
	// key is the place that stands for the value: a missing field has none.
	key   diag.Range
	given []string
	mode  Mode
	// above is the object that has the value in a field.
	above *schema.Type
}

// String is what messages call the value.
func (at where) String() string {
	if at.item {
		return fmt.Sprintf("an item of %q", at.name)
	}
	return fmt.Sprintf("%q", at.name)
}

func (c *checker) report(rule *diag.Rule, at diag.Range, format string, args ...any) *diag.Diagnostic {
	d := rule.At(at, format, args...)
	c.found = append(c.found, d)
	return d
}

// value checks a value. A null is the absence of one.
func (c *checker) value(v *spec.Value, t *schema.Type, at where) {
	switch v.Kind {
	case spec.Null:
	case spec.StringKind:
		c.text(v, t, at)
	case spec.MapKind:
		c.mapping(v, t, at)
	case spec.ListKind:
		c.list(v, t, at)
	default:
		c.scalar(v, t, at)
	}
}

// mapping checks a map.
func (c *checker) mapping(v *spec.Value, t *schema.Type, at where) {
	switch {
	case t.Quantity():
		c.wrongType(v, t, at)
	case t.Kind() == schema.Object:
		c.object(v, t, at)
	case t.Kind() == schema.Map:
		c.entries(v, t, at)
		for _, f := range v.Fields {
			c.value(f.Value, t.Elem(), at.field(f, nil))
		}
	case t.Kind() != schema.Any:
		c.wrongType(v, t, at)
	}
}

// list checks a list.
func (c *checker) list(v *spec.Value, t *schema.Type, at where) {
	switch {
	case t.Kind() == schema.Any && !t.Quantity():
		return
	case t.Kind() != schema.List:
		c.wrongType(v, t, at)
		return
	}
	if s := t.Schema(); s != nil {
		c.size(v, at, len(v.Items), "items", s.MinItems, s.MaxItems)
	}
	item := where{name: at.name, item: true, mode: at.mode, above: at.above}
	if item.mode == Merge {
		item.mode = Whole
	}
	for _, one := range v.Items {
		item.key = start(one.Range)
		c.value(one, t.Elem(), item)
	}
}

// field is where the value of a field stands.
func (at where) field(f spec.Field, above *schema.Type) where {
	name, _ := f.Key.String()
	return where{name: name, key: f.Key.Range, mode: at.mode, above: above}
}

// object checks the fields of an object.
func (c *checker) object(v *spec.Value, t *schema.Type, at where) {
	if c.embedded(v, t, at) {
		return
	}
	computed := false
	for _, f := range v.Fields {
		name, isText := f.Key.String()
		if !isText || isTemplate(name) {
			computed = true
			continue
		}
		if known, ok := t.Field(name); ok {
			c.value(f.Value, known.Type, at.field(f, t))
			c.perhaps(f, known, at)
			continue
		}
		if !t.Open() {
			at.given = append(slices.Clone(at.given), c.unknown(f, name, t, at))
		}
	}
	if !computed && at.mode == Whole {
		c.missing(v, t, at)
		c.entries(v, t, at)
	}
}

// missing reports required fields that are not there, all at once.
func (c *checker) missing(v *spec.Value, t *schema.Type, at where) {
	var names []string
	for _, f := range t.Fields() {
		if !f.Required || slices.Contains(at.given, f.Name) || f.Name == "metadata" && isEmbedded(t) || falseByDefault(f.Type) {
			continue
		}
		if given := v.Get(f.Name); given == nil || given.Kind == spec.Null && !f.Type.Nullable() {
			names = append(names, fmt.Sprintf("%q", f.Name))
		}
	}
	if len(names) > 0 {
		c.report(ruleMissing, at.key, "%s needs %s", at.of(t), enumeration(names, "and"))
	}
}

// falseByDefault tells the booleans of builtin kinds that objects always have, and that
// nobody needs to set.
func falseByDefault(t *schema.Type) bool {
	return t.Kind() == schema.Bool && t.Schema() != nil && t.Schema().Default == false
}

// of names an object by its type, as far as that has a name.
func (at where) of(t *schema.Type) string {
	if t.Name() != "" {
		return t.Name()
	}
	return at.String()
}

// perhaps warns of a required field that an expression may leave out.
func (c *checker) perhaps(f spec.Field, known schema.Field, at where) {
	if !known.Required || at.mode != Whole || f.Value.Kind != spec.StringKind || !c.Texts(f.Value).Optional {
		return
	}
	d := c.report(ruleMissing, f.Value.Range, "%q is required, and this may leave it out; give it a value in any case, such as by .orValue(…)", known.Name)
	d.Severity = diag.Warning
	d.Summary = "perhaps a missing field in an object"
}

// embedded checks an object inside another one by what it says that it is. It tells
// whether that is known.
func (c *checker) embedded(v *spec.Value, t *schema.Type, at where) bool {
	if at.above == nil || !isEmbedded(t) {
		return false
	}
	own := c.Kinds.Type(schema.KindOf(c.constant(v.Get("apiVersion")), c.constant(v.Get("kind"))))
	if own == nil {
		return false
	}
	// Who makes the object may complete it first.
	at.mode, at.above = Apply, nil
	c.object(v, own, at)
	return true
}

// isEmbedded tells an object of any kind inside another one.
func isEmbedded(t *schema.Type) bool {
	if t.Schema() == nil {
		return false
	}
	set, _ := t.Schema().Extensions.GetBool("x-kubernetes-embedded-resource")
	return set
}

// constant is a text without expressions, empty for anything else.
func (c *checker) constant(v *spec.Value) string {
	if v == nil || v.Kind != spec.StringKind {
		return ""
	}
	return c.Texts(v).Constant
}

func isTemplate(key string) bool { return strings.Contains(key, "${") }

// start is the first place of a range that may be large.
func start(r diag.Range) diag.Range {
	if r.Start.Line != r.End.Line {
		r.End = r.Start
	}
	return r
}

// enumeration joins words for a sentence: "a", "b" and "c".
func enumeration(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
