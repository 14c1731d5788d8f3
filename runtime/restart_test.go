package runtime_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// TestChangesWhileDown has objects that come, change and go while no engine
// runs: at its start each gets what it missed, once.
func TestChangesWhileDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: down}
spec:
  resources: {w: widgets.test.kopf.dev, g: gadgets.test.kopf.dev}
  handlers:
    - {id: made, on: create, resource: w, do: [{log: "${name} made."}]}
    - id: changed
      on: update
      resource: w
      do: [{log: "${name} changed: ${diff.map(d, d.op + ' ' + d.field).join(', ')}; ${old.spec.?size.orValue(0)} to ${new.spec.?size.orValue(0)}."}]
    - {id: resized, on: field, field: spec.size, resource: w, do: [{log: "${name} resized from ${old} to ${new}."}]}
    - {id: removed, on: delete, resource: w, do: [{log: "${name} removed."}]}
    - {id: back, on: resume, resource: w, do: [{log: "${name} back."}]}
    - {id: any, on: [create, update, resume], resource: w, do: [{log: "${name} any."}]}
    - {id: late, on: resume, deleted: true, resource: w, do: [{log: "${name} late."}]}
    - {id: made_g, on: create, resource: g, do: [{log: "${name} g-made."}]}
    - {id: back_g, on: resume, resource: g, do: [{log: "${name} g-back."}]}
`
	first := w.start(operator)
	for _, name := range []string{"kept", "changed", "reverted", "removed", "labelled", "both"} {
		w.create(widgets, fmt.Sprintf(`{metadata: {name: %s}, spec: {size: 1, old: x}}`, name))
		w.handled(widgets, name, "down.kopf.dev")
	}
	w.create(gadgets, `{metadata: {name: again}, spec: {}}`)
	w.handled(gadgets, "again", "down.kopf.dev")
	first.stop()

	w.patch(widgets, "changed", `{spec: {size: 2}}`)
	w.patch(widgets, "changed", `{spec: {size: 3, old: null}}`)
	w.patch(widgets, "changed", `{spec: {new: {deep: y}}}`)
	w.patch(widgets, "reverted", `{spec: {size: 2}}`)
	w.patch(widgets, "reverted", `{spec: {size: 1}}`)
	w.patch(widgets, "labelled", `{metadata: {labels: {a: b}}}`)
	w.delete(widgets, "removed")
	w.patch(widgets, "both", `{spec: {size: 5}}`)
	w.delete(widgets, "both")
	w.create(widgets, `{metadata: {name: new}, spec: {size: 1}}`)
	w.create(widgets, `{metadata: {name: brief}, spec: {}}`)
	w.delete(widgets, "brief")
	w.delete(gadgets, "again") // nothing holds it
	w.create(gadgets, `{metadata: {name: again}, spec: {}}`)

	second := w.start(operator)
	w.vanishes(widgets, "removed")
	w.vanishes(widgets, "both")
	for _, name := range []string{"changed", "labelled", "new"} {
		second.says(name + " any.")
		w.handled(widgets, name, "down.kopf.dev")
	}
	second.says("kept back.")
	second.says("reverted back.")
	second.says("again g-made.")
	w.create(widgets, `{metadata: {name: last}, spec: {}}`)
	second.says("last any.")
	for text, want := range map[string]int{
		"kept made.": 0, "kept changed": 0, "kept back.": 1, "kept any.": 1, "kept late.": 1,
		"changed made.": 0, "changed back.": 1, "changed any.": 1, "changed late.": 1,
		"changed changed: ": 1, "changed changed: add spec.new, remove spec.old, change spec.size; 1 to 3.": 1,
		"changed resized from 1 to 3.": 1,
		"reverted changed":             0, "reverted back.": 1, "reverted any.": 1,
		"labelled changed: add metadata; 1 to 1.": 1, "labelled resized": 0, "labelled back.": 1, "labelled any.": 1,
		"removed removed.": 1, "removed back.": 0, "removed any.": 0, "removed late.": 1,
		"both removed.": 1, "both changed": 0, "both any.": 0, "both late.": 1,
		"new made.": 1, "new back.": 0, "new any.": 1, "new late.": 0,
		"brief": 0, "again g-made.": 1, "again g-back.": 0,
		"last made.": 1, "last back.": 0,
	} {
		if n := second.count(`"` + text); n != want {
			t.Errorf("after the restart %q was said %d times, want %d", text, n, want)
		}
	}
}

// TestChangeBetweenRetries changes an object while a handler of it is retried:
// the cycle goes on with the newest state, and the change is the next update.
func TestChangeBetweenRetries(t *testing.T) {
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: kill}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: fast, on: [create, update], resource: w, do: [{log: "fast ${reason} ${spec.size}."}]}
    - id: slow
      on: [create, update]
      resource: w
      do:
        - when: "!spec.go"
          fail: {temporary: not yet, delay: 50ms}
        - log: "slow ${reason} ${spec.size}."
    - id: seen
      on: update
      resource: w
      do: [{log: "seen ${old.spec.size} to ${new.spec.size}, ${old.spec.go} to ${new.spec.go}, ${diff.map(d, d.field).join(' ')}."}]
