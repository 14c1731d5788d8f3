package runtime_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

var customResources = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// suffix makes names that no other test has: resources are the cluster's.
func (w *world) suffix() string { return strings.TrimPrefix(w.ns, "engine-") }

// group is a group of the test's own.
func (w *world) group(name string) string { return name + "-" + w.suffix() + ".test.kopf.dev" }

// install makes a resource for the time of the test.
func (w *world) install(group, plural, names, versions string) schema.GroupVersionResource {
	w.t.Helper()
	object := parse(fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[1]s.%[2]s}
spec: {group: %[2]s, scope: Namespaced, names: %[3]s, versions: []}
`, plural, group, names))
	var served []any
	for i, version := range strings.Fields(versions) {
		served = append(served, parse(fmt.Sprintf(`{name: %s, served: true, storage: %v, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}`, version, i == 0)))
	}
	object["spec"].(map[string]any)["versions"] = served
	if err := w.client.ApplyCRDs(w.t.Context(), []map[string]any{object}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.uninstall(plural + "." + group) })
	return schema.GroupVersionResource{Group: group, Version: strings.Fields(versions)[0], Resource: plural}
}

func (w *world) uninstall(name string) {
	_ = w.client.Dynamic.Resource(customResources).Delete(context.Background(), name, metav1.DeleteOptions{})
}

// object makes an object of any kind.
func (w *world) object(gvr schema.GroupVersionResource, kind, name string) {
	w.t.Helper()
	_, err := w.in(gvr).Create(w.t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": gvr.GroupVersion().String(), "kind": kind, "metadata": map[string]any{"name": name},
	}}, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestSelectors has an operator for each way to name one and the same resource,
// or several.
func TestSelectors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	gizmos := w.install(w.group("one"), "gizmos"+x, fmt.Sprintf(`{kind: Gizmo%[1]s, plural: gizmos%[1]s, singular: gizmo%[1]s, shortNames: [gz%[1]s], categories: [cat%[1]s]}`, x), "v1 v1beta1")
	others := w.install(w.group("one"), "others"+x, fmt.Sprintf(`{kind: Other%[1]s, plural: others%[1]s, singular: other%[1]s, categories: [cat%[1]s]}`, x), "v1alpha1")
	forms := []struct{ selector, want string }{ // want: who sees what, in which version
		{`gizmosX`, "gizmo v1"},
		{`gizmosX.GROUP`, "gizmo v1"},
		{`gizmosX.v1.GROUP`, "gizmo v1"},
		{`gizmosX.v1beta1.GROUP`, "gizmo v1beta1"},
		{`GROUP/v1/gizmosX`, "gizmo v1"},
		{`gizmoX`, "gizmo v1"},
		{`gzX`, "gizmo v1"},
		{`GizmoX`, "gizmo v1"},
		{`gzX.GROUP`, "gizmo v1"},
		{`{group: GROUP, kind: GizmoX}`, "gizmo v1"},
		{`{group: GROUP, version: v1, kind: GizmoX}`, "gizmo v1"},
		{`{group: GROUP, version: v1beta1, plural: gizmosX}`, "gizmo v1beta1"},
		{`{plural: gizmosX}`, "gizmo v1"},
		{`{singular: gizmoX}`, "gizmo v1"},
		{`{shortName: gzX}`, "gizmo v1"},
		{`{category: catX}`, "gizmo v1, other v1alpha1"},
		{`{category: catX, version: v1beta1}`, "gizmo v1beta1"},
		{`{group: GROUP, any: true}`, "gizmo v1, other v1alpha1"},
		{`{group: GROUP, any: true, when: "resource.plural.startsWith('others')"}`, "other v1alpha1"},
		{`{category: catX, when: "resource.shortNames.size() > 0 && resource.namespaced && resource.preferred"}`, "gizmo v1"},
		{`[gizmosX, {plural: othersX}]`, "gizmo v1, other v1alpha1"},
		{`[gizmosX, gzX]`, "gizmo v1"},
		{`alias`, "other v1alpha1"},
	}
	// Each in an operator of its own: no operator handles a resource in two versions.
	var operators strings.Builder
	for i, form := range forms {
		fmt.Fprintf(&operators, `---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: selective-%[1]d}
