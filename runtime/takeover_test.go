package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/state/kopftest"
)

var (
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	replicaSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
)

const (
	kopfPrefix    = "kopf.zalando.org"
	kopfFinalizer = "kopf.zalando.org/KopfFinalizerMarker"
	kopfSettings  = `{prefix: kopf.zalando.org, finalizer: kopf.zalando.org/KopfFinalizerMarker}`

	// longID is one that Kopf cuts, with a digest.
	longID = "an-id-that-is-longer-than-sixty-three-characters-to-be-hashed-by-kopf"
)

// heir is an operator that takes over from one in Python.
func heir(settings, handlers string) string {
	return `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: heir}
spec:
  settings: {persistence: ` + settings + `}
  resources: {w: widgets.test.kopf.dev, rs: {group: apps, version: v1, plural: replicasets}}
  handlers:
` + handlers
}

// golden is an object as an operator in Python has left it, of the files that
// the formats are tested with too, and what is left on it in the end.
type golden struct {
	object, annotations, status map[string]any
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	text, err := os.ReadFile("state/testdata/kopf/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := parse(string(text))
	out := golden{object: all["object"].(map[string]any)}
	if left, ok := all["left"].(map[string]any); ok {
		out.annotations, _ = left["annotations"].(map[string]any)
		out.status, _ = left["status"].(map[string]any)
	}
	return out
}

// leave makes an object as the operator in Python has left it.
func (w *world) leave(gvr schema.GroupVersionResource, object map[string]any) {
	w.t.Helper()
	u := &unstructured.Unstructured{Object: patch.Apply(object, map[string]any{
		"apiVersion": gvr.GroupVersion().String(),
		"kind":       map[string]string{"widgets": "Widget", "replicasets": "ReplicaSet"}[gvr.Resource],
		"metadata":   map[string]any{"deletionTimestamp": nil},
	})}
	if _, err := w.in(gvr).Create(w.t.Context(), u, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
	if status, ok := object["status"]; ok {
		w.merge(gvr, u.GetName(), map[string]any{"status": status}, "status")
	}
	if at(object, "metadata.deletionTimestamp") != nil {
		w.delete(gvr, u.GetName())
	}
}

// merge sends a merge patch, as a Python operator does.
func (w *world) merge(gvr schema.GroupVersionResource, name string, merge map[string]any, subresources ...string) {
	w.t.Helper()
	body, err := json.Marshal(merge)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.in(gvr).Patch(context.Background(), name, types.MergePatchType, body, metav1.PatchOptions{}, subresources...); err != nil {
		w.t.Fatal(err)
	}
}

// TestTakeover takes over the objects that operators in Python have left, each at
// another moment: what had succeeded is not run again, attempts are counted on,
// and all forms of their records are gone in the end.
func TestTakeover(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		golden, settings, handlers string
		says                       []string // once each
		silent                     []string // handlers that must not run
		gone                       bool
	}{
		{golden: "retry", handlers: `
    - {id: slow, on: create, resource: w, do: [{log: "ran slow ${retry} since ${started}."}]}
    - {id: ` + longID + `, on: create, resource: w, do: [{log: "ran long ${retry} since ${started}."}]}
    - {id: done, on: create, resource: w, do: [{log: "ran done."}]}
    - {id: fresh, on: create, resource: w, do: [{log: "ran fresh ${retry} since ${started}."}]}
    - {id: absent, on: create, resource: w, do: [{log: "ran absent ${retry}."}]}
`, says: []string{
			"ran slow 2 since 2026-11-24T01:41:06.066945Z.", "ran long 2 since 2026-11-24T01:41:06.066945Z.",
			"ran fresh 0 since 2026-11-24T01:41:06.066945Z.", "ran absent 0.",
		}, silent: []string{"ran done."}},
		{golden: "places", handlers: `
    - {id: ` + longID + `, on: create, resource: w, do: [{log: "ran newer ${retry}."}]}
    - {id: provision.<locals>.make_volumes_for_the_claims/spec.template.volumes, on: create, resource: w, do: [{log: "ran older ${retry}."}]}
    - {id: resize/spec.size, on: create, resource: w, do: [{log: "ran status ${retry}."}]}
`, says: []string{"ran newer 1.", "ran older 2.", "ran status 3."}},
		{golden: "handled", handlers: `
    - {id: create_fn, on: create, resource: w, do: [{log: "ran create_fn."}]}
    - {id: update_fn, on: update, resource: w, do: [{log: "ran update_fn."}]}
`, silent: []string{"ran "}},
		{golden: "update", handlers: `
    - {id: update_fn, on: update, resource: w, do: [{log: "ran update_fn ${retry} from ${old.spec.size} to ${new.spec.size}."}]}
    - {id: watch_fn/status.phase, on: field, field: status.phase, resource: w, do: [{log: "ran watch_fn."}]}
    - {id: failed_fn, on: update, resource: w, do: [{log: "ran failed_fn."}]}
`, says: []string{"ran update_fn 1 from 1 to 2."}, silent: []string{"ran watch_fn", "ran failed_fn"}},
		{golden: "deletion", gone: true, handlers: `
    - {id: create_fn, on: create, resource: w, do: [{log: "ran create_fn."}]}
    - {id: delete_fn, on: delete, resource: w, do: [{log: "ran delete_fn ${retry} since ${started}."}]}
    - {id: notify/each, on: delete, resource: w, do: [{log: "ran notify."}]}
`, says: []string{"ran delete_fn 1 since 2026-11-24T01:41:06.066945Z."}, silent: []string{"ran create_fn", "ran notify"}},
		{golden: "superseded", gone: true, handlers: `
    - {id: both, on: [create, delete], resource: w, do: [{log: "ran both ${retry} for ${reason}."}]}
    - {id: create_fn, on: create, resource: w, do: [{log: "ran create_fn."}]}
`, says: []string{"ran both 0 for delete."}, silent: []string{"ran create_fn"}},
		{golden: "prefix", settings: `{prefix: a-rather-long-name-of-an-operator.example.com}`, handlers: `
    - {id: create_fn, on: [create, update], resource: w, do: [{log: "ran create_fn ${retry} for ${reason} since ${started}."}]}
`, says: []string{"ran create_fn 0 for update since 2026-11-24T01:41:06.066945Z."}},
		{golden: "older-essence", settings: `{prefix: a-rather-long-name-of-an-operator.example.com}`, handlers: `
    - {id: create_fn, on: [create, update], resource: w, do: [{log: "ran create_fn."}]}
`, silent: []string{"ran "}},
		{golden: "neighbour", settings: `{prefix: example.com}`, handlers: `
    - {id: create_fn, on: create, resource: w, do: [{log: "ran create_fn ${retry}."}]}
`, says: []string{"ran create_fn 0."}},
		{golden: "status", settings: `{prefix: kopf.zalando.org, progress: {storage: status}, diffbase: {storage: status}}`, handlers: `
    - {id: create_fn/spec.size, on: update, resource: w, do: [{log: "ran create_fn ${retry} from ${old.spec.size} to ${new.spec.size}."}]}
    - {id: done, on: update, resource: w, do: [{log: "ran done."}]}
`, says: []string{"ran create_fn 2 from 1 to 2."}, silent: []string{"ran done"}},
		{golden: "old-records", handlers: `
    - {id: old, on: create, resource: w, do: [{log: "ran old ${retry}."}]}
    - {id: verbose, on: create, resource: w, do: [{log: "ran verbose ${retry}."}]}
    - {id: odd, on: create, resource: w, do: [{log: "ran odd ${retry} since ${started}."}]}
    - {id: future, on: create, resource: w, do: [{log: "ran future."}]}
`, says: []string{"ran old 2.", "ran verbose 0.", "ran odd 1 since 2026-11-24T01:41:06.066945Z."}, silent: []string{"ran future"}},
		{golden: "resume", handlers: `
    - {id: resume_fn, on: resume, resource: w, do: [{log: "ran resume_fn ${retry}."}]}
`, says: []string{"ran resume_fn 2."}},
		{golden: "back-and-forth", handlers: `
    - {id: update_fn, on: update, resource: w, do: [{log: "ran update_fn ${retry} from ${old.spec.size} to ${new.spec.size}."}]}
`, says: []string{"ran update_fn 2 from 2 to 3."}},
		{golden: "left-behind", handlers: `
    - {id: update_fn, on: update, resource: w, do: [{log: "ran update_fn."}]}
`, silent: []string{"ran "}},
	} {
		t.Run(tt.golden, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			left := readGolden(t, tt.golden)
			w.leave(widgets, left.object)
			if tt.settings == "" {
				tt.settings = kopfSettings
			}
			e := w.start(heir(tt.settings, tt.handlers))
			// A later object, to know when the first listing has been handled.
			w.create(widgets, `{metadata: {name: later}, spec: {}}`)
			for _, line := range tt.says {
				e.says(line)
			}
			if prefix := strings.Trim(strings.Split(tt.settings, ",")[0], "{} "); tt.golden != "status" {
				w.handled(widgets, "later", strings.TrimPrefix(prefix, "prefix: "))
			}
			switch {
			case tt.golden == "superseded":
				w.vanishes(widgets, "one")
			case tt.gone:
				w.becomes(widgets, "one", "metadata.annotations", nil)
				w.becomes(widgets, "one", "metadata.finalizers", []any{"example.com/other"})
			default:
				w.isLeft("one", left)
			}
			for _, line := range tt.says {
				if n := e.count("object="+w.ns+"/one", line); n != 1 {
					t.Errorf("%q: %d times", line, n)
				}
			}
			for _, line := range tt.silent {
				if n := e.count("object="+w.ns+"/one", line); n != 0 {
					t.Errorf("%q: %d times", line, n)
				}
			}
		})
	}
}

