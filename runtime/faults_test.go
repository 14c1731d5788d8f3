package runtime_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// bookkeeper notes everything that happens to an object: one child for its
// creation, a log line for each change with what was before, and a farewell.
const bookkeeper = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: keeper}
spec:
  settings:
    queueing: {errorDelays: [50ms, 100ms, 200ms, 500ms]}
    execution: {defaultBackoff: 50ms}
    watching: {reconnectBackoff: 20ms%s}
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - id: made
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, data: {of: "${name}"}}}
        - status: {made: "${string(spec.size)}", size: "${spec.size}"}
        - log: "made ${name} ${spec.size}."
    - id: changed
      on: update
      resource: w
      do:
        - status: {size: "${spec.size}", changes: "${status.?changes.orValue(0) + 1}"}
        - log: "changed ${name} ${old.spec.size} ${new.spec.size}."
    - {id: removed, on: delete, resource: w, do: [{log: "removed ${name} ${spec.size}."}]}
`

// through starts operators that reach the API server by a proxy.
func (w *world) through(proxy *faultproxy.Proxy, documents string) *engine {
	w.t.Helper()
	return w.startWith(documents, runtime.Options{Client: w.connect(proxy.Kubeconfig()), Namespaces: scope.Exactly(w.ns)})
}

// load creates objects, changes each of them some times and deletes every third
// one, all of that as fast as it goes.
func (w *world) load(objects, changes int) {
	w.t.Helper()
	w.createMany(objects)
	w.each(objects, func(i int) error {
		for n := range changes {
			body := fmt.Appendf(nil, `{"spec":{"size":%d}}`, i+n+1)
			if _, err := w.in(widgets).Patch(w.t.Context(), "o-"+strconv.Itoa(i), types.MergePatchType, body, metav1.PatchOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// booked waits until all objects have been handled as they are, and returns
// how many children each one has.
func (w *world) booked(objects, changes int) map[string]int {
	w.t.Helper()
	w.eventually("all objects are handled as they are", func() (any, bool) {
		settled := 0
		for _, u := range w.list(widgets) {
			var i int
			if _, err := fmt.Sscanf(u.GetName(), "o-%d", &i); err != nil {
				continue
			}
			stored, _ := annotationsOf(u.Object)["keeper.kopf.dev/last-handled-configuration"].(string)
			status, _ := u.Object["status"].(map[string]any)
			if status["size"] == int64(i+changes) && strings.Contains(stored, fmt.Sprintf(`"size":%d}`, i+changes)) {
				settled++
			}
		}
		return settled, settled == objects
	})
	children := map[string]int{}
	for _, u := range w.list(configMaps) {
		data, _ := u.Object["data"].(map[string]any)
		children[fmt.Sprint(data["of"])]++
	}
	return children
}

// removeThird deletes every third object and waits until these are gone.
func (w *world) removeThird(objects int) {
	w.t.Helper()
	w.each((objects+2)/3, func(i int) error {
		return w.in(widgets).Delete(w.t.Context(), "o-"+strconv.Itoa(3*i), metav1.DeleteOptions{})
	})
	w.eventually("the deleted objects are gone", func() (any, bool) {
		n := len(w.list(widgets))
		return n, n == objects-(objects+2)/3
	})
}

// bookEntry is a line of the bookkeeper.
var bookEntry = regexp.MustCompile(`msg="(made|changed|removed) (\S+) ([0-9 ]+)\."`)

// checkBooks demands that each object was made once, that its changes form a
// chain without a gap from what it was at first to what it is now, and that it
// was removed once, if at all.
func (e *engine) checkBooks(objects, changes int) {
	t := e.w.t
	t.Helper()
	made, removed, at := map[string]int{}, map[string]int{}, map[string]string{}
	for _, m := range bookEntry.FindAllStringSubmatch(e.log.String(), -1) {
		name, sizes := m[2], strings.Fields(m[3])
		switch m[1] {
		case "made":
			made[name]++
			at[name] = sizes[0]
		case "changed":
			if sizes[0] != at[name] || sizes[1] == sizes[0] {
				t.Errorf("%s was at %s, and its next change was from %s to %s", name, at[name], sizes[0], sizes[1])
			}
			at[name] = sizes[1]
		case "removed":
			removed[name]++
		}
	}
	for i := range objects {
		name := "o-" + strconv.Itoa(i)
		want := 0
		if i%3 == 0 {
			want = 1
		}
		if made[name] != 1 || removed[name] != want || at[name] != strconv.Itoa(i+changes) {
			t.Errorf("%s: made %d times, removed %d times (want 1 and %d), last seen at %s (want %d)", name, made[name], removed[name], want, at[name], i+changes)
		}
	}
}

// TestWatchCutAllTheTime has a proxy between engine and server that cuts each
// watch behind 50 events, now by its end and now by a broken connection.
func TestWatchCutAllTheTime(t *testing.T) {
	t.Parallel()
	const objects, changes = 300, 3
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	proxy.CutWatchEvery(50)
	e := w.through(proxy, fmt.Sprintf(bookkeeper, ""))
	w.load(objects, changes)
	children := w.booked(objects, changes)
	for i := range objects {
		if n := children["o-"+strconv.Itoa(i)]; n != 1 {
			t.Errorf("o-%d has %d children", i, n)
		}
	}
	w.removeThird(objects)
	e.stop()
	e.checkBooks(objects, changes)
	if n := proxy.Cuts(); n < 10 {
		t.Errorf("the watches were cut only %d times", n)
	}
}

// every makes a fault of each nth request that matches, from the first on.
func every(n int, matches func(*http.Request) bool, fault faultproxy.Fault) func(*http.Request) (faultproxy.Fault, bool) {
	var seen atomic.Int64
	return func(r *http.Request) (faultproxy.Fault, bool) {
		return fault, matches(r) && (seen.Add(1)-1)%int64(n) == 0
	}
}

// either makes the fault of whichever has one.
func either(faults ...func(*http.Request) (faultproxy.Fault, bool)) func(*http.Request) (faultproxy.Fault, bool) {
	return func(r *http.Request) (faultproxy.Fault, bool) {
		for _, f := range faults {
			if fault, ok := f(r); ok {
				return fault, true
			}
		}
		return faultproxy.Fault{}, false
	}
}

func isObject(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/widgets") || strings.Contains(r.URL.Path, "/configmaps")
}

func isWrite(r *http.Request) bool { return isObject(r) && faultproxy.IsWrite(r) }
func isWatch(r *http.Request) bool { return isObject(r) && faultproxy.IsWatch(r) }
func isRead(r *http.Request) bool  { return isObject(r) && !faultproxy.IsWrite(r) }

func isList(r *http.Request) bool { return isRead(r) && !faultproxy.IsWatch(r) }

// TestFaults has all kinds of faults between engine and server. Where it only
// hears badly, it must do everything exactly once; where it cannot write, the
// end must be right.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cut   int // watches end behind so many events, which makes for more requests
		fault func(*http.Request) (faultproxy.Fault, bool)
		exact bool
	}{
		{"watches are expired", 5, every(2, isWatch, faultproxy.Fault{Status: http.StatusGone}), true},
		{"watches expire in the stream", 5, every(2, isWatch, faultproxy.Fault{Status: http.StatusGone, InStream: true}), true},
		{"watches are too many requests", 10, every(3, isWatch, faultproxy.Fault{Status: http.StatusTooManyRequests, RetryAfter: 1}), true},
		{"watches are refused by an error", 5, every(2, isWatch, faultproxy.Fault{Status: http.StatusInternalServerError}), true},
		{"watches break", 5, every(2, isWatch, faultproxy.Fault{}), true},
		{"reads break", 5, every(3, isRead, faultproxy.Fault{}), true},
		{"lists are too many requests, and watches expired", 5, either(
			every(2, isList, faultproxy.Fault{Status: http.StatusTooManyRequests, RetryAfter: 1}),
			every(4, isWatch, faultproxy.Fault{Status: http.StatusGone})), true},
		{"writes are too many requests", 0, every(20, isWrite, faultproxy.Fault{Status: http.StatusTooManyRequests, RetryAfter: 1}), false},
		{"writes are refused by an error", 0, every(4, isWrite, faultproxy.Fault{Status: http.StatusInternalServerError}), false},
		{"the server is away", 0, every(4, isObject, faultproxy.Fault{Status: http.StatusServiceUnavailable}), false},
		{"writes break", 0, every(4, isWrite, faultproxy.Fault{}), false},
		{"writes are done and the answer is lost", 0, every(4, isWrite, faultproxy.Fault{Lost: true}), false},
		{"writes conflict", 0, every(3, isWrite, faultproxy.Fault{Status: http.StatusConflict}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const objects, changes = 30, 2
			w := newWorld(t)
			proxy := faultproxy.New(t, w.kubeconfig)
			proxy.CutWatchEvery(tt.cut)
			var faults atomic.Int64
			proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
				fault, ok := tt.fault(r)
				if ok {
					faults.Add(1)
				}
				return fault, ok
			})
			e := w.through(proxy, fmt.Sprintf(bookkeeper, ""))
			w.load(objects, changes)
			for name, n := range w.booked(objects, changes) {
				if n != 1 {
					t.Errorf("%s has %d children", name, n)
				}
			}
			w.removeThird(objects)
			e.stop()
			if tt.exact {
				e.checkBooks(objects, changes)
			}
			if faults.Load() < 3 {
				t.Errorf("only %d faults", faults.Load())
			}
			for _, u := range w.list(widgets) {
				for key := range annotationsOf(u.Object) {
					if name, own := strings.CutPrefix(key, "keeper.kopf.dev/"); own && name != "kopf-managed" && name != "last-handled-configuration" {
						t.Errorf("%s has the annotation %s left", u.GetName(), key)
					}
				}
			}
		})
	}
}

// TestSilentWatch has a watch that is open and says nothing any more.
func TestSilentWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	e := w.through(proxy, fmt.Sprintf(bookkeeper, ", inactivityTimeout: 2s"))
	w.create(widgets, `{metadata: {name: o-0}, spec: {size: 0}}`)
	w.handled(widgets, "o-0", "keeper.kopf.dev")
	proxy.Stall(true)
	watches := proxy.Count(isWatch)
	w.create(widgets, `{metadata: {name: o-1}, spec: {size: 1}}`)
	w.patch(widgets, "o-0", `{spec: {size: 1}}`)
	w.eventually("the engine gives up the silent watch", func() (any, bool) {
		n := proxy.Count(isWatch)
		return n, n > watches
	})
	proxy.Stall(false)
	w.handled(widgets, "o-1", "keeper.kopf.dev")
	w.becomes(widgets, "o-0", "status.size", 1)
	for text, want := range map[string]int{"made o-0 0.": 1, "made o-1 1.": 1, "changed o-0 0 1.": 1, `msg="changed`: 1} {
		if n := e.count(text); n != want {
			t.Errorf("%q: %d times, want %d", text, n, want)
		}
	}
}

