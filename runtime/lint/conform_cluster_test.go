package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/conform"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// valid are objects that the API server takes, with as many different fields as are
// usual in operators.
const valid = `
- apiVersion: conform.kopf.dev/v1
  kind: Widget
  spec: {size: 1, mode: fast, name: abc, ratio: 0.5, note: null, port: http, since: 2026-01-31T12:00:00Z, secret: eHl6, words: [a], table: {a: 1},
    address: 10.0.0.1, every: 1h, day: 2026-01-31, level: 2, even: 4, flag: true, disks: [{id: a, gb: 1}], partly: {known: 1, other: x},
    template: {apiVersion: v1, kind: Pod, metadata: {name: x, labels: {a: b}}, spec: {containers: []}}}
- apiVersion: apps/v1
  kind: Deployment
  spec:
    replicas: 2
    minReadySeconds: 1
    paused: true
    strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}
    selector: {matchLabels: {app: a}, matchExpressions: [{key: app, operator: In, values: [a]}]}
    template:
      metadata: {labels: {app: a}, annotations: {b: c}}
      spec:
        serviceAccountName: x
        restartPolicy: Always
        terminationGracePeriodSeconds: 5
        nodeSelector: {a: b}
        tolerations: [{key: a, operator: Exists, effect: NoSchedule}]
        hostAliases: [{ip: 10.0.0.1, hostnames: [a]}]
        imagePullSecrets: [{name: a}]
        securityContext: {runAsUser: 1000, runAsNonRoot: true, fsGroup: 1}
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}
          podAntiAffinity:
            preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {a: b}}}}]
        topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}}]
        initContainers: [{name: i, image: x, command: [a]}]
        containers:
          - name: c
            image: nginx
            args: [a, b]
            imagePullPolicy: Always
            env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: D, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: E, valueFrom: {configMapKeyRef: {name: s, key: k, optional: true}}}]
            envFrom: [{configMapRef: {name: m}}]
            ports: [{name: http, containerPort: 80, protocol: TCP}]
            resources: {limits: {cpu: 500m, memory: 10Mi}, requests: {cpu: 0.1}}
            livenessProbe: {httpGet: {path: /, port: http, httpHeaders: [{name: a, value: b}]}, periodSeconds: 3}
            readinessProbe: {exec: {command: [a]}, initialDelaySeconds: 1}
            startupProbe: {tcpSocket: {port: 80}}
            lifecycle: {preStop: {exec: {command: [a]}}}
            volumeMounts: [{name: v, mountPath: /v, readOnly: true}]
            securityContext: {privileged: false, capabilities: {add: [A]}}
        volumes:
          - {name: v, configMap: {name: m, items: [{key: a, path: b, mode: 420}]}}
          - {name: w, emptyDir: {sizeLimit: 1Gi}}
          - {name: x, persistentVolumeClaim: {claimName: c}}
          - {name: q, secret: {secretName: c, defaultMode: 420}}
          - {name: z, hostPath: {path: /a, type: Directory}}
          - {name: p, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 700}}]}}
          - {name: nfs, nfs: {server: s, path: /p}}
- apiVersion: apps/v1
  kind: StatefulSet
  spec:
    serviceName: s
    replicas: 1
    podManagementPolicy: Parallel
    selector: {matchLabels: {app: a}}
    template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: x}]}}
    volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], storageClassName: s, resources: {requests: {storage: 1Gi}}}}]
- apiVersion: apps/v1
  kind: DaemonSet
  spec:
    selector: {matchLabels: {app: a}}
    updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}
    template: {metadata: {labels: {app: a}}, spec: {hostNetwork: true, containers: [{name: c, image: x}]}}
- apiVersion: batch/v1
  kind: Job
  spec:
    backoffLimit: 1
    parallelism: 1
    completions: 1
    ttlSecondsAfterFinished: 5
    template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}
- apiVersion: batch/v1
  kind: CronJob
  spec:
    schedule: '* * * * *'
    timeZone: Etc/UTC
    concurrencyPolicy: Forbid
    suspend: true
    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}}
- apiVersion: v1
  kind: Pod
  spec: {automountServiceAccountToken: false, containers: [{name: c, image: x, resources: {limits: {memory: 1Gi}}}]}
- {apiVersion: v1, kind: ConfigMap, data: {a: b}, binaryData: {c: eHl6}, immutable: true}
- {apiVersion: v1, kind: Secret, type: Opaque, data: {a: eHl6}, stringData: {b: c}}
- apiVersion: v1
  kind: Service
  spec:
    type: NodePort
    selector: {a: b}
    sessionAffinity: ClientIP
    sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}
    ports: [{name: http, port: 80, targetPort: http, protocol: TCP}]
- apiVersion: v1
  kind: PersistentVolumeClaim
  spec: {accessModes: [ReadWriteOnce], storageClassName: s, volumeMode: Filesystem, resources: {requests: {storage: 1Gi}}, selector: {matchLabels: {a: b}}, dataSource: {kind: PersistentVolumeClaim, name: x}}
- apiVersion: v1
  kind: PersistentVolume
  spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, storageClassName: s, claimRef: {namespace: a, name: b}, hostPath: {path: /a}}
- {apiVersion: v1, kind: ServiceAccount, automountServiceAccountToken: true, imagePullSecrets: [{name: a}]}
- {apiVersion: v1, kind: Namespace, spec: {finalizers: [kubernetes]}}
- apiVersion: v1
  kind: ResourceQuota
  spec: {hard: {pods: 1, cpu: 500m}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [a]}]}}
- {apiVersion: v1, kind: LimitRange, spec: {limits: [{type: Container, max: {cpu: 1}, default: {cpu: 500m}}]}}
- {apiVersion: v1, kind: Event, involvedObject: {kind: Pod, name: x, namespace: default}, reason: A, message: b, type: Normal, count: 1, firstTimestamp: 2026-01-31T12:00:00Z}
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  spec:
    ingressClassName: x
    tls: [{hosts: [a.example.com], secretName: s}]
    rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  spec:
    podSelector: {matchLabels: {a: b}}
    policyTypes: [Ingress]
    ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: http, protocol: TCP}]}]
- {apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  spec:
    minReplicas: 1
    maxReplicas: 2
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}
    metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
    behavior: {scaleDown: {stabilizationWindowSeconds: 1, policies: [{type: Pods, value: 1, periodSeconds: 5}]}}
- {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, rules: [{apiGroups: [''], resources: [pods], verbs: [get], resourceNames: [a]}]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: x}
  subjects: [{kind: ServiceAccount, name: a, namespace: b}, {kind: User, name: c, apiGroup: rbac.authorization.k8s.io}]
- {apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: x.example.com/y, parameters: {a: b}, reclaimPolicy: Delete, allowVolumeExpansion: true, volumeBindingMode: Immediate}
- {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, value: 5, description: x, preemptionPolicy: Never}
- {apiVersion: coordination.k8s.io/v1, kind: Lease, spec: {holderIdentity: a, leaseDurationSeconds: 5, renewTime: 2026-01-31T12:00:00.000000Z}}
- {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}, targetRef: {kind: Pod, name: a}}], ports: [{name: a, port: 80}]}
- apiVersion: admissionregistration.k8s.io/v1
  kind: ValidatingWebhookConfiguration
  webhooks: [{name: a.b.example.com, clientConfig: {service: {name: a, namespace: b, path: /c}}, admissionReviewVersions: [v1], sideEffects: None, failurePolicy: Ignore,
    rules: [{apiGroups: [x.example.com], apiVersions: [v1], operations: [CREATE], resources: [things]}], timeoutSeconds: 1}]
- {apiVersion: v1, kind: Endpoints, subsets: [{addresses: [{ip: 10.0.0.1, targetRef: {kind: Pod, name: a}}], ports: [{name: a, port: 80}]}]}
- {apiVersion: v1, kind: PodTemplate, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}
- {apiVersion: apps/v1, kind: ReplicaSet, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}}
- {apiVersion: apps/v1, kind: ControllerRevision, revision: 1, data: {a: b}}
- {apiVersion: networking.k8s.io/v1, kind: IngressClass, spec: {controller: a.example.com/b, parameters: {kind: A, name: b, scope: Cluster}}}
- {apiVersion: node.k8s.io/v1, kind: RuntimeClass, handler: a, overhead: {podFixed: {cpu: 1}}, scheduling: {nodeSelector: {a: b}}}
- {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, rules: [{apiGroups: [''], resources: [pods], verbs: [get]}, {nonResourceURLs: [/a], verbs: [get]}], aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}}
- {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, roleRef: {kind: ClusterRole, name: x}, subjects: [{kind: Group, name: a}]}
- {apiVersion: storage.k8s.io/v1, kind: CSIDriver, spec: {attachRequired: false, podInfoOnMount: true, tokenRequests: [{audience: a}]}}
- {apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, storageClassName: a, capacity: 1Gi}
- {apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, spec: {attacher: a, nodeName: b, source: {persistentVolumeName: c}}}
- {apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, spec: {priorityLevelConfiguration: {name: exempt}, matchingPrecedence: 5, distinguisherMethod: {type: ByUser},
    rules: [{subjects: [{kind: User, user: {name: a}}, {kind: ServiceAccount, serviceAccount: {namespace: a, name: b}}], resourceRules: [{verbs: [get], apiGroups: [''], resources: [pods], namespaces: [a]}], nonResourceRules: [{verbs: [get], nonResourceURLs: [/a]}]}]}}
- {apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, spec: {type: Limited, limited: {nominalConcurrencyShares: 5, limitResponse: {type: Queue, queuing: {queues: 2, handSize: 1, queueLengthLimit: 5}}}}}
- {apiVersion: events.k8s.io/v1, kind: Event, eventTime: 2026-01-31T12:00:00.000000Z, reason: A, action: B, type: Normal, note: c, reportingController: a.example.com/b, reportingInstance: c, regarding: {kind: Pod, name: x, namespace: default}}
- {apiVersion: authorization.k8s.io/v1, kind: SubjectAccessReview, spec: {user: a, resourceAttributes: {verb: get, resource: pods}}}
- {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, spec: {failurePolicy: Fail, paramKind: {apiVersion: v1, kind: ConfigMap}, matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]},
    validations: [{expression: 'true', message: a, reason: Invalid}], matchConditions: [{name: a, expression: 'true'}], variables: [{name: a, expression: '1'}], auditAnnotations: [{key: a, valueExpression: '''a'''}]}}
- {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, spec: {policyName: a, validationActions: [Deny], paramRef: {name: a, parameterNotFoundAction: Allow}, matchResources: {namespaceSelector: {matchLabels: {a: b}}}}}
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: gadgets.conform.kopf.dev}
  spec:
    group: conform.kopf.dev
    scope: Namespaced
    names: {kind: Gadget, plural: gadgets, shortNames: [gg]}
    versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, required: [a], properties: {a: {type: string, pattern: a}}}}}},
      additionalPrinterColumns: [{name: A, type: string, jsonPath: .spec.a}], subresources: {status: {}}}]
`

