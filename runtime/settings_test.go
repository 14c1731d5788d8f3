package runtime_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// TestPersistence tests where records are kept: the handler is retried once, so
// that there is something to keep, and goes on after a restart.
func TestPersistence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		settings        string
		record, handled string // paths; a record in an annotation is text
		prefix          string
		finalizer       string
	}{
		{`{}`, `metadata.annotations.keeper\.kopf\.dev/slow`, `metadata.annotations.keeper\.kopf\.dev/last-handled-configuration`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
		{`{prefix: my.example.com}`, `metadata.annotations.my\.example\.com/slow`, `metadata.annotations.my\.example\.com/last-handled-configuration`, "my.example.com", "my.example.com/finalizer"},
		{`{finalizer: example.com/hold}`, `metadata.annotations.keeper\.kopf\.dev/slow`, `metadata.annotations.keeper\.kopf\.dev/last-handled-configuration`, "keeper.kopf.dev", "example.com/hold"},
		{`{progress: {storage: status}}`, `status.kopf.progress.slow`, `metadata.annotations.keeper\.kopf\.dev/last-handled-configuration`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
		{`{progress: {storage: status, field: status.mine.progress}}`, `status.mine.progress.slow`, `metadata.annotations.keeper\.kopf\.dev/last-handled-configuration`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
		{`{diffbase: {storage: status}}`, `metadata.annotations.keeper\.kopf\.dev/slow`, `status.kopf.last-handled-configuration`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
		{`{diffbase: {storage: status, field: status.mine.handled}}`, `metadata.annotations.keeper\.kopf\.dev/slow`, `status.mine.handled`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
		{`{diffbase: {key: handled}}`, `metadata.annotations.keeper\.kopf\.dev/slow`, `metadata.annotations.keeper\.kopf\.dev/handled`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
		{`{progress: {storage: status}, diffbase: {storage: status}}`, `status.kopf.progress.slow`, `status.kopf.last-handled-configuration`, "keeper.kopf.dev", "keeper.kopf.dev/finalizer"},
	} {
		t.Run(tt.settings, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			operator := fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: keeper}
spec:
  settings: {persistence: %s}
  handlers:
    - id: slow
      on: create
      resource: widgets.test.kopf.dev
      do:
        - when: "!has(spec.go)"
          fail: {temporary: not yet, delay: 50ms}
        - log: "went on by attempt ${retry > 0}."
    - {id: done, on: create, resource: widgets.test.kopf.dev, do: [{log: "done ${name}."}]}
    - {id: changed, on: update, resource: widgets.test.kopf.dev, do: [{log: "changed ${diff.map(d, d.field)}."}, {status: {size: "${spec.size}"}}]}
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}."}]}
`, tt.settings)
			first := w.start(operator)
			w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
			w.eventually("the record", func() (any, bool) {
				object := w.get(widgets, "one")
				return object, at(object, tt.record) != nil
			})
			w.becomes(widgets, "one", "metadata.finalizers", []any{tt.finalizer})
			first.stop()

			second := w.start(operator)
			w.patch(widgets, "one", `{spec: {go: true}}`)
			second.says("went on by attempt true.")
			second.says("changed", "spec.go")
			w.patch(widgets, "one", `{spec: {size: 2}}`)
			second.says("changed", "spec.size")
			w.becomes(widgets, "one", "status.size", 2)
			w.eventually("the essence is stored, and no record is left", func() (any, bool) {
				object := w.get(widgets, "one")
				text, _ := at(object, tt.handled).(string)
				return object, strings.Contains(text, `"size":2`) && at(object, tt.record) == nil
			})
			if n := second.count("done one."); n != 0 {
				t.Errorf("a succeeded handler ran %d times after the restart", n)
			}
			if n := second.count(`msg="changed [`); n != 2 {
				t.Errorf("%d changes: own records must not be any", n)
			}
			for key := range annotationsOf(w.get(widgets, "one")) {
				if !strings.HasPrefix(key, tt.prefix+"/") {
					t.Errorf("the annotation %s", key)
				}
			}
			w.delete(widgets, "one")
			w.vanishes(widgets, "one")
			second.says("bye one.")
		})
	}
}

// TestReadAlso: an operator that gets another name goes on where it was.
func TestReadAlso(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: NAME}
spec:
  settings: {persistence: PERSISTENCE}
  handlers:
    - {id: made, on: create, resource: widgets.test.kopf.dev, do: [{log: "made ${name}."}]}
    - {id: slow, on: create, resource: widgets.test.kopf.dev, match: {field: spec.slow}, do: [{when: spec.slow, fail: {temporary: not yet, delay: 50ms}}, {log: "went on with ${name}."}]}
    - {id: changed, on: update, resource: widgets.test.kopf.dev, do: [{log: "changed ${name} from ${old.spec.?size.orValue(0)} to ${new.spec.?size.orValue(0)}."}]}
`
	first := w.start(strings.NewReplacer("NAME", "former", "PERSISTENCE", "{}").Replace(operator))
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "former.kopf.dev")
	w.create(widgets, `{metadata: {name: two}, spec: {slow: true}}`)
	w.recorded(widgets, "two", "former.kopf.dev", "slow")
	first.stop()

	second := w.start(strings.NewReplacer("NAME", "present", "PERSISTENCE", "{readAlso: former.kopf.dev}").Replace(operator))
	w.patch(widgets, "two", `{spec: {slow: false}}`)
	second.says("went on with two.")
	w.handled(widgets, "two", "present.kopf.dev")
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	second.says("changed one from 1 to 2.")
	w.handled(widgets, "one", "present.kopf.dev")
	if n := second.count("made "); n != 0 {
		t.Errorf("what was handled under the former name was made %d times", n)
	}
	if record := progress(w.get(widgets, "two"), "former.kopf.dev", "slow"); record != nil {
		t.Errorf("a record is left under the former name: %v", record)
	}
}

// TestWorkerLimit: so many objects of one resource are handled at a time, and
// one resource does not hold up another.
func TestWorkerLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e, proxy := w.startBehind(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: workers}
spec:
  settings: {queueing: {workerLimit: %d}}
  handlers:
    - id: work
      on: create
      resource: [widgets.test.kopf.dev, gadgets.test.kopf.dev]
      do:
        - {when: name == 'busy', create: {object: {apiVersion: v1, kind: ConfigMap}}}
        - log: "worked on ${name}."
`, limit))
			release, held := make(chan struct{}), make(chan struct{})
			once := sync.OnceFunc(func() { close(held) })
			proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
				if requested(r) == "POST configmaps" {
					once()
					<-release
				}
				return faultproxy.Fault{}, false
			})
			let := sync.OnceFunc(func() { close(release) })
			t.Cleanup(let)
			w.create(widgets, `{metadata: {name: busy}, spec: {}}`)
			<-held
			w.create(widgets, `{metadata: {name: second}, spec: {}}`)
			if limit > 1 {
				e.says("worked on second.")
			}
			w.create(gadgets, `{metadata: {name: gadget}, spec: {}}`)
			e.says("worked on gadget.")
			if n := e.count("worked on second."); n != limit-1 {
				t.Errorf("the second object was handled %d times beside the busy one", n)
			}
			let()
			e.says("worked on busy.")
			e.says("worked on second.")
		})
	}
}

func TestExecutionSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: frugal}
spec:
  settings: {execution: {costLimit: 5000, defaultBackoff: {initial: 7m, factor: 2}}}
  handlers:
    - {id: own, on: create, resource: widgets.test.kopf.dev, backoff: 3m, do: [{fail: oops}]}
    - {id: default, on: create, resource: widgets.test.kopf.dev, do: [{fail: oops}]}
    - {id: cheap, on: create, resource: widgets.test.kopf.dev, do: [{log: "cheap ${lists.range(10).map(x, x * 2).size()}."}]}
    - {id: costly, on: create, resource: widgets.test.kopf.dev, do: [{log: "${lists.range(100000).map(x, x * 2).size()}"}]}
    - {id: filter, on: create, resource: widgets.test.kopf.dev, match: {when: "lists.range(100000).exists(x, x > 99999)"}, do: [{log: never}]}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: hurried}
spec:
  settings: {execution: {deadline: 20ms, costLimit: 1000000000000}}
  handlers:
    - {id: endless, on: create, resource: widgets.test.kopf.dev, do: [{log: "${lists.range(100000).all(x, lists.range(100000).all(y, x + y >= 0))}"}]}
    - {id: last, on: create, resource: widgets.test.kopf.dev, do: [{fail: {temporary: wait, delay: 1h}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	object := w.recorded(widgets, "one", "frugal.kopf.dev", "costly")
	for id, want := range map[string]string{"own": "in 3m0s", "default": "in 7m0s", "cheap": "succeeded", "costly": "failed"} {
		if got := verdict(progress(object, "frugal.kopf.dev", id)); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	e.says("cheap 10.")
	e.says("failed for good", "handler=costly", "cost", "lists.range(100000).map")
	e.says("a filter cannot be evaluated", "handler=filter", "cost")

	object = w.recorded(widgets, "one", "hurried.kopf.dev", "last")
	if got := verdict(progress(object, "hurried.kopf.dev", "endless")); got != "failed" {
		t.Errorf("endless: %s", got)
	}
	e.says("failed for good", "handler=endless", "20ms", "lists.range(100000).all")
}

// TestConsistencyTimeout: until an own patch has come back, or for so long, the
// object is not handled again.
func TestConsistencyTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: NAME}
spec:
  settings: {persistence: {consistencyTimeout: TIME}}
  handlers:
    - id: tries
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: "NAME tried with ${retry}."
        - when: retry == 0
          fail: {temporary: again, delay: 10ms}
---`
	e, proxy := w.startBehind(strings.NewReplacer("NAME", "patient", "TIME", "1h").Replace(operator) +
		strings.NewReplacer("NAME", "hasty", "TIME", "100ms").Replace(operator))
	var mu sync.Mutex
	var both sync.WaitGroup
	both.Add(2)
	patched := map[string]bool{} // guarded by mu
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		name, _, _ := strings.Cut(r.UserAgent(), " ")
		mu.Lock()
		first := requested(r) == "PATCH widgets" && !patched[name]
		patched[name] = patched[name] || first
		mu.Unlock()
		if first {
			// Both have handled the object; neither sees what it wrote.
			both.Done()
			both.Wait()
			proxy.Stall(true)
		}
		return faultproxy.Fault{}, false
	})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("hasty tried with 1.") // it asks the server how far it is
	w.handled(widgets, "one", "hasty.kopf.dev")
	if n, more := e.count("patient tried with 0."), e.count("patient tried with 1."); n != 1 || more != 0 {
		t.Errorf("the patient one has tried %d and %d times", n, more)
	}
	proxy.Stall(false)
	e.says("patient tried with 1.")
	w.handled(widgets, "one", "patient.kopf.dev")
	for _, name := range []string{"patient", "hasty"} {
		if n := e.count(name + " tried with"); n != 2 {
			t.Errorf("%d attempts of the %s one", n, name)
		}
	}
}

// TestNetworkSettings: what goes wrong outside of handlers is tried again after
// pauses of its own.
func TestNetworkSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: remote}
spec:
  settings:
    watching: {serverTimeout: 77s}
    networking: {requestTimeout: 300ms}
    queueing: {errorDelays: [10ms, 20ms, 30ms]}
  handlers:
    - {id: make, on: create, resource: widgets.test.kopf.dev, backoff: 10ms, do: [{create: {object: {apiVersion: v1, kind: ConfigMap}}}]}
`)
	var mu sync.Mutex
	seen := map[string]int{}
	proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		mu.Lock()
		seen[requested(r)]++
		n := seen[requested(r)]
		mu.Unlock()
		switch what := requested(r); {
		case what == "POST configmaps" && n == 1:
			<-r.Context().Done() // silence
			return faultproxy.Fault{}, true
		case what == "PATCH widgets" && n <= 4:
			return faultproxy.Fault{Status: http.StatusInternalServerError}, true
		}
		return faultproxy.Fault{}, false
	})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "remote.kopf.dev")
	e.says("will be tried again", "handler=make", "did not answer in time")
	for _, delay := range []string{"10ms", "20ms", "30ms"} {
		if n := e.count("cannot handle the object now", "in="+delay); n == 0 {
			t.Errorf("no pause of %s", delay)
		}
	}
	if n := len(w.list(configMaps)); n != 1 {
		t.Errorf("%d children", n)
	}
	if n := proxy.Count(func(r *http.Request) bool {
		return faultproxy.IsWatch(r) && r.URL.Query().Get("timeoutSeconds") == "77"
	}); n == 0 {
		t.Error("no watch has the server's timeout")
	}
}