// isLeft waits until nothing but this is left of records.
func (w *world) isLeft(name string, left golden) {
	w.t.Helper()
	w.eventually("the records are gone", func() (any, bool) {
		object := w.get(widgets, name)
		status, _ := object["status"].(map[string]any)
		annotations := annotationsOf(object)
		delete(annotations, kopfPrefix+"/failed-handlers") // of those that failed before; no record
		return object, patch.Equal(annotations, left.annotations) && (len(left.status) == 0 || patch.Equal(status, left.status))
	})
}

// TestTakeoverKeepsLimits: what an operator in Python has begun, counts: the time
// to wait for, the attempts made, and the time that has passed.
func TestTakeoverKeepsLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	python := kopftest.Operator{}
	now := time.Now()
	leave := func(name, id string, r kopftest.Record) {
		object := map[string]any{"metadata": map[string]any{"name": name, "finalizers": []any{kopfFinalizer}}, "spec": map[string]any{"of": name}}
		w.leave(widgets, patch.Apply(object, python.Store(object, id, r)))
	}
	leave("later", "patient", kopftest.Record{Started: kopftest.Time(now.Add(-time.Hour)), Delayed: kopftest.Time(now.Add(4 * time.Second)), Purpose: "create", Retries: 2, Message: "wait"})
	leave("counted", "bounded", kopftest.Record{Started: kopftest.Time(now), Delayed: kopftest.Time(now), Purpose: "create", Retries: 2, Message: "wait"})
	leave("timed", "hurried", kopftest.Record{Started: kopftest.Time(now.Add(-time.Hour)), Delayed: kopftest.Time(now.Add(-time.Minute)), Purpose: "create", Retries: 2, Message: "wait"})
	e := w.start(heir(kopfSettings, `
    - id: patient
      on: create
      resource: w
      match: {when: spec.of == 'later'}
      do: [{log: "patient ran with ${retry}."}, {status: {at: "${string(now)}"}}]
    - id: bounded
      on: create
      resource: w
      match: {when: spec.of == 'counted'}
      retries: 4
      do: [{log: "bounded ran with ${retry}."}, {fail: {temporary: wait, delay: 10ms}}]
    - {id: hurried, on: create, resource: w, match: {when: spec.of == 'timed'}, timeout: 30m, do: [{log: "hurried ran."}]}
`))
	e.says("failed for good", "handler=bounded", "4 attempts made", "attempt=4")
	e.says("failed for good", "handler=hurried", "its timeout is 30m0s", "attempt=2")
	for _, name := range []string{"counted", "timed", "later"} {
		w.handled(widgets, name, kopfPrefix)
	}
	ran, err := time.Parse(time.RFC3339Nano, fmt.Sprint(at(w.get(widgets, "later"), "status.at")))
	if err != nil || ran.Before(now.Add(4*time.Second).Truncate(time.Microsecond)) {
		t.Errorf("the delay was not respected: left at %s, ran at %s, %v", now, ran, err)
	}
	for line, want := range map[string]int{
		"patient ran with 2.": 1, "patient ran": 1, "bounded ran with 2.": 1, "bounded ran with 3.": 1, "bounded ran": 2, "hurried ran": 0,
	} {
		if n := e.count(line); n != want {
			t.Errorf("%q: %d times, want %d", line, n, want)
		}
	}
}

