package eval

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// Path leads from a variable to values: the variable, then keys. AnyKey,
// AnyElement and TheKeys stand for what is not one key.
type Path []string

// Parts of a Path that stand for several.
const (
	// AnyKey is whatever a computed index selects.
	AnyKey = "*"
	// AnyElement is each element of a list.
	AnyElement = "[]"
	// TheKeys are the keys of a map themselves.
	TheKeys = "<key>"
)

// Secrets are the paths to what must not be told. The keys of a map there are
// no secret, unless a path says so.
type Secrets []Path

// Reveals tells whether the value of the expression may hold something secret.
// Comparisons, sizes, hashes and tests whether something is there tell nothing
// of it.
func (x *Expression) Reveals(secrets Secrets) bool {
	return (&revealing{x, secrets}).node(x.root, nil)
}

// Revealed are the paths within the value of the expression at which it may hold
// something secret: an empty one if it is secret as a whole.
func (x *Expression) Revealed(secrets Secrets) []Path {
	return (&revealing{x, secrets}).within(x.root, nil)
}

type revealing struct {
	*Expression
	secrets Secrets
}

// bound is what is known of a name that a loop or cel.bind brings: the path of
// its value, or else whether that is secret.
type bound struct {
	path   Path
	secret bool
}

// path takes a node for a way to a value, through loop variables and optionals.
func (r *revealing) path(e ast.Expr, names map[string]bound) (Path, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		if b, ok := names[name]; ok {
			return b.path, b.path != nil
		}
		return Path{name}, !r.use.locals[name]
	case ast.CallKind:
		c := e.AsCall()
		switch c.FunctionName() {
		case orderedName:
			return r.path(c.Args()[0], names)
		case operators.OptIndex:
			if _, constant := constantIndex(c); !constant {
				return r.below(c.Args()[0], AnyKey, names)
			}
		case "orValue", "value", "or":
			if c.IsMemberFunction() {
				return r.path(c.Target(), names)
			}
		}
	case ast.ComprehensionKind:
		if c := e.AsComprehension(); filters(c) {
			return r.path(c.IterRange(), names)
		}
	}
	name, operand := selected(e)
	if operand == nil {
		return nil, false
	}
	if name == "" {
		name = AnyKey
	}
	return r.below(operand, name, names)
}

func (r *revealing) below(e ast.Expr, name string, names map[string]bound) (Path, bool) {
	path, ok := r.path(e, names)
	return append(slices.Clip(path), name), ok
}

// filters tells whether a loop collects elements as they are.
func filters(c ast.ComprehensionExpr) bool {
	step := c.LoopStep()
	if c.HasIterVar2() || step.Kind() != ast.CallKind || step.AsCall().FunctionName() != operators.Conditional {
		return false
	}
	add := step.AsCall().Args()[1]
	if add.Kind() != ast.CallKind || add.AsCall().FunctionName() != operators.Add {
		return false
	}
	item := add.AsCall().Args()[1]
	return item.Kind() == ast.ListKind && len(item.AsList().Elements()) == 1 &&
		item.AsList().Elements()[0].Kind() == ast.IdentKind && item.AsList().Elements()[0].AsIdent() == c.IterVar()
}

// isChoice tells the calls of optionals that have another value to offer.
func isChoice(e ast.Expr) bool {
	if e.Kind() != ast.CallKind || !e.AsCall().IsMemberFunction() || len(e.AsCall().Args()) != 1 {
		return false
	}
	name := e.AsCall().FunctionName()
	return name == "orValue" || name == "or"
}

// node tells whether the value of a node may hold a secret.
func (r *revealing) node(e ast.Expr, names map[string]bound) bool {
	if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
		return false
	}
	if isChoice(e) {
		return slices.ContainsFunc(children(e), func(inner ast.Expr) bool { return r.node(inner, names) })
	}
	if path, ok := r.path(e, names); ok {
		return slices.ContainsFunc(r.secrets, func(secret Path) bool { return secret.touches(path) })
	}
	switch e.Kind() {
	case ast.IdentKind:
		return names[e.AsIdent()].secret
	case ast.CallKind:
		if tellsLittle(qualified(e.AsCall())) {
			return false
		}
		if e.AsCall().FunctionName() == operators.Conditional {
			args := e.AsCall().Args()
			return r.node(args[1], names) || r.node(args[2], names)
		}
	case ast.ComprehensionKind:
		return r.loop(e.AsComprehension(), names)
	}
	return slices.ContainsFunc(children(e), func(inner ast.Expr) bool { return r.node(inner, names) })
}

