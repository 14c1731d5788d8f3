package graph

import "strings"

// builtin are the resources that each cluster has and that definitions name by
// all sorts of names: kinds, with their short names, by group.
var builtin = func() []reference {
	var out []reference
	for _, line := range []struct{ group, kinds string }{
		{"", "Pod:po Service:svc ConfigMap:cm Secret Namespace:ns Node:no PersistentVolume:pv PersistentVolumeClaim:pvc " +
			"ServiceAccount:sa Endpoints:ep Event:ev LimitRange:limits ResourceQuota:quota ReplicationController:rc PodTemplate"},
		{"apps", "Deployment:deploy ReplicaSet:rs StatefulSet:sts DaemonSet:ds ControllerRevision"},
		{"batch", "Job CronJob:cj"},
		{"autoscaling", "HorizontalPodAutoscaler:hpa"},
		{"networking.k8s.io", "Ingress:ing IngressClass NetworkPolicy:netpol"},
		{"policy", "PodDisruptionBudget:pdb"},
		{"rbac.authorization.k8s.io", "Role RoleBinding ClusterRole ClusterRoleBinding"},
		{"storage.k8s.io", "StorageClass:sc VolumeAttachment CSIDriver CSINode CSIStorageCapacity"},
		{"coordination.k8s.io", "Lease"},
		{"discovery.k8s.io", "EndpointSlice"},
		{"scheduling.k8s.io", "PriorityClass:pc"},
		{"node.k8s.io", "RuntimeClass"},
		{"certificates.k8s.io", "CertificateSigningRequest:csr"},
		{"admissionregistration.k8s.io", "MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"},
		{"apiextensions.k8s.io", "CustomResourceDefinition:crd"},
		{"apiregistration.k8s.io", "APIService"},
	} {
		for kind := range strings.FieldsSeq(line.kinds) {
			kind, short, _ := strings.Cut(kind, ":")
			r := reference{kind: kind, names: namesOf(kind), group: &line.group}
			if line.group == "" {
				r.version = "v1"
			}
			if short != "" {
				r.names = append(r.names, short)
			}
			out = append(out, r)
		}
	}
	return out
}()