`
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed=%t", killed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			log := &strings.Builder{}
			life := w.live(operator, killed, log)
			w.create(widgets, `{metadata: {name: one}, spec: {size: 1, go: false}}`)
			delayed("slow")(w)
			life.interrupt()
			w.patch(widgets, "one", `{spec: {size: 2}}`)
			w.patch(widgets, "one", `{spec: {go: true}}`)
			life.resume()
			life.says("seen 1 to 2")
			done(w)
			// The update that follows is interrupted in the same way.
			w.patch(widgets, "one", `{spec: {size: 3, go: false}}`)
			delayed("slow")(w)
			life.interrupt()
			w.patch(widgets, "one", `{spec: {size: 2, go: true}}`)
			life.resume()
			life.says("seen 3 to 2")
			done(w)
			life.interrupt()
			for _, text := range []string{
				"fast create 1.", "slow create 2.", "fast update 2.", "slow update 2.",
				"seen 1 to 2, false to true, spec.go spec.size.",
				"fast update 3.", "seen 2 to 3, true to false, spec.go spec.size.",
				"seen 3 to 2, false to true, spec.go spec.size.",
			} {
				want := 1
				if text == "fast update 2." {
					want = 2 // once as 1 to 2, once as 3 to 2
				}
				if text == "slow update 2." {
					want = 3
				}
				if n := strings.Count(log.String(), text); n != want {
					t.Errorf("%q: %d times, want %d", text, n, want)
				}
			}
			if t.Failed() {
				t.Log(log)
			}
		})
	}
}

// life is an operator's run that may be interrupted by kills.
type life struct {
	w        *world
	operator string
	killed   bool
	now      *engine
	process  *process
	log      *strings.Builder
}

func (w *world) live(operator string, killed bool, log *strings.Builder) *life {
	l := &life{w: w, operator: operator, killed: killed, log: log}
	l.begin()
	return l
}

func (l *life) begin() {
	if l.killed {
		l.process = l.w.launch(l.operator, l.w.kubeconfig)
		l.now = l.process.engine
		return
	}
	l.now = l.w.start(l.operator)
}

// interrupt kills the engine, if this life is one with kills.
func (l *life) interrupt() {
	if l.killed {
		l.process.kill()
	}
	l.log.WriteString(l.now.log.take())
}

func (l *life) resume() {
	if l.killed {
		l.begin()
	}
}

// take empties the log.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.b.Reset()
	return b.b.String()
}

func (l *life) says(words ...string) { l.now.says(words...) }

// TestDeletedWhileCreating deletes an object whose creation is being retried.
func TestDeletedWhileCreating(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: kill}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: fine, on: [create, delete], resource: w, do: [{log: "fine ${reason}."}]}
    - {id: slow, on: create, resource: w, do: [{log: "slow ${reason}."}, {fail: {temporary: not yet, delay: 1h}}]}
    - {id: bye, on: delete, resource: w, do: [{when: retry < 1, fail: {temporary: wait, delay: 50ms}}, {log: "bye ${reason}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	delayed("slow")(w)
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	for text, want := range map[string]int{"fine create.": 1, "slow create.": 1, "fine delete.": 1, "bye delete.": 1, "slow delete.": 0} {
		if n := e.count(text); n != want {
			t.Errorf("%q: %d times, want %d", text, n, want)
		}
	}
}

// TestRestartWritesNothing restarts the engine over objects that are handled.
func TestRestartWritesNothing(t *testing.T) {
	t.Parallel()
	const objects = 1000
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: calm}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: made, on: create, resource: w, do: [{status: {size: "${spec.size}"}}]}
    - {id: changed, on: update, resource: w, do: [{status: {size: "${spec.size}"}}]}
    - {id: same, on: [create, resume], resource: w, do: [{status: {size: "${spec.size}"}}, {condition: {type: Ready, status: "True", reason: Made}}]}
    - {id: back, on: resume, resource: w, do: [{log: "back: ${name}."}]}
    - {id: removed, on: delete, resource: w, do: []}
`
	proxy := faultproxy.New(t, w.kubeconfig)
	first := w.start(operator)
	w.createMany(objects)
	w.eventually("all objects are handled", func() (any, bool) {
		n := 0
		for _, u := range w.list(widgets) {
			if annotationsOf(u.Object)["calm.kopf.dev/last-handled-configuration"] != nil {
				n++
			}
		}
		return n, n == objects
	})
	first.stop()

	second := w.startWith(operator, runtime.Options{Client: w.connect(proxy.Kubeconfig()), Namespaces: scope.Exactly(w.ns)})
	w.eventually("all objects are resumed", func() (any, bool) {
		n := second.count("back: ")
		return n, n == objects
	})
	w.create(widgets, `{metadata: {name: last}, spec: {size: 1}}`)
	w.handled(widgets, "last", "calm.kopf.dev")
	second.stop()
	writes := proxy.Count(func(r *http.Request) bool {
		return faultproxy.IsWrite(r) && !strings.Contains(r.URL.Path, "/widgets/last")
	})
	if writes != 0 {
		t.Errorf("a restart over %d handled objects made %d writes", objects, writes)
	}
	if n := second.count("back: "); n != objects {
		t.Errorf("%d of %d objects were resumed", n, objects)
	}
}

// createMany makes widgets o-0, o-1 and so on, with the number as their size.
func (w *world) createMany(n int) {
	w.t.Helper()
	w.each(n, func(i int) error {
		object := parse(fmt.Sprintf(`{apiVersion: test.kopf.dev/v1, kind: Widget, metadata: {name: o-%d}, spec: {size: %d}}`, i, i))
		_, err := w.in(widgets).Create(w.t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
		return err
	})
}

// each does something n times, several at once.
func (w *world) each(n int, do func(i int) error) {
	w.t.Helper()
	const together = 8
	var running sync.WaitGroup
	for worker := range together {
		running.Go(func() {
			for i := worker; i < n; i += together {
				if err := do(i); err != nil {
					w.t.Errorf("%d: %v", i, err)
					return
				}
			}
		})
	}
	running.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}
