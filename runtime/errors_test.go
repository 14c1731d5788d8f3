package runtime_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// TestErrorKinds has one handler per kind of error. The progress records of one
// object, written in one patch, tell what became of each.
func TestErrorKinds(t *testing.T) {
	t.Parallel()
	rows := []struct{ options, do, want, message string }{
		{``, `{fail: {temporary: not yet}}`, "in 1m0s", "not yet"},
		{``, `{fail: {temporary: not yet, delay: 10m}}`, "in 10m0s", "not yet"},
		{``, `{fail: {temporary: not yet, delay: "${duration('5s') + duration('5s')}"}}`, "in 10s", "not yet"},
		{``, `{fail: {temporary: not yet, delay: "${spec.delay}"}}`, "in 1m30s", "not yet"},
		{`errors: permanent,`, `{fail: {temporary: not yet}}`, "in 1m0s", "not yet"},
		{`errors: ignored,`, `{fail: {temporary: not yet}}`, "in 1m0s", "not yet"},
		{`backoff: 5m,`, `{fail: {temporary: not yet}}`, "in 1m0s", "not yet"},

		{``, `{fail: {error: oops}}`, "in 1m0s", "oops"},
		{``, `{fail: "oops ${name}"}`, "in 1m0s", "oops one"},
		{`errors: temporary,`, `{fail: oops}`, "in 1m0s", "oops"},
		{`errors: permanent,`, `{fail: oops}`, "failed", "oops"},
		{`errors: ignored,`, `{fail: oops}`, "succeeded", ""},
		{`backoff: 5m,`, `{fail: oops}`, "in 5m0s", "oops"},
		{`backoff: {initial: 20m, max: 15m},`, `{fail: oops}`, "in 15m0s", "oops"},
		{`backoff: {initial: 20m, factor: 3},`, `{fail: oops}`, "in 20m0s", "oops"},

		{``, `{fail: {permanent: never}}`, "failed", "never"},
		{`errors: ignored,`, `{fail: {permanent: never}}`, "failed", "never"},
		{`errors: temporary,`, `{fail: {permanent: never}}`, "failed", "never"},

		{`retries: 1,`, `{fail: oops}`, "failed", "oops (gave up: 1 of 1 attempts made)"},
		{`retries: 1,`, `{fail: {temporary: not yet}}`, "failed", "not yet (gave up: 1 of 1 attempts made)"},
		{`retries: 2,`, `{fail: oops}`, "in 1m0s", "oops"},
		{`timeout: 30s,`, `{fail: oops}`, "failed", "oops (gave up: its timeout is 30s)"},
		{`timeout: 30s,`, `{fail: {temporary: not yet, delay: 10s}}`, "in 10s", "not yet"},

		{``, `{log: "${spec.nothing.at.all}"}`, "in 1m0s", "nothing"},
		{`errors: permanent,`, `{log: "${spec.nothing.at.all}"}`, "failed", "nothing"},
		{`errors: ignored,`, `{log: "${spec.nothing.at.all}"}`, "succeeded", ""},
		{``, `{log: "${spec.list[7]}"}`, "in 1m0s", "7"},
		{``, `{log: "${1 / spec.zero}"}`, "in 1m0s", "zero"},
		{``, `{when: spec.delay, log: never}`, "in 1m0s", "true or false"},
		{``, `{forEach: spec.zero, log: never}`, "in 1m0s", "forEach needs a list or a map"},

		// An invalid object cannot heal, whatever the mode; missing things can.
		{``, `{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: Not_Valid}}}}`, "failed", "Not_Valid"},
		{`errors: temporary,`, `{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: Not_Valid}}}}`, "failed", "Not_Valid"},
		{``, `{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: wrong}}}`, "failed", "cannot create"},
		{``, `{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: nowhere-at-all}}, adopt: false}}`, "in 1m0s", "nowhere-at-all"},
		{`errors: permanent,`, `{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: nowhere-at-all}}, adopt: false}}`, "failed", "nowhere-at-all"},
		{``, `{create: {object: {apiVersion: nowhere.dev/v1, kind: Nothing, metadata: {name: x}}}}`, "in 1m0s", "nowhere.dev/v1"},
		{``, `{patch: {target: {resource: configmaps, name: missing}, merge: {data: {a: b}}}}`, "in 1m0s", "missing"},
		{``, `{patch: {target: {resource: configmaps, name: there}, json: [{op: test, path: /data/a, value: wrong}]}}`, "in 1m0s", "a test of the JSON patch failed"},
		{``, `{patch: {target: {resource: configmaps, name: there}, merge: {data: {a: {not: text}}}}}`, "failed", "there"},
	}
	w := newWorld(t)
	w.create(configMaps, `{metadata: {name: there}, data: {a: right}}`)
	var handlers strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&handlers, "    - {id: h%d, on: create, resource: widgets.test.kopf.dev, %s do: [%s]}\n", i, row.options, row.do)
	}
	w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: kinds}
