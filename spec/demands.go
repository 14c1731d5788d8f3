package spec

import (
	"reflect"
	"strings"
)

// demand is what the keys of one map demand of each other. The table of demands
// is where the JSON Schema knows them from, and most of the checks.
type demand struct {
	kind demandKind
	keys []string
	// other is the key that onlyBeside and needs are about.
	other string
}

type demandKind int

const (
	// exactlyOne of the keys must stand there.
	exactlyOne demandKind = iota
	// atLeastOne of them.
	atLeastOne
	// atMostOne of them.
	atMostOne
	// onlyBeside: the keys have a meaning only beside another one.
	onlyBeside
	// needs: the other key needs all of these.
	needs
	// never: the keys have no meaning in this type, though one that it embeds has
	// them.
	never
)

var demands = map[reflect.Type][]demand{
	reflect.TypeFor[Selector]():  {{kind: exactlyOne, keys: []string{"kind", "plural", "singular", "shortName", "category", "any"}}},
	reflect.TypeFor[ValueTest](): {{kind: atLeastOne, keys: []string{"equals", "in", "exists", "when"}}},
	reflect.TypeFor[Create]():    {{kind: exactlyOne, keys: []string{"object", "objects"}}},
	reflect.TypeFor[Patch](): {
		{kind: onlyBeside, other: "apply", keys: []string{"force"}},
		{kind: exactlyOne, keys: []string{"merge", "json", "apply"}},
	},
	reflect.TypeFor[Target](): {
		{kind: atLeastOne, keys: []string{"resource", "apiVersion", "kind"}},
		{kind: atMostOne, keys: []string{"resource", "apiVersion"}},
		{kind: atMostOne, keys: []string{"resource", "kind"}},
		{kind: needs, other: "apiVersion", keys: []string{"kind"}},
		{kind: needs, other: "kind", keys: []string{"apiVersion"}},
	},
	reflect.TypeFor[Delete](): {
		{kind: atMostOne, keys: []string{"target", "resource"}},
		{kind: onlyBeside, other: "resource", keys: []string{"labels", "namespace"}},
		{kind: needs, other: "resource", keys: []string{"labels"}},
	},
	reflect.TypeFor[Fail](): {
		{kind: exactlyOne, keys: []string{"temporary", "permanent", "error"}},
		{kind: onlyBeside, other: "temporary", keys: []string{"delay"}},
	},
	reflect.TypeFor[Timer](): {
		{kind: atLeastOne, keys: []string{"interval", "idle", "schedule"}},
		{kind: atMostOne, keys: []string{"interval", "schedule"}},
		{kind: onlyBeside, other: "interval", keys: []string{"sharp"}},
		{kind: onlyBeside, other: "schedule", keys: []string{"timeZone"}},
	},
	reflect.TypeFor[Activity](): {{kind: never, keys: []string{"result"}}},
}

// hold checks those demands on the map at hand that need no words of their own,
// and tells whether it can be used.
func (d *decoder) hold() bool {
	ok := true
	for _, one := range demands[d.here().typ] {
		switch one.kind {
		case exactlyOne:
			if !d.choice(one.keys...) {
				return false
			}
		case atMostOne:
			ok = d.exclude(d.given(one.keys...)) && ok
		case onlyBeside:
			ok = d.onlyWith(one.other, one.keys...) && ok
		}
	}
	return ok
}

// add puts demands into the schema of a type. Each says in its errorMessage,
// which editors show, what it wants, and the mistake is at the key that is too
// much.
func (one demand) add(out object) {
	switch one.kind {
	case exactlyOne:
		one.some(out)
		one.exclude(out)
	case atLeastOne:
		one.some(out)
	case atMostOne:
		one.exclude(out)
	case onlyBeside:
		for _, key := range one.keys {
			depend(out, key, object{"required": []string{one.other}, "errorMessage": quote(key) + " has a meaning only beside " + quote(one.other) + "."})
		}
	case needs:
		depend(out, one.other, object{"required": one.keys, "errorMessage": quote(one.other) + " needs " + andList(one.keys) + "."})
	case never:
		for _, key := range one.keys {
			delete(out["properties"].(object), key)
		}
	}
}

func (one demand) some(out object) {
	var choices []object
	for _, key := range one.keys {
		choices = append(choices, object{"required": []string{key}, "errorMessage": "One of " + andList(one.keys) + " must stand here."})
	}
	also(out, object{"anyOf": choices})
}

func (one demand) exclude(out object) {
	for i, key := range one.keys {
		others := object{}
		for j, other := range one.keys {
			if i != j {
				others[other] = false
			}
		}
		depend(out, key, object{"properties": others, "errorMessage": "Only one of " + andList(one.keys) + " may stand here."})
	}
}

