package runtime_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// TestAdoptedChildren: children belong to their parent in every way, and the
// cluster's own garbage collector takes them away with it.
func TestAdoptedChildren(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: parent}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: plain, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, data: {is: plain}}}}]}
    - {id: strict, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: Secret, stringData: {is: strict}}, adopt: {name: strict}}}]}
    - {id: prefix, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: overridden}, data: {is: prefix}}, adopt: {name: prefix, forced: true}}}]}
    - {id: keep, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: kept}, data: {is: keep}}}}]}
    - {id: generated, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {generateName: gen-}, data: {is: generated}}}}]}
    - {id: orphan, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: orphan}, data: {is: orphan}}, adopt: false}}]}
    - {id: loose, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: loose}, data: {is: loose}}, adopt: {controller: false, blockOwnerDeletion: false, labels: {only: "${name}"}}}}]}
    - {id: unowned, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: unowned}, data: {is: unowned}}, adopt: {owner: false, labels: false}}}]}
    - {id: nested, on: create, resource: w, do: [{create: {object: {apiVersion: test.kopf.dev/v1, kind: Gadget, metadata: {name: nested, labels: {app: own}}, spec: {template: {metadata: {labels: {own: "yes"}}}, list: [{}, {}]}}, adopt: {nested: [spec.template, spec.list]}}}]}
    - {id: several, on: create, resource: w, do: [{create: {objects: [{apiVersion: v1, kind: ConfigMap, data: {is: several}}, {apiVersion: v1, kind: ConfigMap, data: {is: several}}]}}]}
    - {id: each, on: create, resource: w, do: [{forEach: "['a', 'b']", create: {object: {apiVersion: v1, kind: ConfigMap, data: {is: each, item: "${item}"}}}}]}
`)
	one := w.create(widgets, `{metadata: {name: one, labels: {app: web, tier: front}}, spec: {}}`)
	w.handled(widgets, "one", "parent.kopf.dev")
	byRole := map[string][]map[string]any{}
	for _, u := range w.list(configMaps) {
		is := fmt.Sprint(at(u.Object, "data.is"))
		byRole[is] = append(byRole[is], u.Object)
	}
	owner := func(controller, block bool) any {
		return []any{map[string]any{"apiVersion": "test.kopf.dev/v1", "kind": "Widget", "name": "one", "uid": string(one.GetUID()), "controller": controller, "blockOwnerDeletion": block}}
	}
	inherited := map[string]any{"app": "web", "tier": "front"}
	for is, want := range map[string]struct {
		count  int
		name   string
		owners any
		labels any
	}{
		"plain":     {1, `one-[0-9a-v]{10}`, owner(true, true), inherited},
		"prefix":    {1, `one-[0-9a-v]{10}`, owner(true, true), inherited},
		"keep":      {1, `kept`, owner(true, true), inherited},
		"generated": {1, `gen-[0-9a-v]{10}`, owner(true, true), inherited},
		"orphan":    {1, `orphan`, nil, nil},
		"loose":     {1, `loose`, owner(false, false), map[string]any{"only": "one"}},
		"unowned":   {1, `unowned`, nil, nil},
		"several":   {2, `one-[0-9a-v]{10}`, owner(true, true), inherited},
		"each":      {2, `one-[0-9a-v]{10}`, owner(true, true), inherited},
	} {
		if len(byRole[is]) != want.count {
			t.Errorf("%s: %d objects", is, len(byRole[is]))
		}
		for _, child := range byRole[is] {
			if name := fmt.Sprint(at(child, "metadata.name")); !regexp.MustCompile("^" + want.name + "$").MatchString(name) {
				t.Errorf("%s: the name %s", is, name)
			}
			if owners := at(child, "metadata.ownerReferences"); fmt.Sprint(owners) != fmt.Sprint(want.owners) {
				t.Errorf("%s: the owners %v", is, owners)
			}
			if labels := at(child, "metadata.labels"); fmt.Sprint(labels) != fmt.Sprint(want.labels) {
				t.Errorf("%s: the labels %v", is, labels)
			}
		}
	}
	if w.get(secrets, "one") == nil {
		t.Error("no child with the strict name")
	}
	nested := w.get(gadgets, "nested")
	for path, want := range map[string]any{
		"metadata.labels":               map[string]any{"app": "own", "tier": "front"},
		"spec.template.metadata.labels": map[string]any{"own": "yes", "app": "web", "tier": "front"},
	} {
		if got := at(nested, path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("nested: %s: %v", path, got)
		}
	}
	for _, item := range at(nested, "spec.list").([]any) {
		if labels := at(item.(map[string]any), "metadata.labels"); fmt.Sprint(labels) != fmt.Sprint(inherited) {
			t.Errorf("nested: a list's item: %v", labels)
		}
	}

	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	w.eventually("the children are collected", func() (any, bool) {
		left := names(w.list(configMaps))
		return left, left == "orphan unowned"
	})
	w.vanishes(secrets, "one")
	w.vanishes(gadgets, "nested")
}

// TestNoSecondChild: a repeat finds what an earlier attempt has made, also with
// other items before, and after a restart.
func TestNoSecondChild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: careful}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - id: again
      on: create
      resource: w
      do:
        - {name: made, create: {object: {apiVersion: v1, kind: ConfigMap, data: {of: "${name}"}}}}
        - {forEach: "retry % 2 == 0 ? ['a', 'b', 'c'] : ['c', 'a', 'b']", create: {object: {apiVersion: v1, kind: ConfigMap, data: {item: "${item}"}}}}
        - {forEach: "{'x': 1, 'y': retry}", when: key != 'x' || retry > 0, create: {object: {apiVersion: v1, kind: ConfigMap, data: {key: "${key}"}}}}
        - {when: retry < 3, fail: {temporary: again, delay: 10ms}}
        - {when: "!has(spec.go)", fail: {temporary: "made ${steps.made.metadata.name}", delay: 50ms}}
        - status: {child: "${steps.made.metadata.name}"}
`
	first := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.eventually("the fourth attempt", func() (any, bool) {
		record := progress(w.get(widgets, "one"), "careful.kopf.dev", "again")
		return record, record != nil && record["retries"].(float64) > 3
	})
	first.stop()
	before := names(w.list(configMaps))
	w.start(operator)
	w.patch(widgets, "one", `{spec: {go: true}}`)
	w.handled(widgets, "one", "careful.kopf.dev")
	if after := names(w.list(configMaps)); after != before || len(strings.Fields(after)) != 6 {
		t.Errorf("children: %s\nbefore the restart: %s", after, before)
	}
	if child := fmt.Sprint(at(w.get(widgets, "one"), "status.child")); !slices.Contains(strings.Fields(before), child) {
		t.Errorf("the child %s is none of %s", child, before)
	}
}

func TestIfExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"kept", "replaced", "failed", "default"} {
		w.create(configMaps, fmt.Sprintf(`{metadata: {name: %s, labels: {old: "yes"}}, data: {old: "yes"}}`, name))
	}
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: exists}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: kept, on: create, resource: w, do: [{create: {ifExists: keep, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: kept}, data: {new: "yes"}}}}]}
    - {id: replaced, on: create, resource: w, do: [{create: {ifExists: replace, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: replaced}, data: {new: "yes"}}}}]}
    - {id: failed, on: create, resource: w, do: [{create: {ifExists: fail, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: failed}, data: {new: "yes"}}}}]}
    - {id: default, on: create, resource: w, do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: default}, data: {new: "yes"}}}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "exists.kopf.dev")
	for name, want := range map[string]string{"kept": "old", "replaced": "new", "failed": "old", "default": "old"} {
		if data := fmt.Sprint(at(w.get(configMaps, name), "data")); data != fmt.Sprintf("map[%s:yes]", want) {
			t.Errorf("%s: %s", name, data)
		}
	}
	if at(w.get(configMaps, "replaced"), "metadata.ownerReferences") == nil || at(w.get(configMaps, "kept"), "metadata.ownerReferences") != nil {
		t.Error("replace adopts, keep does not")
	}
	e.says("failed for good", "handler=failed", "it exists, and was not made for this object")
	e.says("failed for good", "handler=default", "it exists, and was not made for this object")
}

// TestTrackedChildren: Kubernetes has no owner references to a parent in another
// namespace, nor from outside of all: the engine takes such children away.
func TestTrackedChildren(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	proxy := faultproxy.New(t, w.kubeconfig)
	e := w.startWith(strings.NewReplacer("OTHER", other.ns, "OWN", w.ns).Replace(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: tracker}
spec:
  resources: {w: widgets.test.kopf.dev, cm: configmaps}
  handlers:
    - id: far
      on: create
      resource: w
      match: {field: metadata.namespace, value: OWN}
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: far, namespace: OTHER}, data: {v: "1"}}}
        - wait: {for: "children.cm.exists(c, c.metadata.name == 'far' && c.data.v == '2')", poll: 1h}
    - id: wide
      on: create
      resource: w
      match: {field: metadata.namespace, value: OWN}
      do: [{create: {object: {apiVersion: test.kopf.dev/v1, kind: Global, metadata: {name: wide-of-OWN}}}}]
    - id: near
      on: create
      resource: w
      match: {field: metadata.namespace, value: OWN}
      do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: near}}}}]