spec:
  resources: {alias: {group: GROUP, kind: OtherX}}
  handlers:
    - {id: h%[1]d, on: event, resource: %[2]s, do: [{log: "h%[1]d saw ${name} ${resource.version} ${body.apiVersion}"}]}
`, i, form.selector)
	}
	e := w.start(strings.NewReplacer("GROUP", w.group("one"), "X", x).Replace(operators.String()))
	w.object(gizmos, "Gizmo"+x, "gizmo")
	w.object(others, "Other"+x, "other")
	for i, form := range forms {
		for _, want := range strings.Split(form.want, ", ") {
			version := strings.Fields(want)[1]
			e.says(fmt.Sprintf(`"h%d saw %s %s/%s"`, i, want, w.group("one"), version))
		}
	}
	for i, form := range forms {
		if n := e.count(fmt.Sprintf(`"h%d saw`, i)); n != len(strings.Split(form.want, ", ")) {
			t.Errorf("%s: %d events", form.selector, n)
		}
	}
}

// TestSelectorsThatCannotBe says once what is wrong, and the rest works.
func TestSelectorsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	names := fmt.Sprintf(`{kind: Twin%[1]s, plural: twins%[1]s, singular: twin%[1]s}`, x)
	w.install(w.group("left"), "twins"+x, names, "v1")
	w.install(w.group("right"), "twins"+x, names, "v1")
	w.install(w.group("left"), "limitranges", `{kind: LimitRange, plural: limitranges, singular: limitrange}`, "v1")
	operator := strings.NewReplacer("X", x, "LEFT", w.group("left")).Replace(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: doubtful}
spec:
  handlers:
    - {id: twins, on: event, resource: twinsX, do: [{log: never}]}
    - {id: left, on: event, resource: twinsX.LEFT, do: [{log: "left ${name}"}]}
    - {id: core, on: event, resource: limitranges, do: [{log: "core ${name} ${body.apiVersion}"}]}
    - {id: missing, on: event, resource: twinnsX, do: [{log: never}]}
    - {id: none, on: event, resource: {group: nowhere.test.kopf.dev, any: true}, do: [{log: never}]}
    - {id: broken, on: event, resource: {group: LEFT, any: true, when: "resource.nothing == 1"}, do: [{log: never}]}
`)
	e := w.start(operator)
	e.says("waiting for a resource", "twins"+x+" is the name of several resources", "twins"+x+".v1."+w.group("left"), "twins"+x+".v1."+w.group("right"), "add the group", "at="+place(operator, "twins"+x+", do"))
	e.says("waiting for a resource", "the cluster has no resource twinns"+x, "did you mean twins"+x, "at="+place(operator, "twinns"+x))
	e.says("waiting for a resource", "nowhere.test.kopf.dev")
	e.says("waiting for a resource", "nothing", "at="+place(operator, "{group: "+w.group("left")))
	left := schema.GroupVersionResource{Group: w.group("left"), Version: "v1", Resource: "twins" + x}
	right := schema.GroupVersionResource{Group: w.group("right"), Version: "v1", Resource: "twins" + x}
	w.object(right, "Twin"+x, "wrong")
	w.object(left, "Twin"+x, "one")
	e.says(`"left one"`)
	w.object(schema.GroupVersionResource{Group: w.group("left"), Version: "v1", Resource: "limitranges"}, "LimitRange", "custom")
	w.object(schema.GroupVersionResource{Version: "v1", Resource: "limitranges"}, "LimitRange", "true")
	e.says(`"core true v1"`)
	if e.count("never")+e.count("left wrong")+e.count("core custom") != 0 {
		t.Error("an object of a resource that is not meant was handled")
	}
}

// TestUnwantedResources: `when` decides whether a watch starts at all.
func TestUnwantedResources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	w.install(w.group("one"), "wanted"+x, fmt.Sprintf(`{kind: Wanted%[1]s, plural: wanted%[1]s}`, x), "v1")
	w.install(w.group("one"), "unwanted"+x, fmt.Sprintf(`{kind: Unwanted%[1]s, plural: unwanted%[1]s}`, x), "v1")
	e, proxy := w.startBehind(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: choosy}
spec:
  handlers:
    - {id: any, on: event, resource: {group: %s, any: true, when: "resource.kind.startsWith('Wanted')"}, do: [{log: "saw ${name}"}]}
`, w.group("one")))
	w.object(schema.GroupVersionResource{Group: w.group("one"), Version: "v1", Resource: "wanted" + x}, "Wanted"+x, "one")
	e.says("saw one")
	if n := proxy.Count(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/unwanted") }); n != 0 {
		t.Errorf("%d requests for an unwanted resource", n)
	}
}

