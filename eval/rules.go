package eval

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// Rules are all rules that this package reports.
func Rules() []*diag.Rule {
	return []*diag.Rule{
		ruleExpression, ruleSyntax, ruleName, ruleScope, ruleType, ruleField, ruleEnum, ruleUnguarded, ruleFilter, ruleVars, ruleIndex,
	}
}

// The rules of expressions.
var (
	ruleExpression = &diag.Rule{
		ID: "expression", Summary: "invalid expression",
		Explanation: "This is no expression that could be evaluated: it is empty, or it holds `${…}`, which is for templates.",
	}
	ruleSyntax = &diag.Rule{
		ID: "expression-syntax", Summary: "syntax error",
		Explanation: "The text is not CEL, or a `${` has no end. The caret stands where the parser gave up.",
	}
	ruleName = &diag.Rule{
		ID: "expression-name", Summary: "unknown name",
		Explanation: "There is no variable, function or filter of this name.",
	}
	ruleScope = &diag.Rule{
		ID: "expression-scope", Summary: "not available here",
		Explanation: "The name exists, but not in this place: `old` and `new` are about changes, `event` is for raw events, `item` for what stands under `forEach`. The reference of expressions says what exists where.",
	}
	ruleType = &diag.Rule{
		ID: "expression-type", Summary: "wrong type",
		Explanation: "The types of an expression do not fit together, or its result is not what the key needs: `when` needs true or false, `forEach` a list or a map.",
	}
	ruleUnguarded = &diag.Rule{
		ID: "unguarded-field", Severity: diag.Warning, Summary: "perhaps absent",
		Explanation: "The schema does not require this field, so an object may lack it, and selecting it fails the attempt then. Likewise, what a `get` finds may be null, as is the result of a step whose `when` does not hold. Ask for it with `.?field.orValue(…)`, or test it first: with `has()`, with `in` for keys such as labels, in a `when` around it or in `match`. What the API server fills in by a default is there. So is what has been looked at before in the same attempt, and what another handler writes into the status of each new object. Of builtin kinds, what is in the `spec` is not looked at: their schemas do not tell what the API server fills in. In filters, nothing is wrong: there, absence only means that an object does not match.",
	}
	ruleField = &diag.Rule{
		ID: "unknown-field", Summary: "unknown field",
		Explanation: "The schema of the object has no such field: it would never be there, and selecting it would fail. Schemas of custom resources come from the CustomResourceDefinitions in the files, from `--crd` and `--cluster`; those of builtin kinds are known. Where the API server keeps unknown fields, none is wrong, and `dyn(…)` around the object lifts the check.",
	}
	ruleEnum = &diag.Rule{
		ID: "never-equal", Severity: diag.Warning, Summary: "never equal",
		Explanation: "The schema lists the values that the field can have, and the text that it is compared with is none of them. So the comparison is the same for every object; most likely the text is misspelt.",
	}
	ruleFilter = &diag.Rule{
		ID: "filter", Summary: "invalid filter",
		Explanation: "A filter of `spec.filters` has a name that is taken, needs itself, or uses something that does not exist where the filter is used.",
	}
	ruleVars = &diag.Rule{
		ID: "vars", Summary: "invalid var",
		Explanation: "The handler has no var of this name, or a var needs itself.",
	}
	ruleIndex = &diag.Rule{
		ID: "unknown-index", Summary: "unknown index",
		Explanation: "`index.<id>` names an index of `spec.indexes` by its id, and there is none of this id.",
	}
)
