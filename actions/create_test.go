package actions_test

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

const mark = "tester.kopf.dev/created-by"

func TestCreateAdopts(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum, labels: {app: web, tier: a}}`)
	a := w.must(parent, `
		- name: made
		  create:
		    object:
		      apiVersion: v1
		      kind: ConfigMap
		      metadata: {name: child, labels: {tier: own}}
		      data: {n: "${string(1 + 1)}"}
		`)
	child := w.configMap("child")
	wantJSON(t, "data", field(child, "data"), `{"n":"2"}`)
	wantJSON(t, "labels", field(child, "metadata", "labels"), `{"app":"web","tier":"own"}`)
	wantJSON(t, "owners", field(child, "metadata", "ownerReferences"), `[{"apiVersion":"actions.kopf.dev/v1","kind":"Split",
		"name":"mum","uid":"`+string(parent.GetUID())+`","controller":true,"blockOwnerDeletion":true}]`)
	result, _ := a.Steps["made"].(map[string]any)
	if result == nil || (&unstructured.Unstructured{Object: result}).GetUID() != child.GetUID() {
		t.Errorf("the result is %v", a.Steps["made"])
	}
	if result["metadata"].(map[string]any)["managedFields"] != nil {
		t.Error("the result has managedFields")
	}
	if len(a.held) > 0 || child.GetAnnotations()[mark] == "" {
		t.Errorf("finalizer for %v, mark %q", a.held, child.GetAnnotations()[mark])
	}
}

func TestCreateWithoutAdoption(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum, labels: {app: web}}`)
	w.must(parent, `
		- create: {adopt: false, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}
		- create: {adopt: {owner: false, labels: {a: "${name}"}}, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: other}}}
		`)
	child, other := w.configMap("child"), w.configMap("other")
	if child == nil || len(child.GetOwnerReferences()) > 0 || len(child.GetLabels()) > 0 {
		t.Errorf("child: %v", field(child, "metadata"))
	}
	wantJSON(t, "labels", field(other, "metadata", "labels"), `{"a":"mum"}`)
	if len(other.GetOwnerReferences()) > 0 {
		t.Error("other has an owner")
	}
}

