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
	known := func(word string) bool { _, ok := fieldOf(here.typ, word); return ok }
	if word := d.swallowed(key, name, known); word != "" {
		return word
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

// swallowed reports a key that lacks its colon, or the space behind it, in front
// of brackets or quotes: a colon in these was taken for its own. It returns the
// key, if it may stand here.
func (d *decoder) swallowed(key *Value, name string, may func(string) bool) string {
	at := strings.IndexAny(name, "{[\"'")
	if at < 1 || isTemplate(name[:at]) {
		return ""
	}
	word := strings.TrimRight(name[:at], " :")
	if !may(word) {
		return ""
	}
	if strings.Contains(name[:at], ":") {
		d.add(ruleUnknown, key.Range, "a space is missing behind the colon of %q", word)
	} else {
		d.add(ruleUnknown, key.Range, "a colon is missing behind %q", word)
	}
	return word
}

// nearestKey guesses which key of the map at hand was meant: one that it needs
// and has not, or else one that it has not, if any is near.
func (d *decoder) nearestKey(name string) (string, bool) {
	var needed, absent, all []string
	for _, f := range fieldsOf(d.here().typ) {
		all = append(all, f.key)
		if d.here().value.Get(f.key) == nil {
			absent = append(absent, f.key)
			if f.required {
				needed = append(needed, f.key)
			}
		}
	}
	for _, candidates := range [][]string{needed, absent, all} {
		if guess, ok := diag.Nearest(name, candidates); ok {
			return guess, true
		}
	}
	return "", false
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
			outer.given[name] = true
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
		d.forgive(here.value.Get(there[0]))
	}
	return orList(possible)
}

// forgive takes back that something is missing in a map: it has been found
// outside of it.
func (d *decoder) forgive(v *Value) {
	at := head(v)
	d.found = slices.DeleteFunc(d.found, func(found *diag.Diagnostic) bool {
		return (found.Rule == ruleMissing || found.Rule == ruleChoice) && found.Subject == at
	})
}

// kubernetesKeys are those that objects begin with.
var kubernetesKeys = []string{"apiVersion", "kind", "metadata", "spec", "status", "data"}

// objectKeys are the keys under which actions expect objects or parts of them.
var objectKeys = map[reflect.Type]string{
	reflect.TypeFor[Create](): "object",
	reflect.TypeFor[Patch]():  "merge",
}
