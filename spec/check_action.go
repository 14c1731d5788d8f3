package spec

import (
	"reflect"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// What the fields of one map demand of each other. Each check tells whether
// the value can be used.

// choice counts which of the keys that exclude each other are given, and
// reports none or several.
func (d *decoder) choice(keys ...string) bool {
	given := d.given(keys...)
	if len(given) == 0 {
		d.lacks(head(d.here().value), "%s needs %s", d.here().noun, orList(keys))
		return false
	}
	return d.exclude(given)
}

// lacks reports what is missing in the map at hand.
func (d *decoder) lacks(at diag.Range, format string, args ...any) {
	if !d.here().flawed {
		d.add(ruleChoice, at, format, args...)
	}
}

// exclude reports the second of several keys that exclude each other.
func (d *decoder) exclude(given []string) bool {
	if len(given) < 2 {
		return true
	}
	first, second := d.keyOf(given[0]), d.keyOf(given[1])
	bad := d.add(ruleTogether, second.Range, "%s has %s; only one of them may stand here", d.here().noun, andList(given))
	bad.Context = &first.Range
	return false
}

// given returns those of the keys that the map at hand has, in its order.
func (d *decoder) given(keys ...string) []string {
	var out []string
	for _, f := range d.here().value.Fields {
		for _, key := range keys {
			if f.Key.Scalar == key {
				out = append(out, key)
			}
		}
	}
	return out
}

func (d *decoder) keyOf(key string) *Value { return d.here().value.keyOf(key) }

func (v *Value) keyOf(key string) *Value {
	for _, f := range v.Fields {
		if f.Key.Scalar == key {
			return f.Key
		}
	}
	return v
}

// onlyWith reports keys that have no meaning without another one.
func (d *decoder) onlyWith(other string, keys ...string) bool {
	if len(d.given(other)) > 0 || d.here().flawed {
		return true
	}
	ok := true
	for _, key := range d.given(keys...) {
		d.add(ruleTogether, d.keyOf(key).Range, "%q has a meaning only beside %q", key, other)
		ok = false
	}
	return ok
}

func andList(words []string) string {
	list := orList(words)
	if i := strings.LastIndex(list, " or "); i >= 0 {
		return list[:i] + " and " + list[i+len(" or "):]
	}
	return list
}

func (s *Selector) check(d *decoder) bool {
	if s.Any != nil && !s.Any.Value {
		d.add(ruleSelector, s.Any.Range(), `"any" is true, or left out`)
		return false
	}
	return d.hold()
}

func (t *ValueTest) check(d *decoder) bool {
	for _, v := range append([]*Value{t.Equals}, t.In...) {
		if v != nil {
			d.checkFixed(v)
		}
	}
	if len(d.given("equals", "in", "exists", "when")) > 0 {
		return true
	}
	d.lacks(t.Range, `a value test needs "equals", "in", "exists" or "when"; to compare with an empty map, write equals: {}`)
	return false
}

func (s *Step) check(d *decoder) bool {
	var actions []string
	for _, f := range fieldsOf(reflect.TypeFor[Step]()) {
		if f.action {
			actions = append(actions, f.key)
		}
	}
	given := d.given(actions...)
	switch {
	case len(given) == 1:
		return true
	case len(given) == 0 && d.here().flawed:
		return false
	case len(given) == 0:
		d.add(ruleAction, head(d.here().value), "this step has none; it needs one of %s", strings.Join(actions, ", "))
		return false
	}
	first, second := d.keyOf(given[0]), d.keyOf(given[1])
	bad := d.add(ruleAction, second.Range, "this step has %s; begin a new step for each", andList(given))
	bad.Context = &first.Range
	return false
}

func (c *Create) check(d *decoder) bool {
	if !d.hold() {
		return false
	}
	if c.Object != nil {
		d.checkObject(c.Object)
	}
	if c.Objects != nil {
		for _, object := range c.Objects.Items {
			d.checkObject(object)
		}
	}
	return true
}

// checkObject checks what is fixed in the template of a whole object.
func (d *decoder) checkObject(v *Value) {
	if s, ok := v.String(); ok && isTemplate(s) || v.broken {
		return
	}
	if v.Kind != MapKind {
		if v.Kind != ListKind {
			d.wrongType(v, field{key: "object"}, "a map, or an expression that yields one")
		}
		return
	}
	for _, f := range v.Fields {
		if name, _ := f.Key.String(); isTemplate(name) {
			return
		}
	}
	for _, key := range []string{"apiVersion", "kind"} {
		switch value := v.Get(key); {
		case value == nil:
			d.add(ruleMissing, head(v), "an object needs %q", key)
		case value.Kind != StringKind && !value.broken:
			d.wrongType(value, field{key: key}, "text")
		}
	}
}

func (p *Patch) check(d *decoder) bool {
	if p.JSON != nil {
		d.checkJSONPatch(p.JSON)
	}
	return d.hold()
}

// checkJSONPatch checks what is fixed in the operations of a JSON patch.
func (d *decoder) checkJSONPatch(v *Value) {
	operations := field{key: "op", enum: []string{"add", "remove", "replace", "move", "copy", "test"}}
	for _, item := range v.Items {
		if item.Kind != MapKind || item.broken {
			continue
		}
		for _, key := range []string{"op", "path"} {
			if item.Get(key) == nil {
				d.add(ruleMissing, head(item), "an operation of a JSON patch needs %q", key)
			}
		}
		if op := item.Get("op"); op != nil {
			d.checkTemplate(op, operations)
		}
		if path, ok := textOf(item.Get("path")); ok && path != "" && !isTemplate(path) && path[0] != '/' {
			d.add(rulePath, item.Get("path").Range, "a path of a JSON patch begins with a slash, such as /spec/size")
		}
	}
}

func (t *Target) check(d *decoder) bool {
	given := d.given("resource", "apiVersion", "kind")
	switch {
	case len(given) == 0:
		d.lacks(head(d.here().value), `a target needs "resource", or "apiVersion" and "kind"`)
		return false
	case t.Resource != nil && len(given) > 1:
		return d.exclude(given)
	case t.Resource == nil && len(given) == 1:
		d.lacks(d.keyOf(given[0]).Range, `a target needs both "apiVersion" and "kind", or "resource" alone`)
		return false
	}
	return true
}

func (x *Delete) check(d *decoder) bool {
	ok := d.hold()
	if x.Resource != nil && len(x.Labels) == 0 {
		d.lacks(d.keyOf("resource").Range, `"resource" needs "labels": without them, every object would be deleted`)
		return false
	}
	return ok
}

func (f *Fail) check(d *decoder) bool { return d.hold() }

func (s *ProgressStorage) check(d *decoder) bool {
	return d.checkStorage(s.Storage, s.Field, nil)
}

func (s *DiffbaseStorage) check(d *decoder) bool {
	return d.checkStorage(s.Storage, s.Field, s.Key)
}

func (d *decoder) checkStorage(storage *String, path *Path, key *String) bool {
	inStatus := storage != nil && storage.Value == "status"
	switch {
	case path != nil && !inStatus:
		d.add(ruleTogether, d.keyOf("field").Range, `"field" has a meaning only with storage: status`)
	case path != nil && (path.Segments[0] != "status" || len(path.Segments) < 2):
		d.add(rulePath, path.Range, "the field must be below status")
	case key != nil && inStatus:
		d.add(ruleTogether, d.keyOf("key").Range, `"key" has a meaning only with storage: annotations`)
	default:
		return true
	}
	return false
}