// A crash between the answer of the API and the record of it, or a retry, runs
// the step again.
func TestCreateAgainInTheSameCycle(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}, spec: {list: [a, b, a], map: {x: 1}}`)
	const steps = `
		- {name: plain, create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}}
		- {name: derived, create: {object: {apiVersion: v1, kind: ConfigMap}}}
		- {name: twin, create: {object: {apiVersion: v1, kind: ConfigMap}}}
		- {name: begun, create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {generateName: begun-}}}}
		- {name: each, forEach: spec.list, create: {object: {apiVersion: v1, kind: ConfigMap}}}
		- {name: keys, forEach: spec.map, create: {object: {apiVersion: v1, kind: ConfigMap}}}
		- {name: several, create: {objects: [{apiVersion: v1, kind: ConfigMap}, {apiVersion: v1, kind: ConfigMap}]}}
		`
	first := w.must(parent, steps)
	second := w.must(parent, steps)
	wantSame(t, second.Steps, first.Steps)
	const children = 10
	if n := w.count("configmaps"); n != children {
		t.Errorf("%d children, want %d", n, children)
	}
	name := metaOf(first.Steps["derived"])["name"].(string)
	if !strings.HasPrefix(name, "mum-") || !strings.HasPrefix(metaOf(first.Steps["begun"])["name"].(string), "begun-") {
		t.Errorf("derived names: %v", name)
	}

	failsWith(t, w.run(parent, `
		- {name: plain, create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}}
		- {name: double, create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}}
		`), "permanent", "another step of this handler has just done so")
	upgraded := w.must(parent, "- log: a step that was not there before\n- {name: new, create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}}")
	if metaOf(upgraded.Steps["new"])["uid"] != metaOf(first.Steps["plain"])["uid"] {
		t.Error("a child made by an older version of the operator is not kept")
	}

	third := w.must(parent, steps, cycle("c2"))
	if metaOf(third.Steps["plain"])["uid"] != metaOf(first.Steps["plain"])["uid"] {
		t.Error("a named child of an earlier cycle is not kept")
	}
	if n := w.count("configmaps"); n != 2*children-1 {
		t.Errorf("%d children after another cycle, want %d", n, 2*children-1)
	}
}

func metaOf(object any) map[string]any {
	fields, _ := object.(map[string]any)
	meta, _ := fields["metadata"].(map[string]any)
	return meta
}

func wantSame(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name := range want {
		if a, b := metaOf(got[name]), metaOf(want[name]); a["uid"] != b["uid"] {
			t.Errorf("%s: %v is not %v", name, a["name"], b["name"])
		}
	}
}

// count counts the objects that the tests made.
func (w *world) count(plural string) int {
	w.Helper()
	list, err := w.client.Dynamic.Resource(gvr("v1", plural)).Namespace(w.namespace).List(w.Context(), metav1.ListOptions{})
	if err != nil {
		w.Fatal(err)
	}
	n := 0
	for _, item := range list.Items {
		if item.GetAnnotations()[mark] != "" {
			n++
		}
	}
	return n
}

func TestCreateWhatExists(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	const step = `- {name: made, create: {%s object: {apiVersion: v1, kind: ConfigMap, metadata: {name: theirs, labels: {l: new}}, data: {d: new}}}}`
	with := func(option string) string { return strings.Replace(step, "%s", option, 1) }
	theirs := w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, data: {d: old, gone: x},
		metadata: {name: theirs, labels: {l: old, kept: x}, annotations: {kept: x}, finalizers: [kopf.dev/test]}}`)
	t.Cleanup(func() { w.release("theirs") })

	failsWith(t, w.run(parent, with("")), "permanent", `cannot create configmaps "theirs" in namespace "`+w.namespace+`": it exists`)
	failsWith(t, w.run(parent, with("ifExists: fail,")), "permanent", "it exists")

	a := w.must(parent, with("ifExists: keep,"))
	if metaOf(a.Steps["made"])["resourceVersion"] != theirs.GetResourceVersion() {
		t.Error("keep has changed the object")
	}

	a = w.must(parent, with("ifExists: replace,"))
	replaced := w.configMap("theirs")
	wantJSON(t, "data", field(replaced, "data"), `{"d":"new"}`)
	wantJSON(t, "labels", field(replaced, "metadata", "labels"), `{"l":"new","kept":"x"}`)
	if replaced.GetUID() != theirs.GetUID() || replaced.GetAnnotations()["kept"] != "x" || len(replaced.GetFinalizers()) != 1 ||
		len(replaced.GetOwnerReferences()) != 1 || metaOf(a.Steps["made"])["resourceVersion"] != replaced.GetResourceVersion() {
		t.Errorf("replaced: %v", field(replaced, "metadata"))
	}

	// Now it is this step's own: a repeat in this cycle leaves it alone, one in
	// another cycle does not.
	w.merge("configmaps", "theirs", `{data: {d: changed}}`)
	w.must(parent, with("ifExists: replace,"))
	wantJSON(t, "data after a repeat", field(w.configMap("theirs"), "data"), `{"d":"changed"}`)
	w.must(parent, strings.Replace(with("ifExists: replace,"), "d: new", "d: newer", 1))
	wantJSON(t, "data of another template", field(w.configMap("theirs"), "data"), `{"d":"newer"}`)
	w.merge("configmaps", "theirs", `{data: {d: changed}}`)
	w.must(parent, with("ifExists: replace,"), cycle("c2"))
	wantJSON(t, "data in another cycle", field(w.configMap("theirs"), "data"), `{"d":"new"}`)
	w.must(parent, with(""), cycle("c3"))
}

