package runtime_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// TestOneWritePerCycle: however many handlers, a cycle costs one patch of the
// object and, where something is said there, one of the status.
func TestOneWritePerCycle(t *testing.T) {
	t.Parallel()
	const (
		status  = `{status: {"s%[1]d": "${spec.size}"}}`
		patches = status + `, {patch: {merge: {metadata: {labels: {"l%[1]d": "yes"}}}}}, {condition: {type: "C%[1]d", status: true}}, {patch: {json: [{op: add, path: /metadata/annotations/x.dev~1a%[1]d, value: a}]}}`
		bye     = `    - {id: bye, on: delete, resource: RESOURCE, do: [{log: bye}]}`
		both    = `[create, update]`
	)
	type counts = map[string]int
	for _, tt := range []struct {
		name             string
		gvr              schema.GroupVersionResource
		handlers         int
		on, do, more     string
		created, updated counts
	}{
		{"one handler, no status", widgets, 1, both, `{log: hi}`, ``, counts{"PATCH widgets": 1}, counts{"PATCH widgets": 1}},
		{"one handler, status", widgets, 1, both, status, ``, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}},
		{"ten handlers, status", widgets, 10, both, status, ``, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}},
		{"the same status again", widgets, 10, both, `{status: {"s%[1]d": same}}`, ``, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}, counts{"PATCH widgets": 1}},
		{"no subresource", gadgets, 10, both, status, ``, counts{"PATCH gadgets": 1}, counts{"PATCH gadgets": 1}},
		{"a finalizer goes ahead", widgets, 10, both, status, bye, counts{"PATCH widgets": 2, "PATCH widgets/status": 1}, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}},
		{"all kinds of patches", widgets, 10, `create`, patches, ``, counts{"PATCH widgets": 1, "PATCH widgets/status": 1}, counts{}},
		{"all kinds of patches, no subresource", gadgets, 10, `create`, patches, ``, counts{"PATCH gadgets": 1}, counts{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var handlers strings.Builder
			for i := range tt.handlers {
				do := tt.do
				if strings.Contains(do, "%") {
					do = fmt.Sprintf(do, i)
				}
				fmt.Fprintf(&handlers, "    - {id: h%d, on: %s, resource: RESOURCE, do: [%s]}\n", i, tt.on, do)
			}
			_, proxy := w.startBehind(strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: thrifty}
spec:
  handlers:
`+handlers.String()+tt.more, "RESOURCE", tt.gvr.Resource+".test.kopf.dev"))
			object := `{metadata: {name: %s, annotations: {x.dev/there: "yes"}}, spec: {size: 1}}`
			for _, name := range []string{"one", "two"} {
				w.create(tt.gvr, fmt.Sprintf(object, name))
				w.handled(tt.gvr, name, "thrifty.kopf.dev")
				if got := writes(proxy); !maps.Equal(got, tt.created) {
					t.Errorf("writes for the creation of %s: %v, want %v", name, got, tt.created)
				}
				proxy.Forget()
			}
			if tt.on != both {
				return
			}
			for size := range 2 {
				// What nobody has handlers for costs nothing beside.
				w.patch(tt.gvr, "one", fmt.Sprintf(`{metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: "%d"}}}`, size))
				w.patch(tt.gvr, "one", fmt.Sprintf(`{spec: {size: %d}}`, size+2))
				w.eventually("the change is handled", func() (any, bool) {
					seen, _ := annotationsOf(w.get(tt.gvr, "one"))["thrifty.kopf.dev/last-handled-configuration"].(string)
					return seen, strings.Contains(seen, fmt.Sprintf(`"size":%d`, size+2))
				})
				if got := writes(proxy); !maps.Equal(got, tt.updated) {
					t.Errorf("writes for a change: %v, want %v", got, tt.updated)
				}
				proxy.Forget()
			}
		})
	}
}

// TestStatus: null deletes, maps merge, and the object looks the same with a
// status subresource and without.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, gvr := range []schema.GroupVersionResource{widgets, gadgets} {
		t.Run(gvr.Resource, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: teller}
spec:
  handlers:
    - id: first
      on: create
      resource: RESOURCE
      do:
        - {name: said, status: {map: {a: 1, b: 2}, gone: 1, "${name}-key": "${spec.size}", dropped: "${omit()}"}}
        - {log: "said ${steps.said.map.a}"}
    - {id: second, on: create, resource: RESOURCE, do: [{status: {map: {b: 3, c: "${[1, 2]}"}, gone: null}}]}
    - {id: third, on: update, resource: RESOURCE, do: [{status: {map: {a: null}, seen: "${status.map.b}"}}]}
`, "RESOURCE", gvr.Resource+".test.kopf.dev"))
			w.create(gvr, `{metadata: {name: one}, spec: {size: 1}}`)
			w.handled(gvr, "one", "teller.kopf.dev")
			e.says("said 1")
			w.becomes(gvr, "one", "status", map[string]any{"map": map[string]any{"a": 1, "b": 3, "c": []any{1, 2}}, "one-key": 1})
			generation := at(w.get(gvr, "one"), "metadata.generation")
			w.patch(gvr, "one", `{spec: {size: 2}}`)
			w.becomes(gvr, "one", "status", map[string]any{"map": map[string]any{"b": 3, "c": []any{1, 2}}, "one-key": 1, "seen": 3})
			if now := at(w.get(gvr, "one"), "metadata.generation"); gvr == widgets && now != generation.(int64)+1 {
				t.Errorf("the status was not written through the subresource: generation %v", now)
			}
		})
	}
}

