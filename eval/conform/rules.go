package conform

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// Rules are all rules that this package reports.
func Rules() []*diag.Rule {
	return []*diag.Rule{ruleUnknown, ruleMissing, ruleType, ruleValue}
}

// The rules of what is written into objects.
var (
	ruleUnknown = &diag.Rule{
		ID: "object-field", Summary: "unknown field in an object",
		Explanation: "The schema of the object has no such field there, so the API server drops it without a word. The schemas of builtin kinds are those of the version of Kubernetes that this program is built with. Parts that the schema leaves free (`x-kubernetes-preserve-unknown-fields`, or a map) take any field.",
	}
	ruleMissing = &diag.Rule{
		ID: "object-required", Summary: "missing field in an object",
		Explanation: "The schema requires this field, so the API server refuses an object without it. What the engine or the API server fills in is never missing: defaults, and what `adopt` sets (name, namespace, labels, owner). Null is no value. Where an expression may leave a required field out, by `omit()` or as an optional, it is a warning: there the object cannot be created.",
	}
	ruleType = &diag.Rule{
		ID: "object-type", Summary: "wrong type in an object",
		Explanation: "The value is of another type than the schema of the object says, so the API server refuses the object. A string that is one `${ }` and nothing else has the type of its expression; with anything around it, it is text. Times, durations and bytes become text.",
	}
	ruleValue = &diag.Rule{
		ID: "object-value", Summary: "invalid value in an object",
		Explanation: "The schema limits the values of this field (`enum`, `pattern`, `minimum`, `maxLength`, a format and so on), and this one is outside, so the API server refuses the object.",
	}
)