// TestTakeoverOfReplicaSet: what was copied from its Deployment is not the
// ReplicaSet's.
func TestTakeoverOfReplicaSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const template = `{metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}`
	deployment := parse(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: owner}
spec: {replicas: 0, paused: true, selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}}, spec: {containers: [{name: web, image: web}]}}}
`)
	owner, err := w.in(deployments).Create(t.Context(), &unstructured.Unstructured{Object: deployment}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	left := readGolden(t, "replicaset")
	w.leave(replicaSets, patch.Apply(left.object, map[string]any{
		"metadata": map[string]any{"ownerReferences": []any{map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "owner", "uid": string(owner.GetUID())}}},
		"spec":     parse(`{replicas: 0, selector: {matchLabels: {app: web}}, template: ` + template + `}`),
	}))
	e := w.start(heir(kopfSettings, `
    - {id: create_pvc, on: create, resource: rs, do: [{log: "ran create_pvc ${retry} since ${started}."}]}
    - {id: `+longID+`, on: create, resource: rs, do: [{log: "ran long."}]}
`))
	e.says("ran create_pvc 2 since 2026-11-24T01:41:06.066945Z.")
	w.eventually("the records of the ReplicaSet are gone", func() (any, bool) {
		annotations := annotationsOf(w.get(replicaSets, "web-6d4cf56db6"))
		return annotations, slices.Equal(slices.Sorted(maps.Keys(annotations)), slices.Sorted(maps.Keys(left.annotations)))
	})
	annotations := annotationsOf(w.get(replicaSets, "web-6d4cf56db6"))
	for _, key := range []string{"kopf.zalando.org/create_pvc", "kopf.zalando.org/last-handled-configuration"} {
		if annotations[key] != left.annotations[key] {
			t.Errorf("what is the Deployment's has changed: %s: %v", key, annotations[key])
		}
	}
	if reason := (kopftest.Operator{}).Reason(w.get(replicaSets, "web-6d4cf56db6")); reason != "noop" {
		t.Errorf("an operator in Python would see: %s", reason)
	}
	if n := e.count("ran long."); n != 0 {
		t.Errorf("a succeeded handler ran %d times", n)
	}
}

// TestBackToKopf: the engine is killed in the middle of a retry, an operator in
// Python goes on, and the engine comes back after that.
func TestBackToKopf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	python := kopftest.Operator{}
	ids := []string{"done", "slow", "waits", "failed", longID, "resize/spec.size", "changed"}
	operator := heir(kopfSettings, `
    - {id: done, on: create, resource: w, do: [{log: "ran done."}]}
    - {id: slow, on: create, resource: w, do: [{fail: {temporary: not yet, delay: 1h}}]}
    - {id: waits, on: create, resource: w, do: [{wait: {for: "has(spec.never)", poll: 1h}}]}
    - {id: failed, on: create, resource: w, do: [{fail: {permanent: never}}]}
    - {id: `+longID+`, on: create, resource: w, do: [{fail: {temporary: not yet, delay: 2h}}]}
    - {id: resize/spec.size, on: create, resource: w, do: [{log: "ran resize."}]}
    - {id: changed, on: update, resource: w, do: [{log: "changed from ${old.spec.size} to ${new.spec.size}."}, {when: spec.size == 5, fail: {temporary: not yet, delay: 1h}}]}
    - {id: bye, on: delete, resource: w, do: [{log: "ran bye."}]}
