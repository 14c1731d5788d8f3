package eval

import (
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// conditionOf is condition(obj, type).
func conditionOf(obj, kind ref.Val) ref.Val {
	native, err := nativeOf(obj)
	if err != nil {
		return types.WrapErr(err)
	}
	found := findCondition(native, string(kind.(types.String)))
	if found == nil {
		return types.OptionalNone
	}
	var shape *Shape
	if typed, ok := obj.(*jsonMap); ok {
		shape = typed.shape.At("status", "conditions").Item(0)
	}
	return types.OptionalOf(valueOf(found, shape))
}

// readyValue is isReady(obj).
func readyValue(obj ref.Val) ref.Val {
	native, err := nativeOf(obj)
	if err != nil {
		return types.WrapErr(err)
	}
	o, ok := native.(map[string]any)
	return types.Bool(ok && ready(o))
}

// findCondition is the condition of that type in obj.status.conditions, or nil.
func findCondition(obj any, kind string) map[string]any {
	conditions, _ := at(obj, "status", "conditions").([]any)
	for _, c := range conditions {
		if condition, ok := c.(map[string]any); ok && condition["type"] == kind {
			return condition
		}
	}
	return nil
}

// conditionIs tells whether obj has a condition of that type and status.
func conditionIs(obj map[string]any, kind, status string) bool {
	return findCondition(obj, kind)["status"] == status
}

// ready follows the rules by which kstatus calls an object Current. Where they
// differ in words, these are the ones of its documentation for users.
func ready(obj map[string]any) bool {
	if at(obj, "metadata", "deletionTimestamp") != nil || !observed(obj) {
		return false
	}
	rule, known := readyRules[groupKind(obj)]
	if known {
		return rule(obj)
	}
	return genericReady(obj)
}

// observed tells whether the controller has seen the newest generation.
func observed(obj map[string]any) bool {
	generation, ok := number(obj, "metadata", "generation")
	seen, reports := number(obj, "status", "observedGeneration")
	return !ok || !reports || seen >= generation
}

// genericReady is for kinds without a rule: conditions that tools agree on. An
// object without any is ready as it is, such as a ConfigMap.
func genericReady(obj map[string]any) bool {
	if conditionIs(obj, "Reconciling", "True") || conditionIs(obj, "Stalled", "True") {
		return false
	}
	if c := findCondition(obj, "Ready"); c != nil {
		return c["status"] == "True"
	}
	return true
}

// groupKind is "Kind" or "Kind.group".
func groupKind(obj map[string]any) string {
	kind, _ := obj["kind"].(string)
	apiVersion, _ := obj["apiVersion"].(string)
	for i := range len(apiVersion) {
		if apiVersion[i] == '/' {
			return kind + "." + apiVersion[:i]
		}
	}
	return kind
}

// readyRules are the kinds that kstatus knows. Of kinds that are ready as soon
// as they exist (ConfigMap, Secret, …) nothing needs to be said.
var readyRules = map[string]func(map[string]any) bool{
	"Deployment.apps":            deploymentReady,
	"StatefulSet.apps":           statefulSetReady,
	"DaemonSet.apps":             daemonSetReady,
	"ReplicaSet.apps":            replicaSetReady,
	"Job.batch":                  jobReady,
	"Pod":                        podReady,
	"PersistentVolumeClaim":      phaseIs("Bound"),
	"Service":                    serviceReady,
	"Namespace":                  phaseIs("Active"),
	"PodDisruptionBudget.policy": disruptionBudgetReady,
	"CustomResourceDefinition.apiextensions.k8s.io": definitionReady,
}

func deploymentReady(obj map[string]any) bool {
	wanted := replicas(obj)
	return progressed(obj) &&
		count(obj, "replicas") <= count(obj, "updatedReplicas") &&
		count(obj, "updatedReplicas") >= wanted &&
		count(obj, "availableReplicas") >= wanted &&
		count(obj, "readyReplicas") >= wanted &&
		conditionIs(obj, "Available", "True")
}

// progressed is false while a rollout is under way or has failed. Deployments
// without a progress deadline have no such condition.
func progressed(obj map[string]any) bool {
	c := findCondition(obj, "Progressing")
	return c == nil || c["status"] == "True" && c["reason"] == "NewReplicaSetAvailable"
}

func statefulSetReady(obj map[string]any) bool {
	if at(obj, "spec", "updateStrategy", "type") == "OnDelete" {
		return true
	}
	wanted := replicas(obj)
	if count(obj, "replicas") < wanted || count(obj, "readyReplicas") < wanted || count(obj, "replicas") > wanted {
		return false
	}
	if partition, ok := number(obj, "spec", "updateStrategy", "rollingUpdate", "partition"); ok {
		return count(obj, "updatedReplicas") >= wanted-partition
	}
	return count(obj, "currentReplicas") >= wanted &&
		at(obj, "status", "currentRevision") == at(obj, "status", "updateRevision")
}

func daemonSetReady(obj map[string]any) bool {
	if _, ok := number(obj, "status", "observedGeneration"); !ok {
		return false
	}
	wanted := count(obj, "desiredNumberScheduled")
	return count(obj, "currentNumberScheduled") >= wanted &&
		count(obj, "updatedNumberScheduled") >= wanted &&
		count(obj, "numberAvailable") >= wanted &&
		count(obj, "numberReady") >= wanted
}

func replicaSetReady(obj map[string]any) bool {
	wanted := replicas(obj)
	return !conditionIs(obj, "ReplicaFailure", "True") &&
		count(obj, "fullyLabeledReplicas") >= wanted &&
		count(obj, "availableReplicas") >= wanted &&
		count(obj, "readyReplicas") >= wanted &&
		count(obj, "replicas") <= wanted
}

// jobReady is true once the job runs, as kstatus has it: whoever wants it to
// be complete asks for its Complete condition.
func jobReady(obj map[string]any) bool {
	if conditionIs(obj, "Failed", "True") {
		return false
	}
	return conditionIs(obj, "Complete", "True") || at(obj, "status", "startTime") != nil
}

func podReady(obj map[string]any) bool {
	return at(obj, "status", "phase") == "Succeeded" || conditionIs(obj, "Ready", "True")
}

func serviceReady(obj map[string]any) bool {
	clusterIP, _ := at(obj, "spec", "clusterIP").(string)
	return at(obj, "spec", "type") != "LoadBalancer" || clusterIP != ""
}

func disruptionBudgetReady(obj map[string]any) bool {
	return count(obj, "currentHealthy") >= count(obj, "desiredHealthy")
}

func definitionReady(obj map[string]any) bool {
	return !conditionIs(obj, "NamesAccepted", "False") && conditionIs(obj, "Established", "True")
}

// phaseIs is the rule of kinds that have a phase.
func phaseIs(phase string) func(map[string]any) bool {
	return func(obj map[string]any) bool { return at(obj, "status", "phase") == phase }
}

// replicas is spec.replicas, which is 1 where it is not set.
func replicas(obj map[string]any) int64 {
	if n, ok := number(obj, "spec", "replicas"); ok {
		return n
	}
	return 1
}

// count is a number in the status, 0 where it is missing.
func count(obj map[string]any, field string) int64 {
	n, _ := number(obj, "status", field)
	return n
}

// number is the whole number at a path.
func number(obj map[string]any, path ...string) (int64, bool) {
	switch n := at(obj, path...).(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), true
	}
	return 0, false
}

// at is the value at a path of maps, or nil.
func at(value any, path ...string) any {
	for _, key := range path {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}
