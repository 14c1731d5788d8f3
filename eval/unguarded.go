package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// access is a selection of something that may be absent.
type access struct {
	node ast.Expr
	path string
	// text is how the expression writes it, or the end of it.
	text, safe, test string
	// null says that it may be null, rather than absent.
	null bool
}

// lack is what it may be.
func (a access) lack() string {
	if a.null {
		return "null"
	}
	return "absent"
}

// guards finds selections of what may be absent.
type guards struct {
	// typeOf is the type of a node; nil where it is not known.
	typeOf func(ast.Expr) *schema.Type
	// useVar is told of vars that are used, and what is there; nil where nobody asks.
	useVar func(name string, given Facts)
	// filters are those that names may stand for.
	filters map[string]*Program
	found   []access
	told    map[string]bool
}

// node looks at a node where parts of the data are known to be there, and names have
// these paths.
func (g *guards) node(e ast.Expr, given Facts, n paths) {
	switch e.Kind() {
	case ast.CallKind:
		if g.branches(e.AsCall(), given, n) {
			return
		}
	case ast.ComprehensionKind:
		g.loop(e, given, n)
		return
	}
	for _, inner := range children(e) {
		g.node(inner, given, n)
	}
	g.selection(e, given, n)
}

// branches are the operators that evaluate a part only where another one allows it. An
// error on one side of && and || counts for nothing where the other side decides.
func (g *guards) branches(c ast.CallExpr, given Facts, n paths) bool {
	full, tests := proof{evaluated: true, filters: g.filters}, proof{filters: g.filters}
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr:
		decides := c.FunctionName() == operators.LogicalAnd
		g.node(args[0], given.And(tests.when(args[1], decides, n)), n)
		g.node(args[1], given.And(full.when(args[0], decides, n)), n)
	case operators.Conditional:
		g.node(args[0], given, n)
		g.node(args[1], given.And(full.when(args[0], true, n)), n)
		g.node(args[2], given.And(full.when(args[0], false, n)), n)
	default:
		return false
	}
	return true
}

// loop walks a comprehension, or cel.bind, which is one without a range.
func (g *guards) loop(e ast.Expr, given Facts, n paths) {
	c := e.AsComprehension()
	over := c.IterRange()
	g.node(over, given, n)
	g.node(c.AccuInit(), given, n)
	inner := n.with(c.AccuVar(), n.path(c.AccuInit()))
	path := n.path(over)
	if path == "" {
		path = fmt.Sprintf("@%d", e.ID())
	}
	item, key := c.IterVar(), ""
	if c.HasIterVar2() {
		item, key = c.IterVar2(), c.IterVar()
	} else if kind := g.typeOf(unordered(over)).Kind(); kind == schema.Map || kind == schema.Object {
		item, key = "", c.IterVar()
	}
	if item != "" {
		inner = inner.with(item, path+"[]")
	}
	if key != "" {
		inner = inner.with(key, path+"[key]")
	}
	known := given.And(aboutItems(over, n)).And(nonEmpty(over, n))
	g.node(c.LoopStep(), known, inner)
	g.node(c.Result(), given, inner)
}

// unordered is the range of a loop as it is written.
func unordered(over ast.Expr) ast.Expr {
	if over.Kind() == ast.CallKind && over.AsCall().FunctionName() == orderedName && len(over.AsCall().Args()) == 1 {
		return over.AsCall().Args()[0]
	}
	return over
}

// selection looks at a node that may be operand.name or operand['name'].
func (g *guards) selection(e ast.Expr, given Facts, n paths) {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() != operators.Index || e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
		return
	}
	name, operand := selected(e)
	if operand == nil || optionalChain(operand) {
		return
	}
	path := n.path(e)
	if g.useVar != nil && n.path(operand) == "vars" && name != "" {
		g.useVar(name, given)
	}
	if g.told[n.path(operand)] { // without it, nothing is there
		g.told[path] = true
		return
	}
	if g.typeOf(operand).Nullable() && !given[n.path(operand)+notNull] {
		g.null(operand, name, n)
		g.told[path] = path != ""
		return
	}
	if given[path] || g.told[path] || isMade(operand) || !mayLack(g.typeOf(operand), n.path(operand), name, path) {
		return
	}
	a := access{node: e, path: path}
	a.write(operand, name, e)
	g.found = append(g.found, a)
	g.told[path] = path != ""
}