func TestCondition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: thrifty}
spec:
  handlers:
    - id: judge
      on: [create, update]
      resource: widgets.test.kopf.dev
      do:
        - condition: {type: Ready, status: "${spec.ready}", reason: Judged, message: "size ${spec.size}"}
        - condition: {type: Known, status: true}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {ready: false, size: 1}}`)
	w.handled(widgets, "one", "thrifty.kopf.dev")
	ready := func() map[string]any { return w.condition("one", "Ready") }
	first := ready()
	if first["status"] != "False" || first["reason"] != "Judged" || first["message"] != "size 1" || first["observedGeneration"] != int64(1) {
		t.Errorf("at first: %v", first)
	}
	if known := w.condition("one", "Known"); known["status"] != "True" || known["reason"] != "Known" {
		t.Errorf("with defaults: %v", known)
	}
	// Somebody else adds a condition, and a field to ours; the clock of ours is
	// set back to see whether it is touched.
	const past = "2020-01-01T00:00:00Z"
	w.patchStatus("one", fmt.Sprintf(`{conditions: [{type: Foreign, status: "True", lastTransitionTime: "%[1]s"},
		{type: Ready, status: "False", reason: Judged, message: size 1, observedGeneration: 1, lastTransitionTime: "%[1]s", extra: 1},
		{type: Known, status: "True", reason: Known, message: "", observedGeneration: 1, lastTransitionTime: "%[1]s"}]}`, past))
	proxy.Forget()

	w.change("one", `{metadata: {labels: {a: b}}}`) // the generation stays
	if got := writes(proxy); got["PATCH widgets/status"] != 0 {
		t.Errorf("unchanged conditions were written: %v", got)
	}
	w.change("one", `{spec: {size: 2}}`)
	second := ready()
	if second["message"] != "size 2" || second["lastTransitionTime"] != past || second["observedGeneration"] != int64(2) || second["extra"] != int64(1) {
		t.Errorf("another message: %v", second)
	}
	w.change("one", `{spec: {ready: true}}`)
	third := ready()
	if third["status"] != "True" || third["lastTransitionTime"] == past || third["observedGeneration"] != int64(3) {
		t.Errorf("another status: %v", third)
	}
	if foreign := w.condition("one", "Foreign"); foreign["status"] != "True" || foreign["lastTransitionTime"] != past {
		t.Errorf("a condition of somebody else: %v", foreign)
	}
	if all := at(w.get(widgets, "one"), "status.conditions").([]any); len(all) != 3 {
		t.Errorf("conditions: %v", all)
	}
}

// condition is a condition of a widget.
func (w *world) condition(name, kind string) map[string]any {
	w.t.Helper()
	conditions, _ := at(w.get(widgets, name), "status.conditions").([]any)
	for _, c := range conditions {
		if c := c.(map[string]any); c["type"] == kind {
			return c
		}
	}
	return nil
}

// patchStatus changes the status of a widget as somebody else does.
func (w *world) patchStatus(name, merge string) {
	w.t.Helper()
	body, err := yaml.YAMLToJSON([]byte(`{status: ` + merge + `}`))
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.in(widgets).Patch(w.t.Context(), name, types.MergePatchType, body, metav1.PatchOptions{}, "status"); err != nil {
		w.t.Fatal(err)
	}
}

// change changes the essence of a widget and waits until the operator thrifty
// has handled this.
func (w *world) change(name, merge string) {
	w.t.Helper()
	handled := func() any {
		return annotationsOf(w.get(widgets, name))["thrifty.kopf.dev/last-handled-configuration"]
	}
	before := handled()
	w.patch(widgets, name, merge)
	w.eventually("the change is handled", func() (any, bool) {
		now := handled()
		return now, now != before
	})
}

// TestPatchOwnObject: all forms of it, and what is patched is a change to
// handlers of updates, as in Kopf.
func TestPatchOwnObject(t *testing.T) {
	t.Parallel()
	for _, gvr := range []schema.GroupVersionResource{widgets, gadgets} {
		t.Run(gvr.Resource, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: self}
spec:
  handlers:
    - id: merge
      on: create
      resource: RESOURCE
      do:
        - {name: patched, patch: {merge: {metadata: {labels: {merged: "${name}"}}, spec: {gone: null, map: {b: 2}}, status: {merged: 1}}}}
        - {log: "sees ${steps.patched.spec.map.b} and ${has(steps.patched.spec.gone)}"}
    - id: json
      on: create
      resource: RESOURCE
      do: [{patch: {json: [{op: test, path: /spec/list/0, value: a}, {op: add, path: /spec/list/-, value: "${name}"}, {op: add, path: /status/json, value: 1}]}}]
    - {id: again, on: create, resource: RESOURCE, do: [{patch: {json: [{op: add, path: /spec/list/-, value: c}]}}]}
    - {id: sub, on: create, resource: RESOURCE, do: [{patch: {subresource: status, merge: {status: {sub: 1}, spec: {notThis: 1}}}}]}
    - {id: apply, on: create, resource: RESOURCE, do: [{patch: {apply: {metadata: {annotations: {x.dev/applied: "yes"}}, spec: {applied: {by: us}}}}}]}
    - {id: target, on: create, resource: RESOURCE, do: [{patch: {target: {resource: RESOURCE, name: "${name}"}, merge: {spec: {targeted: true}}}}]}
    - {id: misfit, on: create, resource: RESOURCE, errors: permanent, do: [{patch: {json: [{op: test, path: /spec/list/0, value: z}, {op: add, path: /spec/never, value: 1}]}}]}
    - {id: seen, on: update, resource: RESOURCE, do: [{log: "updated ${diff.map(d, d.field)}"}]}
`, "RESOURCE", gvr.Resource+".test.kopf.dev"))
			w.create(gvr, `{metadata: {name: one}, spec: {gone: 1, list: [a], map: {a: 1}}, status: {}}`)
			e.says("updated", "spec.map.b", "spec.list", `\"metadata\"`)
			w.handled(gvr, "one", "self.kopf.dev")
			e.says("sees 2 and false")
			w.becomes(gvr, "one", "spec", map[string]any{
				"list": []any{"a", "one", "c"}, "map": map[string]any{"a": 1, "b": 2}, "applied": map[string]any{"by": "us"}, "targeted": true,
			})
			w.becomes(gvr, "one", "status", map[string]any{"merged": 1, "json": 1, "sub": 1})
			w.becomes(gvr, "one", "metadata.labels", map[string]any{"merged": "one"})
			if n := e.count("updated ["); n != 1 {
				t.Errorf("the own patch was %d updates", n)
			}
			if n := e.count("failed for good", "handler=misfit"); n != 1 {
				t.Errorf("a patch that does not fit failed %d times", n)
			}
		})
	}
}