spec:
  handlers:
` + handlers.String())
	w.create(widgets, `{metadata: {name: one}, spec: {delay: 90s, list: [1], zero: 0}}`)
	object := w.recorded(widgets, "one", "kinds.kopf.dev", "h0")
	for i, row := range rows {
		record := progress(object, "kinds.kopf.dev", fmt.Sprintf("h%d", i))
		message, _ := record["message"].(string)
		if verdict(record) != row.want || !strings.Contains(message, row.message) || row.message == "" && message != "" {
			t.Errorf("%s do: %s\n got: %s, %q\nwant: %s, %q", row.options, row.do, verdict(record), message, row.want, row.message)
		}
		if record["retries"] != 1.0 || record["purpose"] != "create" {
			t.Errorf("%s do: %s: the record %v", row.options, row.do, record)
		}
	}
	if len(w.list(configMaps)) != 1 {
		t.Errorf("failed steps made something: %v", w.list(configMaps))
	}
}

func TestBackoffGrowsAndRetriesEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: patient}
spec:
  handlers:
    - id: growing
      on: create
      resource: widgets.test.kopf.dev
      backoff: {initial: 20ms, factor: 2, max: 50ms}
      retries: 5
      do: [{log: "growing ${retry}."}, {fail: oops}]
    - id: short
      on: create
      resource: widgets.test.kopf.dev
      timeout: 300ms
      do: [{log: "short ${runtime < duration('300ms')}."}, {fail: {temporary: not yet, delay: 20ms}}]
    - id: healed
      on: create
      resource: widgets.test.kopf.dev
      do:
        - when: retry < 2
          fail: {temporary: not yet, delay: 10ms}
        - log: "healed by attempt ${retry}"
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "patient.kopf.dev")
	for i, delay := range []string{"20ms", "40ms", "50ms", "50ms"} {
		words := []string{"handler=growing", fmt.Sprintf("attempt=%d", i+1), fmt.Sprintf(`"again in"=%s`, delay), "will be tried again"}
		if n := e.count(words...); n != 1 {
			t.Errorf("%d lines with %v", n, words)
		}
	}
	for words, want := range map[string]int{
		"growing 0.|":         1,
		"growing 4.|":         1,
		"growing 5.|":         0,
		"short false.|":       0, // never later than its timeout
		"healed by attempt 2": 1,
		"failed for good|handler=growing|attempt=5|gave up: 5 of 5": 1,
		"failed for good|handler=short|its timeout is 300ms":        1,
		"failed for good|handler=healed":                            0,
	} {
		if n := e.count(strings.Split(words, "|")...); n != want {
			t.Errorf("%d lines with %s, want %d", n, words, want)
		}
	}
	if n := e.count("will be tried again", "handler=short"); n < 2 {
		t.Errorf("the handler with a timeout was tried again %d times", n)
	}
}

// TestForbiddenIsRetried: rights may come later, and do here.
func TestForbiddenIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	client := w.as("limited", `[{apiGroups: [test.kopf.dev], resources: ["*"], verbs: ["*"]}, {apiGroups: [events.k8s.io], resources: [events], verbs: ["*"]}]`)
	e := w.startWith(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: limited}
spec:
  handlers:
    - id: reach
      on: create
      resource: widgets.test.kopf.dev
      backoff: 50ms
      do: [{create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: far, namespace: %s}}, adopt: false}}]
`, other.ns), runtime.Options{Client: client, Namespaces: scope.Exactly(w.ns)})
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("will be tried again", "handler=reach", "attempt=2", "forbidden")
	w.tells("one", "Warning", "HandlerRetried", "forbidden")
	w.grant(other.ns, client.REST.Impersonate.UserName, `[{apiGroups: [""], resources: [configmaps], verbs: ["*"]}]`)
	w.handled(widgets, "one", "limited.kopf.dev")
	if other.get(configMaps, "far") == nil {
		t.Error("the handler has succeeded without its object")
	}
}

