package actions_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPatchOthers(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}, spec: {replicas: 1}`)
	w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: "1", b: "1"}}`)
	a := w.must(parent, `
		- name: merged
		  patch: {target: {resource: configmaps, name: "${'oth' + 'er'}"}, merge: {data: {a: "2", b: null}}}
		- patch: {target: {apiVersion: v1, kind: ConfigMap, name: other}, json: [{op: test, path: /data/a, value: "2"}, {op: add, path: /data/c, value: "3"}]}
		- patch: {target: {resource: v1/configmaps, name: other, namespace: "${meta.namespace}"}, apply: {data: {d: "4"}}}
		- patch: {target: {resource: splits.actions.kopf.dev, name: "${name}"}, subresource: scale, merge: {spec: {replicas: 3}}}
		`)
	wantJSON(t, "data", field(w.configMap("other"), "data"), `{"a":"2","c":"3","d":"4"}`)
	wantJSON(t, "result", a.Steps["merged"].(map[string]any)["data"], `{"a":"2"}`)
	wantJSON(t, "replicas", field(w.read(testGroup+"/v1", "splits", w.namespace, "mum"), "spec", "replicas"), "3")
	managers := map[string]bool{}
	for _, entry := range w.configMap("other").GetManagedFields() {
		managers[entry.Manager+" "+string(entry.Operation)] = true
	}
	if !managers["tester Apply"] || !managers["tester Update"] {
		t.Errorf("field managers: %v", managers)
	}

	for _, c := range []struct{ name, patch, kind, text string }{
		{"missing", `{target: {resource: configmaps, name: none}, merge: {data: {}}}`, "arbitrary", `cannot patch configmaps "none" in namespace "` + w.namespace + `"`},
		{"missing, applied", `{target: {resource: configmaps, name: none}, apply: {data: {a: b}}}`, "arbitrary", "not found"},
		{"a failed test", `{target: {resource: configmaps, name: other}, json: [{op: test, path: /data/a, value: "9"}]}`, "arbitrary", "a test of the JSON patch failed"},
		{"invalid", `{target: {resource: configmaps, name: other}, merge: {data: {"no key": x}}}`, "permanent", "is invalid"},
		{"empty name", `{target: {resource: configmaps, name: "${''}"}, merge: {}}`, "permanent", "empty name"},
		{"unknown resource", `{target: {resource: nonesuches, name: x}, merge: {}}`, "arbitrary", "nonesuches"},
		{"not forced", `{target: {resource: configmaps, name: other}, force: false, apply: {data: {a: "7"}}}`, "arbitrary", "conflict"},
	} {
		t.Run(c.name, func(t *testing.T) { failsWith(t, w.run(parent, "- patch: "+c.patch), c.kind, c.text) })
	}
	if w.configMap("none") != nil {
		t.Error("apply has created its target")
	}
}

func TestPatchTheObjectItself(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{"Split", "Plain"} {
		t.Run(kind, func(t *testing.T) {
			parent := w.parent(kind, `metadata: {name: mum}, spec: {a: 1, list: [x]}, status: {old: 1}`)
			a := w.must(parent, `
				- patch: {merge: {metadata: {labels: {l: v}}, spec: {a: 2}, status: {s: 1}}}
				- patch: {json: [{op: add, path: /spec/list/-, value: y}]}
				- status: {t: 2}
				- patch: {subresource: status, json: [{op: add, path: /status/u, value: 3}, {op: add, path: /spec/ignored, value: 3}]}
				- condition: {type: Ready, status: true}
				- patch: {target: {resource: `+plurals[kind]+`.actions.kopf.dev, name: "${name}"}, merge: {spec: {named: true}}}
				`)
			if unchanged := w.read(testGroup+"/v1", plurals[kind], w.namespace, "mum"); unchanged.GetResourceVersion() != parent.GetResourceVersion() {
				t.Error("a request was made at once")
			}
			answer := w.write(a)
			wantJSON(t, "spec", field(answer, "spec"), `{"a":2,"list":["x","y"],"named":true}`)
			wantJSON(t, "labels", field(answer, "metadata", "labels"), `{"l":"v"}`)
			status, _ := field(answer, "status").(map[string]any)
			delete(status, "old")
			wantJSON(t, "status", status, `{"s":1,"t":2,"u":3,"conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"",
				"observedGeneration":1,"lastTransitionTime":"2026-11-24T01:00:00Z"}]}`)

			again := w.must(answer, `
				- patch: {merge: {spec: {a: 2}}}
				- status: {t: 2}
				`)
			main, _ := again.Own.Main()
			status, _ = again.Own.Status()
			if len(main)+len(status) > 0 {
				t.Errorf("what is there already is written again: %v, %v", main, status)
			}
		})
	}
}

var plurals = map[string]string{"Split": "splits", "Plain": "plains"}

