package runtime

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// Rules are all rules that this package reports.
func Rules() []*diag.Rule {
	return []*diag.Rule{
		ruleFinalizer, rulePrefix, ruleMetric, ruleCRD,
	}
}

// The rules of operators beside each other, and of what stands beside operators.
var (
	ruleMetric = &diag.Rule{
		ID: "same-metric", Summary: "one metric in two forms",
		Explanation: "A metric has one type and the same labels wherever it is recorded, in all operators of an engine. Give one of the two another name.",
	}
	ruleCRD = &diag.Rule{
		ID: "crd-schema", Summary: "the schema is not understood",
		Explanation: "The CustomResourceDefinition does not have the form of `apiextensions.k8s.io/v1`, so the API server would not take it, and nothing is known of its objects.",
	}
	ruleFinalizer = &diag.Rule{
		ID: "same-finalizer", Summary: "two operators hold objects by the same finalizer",
		Explanation: "Each of the operators would let objects go that the other one has not finished with. Give one of them another `settings.persistence.finalizer`.",
	}
	rulePrefix = &diag.Rule{
		ID: "same-prefix", Summary: "two operators keep their records in the same place",
		Explanation: "Each of the operators would take the records of the other one for its own. Give one of them another `settings.persistence.prefix`.",
	}
)