// TestOwnPatchRaces: somebody else changes the object between the look at it and
// the patch. A change that depends on what was there is made again on top.
func TestOwnPatchRaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: racing}
spec:
  handlers:
    - id: append
      on: create
      resource: widgets.test.kopf.dev
      do:
        - patch: {json: [{op: add, path: /spec/list/-, value: ours}]}
        - condition: {type: Ready, status: true}
        - patch: {merge: {spec: {merged: true}}}
`)
	var once sync.Once
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		if requested(r) == "PATCH widgets/status" {
			once.Do(func() {
				w.patch(widgets, "one", `{spec: {list: [a, theirs]}, metadata: {labels: {theirs: "yes"}}}`)
				w.patchStatus("one", `{conditions: [{type: Theirs, status: "True"}]}`)
			})
		}
		return faultproxy.Fault{}, false
	})
	w.create(widgets, `{metadata: {name: one}, spec: {list: [a]}}`)
	w.handled(widgets, "one", "racing.kopf.dev")
	w.becomes(widgets, "one", "spec", map[string]any{"list": []any{"a", "theirs", "ours"}, "merged": true})
	w.becomes(widgets, "one", "metadata.labels", map[string]any{"theirs": "yes"})
	if w.condition("one", "Theirs") == nil || w.condition("one", "Ready") == nil {
		t.Errorf("conditions: %v", at(w.get(widgets, "one"), "status.conditions"))
	}
}

func TestPatchOtherObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	w.create(configMaps, `{metadata: {name: plain}, data: {list: a, gone: x}}`)
	other.create(configMaps, `{metadata: {name: plain}, data: {}}`)
	w.create(gadgets, `{metadata: {name: gadget}, spec: {list: [a]}}`)
	w.create(widgets, `{metadata: {name: sibling, labels: {skip: "yes"}}, spec: {}}`)
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: neighbour}
spec:
  resources: {cm: configmaps, g: gadgets.test.kopf.dev, w: widgets.test.kopf.dev}
  handlers:
    - id: touch
      on: create
      resource: w
      match: {labels: {skip: {exists: false}}}
      do:
        - {name: merged, patch: {target: {resource: cm, name: plain}, merge: {data: {merged: "${spec.who}", gone: null}}}}
        - {patch: {target: {resource: cm, name: plain, namespace: %s}, merge: {data: {far: "yes"}}}}
        - {patch: {target: {apiVersion: test.kopf.dev/v1, kind: Gadget, name: gadget}, json: [{op: add, path: /spec/list/-, value: b}]}}
        - {patch: {target: {resource: g, name: "${'gad' + 'get'}"}, apply: {spec: {applied: 1}}}}
        - {patch: {target: {resource: w, name: sibling}, subresource: status, merge: {status: {by: "${name}"}}}}
        - log: "merged ${steps.merged.data.merged}"
`, other.ns))
	w.create(widgets, `{metadata: {name: one}, spec: {who: me}}`)
	w.handled(widgets, "one", "neighbour.kopf.dev")
	e.says("merged me")
	w.becomes(configMaps, "plain", "data", map[string]any{"list": "a", "merged": "me"})
	other.becomes(configMaps, "plain", "data", map[string]any{"far": "yes"})
	w.becomes(gadgets, "gadget", "spec", map[string]any{"list": []any{"a", "b"}, "applied": 1})
	w.becomes(widgets, "sibling", "status", map[string]any{"by": "one"})
	var managers []string
	for _, m := range at(w.get(gadgets, "gadget"), "metadata.managedFields").([]any) {
		managers = append(managers, fmt.Sprint(at(m.(map[string]any), "manager"), " ", at(m.(map[string]any), "operation")))
	}
	if !slices.Contains(managers, "neighbour Apply") || !slices.Contains(managers, "neighbour Update") {
		t.Errorf("field managers: %v", managers)
	}
}