// meanwhile does something while the first request of a kind is on its way.
func meanwhile(proxy *faultproxy.Proxy, request string, do func()) {
	var once sync.Once
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		if requested(r) == request {
			once.Do(do)
		}
		return faultproxy.Fault{}, false
	})
}

// TestSomebodyElseChangesTheObject has others write to lists between the
// engine's look at the object and its patch: what they wrote stays.
func TestSomebodyElseChangesTheObject(t *testing.T) {
	t.Parallel()
	for _, request := range []string{"PATCH widgets/status", "PATCH widgets"} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			proxy := faultproxy.New(t, w.kubeconfig)
			meanwhile(proxy, request, func() {
				held := unstructured.Unstructured{Object: w.get(widgets, "one")}
				finalizers := strings.Join(append(held.GetFinalizers(), "test.kopf.dev/theirs"), ", ")
				w.patch(widgets, "one", fmt.Sprintf(`{metadata: {finalizers: [%s]}, spec: {list: [theirs]}}`, finalizers))
				_, err := w.in(widgets).Patch(t.Context(), "one", types.MergePatchType,
					[]byte(`{"status":{"conditions":[{"type":"Theirs","status":"True"}]}}`), metav1.PatchOptions{}, "status")
				if err != nil {
					t.Error(err)
				}
			})
			e := w.through(proxy, `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: shared}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - id: made
      on: create
      resource: w
      do:
        - condition: {type: Ours, status: "True", reason: Made}
        - patch: {json: [{op: add, path: /spec/list/-, value: ours}]}
        - log: "made."
    - {id: bye, on: delete, resource: w, do: []}
`)
			w.create(widgets, `{metadata: {name: one}, spec: {list: [first]}}`)
			w.handled(widgets, "one", "shared.kopf.dev")
			object := w.get(widgets, "one")
			text := fmt.Sprint(object)
			for _, part := range []string{"type:Theirs", "type:Ours", "test.kopf.dev/theirs", "shared.kopf.dev/finalizer", "list:[theirs ours]"} {
				if !strings.Contains(text, part) {
					t.Errorf("no %s in %s", part, text)
				}
			}
			if n := e.count("msg=made."); n != 1 {
				t.Errorf("the handler ran %d times", n)
			}
			w.delete(widgets, "one")
			w.becomes(widgets, "one", "metadata.finalizers", []any{"test.kopf.dev/theirs"})
		})
	}
}