// TestFailedHandler: the others go on, the object counts as handled, also after
// a restart, and a change of the object is a new chance.
func TestFailedHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: stubborn}
spec:
  handlers:
    - id: bad
      on: [create, update]
      resource: widgets.test.kopf.dev
      do:
        - log: "trying ${name} ${spec.size}."
        - when: spec.size < 3
          fail: {permanent: "no ${spec.size}"}
        - log: "at last"
    - {id: good, on: [create, update], resource: widgets.test.kopf.dev, do: [{log: "good ${name} ${spec.size}."}]}
`
	e := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "stubborn.kopf.dev")
	e.says("failed for good", "handler=bad", "no 1")
	e.says("good one 1.")
	e.stop()

	e = w.start(operator)
	w.create(widgets, `{metadata: {name: two}, spec: {size: 1}}`)
	w.handled(widgets, "two", "stubborn.kopf.dev")
	if n := e.count("trying one"); n != 0 {
		t.Errorf("a failed handler ran %d times without a change", n)
	}
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	e.says("failed for good", "handler=bad", "no 2")
	e.says("good one 2.")
	w.patch(widgets, "one", `{spec: {size: 3}}`)
	e.says("at last")
	e.says("good one 3.")
	w.handled(widgets, "one", "stubborn.kopf.dev")
	for _, line := range []string{"trying one 2.", "trying one 3."} {
		if n := e.count(line); n != 1 {
			t.Errorf("%q: %d times", line, n)
		}
	}
}

// TestFailureIsVisible: an event on the object, a log line that says where in
// the YAML, and the progress record.
func TestFailureIsVisible(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: open}
spec:
  handlers:
    - id: doomed
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: first
        - name: fatal
          fail: {permanent: "no way for ${name}"}
    - id: slow
      on: create
      resource: widgets.test.kopf.dev
      do:
        - do:
            - fail: {temporary: "not yet", delay: 1h}
    - id: typo
      on: create
      resource: widgets.test.kopf.dev
      do:
        - status: {size: "${spec.sise}"}
`
	e := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	object := w.recorded(widgets, "one", "open.kopf.dev", "typo")
	for _, words := range [][]string{
		{"level=ERROR", "failed for good", "operator=open", "resource=widgets", "object=" + w.ns + "/one", "handler=doomed", "step=fatal", "no way for one", "at=" + place(operator, "name: fatal")},
		{"level=WARN", "will be tried again", "operator=open", "handler=slow", `step="step 1"`, "not yet", `"again in"=1h0m0s`, "at=" + place(operator, "fail: {temporary")},
		{"level=WARN", "will be tried again", "operator=open", "handler=typo", "at=" + place(operator, "status: {size"), place(operator, "sise}") + ": no such key: sise", "spec.sise"},
	} {
		if n := e.count(words...); n != 1 {
			t.Errorf("%d log lines with %q", n, words)
		}
	}
	for id, want := range map[string]struct{ verdict, message string }{
		"doomed": {"failed", "no way for one"},
		"slow":   {"in 1h0m0s", "not yet"},
		"typo":   {"in 1m0s", "sise"},
	} {
		record := progress(object, "open.kopf.dev", id)
		if verdict(record) != want.verdict || !strings.Contains(fmt.Sprint(record["message"]), want.message) {
			t.Errorf("%s: the record %v", id, record)
		}
	}
	w.tells("one", "Warning", "HandlerFailed", `"doomed" failed: no way for one`)
	w.tells("one", "Warning", "HandlerRetried", `"slow" failed and is tried again: not yet`)
	w.tells("one", "Warning", "HandlerRetried", "sise")
}

// place is where a part of a document stands, as messages give it.
func place(document, part string) string {
	before, _, _ := strings.Cut(document, part)
	line := strings.Count(before, "\n") + 1
	return fmt.Sprintf("operator.yaml:%d:%d", line, len(before)-strings.LastIndex(before, "\n"))
}

func TestOnFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := func(id, options, do string) string {
		return fmt.Sprintf(`
    - id: %[1]s
      on: create
      resource: widgets.test.kopf.dev
      %[2]s
      do: [%[3]s]
      onFailure:
        - status: {%[1]s: "${error.kind}, ${error.message}, ${error.step}, ${retry}"}
        - log: "onFailure of %[1]s."
`, id, options, do)
	}
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: after}
spec:
  handlers:
    - {id: broken, on: create, resource: widgets.test.kopf.dev, do: [{fail: {permanent: no}}], onFailure: [{log: "onFailure of broken."}, {fail: worse}]}
