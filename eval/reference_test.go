package eval

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
)

// Nothing of the environment is left out of the list, and nothing in the list
// is not in the environment.
func TestAllFunctionsAreThoseOfTheEnvironment(t *testing.T) {
	env, err := base()
	if err != nil {
		t.Fatal(err)
	}
	var listed, declared []string
	for _, f := range AllFunctions() {
		if f.Kind == PlainFunction {
			listed = append(listed, f.Name)
		}
	}
	for _, o := range celOperators {
		listed = append(listed, o.declared...)
	}
	// What macros and operators expand to, and old names of operators.
	internal := []string{"@in", "in", "_in_", "__not_strictly_false__"}
	for name := range env.Functions() {
		if !strings.Contains(name, "@") && !slices.Contains(internal, name) || name == "@in" {
			declared = append(declared, name)
		}
	}
	for _, name := range append(declared, "changed") { // which is a macro
		if !slices.Contains(listed, name) {
			t.Errorf("%s is not listed", name)
		}
	}
	for _, name := range listed {
		if name != "changed" && !slices.Contains(declared, name) {
			t.Errorf("%s is no function", name)
		}
	}
}

// So it is with macros.
func TestAllMacrosAreListed(t *testing.T) {
	env, err := base()
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{"changed": true}
	for _, m := range env.Macros() {
		declared[m.Function()] = true
	}
	listed := map[string]bool{"changed": true}
	for _, m := range celMacros {
		_, name, qualified := strings.Cut(m.name, ".")
		if !qualified {
			name = m.name
		}
		listed[name] = true
		if !declared[name] {
			t.Errorf("%s is no macro", m.name)
		}
	}
	for name := range declared {
		if !listed[name] {
			t.Errorf("%s is not listed", name)
		}
	}
}

// Each says how it is called and what it does, and its example holds.
func TestAllFunctionsAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range AllFunctions() {
		if len(f.Signatures) == 0 || !slices.Contains(Libraries, f.Library) || !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: %+v", f.Name, f)
		}
		if f.Kind != Operator && !f.Global && len(f.Receivers) == 0 {
			t.Errorf("%s: cannot be called", f.Name)
		}
		key := f.Name + " " + strings.Join(f.Signatures, "; ")
		if seen[key] {
			t.Errorf("%s is listed twice", key)
		}
		seen[key] = true
		if f.Library == LibraryOurs {
			continue
		}
		if !strings.Contains(f.Example, strings.Trim(f.Name, "[]?:")) {
			t.Errorf("%s: the example %q is about something else", f.Name, f.Example)
			continue
		}
		if got := value(t, f.Example); got != true {
			t.Errorf("%s: %s is %v", f.Name, f.Example, got)
		}
	}
}

func find(t *testing.T, name, library string) Function {
	t.Helper()
	for _, f := range AllFunctions() {
		if f.Name == name && f.Library == library {
			return f
		}
	}
	t.Fatalf("no %s in %s", name, library)
	return Function{}
}

// Many overloads are shown as few signatures.
func TestSignatures(t *testing.T) {
	for _, test := range []struct{ name, library, want string }{
		{"matches", LibraryStandard, "string.matches(string) -> bool; matches(string, string) -> bool"},
		{"size", LibraryStandard, "(bytes | list | map | string).size() -> int; size(bytes | list | map | string) -> int"},
		{"split", LibraryStrings, "string.split(string[, int]) -> list(string)"},
		{"math.abs", LibraryMath, "math.abs(number) -> number"},
		{"math.sqrt", LibraryMath, "math.sqrt(number) -> double"},
		{"sort", LibraryLists, "list.sort() -> list"},
		{"max", LibraryKubeLists, "list.max() -> any"},
		{"indexOf", LibraryStrings, "string.indexOf(string[, int]) -> int"},
		{"indexOf", LibraryKubeLists, "list.indexOf(any) -> int"},
		{"getHours", LibraryTime, "timestamp.getHours([string]) -> int"},
		{"add", LibraryQuantities, "quantity.add(quantity | int) -> quantity"},
		{"ip", LibraryIPs, "ip(string) -> ip"},
		{"ip", LibraryCIDRs, "cidr.ip() -> ip"},
		{"validate", LibraryFormats, "format.validate(string) -> optional(list(string))"},
		{"quantity", LibraryQuantities, "quantity(string) -> quantity"},
		{"getQuery", LibraryURLs, "url.getQuery() -> map(string, list(string))"},
		{"type", LibraryStandard, "type(any) -> type"},
		{"orValue", LibraryOptional, "optional.orValue(any) -> any"},
		{"isSorted", LibraryKubeLists, "list.isSorted() -> bool"},
		{"dyn", LibraryStandard, "dyn(any) -> any"},
		{"sum", LibraryKubeLists, "list.sum() -> any"},
		{"string", LibraryStandard, "string(string | bool | bytes | number | duration | timestamp | ip | cidr) -> string"},
		{"flatten", LibraryLists, "list(list).flatten() -> list; list.flatten(int) -> list"},
	} {
		if got := strings.Join(find(t, test.name, test.library).Signatures, "; "); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// A completion offers only what can be called.
func TestCallableOn(t *testing.T) {
	join, all, sub := find(t, "join", LibraryStrings), find(t, "all", LibraryMacros), find(t, "sub", LibraryQuantities)
	for _, test := range []struct {
		f    Function
		on   *cel.Type
		want bool
	}{
		{join, cel.ListType(cel.StringType), true}, {join, cel.ListType(cel.DynType), true}, {join, cel.ListType(cel.IntType), false},
		{join, cel.DynType, true}, {join, cel.StringType, false},
		{all, cel.ListType(cel.IntType), true}, {all, cel.MapType(cel.StringType, cel.IntType), true}, {all, cel.StringType, false},
		{sub, cel.StringType, false}, {find(t, "has", LibraryMacros), cel.DynType, false},
		{find(t, "hasValue", LibraryOptional), cel.OptionalType(cel.StringType), true},
	} {
		if got := test.f.CallableOn(test.on); got != test.want {
			t.Errorf("%s on %s: %v", test.f.Name, test.on, got)
		}
	}
}