// isMade tells that a value is what a function has made, such as merge(): its type does
// not tell which keys it has.
func isMade(e ast.Expr) bool {
	return e.Kind() == ast.CallKind && e.AsCall().FunctionName() != operators.Index
}

// null notes a selection from what may be null.
func (g *guards) null(operand ast.Expr, name string, n paths) {
	path := n.path(operand) + notNull
	if g.told[path] {
		return
	}
	a := access{node: operand, path: path, null: true}
	of, known := dotted(operand)
	if known {
		a.test = of + " != null"
	} else {
		of = "…" + of
	}
	a.text, a.safe = of, of+".?"+name
	g.found = append(g.found, a)
	g.told[path] = path != notNull
}

// write says how the selection is written, and how it could be.
func (a *access) write(operand ast.Expr, name string, e ast.Expr) {
	of, known := dotted(operand)
	if !known {
		of = "…" + of
	}
	quoted := "'" + strings.ReplaceAll(name, "'", `\'`) + "'"
	switch {
	case name == "":
		key, _ := dotted(e.AsCall().Args()[1])
		if key == "" {
			key = "…"
		}
		a.text, a.safe, a.test = of+"["+key+"]", of+"[?"+key+"]", key+" in "+of
	case e.Kind() == ast.SelectKind:
		a.text, a.safe, a.test = of+"."+name, of+".?"+name, "has("+of+"."+name+")"
	default:
		a.text, a.safe, a.test = of+"["+quoted+"]", of+"[?"+quoted+"]", quoted+" in "+of
	}
	if !known {
		a.test = ""
	}
}

// String is the message about it.
func (a access) String() string {
	out := a.text + " may be " + a.lack() + ", which is an error here; write " + a.safe + ".orValue(…)"
	if a.test != "" {
		out += ", or test " + a.test + " before"
	}
	return out
}

// The fields of metadata that objects always have once the API server knows them.
var alwaysInMetadata = []string{"name", "uid", "namespace", "creationTimestamp", "resourceVersion", "generation", "managedFields"}

// noData are the variables whose parts are there, whatever their types.
var noData = []string{"index", "children", "resource", "operator", "error", "event", "diff", "vars", "steps", "memo", "param"}

// mayLack tells whether objects of a type may lack a field, as far as their schema
// tells. Of builtin kinds, it does not tell what the API server fills in, which is
// mostly in the spec.
func mayLack(of *schema.Type, operand, name, path string) bool {
	switch of.Kind() {
	case schema.Map:
		root, _, _ := strings.Cut(operand, ".")
		return path != operand+"[]" && !slices.Contains(noData, operand) && root != "index"
	case schema.Object:
	default:
		return false
	}
	f, known := of.Field(name)
	if !known || f.Required || f.Defaulted || slices.Contains(noData, operand) {
		return false
	}
	if of.Name() == "metadata" {
		return !slices.Contains(alwaysInMetadata, name)
	}
	inKind, builtin := insideKind(of)
	return !builtin || name != "spec" && (len(inKind) == 0 || inKind[0] != "spec")
}

// insideKind is the path within a kind at which a type stands, and whether that is a
// kind of Kubernetes itself.
func insideKind(of *schema.Type) (path []string, builtin bool) {
	group, rest, grouped := strings.Cut(of.Name(), "/")
	if !grouped {
		group, rest = "", of.Name()
	}
	parts := strings.Split(rest, ".")
	if len(parts) < 2 {
		return nil, false
	}
	apiVersion := strings.TrimPrefix(group+"/"+parts[0], "/")
	return parts[2:], schema.Builtin().Type(schema.KindOf(apiVersion, parts[1])) != nil
}
