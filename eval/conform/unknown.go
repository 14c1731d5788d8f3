package conform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// unknown reports a field that the schema does not have, and returns the one that was
// probably meant: it is not missing then.
func (c *checker) unknown(f spec.Field, name string, t *schema.Type, at where) string {
	d := c.unknownAt(f.Key.Range, name, at.of(t))
	names := fieldNames(t)
	guess, near := diag.Nearest(name, names)
	switch {
	case near && sameWord(name, guess):
		suggest(d, name, guess)
	case at.above != nil && !at.item && has(at.above, name):
		d.Detail += fmt.Sprintf("; it belongs one level up, beside %q", at.name)
	case below(t, name) != "":
		d.Detail += fmt.Sprintf("; it belongs one level down, into %q", below(t, name))
	case near:
		suggest(d, name, guess)
	}
	if c.Why != "" && d.Fix == nil {
		d.Detail += "; " + c.Why
	}
	return d.Suggestion()
}

// unknownAt reports a name that an object does not have.
func (c *checker) unknownAt(at diag.Range, name, of string) *diag.Diagnostic {
	rule := c.Rule
	if rule == nil {
		rule = ruleUnknown
	}
	return c.report(rule, at, "%s has no field %q", of, name)
}

// suggest says what was meant.
func suggest(d *diag.Diagnostic, name, guess string) {
	d.Detail += fmt.Sprintf("; did you mean %q?", guess)
	d.SuggestWord(name, guess)
}

// sameWord tells whether two words differ in case, dashes and underscores only.
func sameWord(a, b string) bool {
	clean := strings.NewReplacer("-", "", "_", "").Replace
	return strings.EqualFold(clean(a), clean(b))
}

func fieldNames(t *schema.Type) []string {
	var names []string
	for _, f := range t.Fields() {
		names = append(names, f.Name)
	}
	return names
}

func has(t *schema.Type, name string) bool {
	_, known := t.Field(name)
	return known
}

// below finds the field whose value, or items, have a field of that name: a required
// one, or the only one.
func below(t *schema.Type, name string) string {
	var found []string
	for _, f := range t.Fields() {
		inner := f.Type
		if inner.Kind() == schema.List {
			inner = inner.Elem()
		}
		if inner.Kind() != schema.Object || f.Name == "status" || !has(inner, name) {
			continue
		}
		if f.Required {
			return f.Name
		}
		found = append(found, f.Name)
	}
	if found = slices.DeleteFunc(found, func(n string) bool { return n == "metadata" && len(found) > 1 }); len(found) == 1 {
		return found[0]
	}
	return ""
}