// loop follows what a loop collects; exists() and all() collect a truth value.
// cel.bind is a loop over nothing.
func (r *revealing) loop(c ast.ComprehensionExpr, names map[string]bound) bool {
	if init := c.AccuInit(); init.Kind() == ast.LiteralKind && init.AsLiteral().Type() == cel.BoolType {
		return false
	}
	inner := maps.Clone(names)
	if inner == nil {
		inner = map[string]bound{}
	}
	for _, name := range []string{c.IterVar(), c.IterVar2(), c.AccuVar()} {
		inner[name] = bound{}
	}
	r.variables(c, names, inner)
	if path, ok := r.path(c.AccuInit(), names); ok {
		inner[c.AccuVar()] = bound{path: path}
	} else if r.node(c.AccuInit(), names) {
		inner[c.AccuVar()] = bound{secret: true}
	}
	if over := c.IterRange(); over.Kind() == ast.ListKind && over.AsList().Size() == 0 {
		return r.node(c.Result(), inner)
	}
	return r.node(c.LoopStep(), inner) || r.node(c.Result(), inner)
}

// variables says what the variables of a loop are: one alone is an element of a
// list or a key of a map; of two, the second is the value.
func (r *revealing) variables(c ast.ComprehensionExpr, names, inner map[string]bound) {
	value := c.IterVar()
	if c.HasIterVar2() {
		value = c.IterVar2()
	}
	path, ok := r.path(c.IterRange(), names)
	switch {
	case !ok:
		inner[value] = bound{secret: r.node(c.IterRange(), names)}
	case !c.HasIterVar2() && r.secrets.isMap(path):
		inner[value] = bound{path: append(slices.Clip(path), TheKeys)}
	case c.HasIterVar2() && r.secrets.isMap(path):
		inner[value] = bound{path: append(slices.Clip(path), AnyKey)}
		inner[c.IterVar()] = bound{path: append(slices.Clip(path), TheKeys)}
	default:
		inner[value] = bound{path: append(slices.Clip(path), AnyElement)}
	}
}

// isMap tells whether what stands at a path is a map as far as the secrets
// tell: what holds some of them by keys, or the data of a Secret.
func (s Secrets) isMap(path Path) bool {
	unknown := false
	for _, secret := range s {
		if !secret.touches(path) {
			continue
		}
		if len(secret) > len(path) {
			return secret[len(path)] != AnyElement
		}
		last := secret[len(secret)-1]
		unknown = unknown || len(path) > len(secret) || last != "data" && last != "stringData"
	}
	return !unknown
}

// touches tells whether a path leads to a secret, or into one. Their keys are
// told unless they are the secret.
func (p Path) touches(path Path) bool {
	n := min(len(p), len(path))
	for i, part := range p[:n] {
		other := path[i]
		if part == other || part == AnyKey && other != TheKeys || other == AnyKey && part != TheKeys {
			continue
		}
		return false
	}
	return len(path) <= len(p) || path[len(p)] != TheKeys
}

// within are the paths below a node.
func (r *revealing) within(e ast.Expr, names map[string]bound) []Path {
	var out []Path
	if isChoice(e) {
		return append(r.within(e.AsCall().Target(), names), r.within(e.AsCall().Args()[0], names)...)
	}
	if path, ok := r.path(e, names); ok {
		for _, secret := range r.secrets {
			if secret.touches(path) {
				out = append(out, secret[min(len(path), len(secret)):])
			}
		}
		return out
	}
	switch {
	case e.Kind() == ast.MapKind:
		return r.withinMap(e.AsMap(), names)
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Conditional:
		args := e.AsCall().Args()
		return append(r.within(args[1], names), r.within(args[2], names)...)
	case r.node(e, names):
		return []Path{{}}
	}
	return nil
}

func (r *revealing) withinMap(m ast.MapExpr, names map[string]bound) []Path {
	var out []Path
	for _, entry := range m.Entries() {
		key, constant := literalText(entry.AsMapEntry().Key())
		if !constant {
			key = AnyKey
		}
		if r.node(entry.AsMapEntry().Key(), names) {
			out = append(out, Path{TheKeys})
		}
		for _, path := range r.within(entry.AsMapEntry().Value(), names) {
			out = append(out, append(Path{key}, path...))
		}
	}
	return out
}

// tellsLittle are the functions whose result gives nothing away.
func tellsLittle(function string) bool {
	switch function {
	case operators.Equals, operators.NotEquals, operators.In, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot,
		operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
		"size", "has", "hash.sha256", "hash.short", "changed", "isReady":
		return true
	}
	for _, method := range []string{"size", "matches", "startsWith", "endsWith", "contains", "hasValue"} {
		if strings.HasSuffix(function, "."+method) {
			return true
		}
	}
	return function == touchedName
}