// depend makes a schema hold where there is a key.
func depend(out object, key string, schema object) {
	dependencies, ok := out["dependencies"].(object)
	if !ok {
		dependencies = object{}
		out["dependencies"] = dependencies
	}
	if before, ok := dependencies[key].(object); ok {
		if _, list := before["allOf"]; !list {
			before = object{"allOf": []object{before}}
		}
		also(before, schema)
		schema = before
	}
	dependencies[key] = schema
}

// also makes a schema hold too.
func also(out object, schema object) {
	all, _ := out["allOf"].([]object)
	out["allOf"] = append(all, schema)
}

func quote(word string) string { return `"` + word + `"` }

// conditions are demands that are about values, too.
var conditions = map[reflect.Type]func(out object){
	reflect.TypeFor[Handler](): handlerConditions,
	reflect.TypeFor[Timer]():   func(out object) { matchConditions(out, "a timer") },
	reflect.TypeFor[Daemon]():  func(out object) { matchConditions(out, "a daemon") },
	reflect.TypeFor[Index]():   func(out object) { matchConditions(out, "an index") },
	reflect.TypeFor[Sub]():     func(out object) { also(out, object{"properties": object{"match": testsNeedField()}}) },
	reflect.TypeFor[ProgressStorage](): func(out object) {
		depend(out, "field", storedIn("field", "status"))
	},
	reflect.TypeFor[DiffbaseStorage](): func(out object) {
		depend(out, "field", storedIn("field", "status"))
		depend(out, "key", object{"properties": object{"storage": object{"const": "annotations", "errorMessage": `"key" has a meaning only with storage: annotations.`}}})
	},
}

func storedIn(key, storage string) object {
	message := quote(key) + " has a meaning only with storage: " + storage + "."
	return object{"required": []string{"storage"}, "errorMessage": message, "properties": object{"storage": object{"const": storage, "errorMessage": message}}}
}

// testsNeedField is what a match demands if nothing else says which field it is
// about.
func testsNeedField() object {
	out := object{"doNotSuggest": true} // editors know the key already
	for _, key := range []string{"value", "old", "new"} {
		depend(out, key, object{"required": []string{"field"}, "errorMessage": quote(key) + ` needs "field", the path of the value to test.`})
	}
	return out
}

// matchConditions are those of what is not about changes.
func matchConditions(out object, what string) {
	match := testsNeedField()
	match["properties"] = object{"old": false, "new": false}
	match["errorMessage"] = `"old" and "new" are about a change, which ` + what + " has not."
	also(out, object{"properties": object{"match": match}})
}

func handlerConditions(out object) {
	for key, kind := range map[string]string{"optional": onDelete, "deleted": onResume, "field": onField} {
		depend(out, key, object{"properties": object{"on": includes(kind, quote(key)+" has a meaning only for on: "+kind+".")}})
	}
	also(out, object{
		"if":   object{"properties": object{"on": includes(onField, "")}, "required": []string{"on"}},
		"then": object{"required": []string{"field"}, "errorMessage": `on: field needs "field", the path of the field to watch.`},
	})
	refused := object{}
	for _, key := range []string{"retries", "timeout", "errors", "backoff", "needs"} {
		refused[key] = false
	}
	also(out, object{
		"if":   object{"properties": object{"on": only(onEvent)}, "required": []string{"on"}},
		"then": object{"properties": refused, "errorMessage": "This has no meaning for on: event, which is never tried again and belongs to no cycle."},
	})
	also(out, object{
		"if":   object{"required": []string{"field"}},
		"else": object{"properties": object{"match": testsNeedField()}},
	})
	sides := object{"doNotSuggest": true}
	for _, key := range []string{"old", "new"} {
		depend(sides, key, object{"properties": object{"value": false}, "errorMessage": `"value" tests both sides of a change; leave it out, or ` + quote(key) + "."})
	}
	also(out, object{"properties": object{"match": sides}})
	change := only(onUpdate, onField)
	change["errorMessage"] = `"old" and "new" are about a change.`
	also(out, object{
		"if":   object{"properties": object{"match": object{"doNotSuggest": true, "type": "object", "anyOf": []object{{"required": []string{"old"}}, {"required": []string{"new"}}}}}, "required": []string{"match"}},
		"then": object{"properties": object{"on": change}},
	})
}

// includes matches an `on` with that kind.
func includes(kind, message string) object {
	one := object{"const": kind}
	list := object{"type": "array", "contains": object{"const": kind}}
	if message != "" {
		one["errorMessage"], list["errorMessage"] = message, message
	}
	return object{"anyOf": []object{one, list}}
}

// only matches an `on` with nothing else than those kinds.
func only(kinds ...string) object {
	return object{"anyOf": []object{{"enum": kinds}, {"type": "array", "items": object{"enum": kinds}}}}
}

// oneAction is what a step demands of its actions. There are too many of them
// to say of each that it excludes the others.
func oneAction(actions []string) []object {
	var out []object
	for _, key := range actions {
		out = append(out, object{"required": []string{key}, "errorMessage": "A step needs one of " + strings.Join(actions, ", ") + "."})
	}
	return out
}
