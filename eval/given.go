package eval

import (
	"slices"

	"github.com/google/cel-go/common/ast"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// given is what is known to be there where expressions are compiled.
type given struct {
	facts Facts
	// item is the path of the current item of a loop.
	item string
	vars *VarGuards
	// defining is the var that is compiled, if one is.
	defining string
}

// Given makes an Env that knows that parts of the object are there, and in which
// selecting what may be absent is a mistake.
func (e *Env) Given(facts Facts) *Env {
	return e.knowing(func(g *given) { g.facts = g.facts.And(facts) })
}

// Over makes an Env for a loop over the items of a path.
func (e *Env) Over(item string) *Env {
	return e.knowing(func(g *given) { g.item = item })
}

// Collecting makes an Env that leaves what it finds in vars to be reported later, when
// it is known where they are used.
func (e *Env) Collecting(vars *VarGuards) *Env {
	return e.knowing(func(g *given) { g.vars = vars })
}

func (e *Env) knowing(change func(*given)) *Env {
	out := *e
	out.given = &given{}
	if e.given != nil {
		*out.given = *e.given
	}
	change(out.given)
	return &out
}

// behind makes the Env for what is evaluated after an expression.
func (e *Env) behind(p *Program) *Env {
	if e.given == nil {
		return e
	}
	return e.Given(p.Evaluated(e.given.item))
}

// definingVar makes the Env for a var.
func (e *Env) definingVar(name string) *Env {
	if e.given == nil {
		return e
	}
	return e.knowing(func(g *given) { g.defining = name })
}

// Asks tells whether somebody asks for what may be absent.
func (e *Env) Asks() bool { return e.given != nil }

// GivenFacts are those that the Env knows.
func (e *Env) GivenFacts() Facts {
	if e.given == nil {
		return nil
	}
	return e.given.facts
}

// VarGuards collects where vars select what may be absent, and what is known to be there
// where they are used: they are evaluated where they are used first.
type VarGuards struct {
	found map[string][]pending
	used  map[string][]Facts
}

// pending is a finding that depends on where a var is used.
type pending struct {
	path string
	*diag.Diagnostic
}

// Report are the findings about vars, except those that are guarded wherever their var is
// used.
func (v *VarGuards) Report() diag.List {
	var out diag.List
	for name, found := range v.found {
		for _, p := range found {
			unguarded := func(facts Facts) bool { return !facts[p.path] }
			if slices.ContainsFunc(v.used[name], unguarded) {
				out = append(out, p.Diagnostic)
			}
		}
	}
	return out
}

// checkGuards finds selections of what may be absent.
func (c *typeCheck) checkGuards(root ast.Expr, filters map[string]*Program) diag.List {
	at := c.env.given
	g := &guards{typeOf: c.guardedType, filters: filters, told: map[string]bool{}}
	if at.vars != nil {
		g.useVar = at.vars.use
	}
	g.node(root, at.facts, itemNames(at.item))
	var out diag.List
	for _, a := range g.found {
		d := c.src.problemOn(usageAt(c), a.node.ID(), ruleUnguarded, "perhaps "+a.lack(), a.String())
		if at.defining != "" && at.vars != nil {
			at.vars.add(at.defining, pending{a.path, d})
			continue
		}
		out = append(out, d)
	}
	return out
}

func (v *VarGuards) add(name string, p pending) {
	if v.found == nil {
		v.found = map[string][]pending{}
	}
	v.found[name] = append(v.found[name], p)
}

func (v *VarGuards) use(name string, facts Facts) {
	if v.used == nil {
		v.used = map[string][]Facts{}
	}
	v.used[name] = append(v.used[name], facts)
}

// usageAt is enough of a usage to find places.
func usageAt(c *typeCheck) *usage { return &usage{info: c.parsed.SourceInfo()} }

// guardedType is the type of a node that something is selected from; nil for optionals.
func (c *typeCheck) guardedType(e ast.Expr) *schema.Type {
	of := c.typeOf(e)
	if of == nil || isOptional(of) {
		return nil
	}
	return c.env.registry.schemaType(of)
}