`)
	first := w.launch(operator, w.kubeconfig)
	before := time.Now().Add(-time.Second)
	w.create(widgets, `{metadata: {name: one, labels: {app: web}, annotations: {team: a}}, spec: {size: 1}}`)
	w.recorded(widgets, "one", kopfPrefix, "slow")
	first.kill()

	one := func() map[string]any { return w.get(widgets, "one") }
	read := func(id string) kopftest.Record {
		t.Helper()
		r, found, err := python.Record(one(), id)
		if !found || err != nil {
			t.Fatalf("%s: found %v, %v", id, found, err)
		}
		return r
	}
	hour := func(id string, hours int) {
		t.Helper()
		r := read(id)
		started, err := time.Parse(time.RFC3339Nano, r.Started)
		delayed, wrong := time.Parse(time.RFC3339Nano, r.Delayed)
		if err != nil || wrong != nil || started.Before(before) || delayed.Sub(started) < time.Duration(hours)*time.Hour || delayed.Sub(started) > time.Duration(hours)*time.Hour+time.Minute {
			t.Errorf("%s: started %s, delayed %s", id, r.Started, r.Delayed)
		}
		if r.Retries != 1 || r.Finished() || r.Purpose != "create" || r.Message == "" || r.Stopped != "" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	hour("slow", 1)
	hour("waits", 1)
	hour(longID, 2)
	for id, success := range map[string]bool{"done": true, "resize/spec.size": true, "failed": false} {
		if r := read(id); r.Success != success || r.Failure == success || r.Retries != 1 || r.Stopped == "" || r.Purpose != "create" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	want := parse(`{metadata: {labels: {app: web}, annotations: {team: a}}, spec: {size: 1}}`)
	if got := python.Essence(one()); !patch.Equal(got, want) || python.Reason(one()) != "create" {
		t.Errorf("an operator in Python sees, for %s: %v", python.Reason(one()), got)
	}

	// It tries once more, succeeds, and handles a change on its own.
	handle := func() {
		object := one()
		w.merge(widgets, "one", map[string]any{"metadata": python.Finish(object, ids...)["metadata"]})
		if reason := python.Reason(one()); reason != "noop" {
			t.Errorf("an operator in Python is not done: %s", reason)
		}
	}
	slow := read("slow")
	slow.Retries, slow.Delayed = 2, kopftest.Time(time.Now())
	w.merge(widgets, "one", map[string]any{"metadata": python.Store(one(), "slow", slow)["metadata"]})
	handle()
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	handle()

	second := w.launch(operator, w.kubeconfig)
	w.patch(widgets, "one", `{spec: {size: 3}}`)
	second.says("changed from 2 to 3.")
	w.handled(widgets, "one", kopfPrefix)
	// In the middle of an update, too.
	w.patch(widgets, "one", `{spec: {size: 5}}`)
	w.recorded(widgets, "one", kopfPrefix, "changed")
	second.kill()
	if r := read("changed"); python.Reason(one()) != "update" || r.Purpose != "update" || r.Retries != 1 || r.Finished() {
		t.Errorf("an operator in Python sees, for %s: %+v", python.Reason(one()), r)
	}
	if handled, ok := python.Handled(one()); !ok || !patch.Equal(handled["spec"], parse(`{size: 3}`)) {
		t.Errorf("an operator in Python has handled %v", handled)
	}
	handle()

	third := w.launch(operator, w.kubeconfig)
	w.patch(widgets, "one", `{spec: {size: 6}}`)
	third.says("changed from 5 to 6.")
	w.handled(widgets, "one", kopfPrefix)
	if reason := python.Reason(one()); reason != "noop" {
		t.Errorf("an operator in Python would see: %s", reason)
	}
	for _, e := range []*process{second, third} {
		if n := e.count("ran "); n != 0 {
			t.Errorf("handlers of the creation ran %d times again", n)
		}
	}
	for _, wrong := range []string{"to 1.", "to 2.", "from 1"} {
		if n := second.count("changed", wrong) + third.count("changed", wrong); n != 0 {
			t.Errorf("what was handled in Python was handled again: %s", wrong)
		}
	}
	w.delete(widgets, "one")
	third.says("ran bye.")
	w.vanishes(widgets, "one")
}

// TestBesideKopf: operators of both kinds work on one object at the same time, and
// none sees the bookkeeping of another as a change.
func TestBesideKopf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	neighbours := []kopftest.Operator{{}, {Prefix: "python.example.com"}, {Prefix: "db.kopf.zalando.org"}}
	e := w.start(heir(`{prefix: heir.example.com}`, `
    - {id: slow, on: create, resource: w, do: [{when: "!has(spec.go)", fail: {temporary: not yet, delay: 10ms}}, {log: "made ${name}."}]}
    - {id: changed, on: update, resource: w, do: [{log: "changed ${diff.map(d, d.field)}."}]}