`), runtime.Options{Client: w.connect(proxy.Kubeconfig())})
	one := w.create(widgets, `{metadata: {name: one, labels: {app: web}}, spec: {}}`)
	w.recorded(widgets, "one", "tracker.kopf.dev", "far")
	// A change of the far child wakes its parent, as that of a near one does.
	other.patch(configMaps, "far", `{data: {v: "2"}}`)
	w.handled(widgets, "one", "tracker.kopf.dev")

	for what, child := range map[string]map[string]any{"far": other.get(configMaps, "far"), "wide": w.get(globals, "wide-of-"+w.ns)} {
		labels, _ := at(child, "metadata.labels").(map[string]any)
		want := map[string]any{"app": "web", "tracker.kopf.dev/parent-uid": string(one.GetUID()), "tracker.kopf.dev/parent-namespace": w.ns, "tracker.kopf.dev/parent-name": "one"}
		if fmt.Sprint(labels) != fmt.Sprint(want) || at(child, "metadata.ownerReferences") != nil {
			t.Errorf("%s: %v", what, child)
		}
	}
	if near := w.get(configMaps, "near"); at(near, "metadata.ownerReferences") == nil {
		t.Errorf("near: %v", near)
	}
	w.becomes(widgets, "one", "metadata.finalizers", []any{"tracker.kopf.dev/finalizer"})
	var order []string
	for _, r := range proxy.Requests() {
		if faultproxy.IsWrite(r) && !strings.HasSuffix(requested(r), "events") {
			order = append(order, requested(r))
		}
	}
	if len(order) < 2 || order[0] != "PATCH widgets" || order[1] != "POST configmaps" {
		t.Errorf("the finalizer must be there before the child: %v", order)
	}

	// Children of others with the same names of labels are none of its own.
	stranger := `{metadata: {name: stranger, labels: {tracker.kopf.dev/parent-uid: 00000000-0000-0000-0000-000000000000}}}`
	other.create(configMaps, stranger)
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	other.vanishes(configMaps, "far")
	w.vanishes(globals, "wide-of-"+w.ns)
	w.vanishes(configMaps, "near")
	if other.get(configMaps, "stranger") == nil {
		t.Error("the child of somebody else was deleted")
	}
	if n := e.count("cannot handle the object now"); n != 0 {
		t.Errorf("%d errors of the engine", n)
	}
}

// TestTrackedChildrenAfterRestart: the parent goes while no engine runs.
func TestTrackedChildrenAfterRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	operator := fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: tracker}
spec:
  handlers:
    - id: far
      on: create
      resource: widgets.test.kopf.dev
      do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {namespace: %s}}}}]
`, other.ns)
	first := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "tracker.kopf.dev")
	first.stop()
	if n := len(other.list(configMaps)); n != 1 {
		t.Fatalf("%d children", n)
	}
	w.delete(widgets, "one")
	w.start(operator)
	w.vanishes(widgets, "one")
	if left := names(other.list(configMaps)); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// TestClusterScopedParent may own children in any namespace.
func TestClusterScopedParent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	w.startWith(strings.NewReplacer("OTHER", other.ns, "OWN", w.ns).Replace(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: above}
spec:
  resources: {g: globals.test.kopf.dev, cm: configmaps}
  handlers:
    - id: make
      on: create
      resource: g
      match: {labels: {of: OWN}}
      do:
        - forEach: "['OWN', 'OTHER']"
          create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {namespace: "${item}"}}}
        - wait: {for: children.cm.size() == 2, poll: 1h}
        - status: {made: true}
    - {id: homeless, on: create, resource: g, match: {labels: {of: OWN}}, do: [{create: {object: {apiVersion: v1, kind: ConfigMap}}}]}
    - {id: sibling, on: create, resource: g, match: {labels: {of: OWN}}, do: [{create: {object: {apiVersion: test.kopf.dev/v1, kind: Global, metadata: {name: "child-${name}"}}, adopt: {labels: false}}}]}
`), runtime.Options{Client: w.client})
	name := "parent-" + w.ns
	parent := w.create(globals, fmt.Sprintf(`{metadata: {name: %s, labels: {of: %s}}, spec: {}}`, name, w.ns))
	w.handled(globals, name, "above.kopf.dev")
	w.becomes(globals, name, "status.made", true)
	w.becomes(globals, name, "metadata.finalizers", nil)
	children := append(w.list(configMaps), other.list(configMaps)...)
	if len(children) != 2 {
		t.Fatalf("children: %s", names(children))
	}
	for _, child := range children {
		if owners := child.GetOwnerReferences(); len(owners) != 1 || owners[0].UID != parent.GetUID() {
			t.Errorf("owners: %v", owners)
		}
	}
	w.delete(globals, name)
	for _, gone := range []struct {
		in   *world
		gvr  schema.GroupVersionResource
		name string
	}{{w, configMaps, children[0].GetName()}, {other, configMaps, children[1].GetName()}, {w, globals, "child-" + name}} {
		gone.in.vanishes(gone.gvr, gone.name)
	}
}