// merge changes an object behind the operator's back.
func (w *world) merge(plural, name, merge string) *unstructured.Unstructured {
	w.Helper()
	u, err := w.client.Dynamic.Resource(gvr("v1", plural)).Namespace(w.namespace).
		Patch(w.Context(), name, "application/merge-patch+json", jsonOf(w.T, merge), metav1.PatchOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// release takes the finalizers off a ConfigMap, so that it can go.
func (w *world) release(name string) {
	_, err := w.client.Dynamic.Resource(gvr("v1", "configmaps")).Namespace(w.namespace).
		Patch(context.Background(), name, "application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	if err != nil {
		w.Log(err)
	}
}

func TestCreateWhatIsLeaving(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	const step = `- create: {ifExists: keep, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}}`
	w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, metadata: {name: going, finalizers: [kopf.dev/test]}}`)
	if err := w.client.Dynamic.Resource(gvr("v1", "configmaps")).Namespace(w.namespace).Delete(t.Context(), "going", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	failsWith(t, w.run(parent, strings.Replace(step, "%s", "going", 1)), "temporary", "is being deleted")
	w.release("going")
	w.must(parent, strings.Replace(step, "%s", "going", 1))
}

// The child of a deleted object may still be there when its successor of the
// same name is handled.
func TestCreateAfterAPredecessor(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	predecessor := parent.DeepCopy()
	const step = `- create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child, finalizers: [kopf.dev/test]}}}`
	w.must(predecessor, step)
	t.Cleanup(func() { w.release("child") })
	client := w.client.Dynamic.Resource(gvr(testGroup+"/v1", "splits")).Namespace(w.namespace)
	orphan := metav1.DeletePropagationBackground
	if err := client.Delete(t.Context(), "mum", metav1.DeleteOptions{PropagationPolicy: &orphan}); err != nil {
		t.Fatal(err)
	}
	parent = w.parent("Split", `metadata: {name: mum}`)
	failsWith(t, w.run(parent, step), "temporary", "is being deleted")
}

func TestCreateLosesRaces(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, metadata: {name: child}}`)
	var changes int
	w.beforePuts(2, func() {
		changes++
		w.merge("configmaps", "child", `{data: {n: "`+strings.Repeat("x", changes)+`"}}`)
	})
	a := w.must(parent, `- {name: made, create: {ifExists: replace, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}, data: {d: new}}}}`)
	wantJSON(t, "data", field(w.configMap("child"), "data"), `{"d":"new"}`)
	if changes != 2 || a.Steps["made"] == nil {
		t.Errorf("%d changes in between", changes)
	}
}

func TestCreateOutsideOfTheNamespace(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum, labels: {app: web, tester.kopf.dev/parent-uid: grandmother}}`)
	other := w.make("", `{apiVersion: v1, kind: Namespace, metadata: {generateName: actions-}}`).GetName()
	t.Cleanup(func() {
		_ = w.client.Dynamic.Resource(gvr("v1", "namespaces")).Delete(context.Background(), other, metav1.DeleteOptions{})
	})
	a := w.must(parent, `
		- create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child, namespace: `+other+`}}}
		- create: {object: {apiVersion: actions.kopf.dev/v1, kind: Wide, metadata: {name: "`+other+`", namespace: ignored}}}
		`)
	wide := w.read(testGroup+"/v1", "wides", "", other)
	t.Cleanup(func() {
		_ = w.client.Dynamic.Resource(gvr(testGroup+"/v1", "wides")).Delete(context.Background(), other, metav1.DeleteOptions{})
	})
	for _, child := range []*unstructured.Unstructured{w.read("v1", "configmaps", other, "child"), wide} {
		if child == nil || len(child.GetOwnerReferences()) > 0 {
			t.Fatalf("child: %v", child)
		}
		wantJSON(t, "labels", field(child, "metadata", "labels"), `{"app":"web","tester.kopf.dev/parent-uid":"`+string(parent.GetUID())+
			`","tester.kopf.dev/parent-namespace":"`+w.namespace+`","tester.kopf.dev/parent-name":"mum"}`)
		if actions.TrackedParent("tester.kopf.dev", child.Object) != string(parent.GetUID()) {
			t.Error("the parent is not recognized")
		}
	}
	wantJSON(t, "finalizers held for", a.held, `["`+other+`/configmaps","/wides"]`)
	found, err := w.client.Dynamic.Resource(gvr("v1", "configmaps")).Namespace(other).
		List(t.Context(), metav1.ListOptions{LabelSelector: actions.TrackingSelector("tester.kopf.dev", string(parent.GetUID()))})
	if err != nil || len(found.Items) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
}

// A parent that cannot be held must not get such children.
func TestCreateOutsideNeedsTheFinalizer(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	a := w.run(parent, `- create: {object: {apiVersion: actions.kopf.dev/v1, kind: Wide, metadata: {name: "${meta.namespace}"}}}`,
		func(r *actions.Run) {
			r.HoldFinalizer = func(context.Context, kube.Resource, string) error { return context.DeadlineExceeded }
		})
	failsWith(t, a, "arbitrary", "deadline exceeded")
	if w.read(testGroup+"/v1", "wides", "", w.namespace) != nil {
		t.Error("the child was made all the same")
	}
}