// TestGoneWhileHandled deletes an object while its handler runs.
func TestGoneWhileHandled(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprintf("made again=%t", again), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			proxy := faultproxy.New(t, w.kubeconfig)
			meanwhile(proxy, "POST configmaps", func() {
				w.delete(widgets, "one")
				if again {
					w.create(widgets, `{metadata: {name: one}, spec: {text: new}}`)
				}
			})
			e := w.through(proxy, `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: quick}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - id: made
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: "${name}-${spec.text}"}}}
        - patch: {merge: {spec: {seen: "${spec.text}"}}}
        - status: {text: "${spec.text}", "${spec.text}": true}
        - log: "made ${name} ${spec.text}."
`)
			w.create(widgets, `{metadata: {name: one}, spec: {text: old}}`)
			w.eventually("the handler ran for the old object", func() (any, bool) { return nil, e.count("made one old.") > 0 })
			if again {
				w.handled(widgets, "one", "quick.kopf.dev")
				w.becomes(widgets, "one", "status", map[string]any{"text": "new", "new": true})
				w.becomes(widgets, "one", "spec", map[string]any{"text": "new", "seen": "new"})
			}
			w.create(widgets, `{metadata: {name: last}, spec: {text: last}}`)
			w.handled(widgets, "last", "quick.kopf.dev")
			w.vanishes(configMaps, "one-old") // by the garbage collector
			e.stop()
			for text, want := range map[string]int{"made one old.": 1, "made one new.": map[bool]int{true: 1}[again], "cannot": 0, "failed": 0} {
				if n := e.count(text); n != want {
					t.Errorf("%q: %d times, want %d", text, n, want)
				}
			}
			if !again && w.get(widgets, "one") != nil {
				t.Error("the object has come back")
			}
		})
	}
}