func TestDeleteAction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	for _, x := range []*world{w, other} {
		for _, name := range []string{"a", "b"} {
			x.create(configMaps, fmt.Sprintf(`{metadata: {name: %s, labels: {of: one}}}`, name))
		}
		x.create(configMaps, `{metadata: {name: kept, labels: {of: two}}}`)
		x.create(configMaps, `{metadata: {name: named}}`)
	}
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: broom}
spec:
  resources: {cm: configmaps, w: widgets.test.kopf.dev}
  handlers:
    - id: sweep
      on: create
      resource: w
      match: {field: spec.sweep}
      do:
        - {name: swept, delete: {resource: cm, labels: {of: "${name}"}}}
        - {delete: {target: {resource: cm, name: named}}}
        - {delete: {target: {resource: cm, name: named, namespace: %s}}}
        - {delete: {target: {resource: cm, name: missing}}}
        - log: "swept ${steps.swept.map(x, x.name)}"
    - {id: strict, on: create, resource: w, match: {field: spec.strict}, errors: permanent, do: [{delete: {target: {resource: cm, name: missing}, ifMissing: fail}}]}
    - {id: suicide, on: create, resource: w, match: {field: spec.suicide}, do: [{status: {last: words}}, {delete: {}}]}
    - {id: bye, on: delete, resource: w, match: {field: spec.suicide}, do: [{log: "bye ${name} ${status.last}"}]}
