package actions

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// Rules are all rules that this package reports.
func Rules() []*diag.Rule {
	return []*diag.Rule{
		ruleStep, ruleConditionType, ruleConditionReason, ruleEventReason, rulePatchStatus, ruleWaitChildren, ruleNoObject,
		ruleSubhandlers,
		ruleNoKind, ruleClusterScoped, ruleNoNamespace, ruleNoName, ruleNested, ruleUnwritten, rulePruned,
		ruleMetricName, ruleMetricLabel, ruleMetricValue,
	}
}

// The rules of steps.
var (
	ruleStep = &diag.Rule{
		ID: "step-reference", Summary: "unknown step",
		Explanation: "`steps.<name>` is the result of a named step that stands before. The results of steps inside a `forEach` are seen inside it only; outside, use the result of the step that has the `forEach`.",
	}
	ruleConditionType = &diag.Rule{
		ID: "condition-type", Summary: "empty condition type",
		Explanation: "A condition is told from others by its type, such as `Ready`.",
	}
	ruleConditionReason = &diag.Rule{
		ID: "condition-reason", Summary: "invalid reason",
		Explanation: "The reason of a condition is one word of letters, digits and underscores that begins with a letter: the API server accepts nothing else.",
	}
	ruleEventReason = &diag.Rule{
		ID: "event-reason", Summary: "empty reason",
		Explanation: "A Kubernetes event has a reason: one word in CamelCase, such as `Created`.",
	}
	rulePatchStatus = &diag.Rule{
		ID: "patch-status", Summary: "nothing of the status",
		Explanation: "A patch with `subresource: status` changes nothing but the status, so the fields must stand under the key `status`.",
	}
	ruleNoObject = &diag.Rule{
		ID: "no-object", Summary: "there is no object",
		Explanation: "The activities in `startup` and `cleanup` belong to the operator as a whole. Steps that change the handled object need to be told another one there.",
	}
	ruleSubhandlers = &diag.Rule{
		ID: "subhandlers-place", Summary: "no sub-handlers here",
		Explanation: "Sub-handlers keep their progress on the object until the handler has ended, so they can stand only where steps are repeated: in `do`.",
	}
	ruleWaitChildren = &diag.Rule{
		ID: "wait-children", Summary: "children of all kinds",
		Explanation: "`wait` must know which resources to look at: `children.<alias>` names one by an alias of `spec.resources`.",
	}
	ruleNoKind = &diag.Rule{
		ID: "no-such-kind", Summary: "no such kind",
		Explanation: "Kubernetes has no such kind in this group and version, as of the version that this program is built with. Groups of custom resources are not looked at: their kinds may be unknown here.",
	}
	ruleClusterScoped = &diag.Rule{
		ID: "cluster-scoped", Severity: diag.Warning, Summary: "a namespace for what is in none",
		Explanation: "Objects of this kind belong to the cluster as a whole. A namespace has no effect on where they are, so something else is probably meant.",
	}
	ruleNoNamespace = &diag.Rule{
		ID: "no-namespace", Summary: "no namespace",
		Explanation: "Objects of this kind are in namespaces. Where none is given, it is that of the handled object; in `startup` and `cleanup`, and where the handled object is cluster-scoped, there is none to take.",
	}
	ruleNoName = &diag.Rule{
		ID: "no-name", Summary: "no name",
		Explanation: "The API server makes no object without a name. `adopt` derives one from the handled object, but not with `adopt: false` or `name: keep`, and not in `startup` and `cleanup`.",
	}
	ruleNested = &diag.Rule{
		ID: "adopt-nested", Summary: "no nested object",
		Explanation: "The paths in `adopt.nested` lead to objects inside the created one that get the labels too, such as `spec.template`. What is not there gets none, without a word.",
	}
	ruleUnwritten = &diag.Rule{
		ID: "unwritten-status", Summary: "a status that is not written",
		Explanation: "The status of this kind is a subresource: the API server ignores it where an object is created or patched as a whole. Patch it with `subresource: status`. For the handled object, the engine does so.",
	}
	rulePruned = &diag.Rule{
		ID: "pruned-status", Summary: "a status that is not kept",
		Explanation: "The API server drops what the schema of the CustomResourceDefinition does not have, and tells nobody. That concerns what steps write into the status, and results, which are stored at `status.<handler id>`. Declare the fields, or let the status be free with `x-kubernetes-preserve-unknown-fields: true`.",
	}
	ruleMetricName = &diag.Rule{
		ID: "metric-name", Summary: "invalid name of a metric",
		Explanation: "Names of metrics follow the conventions of Prometheus: letters, digits and underscores, `_total` at the end of counters and of nothing else. Names that begin with `kopf_`, `go_` or `process_` are those of the engine itself.",
	}
	ruleMetricLabel = &diag.Rule{
		ID: "metric-label", Summary: "invalid name of a label",
		Explanation: "The names of a metric's labels are fixed, and made of letters, digits and underscores. Only their values may depend on expressions.",
	}
	ruleMetricValue = &diag.Rule{
		ID: "metric-value", Summary: "a metric without a value",
		Explanation: "A counter without `value` goes up by 1. What a gauge is set to, or what a histogram observes, must be said.",
	}
)