// TestResourcesComeAndGo: a resource that is missing is waited for, aloud, and
// again after it has gone.
func TestResourcesComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: hopeful}
spec:
  resources: {late: late%s}
  handlers:
    - {id: late, on: create, resource: late, do: [{log: "made ${name}"}]}
    - {id: now, on: create, resource: widgets.test.kopf.dev, do: [{log: "now ${name}"}]}
    - id: other
      on: create
      resource: widgets.test.kopf.dev
      match: {field: spec.wait}
      do: [{wait: {for: "children.late.size() > 0", poll: 1h}}, {log: "child of ${name}"}]
`, x))
	e.says("waiting for a resource", "late"+x)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("now one")
	parent := w.create(widgets, `{metadata: {name: two}, spec: {wait: true}}`)
	e.says("waiting", "children.late is not known yet")

	names := fmt.Sprintf(`{kind: Late%[1]s, plural: late%[1]s}`, x)
	late := w.install(w.group("one"), "late"+x, names, "v1")
	w.object(late, "Late"+x, "first")
	e.says("made first")
	_, err := w.in(late).Create(t.Context(), &unstructured.Unstructured{Object: parse(fmt.Sprintf(`{apiVersion: %s/v1, kind: Late%s, metadata: {name: child,
		ownerReferences: [{apiVersion: test.kopf.dev/v1, kind: Widget, name: two, uid: %s}]}}`, w.group("one"), x, parent.GetUID()))}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e.says("child of two")

	w.uninstall("late" + x + "." + w.group("one"))
	w.eventually("the resource is gone", func() (any, bool) {
		_, err := w.client.Dynamic.Resource(customResources).Get(t.Context(), "late"+x+"."+w.group("one"), metav1.GetOptions{})
		return err, err != nil
	})
	w.install(w.group("one"), "late"+x, names, "v1")
	w.object(late, "Late"+x, "second")
	e.says("made second")
	// The engine may not even have noticed that it was missing for a second time.
	if n := e.count("waiting for a resource"); n > 2 {
		t.Errorf("said %d times that a resource is missing, which it was twice", n)
	}
}

// TestNamespaces: an engine for one namespace leaves others alone, one for all
// does not.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: NAME}
spec:
  handlers:
    - {id: hi, on: create, resource: widgets.test.kopf.dev, match: {labels: {of: OF}}, do: [{log: "NAME saw ${meta.namespace}/${name}."}]}
    - {id: ear, on: event, resource: widgets.test.kopf.dev, match: {labels: {of: OF}}, do: [{log: "NAME heard ${meta.namespace}/${name}."}]}
`
	narrow, proxy := w.startBehind(strings.NewReplacer("NAME", "narrow", "OF", w.ns).Replace(operator))
	wide := w.startWith(strings.NewReplacer("NAME", "wide", "OF", w.ns).Replace(operator), runtime.Options{Client: w.client})
	object := fmt.Sprintf(`{metadata: {name: one, labels: {of: %s}}, spec: {}}`, w.ns)
	other.create(widgets, object)
	w.create(widgets, object)
	for _, at := range []*world{w, other} {
		at.handled(widgets, "one", "wide.kopf.dev")
		wide.says("wide saw " + at.ns + "/one.")
		wide.says("wide heard " + at.ns + "/one.")
	}
	w.handled(widgets, "one", "narrow.kopf.dev")
	narrow.says("narrow heard " + w.ns + "/one.")
	if n := narrow.count(other.ns); n != 0 {
		t.Errorf("%d lines about another namespace", n)
	}
	for key := range annotationsOf(other.get(widgets, "one")) {
		if strings.HasPrefix(key, "narrow.") {
			t.Errorf("an object of another namespace has %s", key)
		}
	}
	for _, r := range proxy.Requests() {
		if strings.Contains(r.URL.Path, "/widgets") && !strings.Contains(r.URL.Path, "/namespaces/"+w.ns+"/") {
			t.Errorf("a request beyond the namespace: %s", r.URL.Path)
		}
	}
}