`, other.ns))
	w.create(widgets, `{metadata: {name: one}, spec: {sweep: true}}`)
	w.handled(widgets, "one", "broom.kopf.dev")
	e.says("swept", "a", "b")
	if left := names(w.list(configMaps)); left != "kept" {
		t.Errorf("left: %s", left)
	}
	if left := names(other.list(configMaps)); left != "a b kept" {
		t.Errorf("left elsewhere: %s", left)
	}
	w.create(widgets, `{metadata: {name: two}, spec: {strict: true}}`)
	w.handled(widgets, "two", "broom.kopf.dev")
	e.says("failed for good", "handler=strict", "missing")
	w.create(widgets, `{metadata: {name: three}, spec: {suicide: true}}`)
	w.vanishes(widgets, "three")
	e.says("bye three words")
}

// TestDeleteWithoutFinalizer: nothing is left to patch, and that is no error.
func TestDeleteWithoutFinalizer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: brief}
spec:
  settings: {queueing: {workerLimit: 1}}
  handlers:
    - {id: go, on: create, resource: widgets.test.kopf.dev, match: {field: spec.go}, do: [{status: {last: words}}, {delete: {}}, {log: "deleted ${name}."}]}
    - {id: last, on: create, resource: widgets.test.kopf.dev, match: {field: spec.stay}, do: [{log: "stayed."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {go: true}}`)
	w.vanishes(widgets, "one")
	w.create(widgets, `{metadata: {name: two}, spec: {stay: true}}`)
	w.handled(widgets, "two", "brief.kopf.dev")
	if n := e.count("deleted one."); n != 1 {
		t.Errorf("deleted %d times", n)
	}
	if n := e.count("level=WARN") + e.count("level=ERROR"); n != 0 {
		t.Errorf("%d complaints", n)
	}
}

