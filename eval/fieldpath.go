package eval

import (
	"strings"

	"github.com/google/cel-go/common/ast"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// maxListed is how many fields a message lists.
const maxListed = 8

// noSuchField says that an object, which is written so, has no field of a name.
func noSuchField(of *schema.Type, written, name string, at diag.Range) *diag.Diagnostic {
	owner := of.Name()
	if owner == "" {
		owner = written
	}
	if owner == "" {
		owner = "the object"
	}
	var names []string
	for _, f := range of.Fields() {
		names = append(names, f.Name)
	}
	d := ruleField.At(at, "%s has no field %q", owner, name)
	guess, ok := diag.Nearest(name, names)
	switch {
	case ok:
		d.Detail += `; did you mean "` + guess + `"?`
		d.SuggestWord(name, guess)
	case len(names) > 0 && len(names) <= maxListed:
		d.Detail += "; its fields are " + strings.Join(names, ", ")
	}
	return d
}

// CheckPath finds the first segment of a path that there cannot be in what is of a
// type; nil where there is none. Places are those of the segments.
func CheckPath(of *schema.Type, path []string, places []diag.Range) *diag.Diagnostic {
	for i, segment := range path {
		written := strings.Join(path[:i], ".")
		switch of.Kind() {
		case schema.Any:
			return nil
		case schema.Object:
			f, known := of.Field(segment)
			if !known && of.Open() {
				return nil
			}
			if !known {
				return noSuchField(of, written, segment, places[i])
			}
			of = f.Type
		case schema.Map:
			of = of.Elem()
		case schema.List:
			return ruleField.At(places[i], "%s is a list, and a path cannot lead into one", written)
		default:
			return ruleField.At(places[i], "%s is %s, which has no fields", written, of)
		}
	}
	return nil
}

// checkChanged checks the paths that changed() is asked for.
func (c *typeCheck) checkChanged(u *usage) diag.List {
	body := c.env.Known("body")
	var problems diag.List
	for _, f := range u.functions {
		node := u.nodes[f.id]
		if f.name != touchedName || node == nil {
			continue
		}
		path, places := c.literalPath(node.AsCall().Args()[1])
		if d := CheckPath(body, path, places); d != nil {
			problems = append(problems, d)
		}
	}
	return problems
}

// literalPath is a path that is written out, with the places of its segments: a dotted
// text, or a list of texts.
func (c *typeCheck) literalPath(node ast.Expr) (path []string, places []diag.Range) {
	add := func(segment string, from int) int {
		path = append(path, segment)
		at := strings.Index(c.src.text[from:], segment)
		if at < 0 { // it is written with an escape
			places = append(places, c.src.rangeOf(from, from))
			return from
		}
		places = append(places, c.src.rangeOf(from+at, from+at+len(segment)))
		return from + at + len(segment)
	}
	if node.Kind() == ast.ListKind {
		for _, element := range node.AsList().Elements() {
			text, ok := literalText(element)
			if !ok {
				return path, places
			}
			add(text, c.startOf(element))
		}
		return path, places
	}
	if text, ok := literalText(node); ok {
		from := c.startOf(node)
		for _, segment := range segmentsOf(text) {
			from = add(segment, from)
		}
	}
	return path, places
}

// startOf is where a node begins, in bytes.
func (c *typeCheck) startOf(node ast.Expr) int {
	at, _ := c.parsed.SourceInfo().GetOffsetRange(node.ID())
	return c.src.byteAt(int(at.Start))
}
