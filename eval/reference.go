package eval

import "strings"

// TypeText is the type of a variable in words for users.
func (v Variable) TypeText() string { return strings.ReplaceAll(typeText(v.Type), "dyn", "any") }

// Usage is the signature of a function in words for users.
func (f Function) Usage() string { return strings.ReplaceAll(f.Signature, "dyn", "any") }

// Where names the places at which a function exists.
func (f Function) Where() string {
	if f.TemplatesOnly {
		return "templates in " + f.Scope.String()
	}
	return f.Scope.String()
}
