package lint

import (
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var ruleConstant = &diag.Rule{
	ID: "constant-condition", Severity: diag.Warning, Summary: "constant condition",
	Explanation: "The condition is the same for every object, so it decides nothing. Leave it out where it is true, and what it guards where it is false; or a name or a comparison in it is not the one that was meant.",
}

// constants finds conditions that depend on nothing. Conditions are the
// expressions that must be true or false.
func constants(v *view) diag.List {
	var found diag.List
	for _, p := range v.allPlaces() {
		if !isCondition(p) {
			continue
		}
		for _, x := range p.exprs {
			for _, c := range x.Constants() {
				found = append(found, ruleConstant.At(c.Range, "%s always %t", subjectOf(c, p), c.Value))
			}
		}
	}
	return found
}

func subjectOf(c eval.Constant, p place) string {
	switch {
	case !c.Whole:
		return "this part is"
	case p.path[0] == "filters":
		return "the filter is"
	}
	return `"` + p.key() + `" is`
}

func isCondition(p place) bool {
	if p.expr == nil {
		return false
	}
	switch p.key() {
	case "when", "for", "until":
		return true
	}
	return p.path[0] == "filters"
}

// always is the value of an expression that depends on nothing.
func (v *view) always(x *spec.Expr) (value, known bool) {
	if x == nil {
		return false, false
	}
	for _, parsed := range v.expr(x) {
		for _, c := range parsed.Constants() {
			if c.Whole {
				return c.Value, true
			}
		}
	}
	return false, false
}
