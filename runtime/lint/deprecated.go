package lint

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	ruleDeprecatedAPI = &diag.Rule{
		ID: "deprecated-api", Severity: diag.Warning, Summary: "an API version that is gone or going",
		Explanation: "Kubernetes has taken this API version out, or will. Newer servers answer that there is no such resource. The version that follows may have other fields: read the migration guide of Kubernetes before you change it.",
	}
	ruleDeprecatedField = &diag.Rule{
		ID: "deprecated-field", Severity: diag.Warning, Summary: "a field that is going",
		Explanation: "Kubernetes has replaced this field, label or annotation, and keeps it at best for old definitions.",
	}
)

// goneAPI is an API version that is gone, or for one kind going.
type goneAPI struct {
	version string
	// kinds are those that it had; none means all.
	kinds []string
	since string
	use   string
}

// goneAPIs are the versions of builtin kinds by the release that has left them
// out.
var goneAPIs = []goneAPI{
	{"extensions/v1beta1", []string{"DaemonSet", "Deployment", "ReplicaSet"}, "gone since Kubernetes 1.16", "apps/v1"},
	{"extensions/v1beta1", []string{"NetworkPolicy"}, "gone since Kubernetes 1.16", "networking.k8s.io/v1"},
	{"extensions/v1beta1", []string{"Ingress"}, "gone since Kubernetes 1.22", "networking.k8s.io/v1"},
	{"extensions/v1beta1", []string{"PodSecurityPolicy"}, "gone since Kubernetes 1.16", ""},
	{"apps/v1beta1", nil, "gone since Kubernetes 1.16", "apps/v1"},
	{"apps/v1beta2", nil, "gone since Kubernetes 1.16", "apps/v1"},
	{"admissionregistration.k8s.io/v1beta1", []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}, "gone since Kubernetes 1.22", "admissionregistration.k8s.io/v1"},
	{"apiextensions.k8s.io/v1beta1", nil, "gone since Kubernetes 1.22", "apiextensions.k8s.io/v1"},
	{"apiregistration.k8s.io/v1beta1", nil, "gone since Kubernetes 1.22", "apiregistration.k8s.io/v1"},
	{"authentication.k8s.io/v1beta1", []string{"TokenReview"}, "gone since Kubernetes 1.22", "authentication.k8s.io/v1"},
	{"authorization.k8s.io/v1beta1", nil, "gone since Kubernetes 1.22", "authorization.k8s.io/v1"},
	{"certificates.k8s.io/v1beta1", []string{"CertificateSigningRequest"}, "gone since Kubernetes 1.22", "certificates.k8s.io/v1"},
	{"coordination.k8s.io/v1beta1", []string{"Lease"}, "gone since Kubernetes 1.22", "coordination.k8s.io/v1"},
	{"networking.k8s.io/v1beta1", []string{"Ingress", "IngressClass"}, "gone since Kubernetes 1.22", "networking.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1beta1", nil, "gone since Kubernetes 1.22", "rbac.authorization.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1alpha1", nil, "gone since Kubernetes 1.23", "rbac.authorization.k8s.io/v1"},
	{"scheduling.k8s.io/v1beta1", nil, "gone since Kubernetes 1.22", "scheduling.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", []string{"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"}, "gone since Kubernetes 1.22", "storage.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", []string{"CSIStorageCapacity"}, "gone since Kubernetes 1.27", "storage.k8s.io/v1"},
	{"batch/v1beta1", []string{"CronJob"}, "gone since Kubernetes 1.25", "batch/v1"},
	{"discovery.k8s.io/v1beta1", []string{"EndpointSlice"}, "gone since Kubernetes 1.25", "discovery.k8s.io/v1"},
	{"events.k8s.io/v1beta1", []string{"Event"}, "gone since Kubernetes 1.25", "events.k8s.io/v1"},
	{"autoscaling/v2beta1", nil, "gone since Kubernetes 1.25", "autoscaling/v2"},
	{"autoscaling/v2beta2", nil, "gone since Kubernetes 1.26", "autoscaling/v2"},
	{"policy/v1beta1", []string{"PodDisruptionBudget"}, "gone since Kubernetes 1.25", "policy/v1"},
	{"policy/v1beta1", []string{"PodSecurityPolicy"}, "gone since Kubernetes 1.25", ""},
	{"node.k8s.io/v1beta1", []string{"RuntimeClass"}, "gone since Kubernetes 1.25", "node.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta1", nil, "gone since Kubernetes 1.26", "flowcontrol.apiserver.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta2", nil, "gone since Kubernetes 1.29", "flowcontrol.apiserver.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta3", nil, "gone since Kubernetes 1.32", "flowcontrol.apiserver.k8s.io/v1"},
	goneEndpoints,
	{"v1", []string{"ComponentStatus"}, "deprecated since Kubernetes 1.19", ""},
}

// goneEndpoints are what a short form without a version means, too.
var goneEndpoints = goneAPI{"v1", []string{"Endpoints"}, "deprecated since Kubernetes 1.33", "EndpointSlice of discovery.k8s.io/v1"}