`))
	w.create(widgets, `{metadata: {name: one, annotations: {team: a}}, spec: {size: 1}}`)
	one := func() map[string]any { return w.get(widgets, "one") }
	undisturbed := one()
	for i := range 5 {
		for _, python := range neighbours {
			w.merge(widgets, "one", map[string]any{"metadata": python.Store(one(), "slow", kopftest.Record{Purpose: "create", Retries: i + 1})["metadata"]})
		}
	}
	w.recorded(widgets, "one", "heir.example.com", "slow")
	for _, python := range neighbours {
		if got, want := python.Essence(one()), python.Essence(undisturbed); !patch.Equal(got, want) {
			t.Errorf("%s: the engine has changed the essence to %v", python.Prefix, got)
		}
		w.merge(widgets, "one", map[string]any{"metadata": python.Finish(one(), "slow")["metadata"]})
	}
	w.patch(widgets, "one", `{spec: {go: true}}`)
	e.says("made one.")
	e.says("changed", "spec.go")
	w.handled(widgets, "one", "heir.example.com")
	for _, python := range neighbours {
		w.merge(widgets, "one", map[string]any{"metadata": python.Finish(one(), "slow")["metadata"]})
	}
	for _, python := range neighbours {
		if reason := python.Reason(one()); reason != "noop" {
			t.Errorf("%s: there is something to do: %s", python.Prefix, reason)
		}
		w.merge(widgets, "one", map[string]any{"metadata": python.Store(one(), "again", kopftest.Record{Purpose: "resume"})["metadata"]})
	}
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	e.says("changed", "spec.size")
	w.handled(widgets, "one", "heir.example.com")
	if n := e.count(`msg="changed`); n != 2 {
		t.Errorf("%d changes were seen", n)
	}
	for _, python := range neighbours {
		if r, found, err := python.Record(one(), "again"); !found || err != nil || r.Purpose != "resume" {
			t.Errorf("%s: its record is now %+v, %v", python.Prefix, r, err)
		}
	}
}