// names are the names of objects, in order.
func names(list []unstructured.Unstructured) string {
	var out []string
	for _, u := range list {
		out = append(out, u.GetName())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	w.create(configMaps, `{metadata: {name: there}, data: {a: near}}`)
	other.create(configMaps, `{metadata: {name: there}, data: {a: far}}`)
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: reader}
spec:
  handlers:
    - id: read
      on: create
      resource: widgets.test.kopf.dev
      do:
        - {name: near, get: {target: {resource: configmaps, name: there}}}
        - {name: far, get: {target: {apiVersion: v1, kind: ConfigMap, name: there, namespace: %[1]s}}}
        - {name: none, get: {target: {resource: configmaps, name: missing}}}
        - {name: ns, get: {target: {resource: namespaces, name: "${meta.namespace}"}}}
        - {name: self, get: {target: {resource: widgets.test.kopf.dev, name: "${name}"}}}
        - log: "got ${steps.near.data.a} ${steps.far.data.a} ${steps.none == null} ${steps.ns.kind} ${steps.self.spec.x} ${has(steps.near.metadata.managedFields)}"
    - id: later
      on: create
      resource: widgets.test.kopf.dev
      backoff: 50ms
      do:
        - {name: late, get: {target: {resource: configmaps, name: late}, ifMissing: fail}}
        - log: "late ${steps.late.data.a}"
`, other.ns))
	w.create(widgets, `{metadata: {name: one}, spec: {x: 7}}`)
	e.says("got near far true Namespace 7 false")
	e.says("will be tried again", "handler=later", "late", "not found")
	w.create(configMaps, `{metadata: {name: late}, data: {a: at last}}`)
	e.says("late at last")
	w.handled(widgets, "one", "reader.kopf.dev")
}

func TestLogAndReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: talk}
spec:
  handlers:
    - id: levels
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: {level: debug, message: "quiet ${name}"}
        - log: {level: warning, message: "loud ${name}"}
        - name: shout
          log: {level: error, message: "${spec}"}
    - {id: bare, on: create, resource: widgets.test.kopf.dev, do: [{return: null}, {log: never}]}
    - {id: value, on: create, resource: widgets.test.kopf.dev, do: [{return: "${spec.size}"}, {log: never}], result: unused}
    - {id: inner, on: create, resource: widgets.test.kopf.dev, do: [{forEach: "[1, 2, 3]", do: [{log: "item ${item}."}, {when: item == 2, return: {at: "${item}"}}]}, {log: never}]}
    - {id: steps, on: create, resource: widgets.test.kopf.dev, do: [{name: x, get: {target: {resource: namespaces, name: "${meta.namespace}"}}}], result: "${steps.x.kind}"}
    - {id: omitted, on: create, resource: widgets.test.kopf.dev, do: [{log: fine}], result: "${omit()}"}
    - {id: with.dot, on: create, resource: widgets.test.kopf.dev, do: [{log: fine}], result: ok}
    - {id: failing, on: create, resource: widgets.test.kopf.dev, do: [{fail: {permanent: no}}], result: never}
`
	e := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 5}}`)
	w.handled(widgets, "one", "talk.kopf.dev")
	w.becomes(widgets, "one", "status", map[string]any{"value": 5, "inner": map[string]any{"at": 2}, "steps": "Namespace", "with.dot": "ok"})
	for _, words := range [][]string{
		{"level=DEBUG", `"quiet one"`, "handler=levels", "operator=talk", "at=" + place(operator, `{level: debug`)},
		{"level=WARN", `"loud one"`, "at=" + place(operator, `{level: warning`)},
		{"level=ERROR", `{\"size\":5}`, "step=shout"},
	} {
		if n := e.count(words...); n != 1 {
			t.Errorf("%d lines with %q", n, words)
		}
	}
	if e.count("item 1.") != 1 || e.count("item 2.") != 1 || e.count("item 3.")+e.count("never") != 0 {
		t.Error("return did not end the handler")
	}
}

func TestStepModifiers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: modified}
spec:
  filters: {big: spec.size > 3}
  handlers:
    - id: steps
      on: create
      resource: widgets.test.kopf.dev
      do:
        - {when: big, log: "big."}
        - {when: "!big", log: "small."}
        - {when: "spec.size > 3 && name == 'one'", do: [{log: "both."}, {when: false, log: "never."}]}
        - {forEach: spec.list, log: "list ${key} ${item}."}
        - {forEach: spec.map, when: item > 1, log: "map ${key}=${item}."}
        - {forEach: "[]", log: "never."}
        - {forEach: "[1, 2]", do: [{forEach: "['a', 'b']", log: "inner ${item}."}, {log: "outer ${item}."}]}
        - name: maps
          forEach: spec.list
          get: {target: {resource: configmaps, name: "cm-${item}"}}
        - {name: skipped, when: false, get: {target: {resource: configmaps, name: cm-a}}}
        - name: group
          do: [{name: inside, get: {target: {resource: configmaps, name: cm-b}}}]
        - log: "maps ${steps.maps.map(m, m == null ? '-' : m.data.v)} ${steps.skipped == null} ${steps.group.inside.data.v} ${steps.inside.data.v}"
        - {forEach: steps.skipped, log: "never."}
        - {forEach: "steps.maps.filter(m, m != null)", status: {"${item.metadata.name}": "${item.data.v}"}}
`)
	w.create(configMaps, `{metadata: {name: cm-a}, data: {v: va}}`)
	w.create(configMaps, `{metadata: {name: cm-b}, data: {v: vb}}`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 5, list: [a, b, c], map: {x: 1, why: 2, z: 3}}}`)
	w.handled(widgets, "one", "modified.kopf.dev")
	for line, want := range map[string]int{
		"big.": 1, "small.": 0, "both.": 1, "never.": 0,
		"list 0 a.": 1, "list 1 b.": 1, "list 2 c.": 1,
		"map x=1.": 0, "map why=2.": 1, "map z=3.": 1,
		"inner a.": 2, "inner b.": 2, "outer 1.": 1, "outer 2.": 1,
		`maps [\"va\",\"vb\",\"-\"] true vb vb`: 1,
	} {
		if n := e.count(line); n != want {
			t.Errorf("%q: %d times, want %d", line, n, want)
		}
	}
	w.becomes(widgets, "one", "status", map[string]any{"cm-a": "va", "cm-b": "vb"})
}

