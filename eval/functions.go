package eval

// Function is one of the functions that this engine adds to CEL and its
// libraries.
type Function struct {
	Name      string
	Signature string
	Doc       string
	// Scope is where it exists; 0 is everywhere.
	Scope Scope
	// TemplatesOnly keeps it out of expressions such as when: what it returns
	// differs from call to call.
	TemplatesOnly bool
}

// Functions is the table of our own functions. Beside them there are CEL's
// standard functions, cel-go's strings, math, lists, sets, encoders, bindings,
// two-variable comprehensions and optional types, and the Kubernetes libraries
// lists, regex, URL, quantity, IP, CIDR, format and semver.
var Functions = []Function{
	{Name: "omit", Signature: "omit() -> dyn",
		Doc: "Drops the field or the list item it stands in."},
	{Name: "changed", Signature: "changed(string | list(string)) -> bool", Scope: Change,
		Doc: "Whether the diff touches this dotted path (or list of segments), or one below it."},
	{Name: "condition", Signature: "condition(object, string) -> optional(map)",
		Doc: "The condition of that type in `object.status.conditions`, if there is one."},
	{Name: "isReady", Signature: "isReady(object) -> bool",
		Doc: "Readiness by the rules of kstatus for the kinds that it knows; else the `Ready` condition decides. An object without one is ready, null is not."},
	{Name: "json.encode", Signature: "json.encode(dyn) -> string",
		Doc: "Compact JSON with sorted keys."},
	{Name: "json.decode", Signature: "json.decode(string) -> dyn",
		Doc: "The value of a JSON text."},
	{Name: "yaml.encode", Signature: "yaml.encode(dyn) -> string",
		Doc: "YAML with sorted keys."},
	{Name: "yaml.decode", Signature: "yaml.decode(string) -> dyn",
		Doc: "The value of a YAML text of one document."},
	{Name: "merge", Signature: "merge(map, map) -> map",
		Doc: "Deep merge of two maps: the second wins, null deletes (RFC 7386)."},
	{Name: "hash.sha256", Signature: "hash.sha256(string | bytes) -> string",
		Doc: "SHA-256 in hexadecimal."},
	{Name: "hash.short", Signature: "hash.short(string | bytes) -> string",
		Doc: "A hash of 8 characters out of `[a-z0-9]`, for names."},
	{Name: "dns.name", Signature: "dns.name(part, …) -> string",
		Doc: "A valid RFC 1123 name of at most 63 characters from up to 8 parts joined by `-`; what is too long is cut and ends in a hash."},
	{Name: "random.string", Signature: "random.string(int) -> string", Scope: Steps, TemplatesOnly: true,
		Doc: "That many random characters out of `[a-z0-9]`."},
	{Name: "random.int", Signature: "random.int(int, int) -> int", Scope: Steps, TemplatesOnly: true,
		Doc: "A random number from the first to the second, both included."},
	{Name: "uuid", Signature: "uuid() -> string", Scope: Steps, TemplatesOnly: true,
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