// TestConformIsRight compares what is found in objects with what a real API server says
// of them: of each object, each field is left out, misspelt, and set to values of all
// types. Where an error is found, the API server must refuse the object, or say
// that it drops a field. What the API server finds beyond that is counted.
func TestConformIsRight(t *testing.T) {
	client, err := kube.Connect(kube.Options{Kubeconfig: clustertest.Kubeconfig(t), QPS: 1000, Burst: 1000})
	if err != nil {
		t.Fatal(err)
	}
	// The kind of the table tests, under a group that no other test uses.
	text, err := os.ReadFile("../../eval/conform/testdata/widgets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd map[string]any
	if err := yaml.Unmarshal(bytes.ReplaceAll(text, []byte("example.com"), []byte("conform.kopf.dev")), &crd); err != nil {
		t.Fatal(err)
	}
	if err := client.ApplyCRDs(t.Context(), []map[string]any{crd}); err != nil {
		t.Fatal(err)
	}
	kinds := schema.NewSet(schema.Builtin())
	if err := kinds.AddCRD(crd); err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	if err := yaml.Unmarshal([]byte(valid), &objects); err != nil {
		t.Fatal(err)
	}
	var refused, found, all int
	for _, object := range objects {
		t.Run(fmt.Sprint(object["kind"]), func(t *testing.T) {
			s := server{client: client, kinds: kinds}
			if why := s.refuses(t, object); why != "" {
				t.Fatalf("the API server refuses what is to be valid: %s", why)
			}
			if findings := s.finds(t, object); findings != "" {
				t.Errorf("found in what is valid:\n%s", findings)
			}
			for _, m := range changedObjects(object) {
				all++
				findings, why := s.finds(t, m.object), s.refuses(t, m.object)
				if why != "" {
					refused++
				}
				if findings != "" {
					found++
				}
				if findings != "" && why == "" && !m.odd {
					t.Errorf("%s: the API server takes it, and found is:\n%s", m.what, findings)
				}
				if findings == "" && why != "" && testing.Verbose() {
					t.Logf("%s: not found: %s", m.what, why)
				}
			}
		})
	}
	t.Logf("%d objects with a mistake: %d refused, %d found", all, refused, found)
	if found*100 < refused*80 {
		t.Errorf("of %d objects that the API server refuses, only %d are found", refused, found)
	}
}

type server struct {
	client *kube.Client
	kinds  *schema.Set
}

// finds are the errors in an object.
func (s server) finds(t *testing.T, object map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": "kopf.dev/v1alpha1", "kind": "Operator", "metadata": map[string]any{"name": "x"}, "spec": map[string]any{
		"handlers": []any{map[string]any{"id": "x", "on": "create", "resource": "pods", "do": []any{map[string]any{"create": map[string]any{"object": object}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	bundle, bad := spec.Parse([]spec.Source{{Name: "x", Text: text}})
	if bad.HasErrors() {
		t.Fatal(bad.Err())
	}
	v := bundle.Operators[0].Spec.Handlers[0].Do[0].Create.Object
	root := s.kinds.Type(schema.KindOf(fmt.Sprint(object["apiVersion"]), fmt.Sprint(object["kind"])))
	if root == nil {
		return "" // another mistake
	}
	w := conform.Writing{Kinds: s.kinds, Given: []string{"metadata"}, Texts: func(v *spec.Value) conform.Text {
		text, _ := v.String()
		return conform.Text{Constant: text, IsConstant: true}
	}}
	var lines []string
	for _, d := range w.Check(v, root, "object", v.Range) {
		if d.Severity == diag.Error {
			lines = append(lines, d.Detail)
		}
	}
	return strings.Join(lines, "\n")
}

// refuses is why the API server does not take an object as it is.
func (s server) refuses(t *testing.T, object map[string]any) string {
	t.Helper()
	resource, err := s.client.Discovery.ByKind(t.Context(), fmt.Sprint(object["apiVersion"]), fmt.Sprint(object["kind"]))
	if err != nil {
		return err.Error()
	}
	named := runtime.DeepCopyJSON(object)
	if strings.HasSuffix(resource.Kind, "Review") {
		named["metadata"] = map[string]any{} // nothing is made of them
	} else if meta, isMap := named["metadata"].(map[string]any); isMap || named["metadata"] == nil {
		if meta == nil {
			meta = map[string]any{"name": "conform"}
		}
		if resource.Namespaced {
			meta["namespace"] = "default"
		}
		named["metadata"] = meta
	}
	made := s.client.Dynamic.Resource(resource.GVR())
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
	if resource.Namespaced {
		_, err = made.Namespace("default").Create(context.Background(), &unstructured.Unstructured{Object: named}, options)
	} else {
		_, err = made.Create(context.Background(), &unstructured.Unstructured{Object: named}, options)
	}
	if err == nil || apierrors.IsAlreadyExists(err) {
		return ""
	}
	return err.Error()
}

// mutant is an object with one change.
type mutant struct {
	what   string
	object map[string]any
	// odd are those that the API server takes although its schema says otherwise:
	// lists in the place of some texts. And it does not look into embedded objects.
	odd bool
}

// zeroes are required fields of builtin kinds without which the API server takes an object
// that then says nothing.
var zeroes = []string{
	"PersistentVolumeClaim[spec dataSource]", "PersistentVolumeClaim[spec dataSource kind]", "LimitRange[spec]", "LimitRange[spec limits]",
	"Event[involvedObject]", "CSIDriver[spec]", "CSIDriver[spec tokenRequests 0 audience]",
}

// changedObjects are all of an object.
func changedObjects(object map[string]any) []mutant {
	var out []mutant
	var walk func(path []any, value any)
	change := func(what string, path []any, edit func(parent map[string]any, key string)) {
		copied := runtime.DeepCopyJSON(normal(object))
		var parent any = copied
		for _, segment := range path[:len(path)-1] {
			switch at := parent.(type) {
			case map[string]any:
				parent = at[segment.(string)]
			case []any:
				parent = at[segment.(int)]
			}
		}
		fields, isMap := parent.(map[string]any)
		if !isMap {
			return
		}
		edit(fields, path[len(path)-1].(string))
		_, isList := fields[path[len(path)-1].(string)].([]any)
		_, wasText := at(object, path).(string)
		odd := isList && wasText || what != "misspelt" && what != "with another" && slices.Contains(zeroes, fmt.Sprint(object["kind"], path)) ||
			what != "misspelt" && slices.Contains(path, any("httpHeaders")) && path[len(path)-1] == "value" || slices.Contains(path, any("template")) && object["kind"] == "Widget"
		out = append(out, mutant{fmt.Sprintf("%s %v", what, path), copied, odd})
	}
	walk = func(path []any, value any) {
		if len(path) > 0 && path[0] != "apiVersion" && path[0] != "kind" && path[0] != "metadata" {
			if _, isKey := path[len(path)-1].(string); isKey {
				change("without", path, func(parent map[string]any, key string) { delete(parent, key) })
				change("null", path, func(parent map[string]any, key string) { parent[key] = nil })
				change("misspelt", path, func(parent map[string]any, key string) { parent[key+"x"] = parent[key]; delete(parent, key) })
				change("with another", path, func(parent map[string]any, _ string) { parent["otherThing"] = "x" })
				for _, other := range []any{"text", "", int64(7), int64(-1), 1.5, int64(1 << 40), true, []any{}, []any{"a"}, []any{int64(1)}, map[string]any{}, map[string]any{"a": "b"}, map[string]any{"a": int64(1)}} {
					change(fmt.Sprintf("%T %v in", other, other), path, func(parent map[string]any, key string) { parent[key] = runtime.DeepCopyJSONValue(other) })
				}
			}
		}
		switch value := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				walk(append(slices.Clone(path), key), value[key])
			}
		case []any:
			for i, item := range value {
				walk(append(slices.Clone(path), i), item)
			}
		}
	}
	walk(nil, object)
	return out
}

// at is what stands at a path.
func at(value any, path []any) any {
	for _, segment := range path {
		switch in := value.(type) {
		case map[string]any:
			value = in[segment.(string)]
		case []any:
			value = in[segment.(int)]
		}
	}
	return value
}

// normal has the numbers of JSON as Kubernetes has them.
func normal(object map[string]any) map[string]any {
	var out map[string]any
	text, _ := json.Marshal(object)
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	_ = decoder.Decode(&out)
	return numbers(out).(map[string]any)
}

func numbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			value[key] = numbers(value[key])
		}
	case []any:
		for i := range value {
			value[i] = numbers(value[i])
		}
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		n, _ := value.Float64()
		return n
	}
	return value
}

