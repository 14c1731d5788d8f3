package devcluster_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
)

var (
	namespaces  = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	accounts    = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	claims      = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	replicaSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	jobs        = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	roles       = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}
	crds        = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	webhooks    = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"}
)

// patience is for a machine that is busy with other tests.
const patience = time.Minute

// api is a cluster, and a namespace in it for one test.
type api struct {
	t   *testing.T
	cfg *rest.Config
	dynamic.Interface
	ns string
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := connect(t, clustertest.Kubeconfig(t))
	a.ns = a.create(namespaces, "", `{apiVersion: v1, kind: Namespace, metadata: {generateName: devcluster-}}`).GetName()
	t.Cleanup(func() {
		_ = a.Resource(namespaces).Delete(context.Background(), a.ns, metav1.DeleteOptions{})
	})
	return a
}

func connect(t *testing.T, kubeconfig string) *api {
	t.Helper()
	cfg, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	a := &api{t: t, cfg: cfg, ns: "default"}
	if a.Interface, err = dynamic.NewForConfig(cfg); err != nil {
		t.Fatal(err)
	}
	return a
}

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	return object
}

func (a *api) create(gvr schema.GroupVersionResource, ns, text string, subresources ...string) *unstructured.Unstructured {
	a.t.Helper()
	created, err := a.Resource(gvr).Namespace(ns).Create(a.t.Context(), parse(a.t, text), metav1.CreateOptions{}, subresources...)
	if err != nil {
		a.t.Fatal(err)
	}
	return created
}

// gone checks that an object does not exist.
func (a *api) gone(gvr schema.GroupVersionResource, ns, name string) error {
	_, err := a.Resource(gvr).Namespace(ns).Get(a.t.Context(), name, metav1.GetOptions{})
	if err == nil {
		return fmt.Errorf("%s %s is still there", gvr.Resource, name)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// owned returns the first object that another one controls.
func (a *api) owned(gvr schema.GroupVersionResource, owner string) *unstructured.Unstructured {
	a.t.Helper()
	var found *unstructured.Unstructured
	eventually(a.t, func() error {
		list, err := a.Resource(gvr).Namespace(a.ns).List(a.t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, item := range list.Items {
			if by := metav1.GetControllerOf(&item); by != nil && by.Name == owner {
				found = &item
				return nil
			}
		}
		return fmt.Errorf("none of %d %s belongs to %s", len(list.Items), gvr.Resource, owner)
	})
	return found
}

// eventually repeats a check until it passes.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %v", patience, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestVersion(t *testing.T) {
	client, err := discovery.NewDiscoveryClientForConfig(connect(t, clustertest.Kubeconfig(t)).cfg)
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if got.Major != "1" || got.Minor != "37" || !strings.HasPrefix(got.GitVersion, "v1.37.") {
		t.Errorf("got %+v", got)
	}
}

// What tests rely on is there from the first moment.
func TestReadyMeansPopulated(t *testing.T) {
	a := connect(t, clustertest.Kubeconfig(t))
	for gvr, name := range map[schema.GroupVersionResource]string{
		accounts: "default", configMaps: "kube-root-ca.crt",
	} {
		if _, err := a.Resource(gvr).Namespace("default").Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"cluster-admin", "admin", "edit", "view"} {
		if _, err := a.Resource(roles).Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	}
}

const podTemplate = `{metadata: {labels: {app: x}}, spec: {restartPolicy: %s, containers: [{name: c, image: x}]}}`

func TestDeploymentGetsPods(t *testing.T) {
	a := newAPI(t)
	a.create(deployments, a.ns, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2, selector: {matchLabels: {app: x}}, template: `+fmt.Sprintf(podTemplate, "Always")+`}`)
	set := a.owned(replicaSets, "web")
	pod := a.owned(pods, set.GetName())
	if account, _, _ := unstructured.NestedString(pod.Object, "spec", "serviceAccountName"); account != "default" {
		t.Errorf("the pod runs as %q", account)
	}
}

func TestJobGetsPod(t *testing.T) {
	a := newAPI(t)
	a.create(jobs, a.ns, `{apiVersion: batch/v1, kind: Job, metadata: {name: work}, spec: {template: `+fmt.Sprintf(podTemplate, "Never")+`}}`)
	a.owned(pods, "work")
}

func TestNamespaceVanishes(t *testing.T) {
	a := newAPI(t)
	a.create(configMaps, a.ns, `{apiVersion: v1, kind: ConfigMap, metadata: {name: inside}}`)
	if err := a.Resource(namespaces).Delete(t.Context(), a.ns, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return a.gone(namespaces, "", a.ns) })
}

func TestOwnedObjectIsCollected(t *testing.T) {
	a := newAPI(t)
	owner := a.create(configMaps, a.ns, `{apiVersion: v1, kind: ConfigMap, metadata: {name: owner}}`)
	a.create(configMaps, a.ns, fmt.Sprintf(`{apiVersion: v1, kind: ConfigMap, metadata: {name: child,
		ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: %s}]}}`, owner.GetUID()))
	if err := a.Resource(configMaps).Namespace(a.ns).Delete(t.Context(), "owner", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return a.gone(configMaps, a.ns, "child") })
}

// A claim is protected while pods use it, by a finalizer that somebody must remove.
func TestClaimCanBeDeleted(t *testing.T) {
	a := newAPI(t)
	a.create(claims, a.ns, `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data},
		spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}`)
	if err := a.Resource(claims).Namespace(a.ns).Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return a.gone(claims, a.ns, "data") })
}

func TestUnprivilegedIsDenied(t *testing.T) {
	a := newAPI(t)
	a.create(accounts, a.ns, `{apiVersion: v1, kind: ServiceAccount, metadata: {name: nobody}}`)
	// A token request names the account in its path.
	answer, err := a.Resource(accounts).Namespace(a.ns).Create(t.Context(), parse(t,
		`{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, metadata: {name: nobody}, spec: {}}`), metav1.CreateOptions{}, "token")
	if err != nil {
		t.Fatal(err)
	}
	token, _, _ := unstructured.NestedString(answer.Object, "status", "token")
	cfg := rest.AnonymousClientConfig(a.cfg)
	cfg.BearerToken = token
	nobody, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = nobody.Resource(configMaps).Namespace(a.ns).List(t.Context(), metav1.ListOptions{})
	want := fmt.Sprintf(`User "system:serviceaccount:%s:nobody" cannot list resource "configmaps"`, a.ns)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	cfg.BearerToken = ""
	stranger, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = stranger.Resource(configMaps).Namespace(a.ns).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		t.Errorf("without credentials: %v", err)
	}
}

func TestCustomResource(t *testing.T) {
	a := newAPI(t)
	group := a.ns + ".example.com" // of this test alone
	name := "things." + group
	a.create(crds, "", fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %s}
spec:
  group: %s
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}
`, name, group))
	t.Cleanup(func() { _ = a.Resource(crds).Delete(context.Background(), name, metav1.DeleteOptions{}) })
	things := a.Resource(schema.GroupVersionResource{Group: group, Version: "v1", Resource: "things"}).Namespace(a.ns)
	eventually(t, func() error {
		_, err := things.Create(t.Context(), parse(t, fmt.Sprintf(`{apiVersion: %s/v1, kind: Thing, metadata: {name: one}, spec: {size: 1}}`, group)), metav1.CreateOptions{})
		return err
	})
	_, err := things.Create(t.Context(), parse(t, fmt.Sprintf(`{apiVersion: %s/v1, kind: Thing, metadata: {name: two}, spec: {size: big}}`, group)), metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) {
		t.Errorf("got %v, want it to be invalid", err)
	}
}