// watched are the selectors of the watches of a resource.
func watched(proxy *faultproxy.Proxy, plural string) (labels, fields []string) {
	for _, r := range proxy.Requests() {
		if !faultproxy.IsWatch(r) || !strings.HasSuffix(r.URL.Path, "/"+plural) {
			continue
		}
		if q := r.URL.Query().Get("labelSelector"); !slices.Contains(labels, q) {
			labels = append(labels, q)
		}
		if q := r.URL.Query().Get("fieldSelector"); !slices.Contains(fields, q) {
			fields = append(fields, q)
		}
	}
	return labels, fields
}

// TestPushedSelectors: what all handlers agree on is left to the server.
func TestPushedSelectors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, handlers, labels, fields string
		seen                           string
	}{
		{"one label", `[{id: a, on: event, match: {labels: {app: web}}}]`, "app=web", "", "web"},
		{"all agree", `[{id: a, on: event, match: {labels: {app: web}}}, {id: b, on: create, match: {labels: {app: web, tier: {exists: true}}}}]`, "app=web", "", "web"},
		{"they differ", `[{id: a, on: event, match: {labels: {app: web}}}, {id: b, on: create, match: {labels: {app: db}}}]`, "", "", "web"},
		{"one has none", `[{id: a, on: event, match: {labels: {app: web}}}, {id: b, on: create}]`, "", "", "web"},
		{"a set, presence, absence", `[{id: a, on: event, match: {labels: {app: {in: [web, db]}, tier: {exists: false}, env: {exists: true}}}}]`, "!tier,app in (db,web),env", "", "env"},
		{"an expression", `[{id: a, on: event, match: {labels: {app: {when: "value == 'web'"}}}}]`, "", "", "web"},
		{"a finalizer", `[{id: a, on: event, match: {labels: {app: web}}}, {id: b, on: delete, match: {labels: {app: web}}}]`, "", "", "web"},
		{"no finalizer", `[{id: a, on: event, match: {labels: {app: web}}}, {id: b, on: delete, optional: true, match: {labels: {app: web}}}]`, "app=web", "", "web"},
		{"a name", `[{id: a, on: event, match: {field: metadata.name, value: web}}]`, "", "metadata.name=web", "web"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			text := strings.NewReplacer(`{id: a, on: event,`, `{id: a, on: event, resource: widgets.test.kopf.dev, do: [{log: "saw ${name}."}],`,
				`{id: b,`, `{id: b, resource: widgets.test.kopf.dev, do: [{log: "b"}],`).Replace(tt.handlers)
			e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: pushy}
spec:
  handlers: ` + text)
			w.create(widgets, `{metadata: {name: db, labels: {app: db, tier: back, env: x}}, spec: {}}`)
			w.create(widgets, `{metadata: {name: none}, spec: {}}`)
			w.create(widgets, `{metadata: {name: web, labels: {app: web, tier: front}}, spec: {}}`)
			w.create(widgets, `{metadata: {name: env, labels: {app: web, env: x}}, spec: {}}`)
			e.says("saw " + tt.seen + ".")
			if labels, fields := watched(proxy, "widgets"); !slices.Equal(labels, []string{tt.labels}) || !slices.Equal(fields, []string{tt.fields}) {
				t.Errorf("watched with the labels %q and the fields %q", labels, fields)
			}
			if n := e.count("saw none.") + e.count("saw db."); n != 0 {
				t.Errorf("%d events of objects that do not match", n)
			}
		})
	}
}

// TestObjectThatStopsMatching looks deleted in a watch with a selector. It is
// not, and whoever handles deletions must not be told so.
func TestObjectThatStopsMatching(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: fickle}
spec:
  settings: {queueing: {workerLimit: 1}} # so that the sentinels are behind what they prove
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: ear, on: event, resource: w, match: {labels: {app: web}}, do: [{log: "heard ${event.type} of ${name}."}]}
    - {id: bye, on: delete, optional: true, resource: w, match: {labels: {app: web}}, do: [{log: "bye ${name}."}]}
    - {id: hi, on: create, resource: w, match: {labels: {app: web}}, do: [{log: "hi ${name}."}]}
    - {id: changed, on: update, resource: w, match: {labels: {app: web}}, do: [{log: "changed ${name} ${diff.map(d, d.field)}."}]}
    - id: slow
      on: create
      resource: w
      match: {labels: {app: web}, field: spec.slow}
      do:
        - when: "!has(spec.go)"
          fail: {temporary: not yet, delay: 50ms}
        - log: "went on with ${name}."
`)
	sentinel := func(name string) {
		t.Helper()
		w.create(widgets, fmt.Sprintf(`{metadata: {name: %s, labels: {app: web}}, spec: {}}`, name))
		e.says("hi " + name + ".")
	}
	if labels, _ := watched(proxy, "widgets"); !slices.Equal(labels, []string{"app=web"}) {
		t.Fatalf("watched with %q", labels)
	}
	w.create(widgets, `{metadata: {name: one, labels: {app: web}}, spec: {size: 1}}`)
	w.handled(widgets, "one", "fickle.kopf.dev")
	w.create(widgets, `{metadata: {name: slow, labels: {app: web}}, spec: {slow: true}}`)
	w.recorded(widgets, "slow", "fickle.kopf.dev", "slow")
	for _, name := range []string{"one", "slow"} {
		w.patch(widgets, name, `{metadata: {labels: {app: other}}}`)
	}
	sentinel("a")
	w.patch(widgets, "one", `{spec: {size: 2}}`) // nobody sees it now
	w.patch(widgets, "slow", `{spec: {go: true}}`)
	sentinel("b")
	for _, line := range []string{"heard DELETED of", "bye one.", "bye slow.", "changed one", "went on with slow."} {
		if n := e.count(line); n != 0 {
			t.Errorf("%q: %d times while the object does not match", line, n)
		}
	}
	// Matching again, it goes on where it was.
	for _, name := range []string{"one", "slow"} {
		w.patch(widgets, name, `{metadata: {labels: {app: web}}}`)
	}
	e.says("heard ADDED of one.")
	e.says("changed one", "spec.size")
	e.says("went on with slow.")
	w.handled(widgets, "slow", "fickle.kopf.dev")
	if n := e.count("hi one."); n != 1 {
		t.Errorf("created %d times", n)
	}
	w.delete(widgets, "one")
	e.says("heard DELETED of one.")
	e.says("bye one.")
	// Gone while it does not match: it is not an object of the handlers.
	w.patch(widgets, "slow", `{metadata: {labels: {app: other}}}`)
	w.delete(widgets, "slow")
	w.vanishes(widgets, "slow")
	sentinel("c")
	if n := e.count("heard DELETED of one."); n != 1 {
		t.Errorf("heard %d times of one deletion", n)
	}
}
