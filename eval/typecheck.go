package eval

import (
	"regexp"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/containers"
	"github.com/google/cel-go/common/decls"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// maxLifts is how often an expression is checked again with one more of its types
// lifted.
const maxLifts = 20

// typeCheck checks an expression by the types of its variables. CEL's checker knows
// objects with fields, but not that they are maps as well, or that values of any type
// can be compared as they are at run time. So where it finds fault with such a thing,
// the type is lifted there, and the expression is checked again.
type typeCheck struct {
	env *Env
	src source
	// parsed is what is checked; a copy as soon as something is lifted.
	parsed *ast.AST
	// checker also knows the functions that lift types.
	checker *checker.Env
	nodes   map[int64]ast.Expr
	nextID  int64
	lifts   map[string]string // functions that lift, by the type that they yield
	// lifted are the nodes that stand for another one, with its type lifted.
	lifted map[int64]ast.Expr
	types  map[int64]*cel.Type
}

// checkTypes finds what does not fit the types. The program learns the type of its
// result.
func (e *Env) checkTypes(p *Program, at place, parsed *ast.AST, want *cel.Type) diag.List {
	c := &typeCheck{env: e, src: p.src, parsed: parsed, checker: e.types.checker}
	issues, of := c.run()
	var problems diag.List
	for _, issue := range issues {
		problems = append(problems, c.problem(issue))
	}
	if len(problems) == 0 {
		if problem := c.wrongResult(of, want); problem != nil {
			problems = diag.List{problem}
		}
		p.result = c.resultOf(c.parsed.Expr())
	}
	problems = append(problems, c.checkChanged(p.use)...)
	problems = append(problems, e.checkFilterTypes(at, p.use)...)
	wrong := len(problems) > 0
	problems = append(problems, c.checkEnums(p.use)...)
	p.mistyped = len(problems) > 0
	if !wrong && e.given != nil {
		problems = append(problems, c.checkGuards(parsed.Expr(), p.filters)...)
	}
	return sorted(problems)
}

// run checks until there is nothing left to lift.
func (c *typeCheck) run() ([]*common.Error, *cel.Type) {
	for lifts := 0; ; lifts++ {
		checked, found := checker.Check(c.parsed, common.NewTextSource(c.src.text), c.checker)
		c.types = checked.TypeMap()
		issues := found.GetErrors()
		if len(issues) == 0 || lifts == maxLifts || !c.liftAny(issues) {
			return issues, checked.GetType(checked.Expr().ID())
		}
	}
}

// liftAny lifts the types that issues are about, where that is right.
func (c *typeCheck) liftAny(issues []*common.Error) bool {
	if c.nodes == nil {
		c.nodes = nodesOf(c.parsed.Expr())
	}
	any := false
	for _, issue := range issues {
		any = c.liftFor(issue) || any
	}
	return any
}

// nodesOf are all nodes by their ids.
func nodesOf(e ast.Expr) map[int64]ast.Expr {
	nodes := map[int64]ast.Expr{}
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) { nodes[e.ID()] = e }))
	return nodes
}

// own makes the expression one that can be changed: the one that came is part of a
// program.
func (c *typeCheck) own() {
	if c.lifted != nil {
		return
	}
	c.parsed = ast.Copy(c.parsed)
	c.nodes = nodesOf(c.parsed.Expr())
	c.nextID = ast.MaxID(c.parsed)
	c.lifted, c.lifts = map[int64]ast.Expr{}, map[string]string{}
}

// lift makes a node be of a type.
func (c *typeCheck) lift(id int64, to *cel.Type) {
	c.own()
	node := c.nodes[id]
	factory := ast.NewExprFactory()
	inner := factory.NewUnspecifiedExpr(c.nextID)
	c.nextID++
	inner.SetKindCase(node)
	c.nodes[inner.ID()] = inner
	info := c.parsed.SourceInfo()
	if at, ok := info.GetOffsetRange(id); ok {
		info.SetOffsetRange(inner.ID(), at)
	}
	node.SetKindCase(factory.NewCall(id, c.liftTo(to), inner))
	c.lifted[id] = inner
}

// liftTo is the function that takes anything for something of this type.
func (c *typeCheck) liftTo(to *cel.Type) string {
	key := cel.FormatCELType(to)
	if name := c.lifts[key]; name != "" {
		return name
	}
	name := "@lift " + key
	function, err := decls.NewFunction(name, decls.Overload(name, []*cel.Type{cel.DynType}, to))
	if err == nil {
		c.checker, err = checker.NewEnv(containers.DefaultContainer, c.env.registry, checker.CrossTypeNumericComparisons(true), checker.ValidatedDeclarations(c.checker))
	}
	if err == nil {
		err = c.checker.AddFunctions(function)
	}
	if err != nil {
		return "dyn" // which lifts more
	}
	c.lifts[key] = name
	return name
}

var undefinedField = regexp.MustCompile(`^undefined field '(.*)'$`)