` +
		handler("permanent", ``, `{name: a, fail: {permanent: no}}`) +
		handler("mode", `errors: permanent`, `{name: b, fail: oops}`) +
		handler("tries", "retries: 3\n      backoff: 10ms", `{name: c, fail: oops}`) +
		handler("last", `retries: 1`, `{name: d, fail: {temporary: later}}`) +
		handler("needy", `needs: permanent`, `{log: never}`) +
		handler("fine", ``, `{log: fine}`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "after.kopf.dev")
	w.becomes(widgets, "one", "status", map[string]any{
		"permanent": "permanent, no, a, 0",
		"mode":      "error, oops, b, 0",
		"tries":     "error, oops (gave up: 3 of 3 attempts made), c, 2",
		"last":      "temporary, later (gave up: 1 of 1 attempts made), d, 0",
		"needy":     `exhausted, needs "permanent", which failed, , 0`,
	})
	e.says("onFailure failed", "worse", "handler=broken")
	for _, id := range []string{"broken", "permanent", "mode", "tries", "last", "needy"} {
		if n := e.count("onFailure of " + id + "."); n != 1 {
			t.Errorf("onFailure of %s ran %d times", id, n)
		}
	}
	if n := e.count("onFailure of fine."); n != 0 {
		t.Error("onFailure ran without a failure")
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: orderly}
spec:
  handlers:
    - {id: third, needs: [second, first], on: create, resource: widgets.test.kopf.dev, do: [{log: "ran third"}]}
    - {id: second, needs: first, on: create, resource: widgets.test.kopf.dev, do: [{log: "ran second"}]}
    - {id: free, on: create, resource: widgets.test.kopf.dev, do: [{log: "ran free"}]}
    - id: first
      on: create
      resource: widgets.test.kopf.dev
      do:
        - when: retry == 0
          fail: {temporary: not yet, delay: 20ms}
        - log: "ran first"
    - {id: absent, needs: updater, on: create, resource: widgets.test.kopf.dev, do: [{log: "ran absent"}]}
    - {id: updater, on: update, resource: widgets.test.kopf.dev, do: [{log: "ran updater"}]}
    - {id: chained, needs: [first, victim], on: create, resource: widgets.test.kopf.dev, do: [{log: "ran chained"}]}
    - {id: victim, needs: doomed, on: create, resource: widgets.test.kopf.dev, do: [{log: "ran victim"}]}
    - {id: doomed, on: create, resource: widgets.test.kopf.dev, do: [{log: "ran doomed"}, {fail: {permanent: no}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "orderly.kopf.dev")
	var ran []string
	for line := range strings.Lines(e.log.String()) {
		if _, id, ok := strings.Cut(line, `msg="ran `); ok {
			id, _, _ = strings.Cut(id, `"`)
			ran = append(ran, id)
		}
	}
	if got, want := strings.Join(ran, " "), "free absent doomed first second third"; got != want {
		t.Errorf("ran %s, want %s", got, want)
	}
	e.says("failed for good", "handler=victim", `needs \"doomed\", which failed`)
	e.says("failed for good", "handler=chained", `needs \"victim\", which failed`)
}