func TestApplyToTheObjectItself(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}, spec: {a: 1}`)
	a := w.must(parent, `
		- patch: {merge: {spec: {b: 1}}}
		- name: applied
		  patch: {apply: {spec: {c: 1}}}
		- patch: {subresource: status, apply: {status: {s: 1}}}
		- patch: {json: [{op: test, path: /spec/c, value: 1}, {op: add, path: /spec/d, value: 1}]}
		`)
	answer := w.write(a)
	wantJSON(t, "spec", field(answer, "spec"), `{"a":1,"b":1,"c":1,"d":1}`)
	wantJSON(t, "status", field(answer, "status"), `{"s":1}`)

	gone := parent.DeepCopy()
	gone.SetUID("another")
	failsWith(t, w.run(gone, `- patch: {apply: {spec: {c: 2}}}`), "permanent", "metadata.uid")
}

func TestGet(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: "1"}}`)
	const steps = `
		- {name: one, get: {target: {resource: configmaps, name: other}}}
		- {name: none, get: {target: {apiVersion: v1, kind: ConfigMap, name: none}}}
		- {name: space, get: {target: {resource: namespaces, name: "${meta.namespace}", namespace: ignored}}}
		- status: {a: "${steps.one.data.a}"}
		`
	a := w.must(parent, steps)
	status, _ := a.Own.Status()
	wantJSON(t, "status", status, `{"status":{"a":"1"}}`)
	wantJSON(t, "reads", a.reads, `["configmaps/`+w.namespace+`/other","configmaps/`+w.namespace+`/none","namespaces//`+w.namespace+`"]`)
	if a.Steps["none"] != nil || metaOf(a.Steps["space"])["name"] != w.namespace || metaOf(a.Steps["one"])["managedFields"] != nil {
		t.Errorf("results: %v", a.Steps)
	}
	if reads := compile(t, steps).Needs().Reads; len(reads) != 2 {
		t.Errorf("%d static reads, want 2", len(reads))
	}
	failsWith(t, w.run(parent, `- get: {target: {resource: configmaps, name: none}, ifMissing: fail}`), "arbitrary", `cannot get configmaps "none"`)
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum, finalizers: [kopf.dev/test]}`)
	other := w.make("", `{apiVersion: v1, kind: Namespace, metadata: {generateName: actions-}}`).GetName()
	for _, name := range []string{"one", "two", "three"} {
		w.make(w.namespace, `{apiVersion: v1, kind: ConfigMap, metadata: {name: `+name+`, labels: {app: web, number: `+name+`}}}`)
	}
	w.make(other, `{apiVersion: v1, kind: ConfigMap, metadata: {name: far, labels: {app: `+w.namespace+`}}}`)

	a := w.must(parent, `
		- {name: one, delete: {target: {resource: configmaps, name: one}, propagation: Foreground}}
		- {name: again, delete: {target: {resource: configmaps, name: none}}}
		- {name: web, delete: {resource: configmaps, labels: {app: "${'w' + 'eb'}", number: two}}}
		- {name: far, delete: {resource: configmaps, labels: {app: "${meta.namespace}"}, namespace: "*"}}
		- {name: none, delete: {resource: configmaps, labels: {app: none}}}
		`)
	for name, want := range map[string]string{
		"one":   `{"apiVersion":"v1","kind":"ConfigMap","namespace":"` + w.namespace + `","name":"one"}`,
		"again": `null`,
		"web":   `[{"apiVersion":"v1","kind":"ConfigMap","namespace":"` + w.namespace + `","name":"two"}]`,
		"far":   `[{"apiVersion":"v1","kind":"ConfigMap","namespace":"` + other + `","name":"far"}]`,
		"none":  `[]`,
	} {
		wantJSON(t, name, a.Steps[name], want)
	}
	if w.configMap("two") != nil || w.configMap("three") == nil || w.read("v1", "configmaps", other, "far") != nil {
		t.Error("the wrong ones are gone")
	}

	failsWith(t, w.run(parent, `- delete: {target: {resource: configmaps, name: none}, ifMissing: fail}`), "arbitrary", `cannot delete configmaps "none"`)
	failsWith(t, w.run(parent, `- delete: {resource: configmaps, labels: {app: none}, ifMissing: fail}`), "arbitrary", "none has the labels app=none")
	failsWith(t, w.run(parent, `- delete: {resource: configmaps, labels: {app: "${omit()}"}}`), "permanent", "no value to select by")
	failsWith(t, w.run(parent, `- delete: {resource: configmaps, labels: {app: "no/label/value"}}`), "permanent", "cannot be selected by")
	if w.configMap("three") == nil {
		t.Error("a failed delete has deleted")
	}
	if err := w.client.Dynamic.Resource(gvr("v1", "namespaces")).Delete(t.Context(), other, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func TestDeleteTheObjectItself(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}`)
	successor := parent.DeepCopy()
	successor.SetUID("another")
	if a := w.must(successor, `- {name: it, delete: {}}`); a.Steps["it"] != nil {
		t.Errorf("a successor of the object was deleted: %v", a.Steps["it"])
	}
	w.must(parent, `- delete:`)
	if w.read(testGroup+"/v1", "splits", w.namespace, "mum") != nil {
		t.Error("it is still there")
	}
	w.must(parent, `- delete: {}`)
	failsWith(t, w.run(parent, `- delete: {ifMissing: fail}`), "arbitrary", "cannot delete splits")
}

// A cluster-scoped object has no namespace to be the default: nothing must be
// deleted in all of them by accident.
func TestDeleteByAClusterScopedParent(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Wide", `metadata: {generateName: wide-}`)
	failsWith(t, w.run(parent, `- delete: {resource: configmaps, labels: {app: none}}`), "permanent", "needs a namespace")
	failsWith(t, w.run(parent, `- get: {target: {resource: configmaps, name: x}}`), "permanent", "has no namespace")
	w.must(parent, `- delete: {}`)
}