// What is said to be dropped without a word, a real API server drops so: unknown fields of
// a status, and the status beside other fields.
func TestWhatIsDropped(t *testing.T) {
	client, err := kube.Connect(kube.Options{Kubeconfig: clustertest.Kubeconfig(t)})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.TrimPrefix(thingCRD, "---\n"), "example.com", "dropped.kopf.dev")
	var crds []map[string]any
	for _, one := range strings.Split(text, "---\n") {
		var crd map[string]any
		if err := yaml.Unmarshal([]byte(one), &crd); err != nil {
			t.Fatal(err)
		}
		crds = append(crds, crd)
	}
	if err := client.ApplyCRDs(t.Context(), crds); err != nil {
		t.Fatal(err)
	}
	resource, err := client.Discovery.ByKind(t.Context(), "dropped.kopf.dev/v1", "Thing")
	if err != nil {
		t.Fatal(err)
	}
	things := client.Dynamic.Resource(resource.GVR()).Namespace("default")
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "dropped.kopf.dev/v1", "kind": "Thing", "metadata": map[string]any{"generateName": "dropped-"},
		"spec": map[string]any{"size": int64(1)}, "status": map[string]any{"count": int64(1)},
	}}
	made, err := things.Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = things.Delete(context.Background(), made.GetName(), metav1.DeleteOptions{}) })
	if made.Object["status"] != nil {
		t.Errorf("a status was created: %v", made.Object["status"])
	}
	for _, tt := range []struct {
		patch, want string
		sub         []string
	}{
		{patch: `{"status": {"count": 1}}`, want: "null"},
		{patch: `{"status": {"cuont": 1, "free": {"x": 1}, "it": {"dune": true}}}`, sub: []string{"status"}, want: `{"free":{"x":1},"it":{}}`},
		{patch: `{"status": {"conditions": [{"type": "A", "status": "True", "message": "hello"}]}}`, sub: []string{"status"}, want: `{"conditions":[{"status":"True","type":"A"}],"free":{"x":1},"it":{}}`},
	} {
		patched, err := things.Patch(t.Context(), made.GetName(), types.MergePatchType, []byte(tt.patch), metav1.PatchOptions{}, tt.sub...)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(patched.Object["status"]); string(got) != tt.want {
			t.Errorf("%s makes %s, want %s", tt.patch, got, tt.want)
		}
	}
}
