package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// later are the keys and values of the language that this version does not
// have yet: whoever writes them has read about them, and must not be told that
// they meant something else.
var later = map[string][]string{
	"spec":       {"admission"},
	"a step":     {"apply", "list", "http", "exec", "deny", "warn", "parallel"},
	"settings":   {"admission", "http", "children", "serviceAccountName"},
	"watching":   {"clientTimeout"},
	"networking": {"errorBackoffs"},
	"a handler":  {"every", "minInterval"},
	"on":         {"reconcile"},
}

func isLater(where, word string) bool { return slices.Contains(later[where], word) }

// unknownKey reports a key that does not exist here, and returns the one that
// was probably meant.
func (d *decoder) unknownKey(key *Value) string {
	name, _ := key.String()
	here := d.here()
	if isLater(here.noun, name) {
		d.add(ruleLater, key.Range, "%q is not supported by this version", name)
		return ""
	}
	bad := d.add(ruleUnknown, key.Range, "%s has no key %q", here.noun, name)
	where, inner := d.keyAround(name), d.keyInside(name)
	guess, near := d.nearestKey(name)
	switch {
	case where != "" && inner != "":
		bad.Detail += fmt.Sprintf("; %q stands at %s, or under %s", name, where, inner)
	case where != "":
		bad.Detail += fmt.Sprintf("; %q stands at %s", name, where)
	case near:
		bad.SuggestWord(name, guess)
		bad.Detail += fmt.Sprintf("; did you mean %q?", guess)
		return guess
	case inner != "":
		bad.Detail += fmt.Sprintf("; %q belongs under %s", name, inner)
	default:
		bad.Detail += "; its keys are " + strings.Join(keysOf(here.typ), ", ")
	}
	return ""
}

// nearestKey guesses which key of the map at hand was meant: one that is not
// there yet, if any is near.
func (d *decoder) nearestKey(name string) (string, bool) {
	all := keysOf(d.here().typ)
	absent := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return d.here().value.Get(key) != nil })
	if guess, ok := diag.Nearest(name, absent); ok {
		return guess, true
	}
	return diag.Nearest(name, all)
}

// keyAround finds a key that belongs further out, such as a `when` inside an
// action, and returns where.
func (d *decoder) keyAround(name string) string {
	for i := len(d.around) - 2; i >= 0; i-- {
		outer := d.around[i]
		if outer.typ == reflect.TypeFor[Operator]() && i < len(d.around)-2 {
			break // metadata and spec are keys of every Kubernetes object
		}
		if _, ok := fieldOf(outer.typ, name); ok {
			return definite(outer.noun)
		}
	}
	return ""
}

// definite makes "the step" of "a step"; keys stay as they are.
func definite(noun string) string {
	for _, article := range []string{"a ", "an "} {
		if rest, ok := strings.CutPrefix(noun, article); ok {
			return "the " + rest
		}
	}
	return noun
}

// keyInside finds a key that belongs further in: into a key that is there
// already, or else into any that can hold it.
func (d *decoder) keyInside(name string) string {
	here := d.here()
	if object, ok := objectKeys[here.typ]; ok && slices.Contains(kubernetesKeys, name) {
		return fmt.Sprintf("%q", object)
	}
	var there, possible []string
	for _, f := range fieldsOf(here.typ) {
		inner, list, ok := structIn(here.typ.FieldByIndex(f.index).Type)
		if !ok || inner == here.typ {
			continue
		}
		if _, ok := fieldOf(inner, name); !ok {
			continue
		}
		possible = append(possible, f.key)
		if here.value.Get(f.key) != nil && !list {
			there = append(there, f.key)
		}
	}
	if len(there) > 0 {
		possible = there
	}
	return orList(possible)
}

// kubernetesKeys are those that objects begin with.
var kubernetesKeys = []string{"apiVersion", "kind", "metadata", "spec", "status", "data"}

// objectKeys are the keys under which actions expect objects or parts of them.
var objectKeys = map[reflect.Type]string{
	reflect.TypeFor[Create](): "object",
	reflect.TypeFor[Patch]():  "merge",
}
