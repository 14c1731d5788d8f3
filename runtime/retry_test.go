package runtime_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// ask asks for handlers of a widget to be tried again, as the command does.
func (w *world) ask(name, prefix string, handlers ...string) {
	w.t.Helper()
	text, _ := json.Marshal(map[string]any{"handlers": handlers})
	body, _ := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{prefix + "/retry-requested": string(text)}}})
	w.patch(widgets, name, string(body))
}

// answered waits until nothing is asked for any more, and returns the note of what has failed.
func (w *world) answered(name, prefix string) string {
	w.t.Helper()
	var note string
	w.eventually("the request is answered", func() (any, bool) {
		annotations := annotationsOf(w.get(widgets, name))
		note, _ = annotations[prefix+"/failed-handlers"].(string)
		_, asked := annotations[prefix+"/retry-requested"]
		return annotations, !asked
	})
	return note
}

const retried = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: again}
spec:
  handlers:
    - id: maker
      on: create
      resource: widgets.test.kopf.dev
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap}}
        - log: "maker ${reason} ${retry} ${old == null} ${diff.size() > 0}."
        - get: {target: {resource: configmaps, name: switch}, ifMissing: fail}
        - log: maker is done
    - {id: other, on: [create, update], resource: widgets.test.kopf.dev, do: [{log: "other ${reason}."}]}
    - id: changer
      on: field
      field: spec.size
      resource: widgets.test.kopf.dev
      do:
        - log: "changer ${retry} ${diff.size()}."
        - {when: "labels[?'good'].orValue('') != 'yes'", fail: {permanent: not good}}
`

// TestRetry: a handler that failed for good runs again when it is asked for, alone, with what
// its cycle was about.
func TestRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const prefix = "again.kopf.dev"
	operator := strings.ReplaceAll(strings.ReplaceAll(retried, ", ifMissing: fail", ""), "resource: widgets.test.kopf.dev\n      do:\n        - create", "resource: widgets.test.kopf.dev\n      errors: permanent\n      do:\n        - create")
	operator = strings.Replace(operator, "- get: {target: {resource: configmaps, name: switch}}", `- {name: switch, get: {target: {resource: configmaps, name: switch}}}
        - {when: steps.switch == null, fail: {permanent: no switch}}`, 1)
	e := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", prefix)
	e.says("maker create 0 true true.")
	if note := w.answered("one", prefix); note != `{"maker":{"purpose":"create","message":"no switch"}}` {
		t.Fatalf("the note is %s", note)
	}

	// It fails once more: nothing else runs, and what is noted stays.
	w.ask("one", prefix, "maker")
	w.eventually("the second attempt", func() (any, bool) { n := e.count("maker create 0 true true."); return n, n == 2 })
	if note := w.answered("one", prefix); !strings.Contains(note, "no switch") {
		t.Errorf("the note is %s", note)
	}
	w.create(configMaps, `{metadata: {name: switch}}`)
	w.ask("one", prefix, "maker")
	e.says("maker is done")
	if note := w.answered("one", prefix); note != "" {
		t.Errorf("the note is %s", note)
	}
	if n := e.count("other create."); n != 1 {
		t.Errorf("the other handler ran %d times", n)
	}
	if n := len(w.list(configMaps)); n != 2 { // its child was found again
		t.Errorf("%d ConfigMaps", n)
	}

	// An update is over: there is nothing to be seen of it, and it runs all the same.
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	e.says("changer 0 1.")
	w.eventually("the failed update is noted", func() (any, bool) {
		note, _ := annotationsOf(w.get(widgets, "one"))[prefix+"/failed-handlers"].(string)
		return note, note == `{"changer":{"purpose":"update","message":"not good"}}`
	})
	w.patch(widgets, "one", `{metadata: {labels: {good: "yes"}}}`)
	e.says("other update.")
	w.ask("one", prefix, "changer", "unknown")
	e.says("changer 0 0.")
	if note := w.answered("one", prefix); note != "" {
		t.Errorf("the note is %s", note)
	}
	w.handled(widgets, "one", prefix)

	// What has not failed is not run, and the request goes away.
	w.ask("one", prefix, "maker")
	w.answered("one", prefix)
	e.says("asked to be tried again that have not failed")
	if n := e.count("maker create 0 true true."); n != 3 {
		t.Errorf("the maker ran %d times", n)
	}
}

const holdups = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: held}
spec:
  handlers:
    - {id: failed, on: create, resource: widgets.test.kopf.dev, retries: 1, do: [{log: "failed ${retry}."}, {when: "labels[?'good'].orValue('') != 'yes'", fail: oops}]}
    - {id: sleeping, on: create, resource: widgets.test.kopf.dev, do: [{log: "sleeping ${retry}."}, {when: "labels[?'good'].orValue('') != 'yes'", fail: {temporary: later, delay: 1h}}]}
    - {id: blocking, on: create, resource: widgets.test.kopf.dev, do: [{log: "blocking ${retry}."}, {when: "labels[?'free'].orValue('') != 'yes'", fail: {temporary: later, delay: 1h}}]}
`