// TestMissingCRD starts an operator ahead of its CRD, and takes that away again.
func TestMissingCRD(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plural := strings.ReplaceAll(w.ns, "-", "") + "s"
	gvr := schema.GroupVersionResource{Group: "test.kopf.dev", Version: "v1", Resource: plural}
	definition := crd("K"+strings.TrimSuffix(plural, "s"), plural, "Namespaced", `{status: {}}`)
	crdResource := w.client.Dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	remove := func() {
		err := crdResource.Delete(t.Context(), plural+".test.kopf.dev", metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
	install := func() {
		if err := w.client.ApplyCRDs(t.Context(), []map[string]any{definition}); err != nil {
			t.Fatal(err)
		}
	}
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: early}
spec:
  handlers:
    - {id: made, on: create, resource: %s.test.kopf.dev, do: [{log: "made ${name}."}]}
    - {id: other, on: create, resource: widgets.test.kopf.dev, do: [{log: "other ${name}."}]}
`, plural))
	e.says("waiting for a resource", plural)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("other one.") // the rest works meanwhile
	install()
	defer remove()
	make := func(name string) {
		object := parse(fmt.Sprintf(`{apiVersion: test.kopf.dev/v1, kind: %s, metadata: {name: %s}}`, definition["spec"].(map[string]any)["names"].(map[string]any)["kind"], name))
		w.eventually(name+" can be created", func() (any, bool) {
			_, err := w.in(gvr).Create(t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
			return err, err == nil
		})
	}
	make("one")
	e.says("made one.")
	remove()
	w.eventually("the CRD is gone", func() (any, bool) {
		_, err := crdResource.Get(t.Context(), plural+".test.kopf.dev", metav1.GetOptions{})
		return err, apierrors.IsNotFound(err)
	})
	install()
	make("two")
	e.says("made two.")
	// The engine may not even have noticed that it was missing for a second time.
	if n := e.count("waiting for a resource"); n > 2 {
		t.Errorf("said %d times that a resource is missing, which it was twice", n)
	}
	for text, want := range map[string]int{"made one.": 1, "made two.": 1} {
		if n := e.count(text); n != want {
			t.Errorf("%q: %d times, want %d", text, n, want)
		}
	}
}

// TestBrake has an operator that changes what it reacts to.
func TestBrake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: restless}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: made, on: create, resource: w, do: [{log: "made ${name}."}]}
    - id: again
      on: update
      resource: w
      match: {when: "spec.?loop.orValue(false)"}
      do:
        - log: "again ${name}."
        - patch: {merge: {spec: {num: "${spec.num + 1}"}}}
    - {id: calm, on: update, resource: w, match: {when: "!spec.?loop.orValue(false)"}, do: [{log: "calm ${name}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {num: 0}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {num: 0}}`)
	w.handled(widgets, "one", "restless.kopf.dev")
	w.handled(widgets, "two", "restless.kopf.dev")
	w.patch(widgets, "one", `{spec: {loop: true}}`)
	e.says("changes too fast", w.ns+"/one")
	w.eventually("an event that says so", func() (any, bool) {
		for _, u := range w.list(kubeEvents) {
			if u.Object["reason"] == "HandledTooOften" && u.Object["regarding"].(map[string]any)["name"] == "one" {
				return u.Object, true
			}
		}
		return nil, false
	})
	// Others are not held up: what follows takes one of them many cycles, and the
	// braked one at most a few.
	before := e.count("again one.")
	for n := range 20 {
		w.patch(widgets, "two", fmt.Sprintf(`{spec: {num: %d}}`, n+1))
		w.eventually("two is handled", func() (any, bool) {
			n0 := e.count("calm two.")
			return n0, n0 > n
		})
	}
	if n := e.count("again one.") - before; n > 10 {
		t.Errorf("while 20 cycles of another object were handled, the braked one had %d", n)
	}
	w.patch(widgets, "one", `{spec: {loop: false}}`)
	e.says("calm one.")
	w.handled(widgets, "one", "restless.kopf.dev")
	if n := e.count("changes too fast"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

// TestTwoOperators has two operators at work on the same objects in one
// process, one of which does everything wrong.
func TestTwoOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	e := w.through(proxy, `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: broken}
spec:
  settings: {execution: {defaultBackoff: 100ms}}
  resources: {w: widgets.test.kopf.dev, x: nothings.nowhere.example.com}
  handlers:
    - {id: fails, on: [create, update], resource: w, retries: 5, do: [{fail: {error: broken}}]}
    - {id: filters, on: [create, update], resource: w, match: {when: "spec.no.such.field == 1"}, do: [{log: never}]}
    - {id: nowhere, on: create, resource: x, do: [{log: never}]}
    - {id: deaf, on: event, resource: w, do: [{fail: {permanent: deaf}}]}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: sound}
spec:
  resources: {w: widgets.test.kopf.dev}
  handlers:
    - {id: made, on: create, resource: w, do: [{log: "made ${name}."}, {status: {made: true}}]}
    - {id: changed, on: update, resource: w, do: [{log: "changed ${name}: ${diff.map(d, d.field).join(' ')}."}, {status: {num: "${spec.num}"}}]}
    - {id: bye, on: delete, resource: w, do: [{log: "bye ${name}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {num: 1}}`)
	w.handled(widgets, "one", "sound.kopf.dev")
	w.handled(widgets, "one", "broken.kopf.dev")
	w.patch(widgets, "one", `{spec: {num: 2}}`)
	w.becomes(widgets, "one", "status.num", 2)
	w.eventually("the broken one has given up", func() (any, bool) {
		n := e.count("failed for good", "broken", "handler=fails")
		return n, n == 2
	})
	w.handled(widgets, "one", "sound.kopf.dev")
	w.handled(widgets, "one", "broken.kopf.dev")
	// Neither takes what the other has written for a change: it is quiet now.
	// What a later object needs comes behind whatever would follow.
	written := w.get(widgets, "one")["metadata"].(map[string]any)["resourceVersion"]
	w.create(widgets, `{metadata: {name: last}, spec: {num: 1}}`)
	w.handled(widgets, "last", "sound.kopf.dev")
	w.handled(widgets, "last", "broken.kopf.dev")
	if now := w.get(widgets, "one")["metadata"].(map[string]any)["resourceVersion"]; now != written {
		t.Error("the object was changed once more")
	}
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	for text, want := range map[string]int{"made one.": 1, "changed one: spec.num.": 1, "changed one": 1, "bye one.": 1, "never": 0} {
		if n := e.count(text); n != want {
			t.Errorf("%q: %d times, want %d", text, n, want)
		}
	}
	if n := e.count("a filter cannot be evaluated"); n != 1 {
		t.Errorf("the broken filter was mentioned %d times", n)
	}
}
