package eval

import "strings"

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