// TestRetryInACycle: while the cycle goes on because of others, the failed handler begins
// anew, once, and the sleeping one is woken.
func TestRetryInACycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const prefix = "held.kopf.dev"
	e := w.start(holdups)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.recorded(widgets, "one", prefix, "blocking")
	w.patch(widgets, "one", `{metadata: {labels: {good: "yes"}}}`)
	w.ask("one", prefix, "failed", "sleeping")
	e.says("sleeping 1.")
	w.answered("one", prefix)
	object := w.get(widgets, "one")
	for id, attempts := range map[string]float64{"failed": 1, "sleeping": 2, "blocking": 1} {
		record := progress(object, prefix, id)
		if record["retries"] != attempts || record["success"] != (id != "blocking") {
			t.Errorf("%s: the record %v", id, record)
		}
	}
	if n := e.count("failed 0."); n != 2 {
		t.Errorf("the failed handler ran %d times", n)
	}
	w.patch(widgets, "one", `{metadata: {labels: {free: "yes"}}}`)
	w.ask("one", prefix, "blocking")
	w.handled(widgets, "one", prefix)
	if note := w.answered("one", prefix); note != "" {
		t.Errorf("the note is %s", note)
	}
}

const killed = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: killed}
spec:
  handlers:
    - {id: first, on: create, resource: widgets.test.kopf.dev, errors: permanent, do: [{log: "first ${retry}."}, {when: "labels[?'good'].orValue('') != 'yes'", fail: oops}]}
    - {id: second, on: create, resource: widgets.test.kopf.dev, do: [{log: "second ${retry}."}, {when: "labels[?'good'].orValue('') != 'yes'", fail: {permanent: oops}}, {when: "labels[?'free'].orValue('') != 'yes'", fail: {temporary: later, delay: 1s}}]}
    - {id: resumed, on: resume, resource: widgets.test.kopf.dev, do: [{log: resumed}]}
`

// TestRetrySurvivesAKill: what has succeeded of what was asked for is not run again, and what
// has not goes on.
func TestRetrySurvivesAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const prefix = "killed.kopf.dev"
	p := w.launch(killed, w.kubeconfig)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", prefix)
	w.patch(widgets, "one", `{metadata: {labels: {good: "yes"}}}`)
	w.ask("one", prefix, "first", "second")
	w.recorded(widgets, "one", prefix, "second")
	p.kill()
	if n := p.count("first 0."); n != 2 {
		t.Errorf("first ran %d times before the kill", n)
	}
	w.patch(widgets, "one", `{metadata: {labels: {free: "yes"}}}`)
	p = w.launch(killed, w.kubeconfig)
	p.says("second")
	p.says("resumed")
	if note := w.answered("one", prefix); note != "" {
		t.Errorf("the note is %s", note)
	}
	w.handled(widgets, "one", prefix)
	if p.count("first 0.")+p.count("first 1.") != 0 {
		t.Errorf("first ran again after the kill:\n%s", p.log)
	}
}

// TestFailuresAreNotedForNothing: the note of what has failed goes with the patch that ends
// the cycle.
func TestFailuresAreNotedForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, proxy := w.startBehind(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: noted}
spec:
  handlers:
    - {id: bad, on: [create, update], resource: widgets.test.kopf.dev, do: [{when: spec.size < 3, fail: {permanent: no}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	for size, noted := range []bool{true, true, false} {
		if size > 0 {
			w.patch(widgets, "one", fmt.Sprintf(`{spec: {size: %d}}`, size+1))
		}
		w.eventually("the change is handled", func() (any, bool) {
			annotations := annotationsOf(w.get(widgets, "one"))
			seen, _ := annotations["noted.kopf.dev/last-handled-configuration"].(string)
			_, there := annotations["noted.kopf.dev/failed-handlers"]
			return annotations, strings.Contains(seen, fmt.Sprintf(`"size":%d`, size+1)) && there == noted
		})
	}
	if got := writes(proxy); !maps.Equal(got, map[string]int{"PATCH widgets": 3}) { // one for each state of it
		t.Errorf("writes: %v", got)
	}
}