func TestWebhookOnLoopback(t *testing.T) {
	a := newAPI(t)
	hook := httptest.NewTLSServer(http.HandlerFunc(deny))
	defer hook.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw})
	a.create(webhooks, "", fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: %[1]s}
webhooks:
- name: deny.example.com
  clientConfig: {url: "%[2]s/deny", caBundle: %[3]s}
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %[1]s}}
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]
  admissionReviewVersions: [v1]
  sideEffects: None
`, a.ns, hook.URL, base64.StdEncoding.EncodeToString(ca)))
	t.Cleanup(func() { _ = a.Resource(webhooks).Delete(context.Background(), a.ns, metav1.DeleteOptions{}) })
	eventually(t, func() error { // it takes a moment until a webhook is in use
		_, err := a.Resource(configMaps).Namespace(a.ns).Create(t.Context(),
			parse(t, `{apiVersion: v1, kind: ConfigMap, metadata: {generateName: x-}}`), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil {
			return errors.New("the webhook was not asked")
		}
		if !strings.Contains(err.Error(), "the hook says no") {
			return err
		}
		return nil
	})
}

// deny is a webhook that allows nothing.
func deny(w http.ResponseWriter, r *http.Request) {
	var review struct {
		Request struct {
			UID string `json:"uid"`
		} `json:"request"`
	}
	_ = json.NewDecoder(r.Body).Decode(&review)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"response": map[string]any{
			"uid": review.Request.UID, "allowed": false,
			"status": map[string]any{"message": "the hook says no"},
		},
	})
}
