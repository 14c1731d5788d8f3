package eval

import "github.com/google/cel-go/cel"

// Function is what expressions can call: a function, a macro or an operator.
// The language server and the prompt complete and explain them from the list
// of AllFunctions.
type Function struct {
	// Name is as users write it: `size`, `math.abs`; of an operator the symbol.
	Name string
	// Signatures are for people, such as `string.matches(string) -> bool`.
	Signatures []string
	// Doc is a sentence or two, in which code stands in backquotes.
	Doc string
	// Library is where it is from, one of the constants Library….
	Library string
	// Kind tells functions from macros and operators.
	Kind FunctionKind
	// Global tells whether it is called by its name alone: size(list).
	Global bool
	// Receivers are the types that it is called on: list.size(). Parameters
	// stand for any type.
	Receivers []*cel.Type
	// Example is an expression that is true, empty for our own functions.
	Example string
	// Scope is where it exists; 0 is everywhere.
	Scope Scope
	// TemplatesOnly keeps it out of expressions such as when: what it returns
	// differs from call to call.
	TemplatesOnly bool
}

// FunctionKind tells functions from macros and operators.
type FunctionKind int

// The kinds of functions.
const (
	PlainFunction FunctionKind = iota
	// Macro is called like a function, but takes expressions in which it may
	// introduce names.
	Macro
	// Operator is a symbol between or before values.
	Operator
)

// Functions is the table of our own functions; of these, Name, Signatures, Doc
// and where they exist is set. AllFunctions has those of CEL and Kubernetes too.
var Functions = []Function{
	{Name: "omit", Signatures: []string{"omit() -> any"},
		Doc: "Drops the field or the list item it stands in."},
	{Name: "changed", Signatures: []string{"changed(string | list(string)) -> bool"}, Scope: Change,
		Doc: "Whether the diff touches this dotted path (or list of segments), or one below it."},
	{Name: "condition", Signatures: []string{"condition(object, string) -> optional(map)"},
		Doc: "The condition of that type in `object.status.conditions`, if there is one."},
	{Name: "isReady", Signatures: []string{"isReady(object) -> bool"},
		Doc: "Readiness by the rules of kstatus for the kinds that it knows; else the `Ready` condition decides. An object without one is ready, null is not."},
	{Name: "json.encode", Signatures: []string{"json.encode(any) -> string"},
		Doc: "Compact JSON with sorted keys."},
	{Name: "json.decode", Signatures: []string{"json.decode(string) -> any"},
		Doc: "The value of a JSON text."},
	{Name: "yaml.encode", Signatures: []string{"yaml.encode(any) -> string"},
		Doc: "YAML with sorted keys."},
	{Name: "yaml.decode", Signatures: []string{"yaml.decode(string) -> any"},
		Doc: "The value of a YAML text of one document."},
	{Name: "merge", Signatures: []string{"merge(map, map) -> map"},
		Doc: "Deep merge of two maps: the second wins, null deletes (RFC 7386)."},
	{Name: "hash.sha256", Signatures: []string{"hash.sha256(string | bytes) -> string"},
		Doc: "SHA-256 in hexadecimal."},
	{Name: "hash.short", Signatures: []string{"hash.short(string | bytes) -> string"},
		Doc: "A hash of 8 characters out of `[a-z0-9]`, for names."},
	{Name: "dns.name", Signatures: []string{"dns.name(part, …) -> string"},
		Doc: "A valid RFC 1123 name of at most 63 characters from up to 8 parts joined by `-`; what is too long is cut and ends in a hash."},
	{Name: "random.string", Signatures: []string{"random.string(int) -> string"}, Scope: Steps, TemplatesOnly: true,
		Doc: "That many random characters out of `[a-z0-9]`."},
	{Name: "random.int", Signatures: []string{"random.int(int, int) -> int"}, Scope: Steps, TemplatesOnly: true,
		Doc: "A random number from the first to the second, both included."},
	{Name: "uuid", Signatures: []string{"uuid() -> string"}, Scope: Steps, TemplatesOnly: true,
		Doc: "A random UUID."},
}

// function finds one of our functions by its name.
func function(name string) (Function, bool) {
	for _, f := range Functions {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}