// TestFailedAttemptKeepsItsPatch: a handler can say in the status what it waits
// for, and what it failed of.
func TestFailedAttemptKeepsItsPatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: chatty}
spec:
  handlers:
    - id: later
      on: create
      resource: widgets.test.kopf.dev
      do:
        - status: {later: "attempt ${retry}"}
        - patch: {merge: {metadata: {labels: {seen: "yes"}}}}
        - fail: {temporary: not yet, delay: 1h}
    - {id: broken, on: create, resource: widgets.test.kopf.dev, do: [{status: {broken: tried}}, {log: "${spec.nothing.at.all}"}]}
    - {id: doomed, on: create, resource: widgets.test.kopf.dev, result: never, do: [{condition: {type: Ready, status: false}}, {fail: {permanent: no}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	object := w.recorded(widgets, "one", "chatty.kopf.dev", "doomed")
	for path, want := range map[string]any{
		"status.later":         "attempt 0",
		"status.broken":        "tried",
		"status.doomed":        nil,
		"metadata.labels.seen": "yes",
	} {
		if got := at(object, path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if conditions, _ := at(object, "status.conditions").([]any); len(conditions) != 1 || at(conditions[0].(map[string]any), "status") != "False" {
		t.Errorf("conditions: %v", conditions)
	}
}

// TestRefusedPatch: what the API server does not take into the object fails the
// handler that wanted it, and no other. The schema of the resources allows no
// more than 10 in two places.
func TestRefusedPatch(t *testing.T) {
	t.Parallel()
	for _, gvr := range []schema.GroupVersionResource{widgets, gadgets} { // with a status subresource, and without
		t.Run(gvr.Resource, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: strict}
spec:
  handlers:
    - {id: fine, on: create, resource: RESOURCE, do: [{status: {fine: "yes"}}]}
    - {id: greedy, on: create, resource: RESOURCE, do: [{status: {small: 11, extra: 1}}], onFailure: [{status: {greedy: "${error.kind}"}}]}
    - {id: wild, on: create, resource: RESOURCE, do: [{patch: {merge: {spec: {limited: 11}}}}]}
    - {id: calm, on: create, resource: RESOURCE, do: [{patch: {merge: {spec: {limited: 10, calm: true}}}}], result: {calm: true}}
    - {id: half, on: create, resource: RESOURCE, do: [{status: {small: 12}}, {fail: {temporary: later, delay: 1h}}]}
    - {id: sly, on: create, resource: RESOURCE, do: [{fail: {permanent: no}}], onFailure: [{status: {small: 13}}]}
    - {id: worse, on: create, resource: RESOURCE, do: [{status: {small: 14}}], onFailure: [{status: {small: 15}}]}
    - {id: needy, needs: sly, on: create, resource: RESOURCE, do: [{log: never}], onFailure: [{status: {small: 16}}]}
`, "RESOURCE", gvr.Resource+".test.kopf.dev"))
			w.create(gvr, `{metadata: {name: one}, spec: {}}`)
			w.handled(gvr, "one", "strict.kopf.dev")
			w.becomes(gvr, "one", "status", map[string]any{"fine": "yes", "greedy": "permanent", "calm": map[string]any{"calm": true}})
			w.becomes(gvr, "one", "spec", map[string]any{"limited": 10, "calm": true})
			for id, failed := range map[string]bool{"fine": false, "greedy": true, "wild": true, "calm": false, "half": true, "sly": true, "worse": true, "needy": true} {
				if n := e.count("failed for good", "handler="+id); (n == 1) != failed {
					t.Errorf("%s: failed %d times", id, n)
				}
			}
			w.tells("one", "Warning", "HandlerFailed", `"greedy"`)
			w.tells("one", "Warning", "HandlerFailed", `"wild"`)
		})
	}
}

func TestDeletedObjectGoesInSpiteOfFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: leaving}
spec:
  handlers:
    - {id: never, on: create, resource: widgets.test.kopf.dev, do: [{fail: {temporary: not yet, delay: 1h}}]}
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{fail: {permanent: no}}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.recorded(widgets, "one", "leaving.kopf.dev", "never")
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	if n := e.count("failed for good", "handler=bye"); n != 1 {
		t.Errorf("the deletion handler failed %d times", n)
	}
}

// TestChangeWhileRetrying: succeeded handlers are kept, the cycle goes on with
// the newest state, and the change is the next update.
func TestChangeWhileRetrying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: steady}
spec:
  handlers:
    - {id: done, on: create, resource: widgets.test.kopf.dev, do: [{log: "done at ${spec.size}."}]}
    - id: retried
      on: create
      resource: widgets.test.kopf.dev
      do:
        - when: spec.size < 2
          fail: {temporary: too small, delay: 100ms}
        - log: "created at ${spec.size}."
    - {id: changed, on: update, resource: widgets.test.kopf.dev, do: [{log: "updated from ${old.spec.size} to ${new.spec.size}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.recorded(widgets, "one", "steady.kopf.dev", "retried")
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	e.says("created at 2.")
	e.says("updated from 1 to 2.")
	w.handled(widgets, "one", "steady.kopf.dev")
	if n := e.count("done at"); n != 1 {
		t.Errorf("a succeeded handler ran %d times", n)
	}
}

// TestRefusedTogether: no handler's part is wrong alone, so all of them are; a
// handler without a part is not.
func TestRefusedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	group := w.group("pairs")
	crd := parse(fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pairs%[1]s.%[2]s}
spec:
  group: %[2]s
  scope: Namespaced
  names: {kind: Pair%[1]s, plural: pairs%[1]s}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {a: {type: boolean}, b: {type: boolean}, c: {type: boolean}}
              x-kubernetes-validations: [{rule: "!(has(self.a) && has(self.b))", message: not both}]
`, x, group))
	if err := w.client.ApplyCRDs(t.Context(), []map[string]any{crd}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.uninstall("pairs" + x + "." + group) })
	e := w.start(strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: pairs}
spec:
  handlers:
    - {id: a, on: create, resource: RESOURCE, do: [{patch: {merge: {spec: {a: true}}}}]}
    - {id: b, on: create, resource: RESOURCE, do: [{patch: {merge: {spec: {b: true}}}}]}
    - {id: silent, on: create, resource: RESOURCE, do: [{log: silent}]}
`, "RESOURCE", "pairs"+x+"."+group))
	pairs := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "pairs" + x}
	w.object(pairs, "Pair"+x, "one")
	w.handled(pairs, "one", "pairs.kopf.dev")
	for id, want := range map[string]int{"a": 1, "b": 1, "silent": 0} {
		if n := e.count("failed for good", "handler="+id, "not both"); n != want {
			t.Errorf("%s failed %d times", id, n)
		}
	}
}

// TestRefusedRecord: what the engine itself cannot write is no handler's fault.
func TestRefusedRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: large}
spec:
  settings: {queueing: {errorDelays: 20ms}}
  handlers:
    - {id: tell, on: create, resource: widgets.test.kopf.dev, do: [{patch: {merge: {metadata: {labels: {told: "yes"}}}}}, {log: "told ${name}."}]}
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}."}]}
`)
	for _, name := range []string{"one", "two"} {
		w.create(widgets, fmt.Sprintf(`{metadata: {name: %s}, spec: {text: %s}}`, name, strings.Repeat("x", 270_000)))
		e.says("cannot handle the object now", "/"+name, "metadata.annotations", "Too long")
	}
	// It heals when the object does.
	w.patch(widgets, "one", `{spec: {text: short}}`)
	w.handled(widgets, "one", "large.kopf.dev")
	w.becomes(widgets, "one", "metadata.labels.told", "yes")
	w.delete(widgets, "two")
	w.vanishes(widgets, "two")
	for line, want := range map[string]int{"failed for good": 0, "bye two.": 1, "told two.": 1} {
		if n := e.count(line); n != want {
			t.Errorf("%q: %d times, want %d", line, n, want)
		}
	}
}

// TestTimeoutWhileDown: time passes also while no engine runs.
func TestTimeoutWhileDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: aged}
spec:
  handlers:
    - id: slow
      on: create
      resource: widgets.test.kopf.dev
      timeout: 2h
      do: [{log: "tried ${name}."}, {fail: {temporary: not yet, delay: 1h}}]
      onFailure: [{status: {why: "${error.kind}: ${error.message}"}}]
