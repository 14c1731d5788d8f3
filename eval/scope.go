package eval

import (
	"strings"

	"github.com/google/cel-go/cel"
)

// Scope says what exists at a place of the language. A place is a union of bits.
type Scope uint32

// What a place may offer.
const (
	// Object is the handled object and its parts.
	Object Scope = 1 << iota
	// Change is what changed, in change handlers and their filters.
	Change
	// Retry counts the attempts of a retriable handler.
	Retry
	// RawEvent is the watch event of on: event.
	RawEvent
	// TestValue is the value that a value filter tests.
	TestValue
	// Steps are the vars and the results of steps, in do.
	Steps
	// Item is the current element of a forEach.
	Item
	// Children are the live children of the object.
	Children
	// Failure is why the handler failed, in onFailure.
	Failure
	// Background is what runs beside the handling of changes: daemons and timers.
	Background
	// Selector is the discovery data of one resource, in resource selectors.
	Selector
	// Indexing is what an index keeps of an object.
	Indexing
)

// everywhere marks a variable or function that no place is without.
const everywhere Scope = 0

// anyScope is the union of all places that have an object.
const anyScope = Object | Change | Retry | RawEvent | TestValue | Steps | Item | Children | Failure | Background

// places names the scopes for people, in the order of the constants.
var places = []struct {
	scope Scope
	name  string
}{
	{Object, "handlers and filters of objects"},
	{Change, "change handlers"},
	{Retry, "retriable handlers"},
	{RawEvent, "on: event"},
	{TestValue, "filters on a value"},
	{Steps, "do"},
	{Item, "forEach"},
	{Children, "wait and on: reconcile"},
	{Failure, "onFailure"},
	{Background, "daemons and timers"},
	{Selector, "resource selectors"},
	{Indexing, "indexes"},
}

// String names the places: "change handlers, do".
func (s Scope) String() string {
	if s == everywhere {
		return "everywhere"
	}
	var names []string
	for _, p := range places {
		if s&p.scope != 0 {
			names = append(names, p.name)
		}
	}
	return strings.Join(names, ", ")
}

// has tells whether something that exists in needed exists at this place.
func (s Scope) has(needed Scope) bool { return needed == everywhere || s&needed != 0 }

// Variable is one name that expressions can use.
type Variable struct {
	Name string
	Type *cel.Type
	// Scope is where it exists: at any place that has one of these bits, or
	// everywhere where it is 0.
	Scope Scope
	Doc   string
}

var (
	dynMap    = cel.MapType(cel.StringType, cel.DynType)
	stringMap = cel.MapType(cel.StringType, cel.StringType)
)

// Variables is the one table of what exists where: the environment, the
// diagnostics and the docs are made from it.
var Variables = []Variable{
	{"body", cel.DynType, Object, "The whole object."},
	{"spec", cel.DynType, Object, "The object's `spec`; empty where it has none."},
	{"status", cel.DynType, Object, "The object's `status`; empty where it has none."},
	{"meta", cel.DynType, Object, "The object's `metadata`."},
	{"name", cel.StringType, Object, "Short for `meta.name`."},
	{"uid", cel.StringType, Object, "Short for `meta.uid`."},
	{"labels", stringMap, Object, "Short for `meta.labels`; never null."},
	{"annotations", stringMap, Object, "Short for `meta.annotations`; never null."},
	{"resource", dynMap, Object | Selector, "The resource: `group`, `version`, `kind`, `plural`, `singular`, `shortNames`, `categories`, `namespaced`, `preferred`."},
	{"retry", cel.IntType, Retry, "Number of the attempt, from 0."},
	{"started", cel.TimestampType, Retry, "When the first attempt began."},
	{"runtime", cel.DurationType, Retry, "Time since `started`."},
	{"now", cel.TimestampType, everywhere, "The time; the same for a whole invocation."},
	{"reason", cel.StringType, Change, "The cause: `create`, `update`, `delete` or `resume`."},
	{"old", cel.DynType, Change, "The essence before the change, or null."},
	{"new", cel.DynType, Change, "The essence after the change, or null."},
	{"diff", cel.ListType(dynMap), Change, "What changed: a list of `{op, path, field, old, new}`."},
	{"event", dynMap, RawEvent, "The watch event `{type, object}`; `type` is null at the first listing."},
	{"value", cel.DynType, TestValue, "The value under test."},
	{"memo", cel.DynType, everywhere, "Data in memory, of this object; in startup, cleanup and probes of the operator."},
	{"index", cel.MapType(cel.StringType, cel.MapType(cel.DynType, cel.ListType(cel.DynType))), everywhere, "The indexes: `index.<id>[key]` is a list of values."},
	{"param", cel.DynType, everywhere, "The handler's `param`, or null."},
	{"vars", dynMap, Steps, "The handler's `vars`."},
	{"steps", dynMap, Steps, "Results of the named steps that ran."},
	{"item", cel.DynType, Item, "The current element of the `forEach`."},
	{"key", cel.DynType, Item, "Its key in the map, or its index in the list."},
	{"children", cel.MapType(cel.StringType, cel.ListType(cel.DynType)), Children, "Live children of the object, by alias: a list of objects each."},
	{"stopped", cel.DynType, Background, "Why the daemon or timer must stop: `deleted`, `mismatch`, `paused` or `exiting`; else null."},
	{"operator", stringMap, everywhere, "The operator: `name`, `id`, `version`."},
	{"error", stringMap, Failure, "Why the handler failed: `kind`, `message`, `step`."},
}

// variable finds a variable by its name.
func variable(name string) (Variable, bool) {
	for _, v := range Variables {
		if v.Name == name {
			return v, true
		}
	}
	return Variable{}, false
}
