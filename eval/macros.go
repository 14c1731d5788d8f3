package eval

import "github.com/google/cel-go/cel"

// macro is a form that looks like a function, and brings local names.
type macro struct {
	name, signature, doc string
	// receiver are the types of what it is called on; nil for has(…).
	receiver []*cel.Type
	// two tells that it may have two names: for keys and for values.
	two bool
}

func (m macro) symbol(kind SymbolKind) Symbol {
	return Symbol{Kind: kind, Name: m.name, Type: m.signature, Doc: m.doc, Arguments: true}
}

var (
	collections = []*cel.Type{cel.ListType(cel.DynType), cel.MapType(cel.DynType, cel.DynType)}
	lists       = []*cel.Type{cel.ListType(cel.DynType)}
	optionals   = []*cel.Type{cel.OptionalType(cel.DynType)}
)

// bindName brings a name for a value.
const bindName = "cel.bind"

// macros are those of CEL and its libraries; changed() is among Functions.
var macros = []macro{
	{name: "has", signature: "has(value.field) -> bool", doc: "Whether the field is there."},
	{name: bindName, signature: "cel.bind(name, value, expression) -> any", doc: "The expression, in which the name stands for the value."},
	{name: "math.greatest", signature: "math.greatest(number, …) -> number", doc: "The greatest of the numbers, or of a list of them."},
	{name: "math.least", signature: "math.least(number, …) -> number", doc: "The least of the numbers, or of a list of them."},
	{name: "all", receiver: collections, two: true, signature: "all(item, condition) -> bool\nall(key, value, condition) -> bool",
		doc: "Whether the condition holds for each item of the list, or each key of the map."},
	{name: "exists", receiver: collections, two: true, signature: "exists(item, condition) -> bool\nexists(key, value, condition) -> bool",
		doc: "Whether the condition holds for some item of the list, or some key of the map."},
	{name: "exists_one", receiver: collections, two: true, signature: "exists_one(item, condition) -> bool\nexists_one(key, value, condition) -> bool",
		doc: "Whether the condition holds for exactly one item of the list, or key of the map."},
	{name: "existsOne", receiver: collections, two: true, signature: "existsOne(key, value, condition) -> bool",
		doc: "Whether the condition holds for exactly one entry."},
	{name: "filter", receiver: collections, signature: "filter(item, condition) -> list",
		doc: "The items of the list, or the keys of the map, for which the condition holds."},
	{name: "map", receiver: collections, signature: "map(item, expression) -> list\nmap(item, condition, expression) -> list",
		doc: "A list of what the expression makes of each item of the list, or each key of the map; with a condition, only of those for which it holds."},
	{name: "transformList", receiver: collections, two: true, signature: "transformList(key, value, expression) -> list\ntransformList(key, value, condition, expression) -> list",
		doc: "A list of what the expression makes of each entry; with a condition, only of those for which it holds. The key of a list is the index."},
	{name: "transformMap", receiver: collections, two: true, signature: "transformMap(key, value, expression) -> map\ntransformMap(key, value, condition, expression) -> map",
		doc: "A map of the same keys, with what the expression makes of each value; with a condition, only of those for which it holds."},
	{name: "transformMapEntry", receiver: collections, two: true, signature: "transformMapEntry(key, value, expression) -> map\ntransformMapEntry(key, value, condition, expression) -> map",
		doc: "A map of the entries that the expression makes, each a map of one key; with a condition, only of those for which it holds."},
	{name: "sortBy", receiver: lists, signature: "sortBy(item, expression) -> list",
		doc: "The list in the order of what the expression makes of each item."},
	{name: "optMap", receiver: optionals, signature: "optMap(value, expression) -> optional",
		doc: "An optional with what the expression makes of the value, if there is one."},
	{name: "optFlatMap", receiver: optionals, signature: "optFlatMap(value, expression) -> optional",
		doc: "The optional that the expression makes of the value, if there is one."},
}

// macroNamed finds a macro by its name, and by whether it is called on a value.
func macroNamed(name string, onValue bool) (macro, bool) {
	for _, m := range macros {
		if m.name == name && (m.receiver != nil) == onValue {
			return m, true
		}
	}
	return macro{}, false
}