// oldKeys are fields of a pod's spec, labels and annotations by what has
// replaced them.
var (
	oldPodFields = map[string]string{"serviceAccount": "serviceAccountName"}
	oldLabels    = map[string]string{
		"beta.kubernetes.io/os":                    "kubernetes.io/os",
		"beta.kubernetes.io/arch":                  "kubernetes.io/arch",
		"beta.kubernetes.io/instance-type":         "node.kubernetes.io/instance-type",
		"failure-domain.beta.kubernetes.io/zone":   "topology.kubernetes.io/zone",
		"failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
	}
	oldAnnotations = map[string]string{
		"kubernetes.io/ingress.class":                            "spec.ingressClassName",
		"volume.beta.kubernetes.io/storage-class":                "spec.storageClassName",
		"scheduler.alpha.kubernetes.io/critical-pod":             "spec.priorityClassName",
		"seccomp.security.alpha.kubernetes.io/pod":               "spec.securityContext.seccompProfile",
		"service.alpha.kubernetes.io/tolerate-unready-endpoints": "spec.publishNotReadyAddresses",
	}
)

// deprecations finds what Kubernetes has left behind.
func deprecations(v *view) diag.List {
	d := &deprecated{}
	for s := range v.selectors {
		d.selector(s)
	}
	for _, t := range v.tasks {
		for _, p := range t.places {
			if p.step != nil && p.value != nil && p.path[0] != "vars" {
				d.value(p.value, "")
			}
		}
		t.Work.Walk(func(s *spec.Step) {
			if s.Get != nil {
				d.target(s.Get.Target)
			}
			if s.Patch != nil {
				d.target(s.Patch.Target)
			}
			if s.Delete != nil {
				d.target(s.Delete.Target)
			}
		})
	}
	return d.found
}

type deprecated struct{ found diag.List }

func (d *deprecated) target(t *spec.Target) {
	if t != nil {
		d.api(t.APIVersion, t.Kind)
	}
}

// api looks at a version and a kind that are written down.
func (d *deprecated) api(version, kind *spec.Value) {
	versionText, ok := textOf(version)
	kindText, both := textOf(kind)
	if !ok || !both {
		return
	}
	for _, gone := range goneAPIs {
		if gone.version != versionText || gone.kinds != nil && !slices.Contains(gone.kinds, kindText) {
			continue
		}
		guess := gone.use // its fields may be others
		if strings.Contains(guess, " ") {
			guess = ""
		}
		d.gone(version.Range, kindText+" of "+versionText, gone, guess)
		return
	}
}

// gone reports an API; guess is what could stand there instead, if anything.
func (d *deprecated) gone(at diag.Range, what string, gone goneAPI, guess string) {
	bad := ruleDeprecatedAPI.At(at, "%s is %s", what, gone.since)
	if gone.use != "" {
		bad.Detail += "; use " + gone.use
	} else {
		bad.Detail += ", without a successor"
	}
	if guess != "" {
		bad.Suggest(guess)
	}
	d.found = append(d.found, bad)
}

// selector looks at a resource that is named with its group and version.
func (d *deprecated) selector(s *spec.Selector) {
	if s.Version == nil || s.Group == nil {
		if s.AnyName != nil && s.AnyName.Value == "endpoints" && s.Group == nil {
			d.gone(s.AnyName.Range(), "endpoints of v1", goneEndpoints, "")
		}
		return
	}
	version := strings.TrimPrefix(s.Group.Value+"/"+s.Version.Value, "/")
	for _, name := range []*spec.String{s.Kind, s.Plural, s.Singular, s.AnyName} {
		if name == nil {
			continue
		}
		for _, gone := range goneAPIs {
			if gone.version == version && (gone.kinds == nil || slices.ContainsFunc(gone.kinds, func(kind string) bool { return names(kind, name.Value) })) {
				d.gone(s.Version.Range(), name.Value+" of "+version, gone, "")
				return
			}
		}
	}
}

// names tells whether a word is a kind, or its singular or plural.
func names(kind, word string) bool {
	kind, word = strings.ToLower(kind), strings.ToLower(word)
	return word == kind || word == kind+"s" || word == kind+"es" || strings.HasSuffix(kind, "y") && word == strings.TrimSuffix(kind, "y")+"ies"
}

// value looks for objects, and parts of them, in a template. key is what it
// stands under.
func (d *deprecated) value(v *spec.Value, key string) {
	for _, item := range v.Items {
		d.value(item, "")
	}
	if v.Kind != spec.MapKind {
		return
	}
	d.api(v.Get("apiVersion"), v.Get("kind"))
	if v.Get("containers") != nil {
		d.keys(v, oldPodFields, true)
		d.gitRepo(v.Get("volumes"))
	}
	switch key {
	case "annotations":
		d.keys(v, oldAnnotations, false)
	case "labels", "nodeSelector", "matchLabels":
		d.keys(v, oldLabels, false)
	}
	if kind, _ := textOf(v.Get("kind")); kind == "Service" && v.Get("spec") != nil {
		d.keys(v.Get("spec"), map[string]string{"loadBalancerIP": "an annotation of the cloud provider"}, false)
	}
	for _, f := range v.Fields {
		name, _ := f.Key.String()
		d.value(f.Value, name)
	}
}

// keys reports old keys of a map. safe says that the new one takes the same
// value.
func (d *deprecated) keys(v *spec.Value, old map[string]string, safe bool) {
	for _, f := range v.Fields {
		name, _ := f.Key.String()
		use, isOld := old[name]
		if !isOld {
			continue
		}
		bad := ruleDeprecatedField.At(f.Key.Range, "%s is replaced by %s", name, use)
		if safe && v.Get(use) == nil {
			bad.Correct(use)
		}
		d.found = append(d.found, bad)
	}
}

func (d *deprecated) gitRepo(volumes *spec.Value) {
	if volumes == nil {
		return
	}
	for _, volume := range volumes.Items {
		d.keys(volume, map[string]string{"gitRepo": "an init container that clones into an emptyDir"}, false)
	}
}