`
	first := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.recorded(widgets, "one", "aged.kopf.dev", "slow")
	first.stop()
	w.patch(widgets, "one", `{metadata: {annotations: {aged.kopf.dev/slow: '{"started":"2020-01-01T00:00:00+00:00","delayed":"2020-01-01T01:00:00+00:00","purpose":"create","retries":1,"message":"not yet"}'}}}`)
	second := w.start(operator)
	w.handled(widgets, "one", "aged.kopf.dev")
	w.becomes(widgets, "one", "status.why", "exhausted: not yet (gave up: its timeout is 2h0m0s)")
	second.says("failed for good", "handler=slow", "gave up", "attempt=1", "at="+place(operator, "id: slow"))
	if n := second.count("tried one."); n != 0 {
		t.Errorf("tried %d times after the timeout", n)
	}
}

// TestFilterErrorsAreSaidOnce, not for each event.
func TestFilterErrorsAreSaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: misread}
spec:
  handlers:
    - {id: typo, on: create, resource: widgets.test.kopf.dev, match: {when: spec.sise > 1}, do: [{log: never}]}
    - {id: other, on: create, resource: widgets.test.kopf.dev, match: {when: spec.size / spec.zero > 1}, do: [{log: never}]}
    - {id: fine, on: create, resource: widgets.test.kopf.dev, do: [{log: "fine ${name}."}]}
`)
	for _, name := range []string{"one", "two", "three"} {
		w.create(widgets, fmt.Sprintf(`{metadata: {name: %s}, spec: {size: 1, zero: 0}}`, name))
		w.handled(widgets, name, "misread.kopf.dev")
	}
	for id, what := range map[string]string{"typo": "sise", "other": "zero"} {
		if n := e.count("a filter cannot be evaluated", "handler="+id, what, "operator.yaml:"); n != 1 {
			t.Errorf("%s: said %d times", id, n)
		}
	}
	if n := e.count("never"); n != 0 {
		t.Error("a filter that fails has matched")
	}
}