// TestVarsAndParam: vars are evaluated when they are used, once per attempt.
func TestVarsAndParam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: lazy}
spec:
  handlers:
    - id: vars
      on: create
      resource: widgets.test.kopf.dev
      match: {when: "spec.size in param.allowed"}
      param: {allowed: [1, 2], name: "p-${name}"}
      vars:
        id: "${uuid()}"
        both: "${vars.id} ${param.name}"
        map: {own: "${vars.id}"}
        broken: "${spec.nothing.at.all}"
        later: "${steps.there.data.v}"
      do:
        - {name: there, get: {target: {resource: configmaps, name: there}}}
        - patch: {merge: {status: {"a${retry}": "${vars.id}"}}}
        - patch: {merge: {status: {"b${retry}": "${vars.both}"}}}
        - patch: {merge: {status: {"c${retry}": "${vars.map.own}"}}}
        - when: retry == 0
          fail: {temporary: once more, delay: 10ms}
        - log: "later ${vars.later}"
`)
	w.create(configMaps, `{metadata: {name: there}, data: {v: here}}`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "lazy.kopf.dev")
	e.says("later here")
	status, _ := w.get(widgets, "one")["status"].(map[string]any)
	for _, attempt := range []string{"0", "1"} {
		id := fmt.Sprint(status["a"+attempt])
		if len(id) != 36 || status["b"+attempt] != id+" p-one" || status["c"+attempt] != id {
			t.Errorf("attempt %s: %v", attempt, status)
		}
	}
	if status["a0"] == status["a1"] {
		t.Errorf("two attempts have the same value: %v", status)
	}
	w.create(widgets, `{metadata: {name: two}, spec: {size: 3}}`)
	if two := w.settledBy("two", "three", 2); len(annotationsOf(two)) != 0 {
		t.Errorf("an object that does not match by param: %v", two)
	}
}

// settledBy returns an object once a later one has been handled.
func (w *world) settledBy(name, sentinel string, n int) map[string]any {
	w.t.Helper()
	w.create(widgets, fmt.Sprintf(`{metadata: {name: %s}, spec: {size: %d}}`, sentinel, n))
	w.handled(widgets, sentinel, "lazy.kopf.dev")
	return w.get(widgets, name)
}

// TestErrorsKeepSecrets: what the API server says about a Secret may hold its
// data; it must not get into logs, events and records.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(secrets, `{metadata: {name: there}, data: {password: aHVudGVyMg==}}`)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: discreet}
spec:
  handlers:
    - {id: merge, on: create, resource: widgets.test.kopf.dev, do: [{patch: {target: {resource: secrets, name: there}, merge: {data: {a: {not: text}}}}}]}
    - {id: json, on: create, resource: widgets.test.kopf.dev, do: [{patch: {target: {resource: secrets, name: there}, json: [{op: add, path: /data/a, value: {not: text}}]}}]}
    - {id: apply, on: create, resource: widgets.test.kopf.dev, do: [{patch: {target: {resource: secrets, name: there}, apply: {data: {a: {not: hunter2}}}}}]}
    - {id: create, on: create, resource: widgets.test.kopf.dev, do: [{create: {object: {apiVersion: v1, kind: Secret, metadata: {name: x}, data: {a: "hunter2!"}}}}]}
    - {id: invalid, on: create, resource: widgets.test.kopf.dev, do: [{create: {object: {apiVersion: v1, kind: Secret, metadata: {name: x}, type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: hunter2}}}}]}
    - {id: last, on: create, resource: widgets.test.kopf.dev, do: [{fail: {temporary: wait, delay: 1h}}]}
    - {id: own, on: create, resource: secrets, match: {labels: {own: "yes"}}, do: [{patch: {merge: {data: {a: {not: text}}}}}]}
`)
	w.create(secrets, `{metadata: {name: own, labels: {own: "yes"}}, data: {password: aHVudGVyMg==}}`)
	w.handled(secrets, "own", "discreet.kopf.dev")
	e.says("failed for good", "handler=own")
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	object := w.recorded(widgets, "one", "discreet.kopf.dev", "last")
	for id, want := range map[string]string{"merge": "failed", "json": "failed", "apply": "in 1m0s", "create": "failed", "invalid": "failed"} {
		record := progress(object, "discreet.kopf.dev", id)
		if verdict(record) != want {
			t.Errorf("%s: %v", id, record)
		}
		event := w.tells("one", "Warning", map[bool]string{true: "HandlerFailed", false: "HandlerRetried"}[want == "failed"], `"`+id+`"`)
		for where, text := range map[string]string{"record": fmt.Sprint(record), "event": fmt.Sprint(event["note"]), "log": e.log.String()} {
			if strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
				t.Errorf("the data of a Secret is in the %s: %s", where, text)
				break
			}
		}
	}
}
