package eval

import "testing"

func TestReady(t *testing.T) {
	type m = map[string]any
	conditions := func(pairs ...string) []any {
		var list []any
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, m{"type": pairs[i], "status": pairs[i+1]})
		}
		return list
	}
	object := func(apiVersion, kind string, spec, status m) m {
		return m{"apiVersion": apiVersion, "kind": kind, "metadata": m{"generation": int64(2)}, "spec": spec, "status": status}
	}
	n := func(i int) int64 { return int64(i) }
	deployment := func(change m) m {
		status := m{"observedGeneration": n(2), "replicas": n(2), "updatedReplicas": n(2), "readyReplicas": n(2), "availableReplicas": n(2),
			"conditions": conditions("Available", "True")}
		for key, value := range change {
			status[key] = value
		}
		return object("apps/v1", "Deployment", m{"replicas": n(2)}, status)
	}
	set := func(spec, change m) m {
		status := m{"observedGeneration": n(2), "replicas": n(1), "readyReplicas": n(1), "currentReplicas": n(1), "updatedReplicas": n(1),
			"currentRevision": "a", "updateRevision": "a"}
		for key, value := range change {
			status[key] = value
		}
		return object("apps/v1", "StatefulSet", spec, status)
	}
	partitioned := m{"replicas": n(3), "updateStrategy": m{"type": "RollingUpdate", "rollingUpdate": m{"partition": n(2)}}}
	tests := []struct {
		name string
		in   m
		want bool
	}{
		{"deployment", deployment(nil), true},
		{"deployment, old generation", deployment(m{"observedGeneration": n(1)}), false},
		{"deployment, one not available", deployment(m{"availableReplicas": n(1)}), false},
		{"deployment, one not ready", deployment(m{"readyReplicas": n(1)}), false},
		{"deployment, one not updated", deployment(m{"updatedReplicas": n(1)}), false},
		{"deployment, an old one is left", deployment(m{"replicas": n(3)}), false},
		{"deployment, no condition", deployment(m{"conditions": nil}), false},
		{"deployment, rollout under way", deployment(m{"conditions": append(conditions("Available", "True"),
			m{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"})}), false},
		{"deployment, rolled out", deployment(m{"conditions": append(conditions("Available", "True"),
			m{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"})}), true},
		{"deployment, being deleted", m{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": m{"deletionTimestamp": "x"}, "status": deployment(nil)["status"]}, false},
		{"stateful set", set(m{}, nil), true},
		{"stateful set, not ready", set(m{}, m{"readyReplicas": n(0)}), false},
		{"stateful set, scaling up", set(m{"replicas": n(2)}, nil), false},
		{"stateful set, scaling down", set(m{"replicas": n(0)}, nil), false},
		{"stateful set, rolling", set(m{}, m{"updateRevision": "b"}), false},
		{"stateful set, on delete", set(m{"updateStrategy": m{"type": "OnDelete"}}, m{"readyReplicas": n(0)}), true},
		{"stateful set, partition done", set(partitioned, m{"replicas": n(3), "readyReplicas": n(3), "updatedReplicas": n(1), "updateRevision": "b"}), true},
		{"stateful set, partition not done", set(partitioned, m{"replicas": n(3), "readyReplicas": n(3), "updatedReplicas": n(0)}), false},
		{"daemon set", object("apps/v1", "DaemonSet", nil, m{"observedGeneration": n(2), "desiredNumberScheduled": n(1), "currentNumberScheduled": n(1),
			"updatedNumberScheduled": n(1), "numberAvailable": n(1), "numberReady": n(1)}), true},
		{"daemon set, unseen", object("apps/v1", "DaemonSet", nil, m{}), false},
		{"daemon set, not available", object("apps/v1", "DaemonSet", nil, m{"observedGeneration": n(2), "desiredNumberScheduled": n(1),
			"currentNumberScheduled": n(1), "updatedNumberScheduled": n(1), "numberReady": n(1)}), false},
		{"replica set", object("apps/v1", "ReplicaSet", m{}, m{"replicas": n(1), "fullyLabeledReplicas": n(1), "availableReplicas": n(1), "readyReplicas": n(1)}), true},
		{"replica set, not yet", object("apps/v1", "ReplicaSet", m{}, m{"replicas": n(1), "fullyLabeledReplicas": n(1), "readyReplicas": n(1)}), false},
		{"job, running", object("batch/v1", "Job", nil, m{"startTime": "x"}), true},
		{"job, not started", object("batch/v1", "Job", nil, m{}), false},
		{"job, complete", object("batch/v1", "Job", nil, m{"conditions": conditions("Complete", "True")}), true},
		{"job, failed", object("batch/v1", "Job", nil, m{"startTime": "x", "conditions": conditions("Failed", "True")}), false},
		{"pod", object("v1", "Pod", nil, m{"phase": "Running", "conditions": conditions("Ready", "True")}), true},
		{"pod, not ready", object("v1", "Pod", nil, m{"phase": "Running", "conditions": conditions("Ready", "False")}), false},
		{"pod, succeeded", object("v1", "Pod", nil, m{"phase": "Succeeded", "conditions": conditions("Ready", "False")}), true},
		{"pod, pending", object("v1", "Pod", nil, m{"phase": "Pending"}), false},
		{"claim", object("v1", "PersistentVolumeClaim", nil, m{"phase": "Bound"}), true},
		{"claim, pending", object("v1", "PersistentVolumeClaim", nil, m{"phase": "Pending"}), false},
		{"service", object("v1", "Service", m{"type": "ClusterIP"}, m{}), true},
		{"service without an address", object("v1", "Service", m{"type": "LoadBalancer"}, m{}), false},
		{"service with an address", object("v1", "Service", m{"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, m{}), true},
		{"namespace", object("v1", "Namespace", nil, m{"phase": "Active"}), true},
		{"namespace, terminating", object("v1", "Namespace", nil, m{"phase": "Terminating"}), false},
		{"disruption budget", object("policy/v1", "PodDisruptionBudget", nil, m{"currentHealthy": n(2), "desiredHealthy": n(2)}), true},
		{"disruption budget, unhealthy", object("policy/v1", "PodDisruptionBudget", nil, m{"currentHealthy": n(1), "desiredHealthy": n(2)}), false},
		{"definition", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", nil, m{"conditions": conditions("NamesAccepted", "True", "Established", "True")}), true},
		{"definition, not yet", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", nil, m{"conditions": conditions("NamesAccepted", "True")}), false},
		{"definition, names taken", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", nil, m{"conditions": conditions("NamesAccepted", "False", "Established", "True")}), false},
		{"config map", m{"apiVersion": "v1", "kind": "ConfigMap"}, true},
		{"other kind, ready", object("x.io/v1", "X", nil, m{"conditions": conditions("Ready", "True")}), true},
		{"other kind, not ready", object("x.io/v1", "X", nil, m{"conditions": conditions("Ready", "Unknown")}), false},
		{"other kind, unseen", object("x.io/v1", "X", nil, m{"observedGeneration": n(1), "conditions": conditions("Ready", "True")}), false},
		{"other kind, generation as a float", object("x.io/v1", "X", nil, m{"observedGeneration": 1.0}), false},
		{"other kind, reconciling", object("x.io/v1", "X", nil, m{"conditions": conditions("Reconciling", "True", "Ready", "True")}), false},
		{"other kind, stalled", object("x.io/v1", "X", nil, m{"conditions": conditions("Stalled", "True")}), false},
		{"a Deployment of another group", object("x.io/v1", "Deployment", nil, m{}), true},
	}
	for _, test := range tests {
		if got := ready(test.in); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