func TestCreateByAClusterScopedParent(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Wide", `metadata: {generateName: wide-}`)
	t.Cleanup(func() {
		_ = w.client.Dynamic.Resource(gvr(testGroup+"/v1", "wides")).Delete(context.Background(), parent.GetName(), metav1.DeleteOptions{})
	})
	failsWith(t, w.run(parent, `- create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}`),
		"permanent", "needs a metadata.namespace")
	a := w.must(parent, `- create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child, namespace: `+w.namespace+`}}}`)
	if child := w.configMap("child"); len(child.GetOwnerReferences()) != 1 || len(a.held) > 0 {
		t.Errorf("child: %v, held: %v", field(child, "metadata"), a.held)
	}
}

func TestCreateErrors(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	for _, c := range []struct{ name, object, kind, text string }{
		{"422", `{apiVersion: v1, kind: ConfigMap, metadata: {name: Wrong_Name}}`, "permanent", `cannot create configmaps "Wrong_Name" in namespace "` + w.namespace + `": ConfigMap "Wrong_Name" is invalid`},
		{"400", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: text}`, "permanent", "cannot create configmaps"},
		{"no such namespace", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: actions-none}}`, "arbitrary", "not found"},
		{"no such kind", `{apiVersion: v1, kind: ConfigMops, metadata: {name: x}}`, "arbitrary", "ConfigMops"},
		{"no kind", `"${ {'apiVersion': 'v1'} }"`, "permanent", "needs apiVersion and kind"},
		{"no map", `"${spec}"`, "permanent", "needs apiVersion and kind"},
		{"bad metadata", `"${ {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': 1} }"`, "permanent", "metadata must be a map"},
		{"second controller", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x, ownerReferences: [{apiVersion: v1, kind: Pod, name: p, uid: u, controller: true}]}}`,
			"permanent", "has a controller already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			failsWith(t, w.run(parent, "- create: {object: "+c.object+"}"), c.kind, c.text)
		})
	}
	t.Run("second controller on an existing one", func(t *testing.T) {
		stranger := w.parent("Split", `metadata: {name: stranger}`)
		w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, metadata: {name: owned, ownerReferences: [
 {apiVersion: actions.kopf.dev/v1, kind: Split, name: stranger, uid: `+string(stranger.GetUID())+`, controller: true}]}}`)
		const step = `- create: {ifExists: replace, adopt: {forced: %s}, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: owned}}}`
		failsWith(t, w.run(parent, strings.Replace(step, "%s", "false", 1)), "permanent", `the Split "stranger"`)
		w.must(parent, strings.Replace(step, "%s", "true", 1))
		if owners := w.configMap("owned").GetOwnerReferences(); len(owners) != 2 || *owners[0].Controller || !*owners[1].Controller {
			t.Errorf("owners: %v", owners)
		}
	})
}

// The data of a Secret must not come back in an error.
func TestErrorsKeepSecrets(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	for _, secret := range []string{
		`{metadata: {name: x}, data: {k: "${'hush' + '!'}"}}`,
		`{metadata: {name: x}, data: {k: ["${'hush' + '!'}"]}}`,
		`{metadata: {name: x}, stringData: {k: {hush: 1}}}`,
		`{metadata: {name: X}, stringData: {k: "${'hush' + '!'}"}}`,
		`{metadata: {name: x}, type: kubernetes.io/tls, stringData: {k: "${'hush' + '!'}"}}`,
	} {
		a := w.run(parent, "- create: {object: {apiVersion: v1, kind: Secret, "+secret[1:]+"}")
		failsWith(t, a, "permanent", "cannot create secrets")
		if strings.Contains(a.err.Error(), "hush") {
			t.Errorf("the error shows the data: %s", a.err)
		}
	}
}

// Reviews are answered and not stored: they accept no metadata.
func TestCreateAReview(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	a := w.must(parent, `
		- name: may
		  create:
		    adopt: false
		    object:
		      apiVersion: authorization.k8s.io/v1
		      kind: SelfSubjectAccessReview
		      spec: {resourceAttributes: {verb: get, resource: pods, namespace: "${meta.namespace}"}}
		`)
	review, _ := a.Steps["may"].(map[string]any)
	wantJSON(t, "allowed", field(&unstructured.Unstructured{Object: review}, "status", "allowed"), "true")
}
