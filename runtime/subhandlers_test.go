package runtime_test

import (
	"fmt"
	"strings"
	"testing"
)

const subPrefix = "subs.kopf.dev"

func subs(handlers string) string {
	return `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: subs}
spec:
  resources: {w: widgets.test.kopf.dev, g: gadgets.test.kopf.dev}
  handlers:` + handlers
}

// record waits until the record of a handler has all these words.
func (w *world) record(id string, words ...string) {
	w.t.Helper()
	key := subPrefix + "/" + strings.ReplaceAll(id, "/", ".")
	w.eventually("record of "+id+" with "+strings.Join(words, ", "), func() (any, bool) {
		text, _ := annotationsOf(w.get(widgets, "one"))[key].(string)
		for _, word := range words {
			if !strings.Contains(text, word) {
				return text, false
			}
		}
		return text, text != ""
	})
}

// Each sub-handler has its own retries and its own result; the parent ends when
// all have ended, has their results, and has made no attempt in between.
func TestSubhandlersHaveTheirOwnProgress(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      retries: 1
      do:
        - log: "parent at ${string(retry)}."
        - name: parts
          subhandlers:
            - forEach: spec.parts
              id: part-${item}
              param: ${item + '!'}
              vars: {label: "${item} of ${name}"}
              do:
                - log: "part ${item} at ${string(retry)} with ${param}."
                - when: item == 'slow' && retry < 2
                  fail: {temporary: not yet, delay: 300ms}
                - create: {object: {apiVersion: v1, kind: ConfigMap, data: {label: "${vars.label}"}}}
              result: {label: "${vars.label}", attempt: "${retry}"}
            - id: single
              do: [{log: "single."}]
        - status: {parts: "${steps.parts}"}
`))
	w.create(widgets, `{metadata: {name: one}, spec: {parts: [fast, slow]}}`)
	w.record("parent", `"retries":0`, `"subrefs":["parent/part-fast","parent/part-slow","parent/single"]`)
	w.becomes(widgets, "one", "status.parts", map[string]any{
		"part-fast": map[string]any{"label": "fast of one", "attempt": 0},
		"part-slow": map[string]any{"label": "slow of one", "attempt": 2},
	})
	w.handled(widgets, "one", subPrefix)
	w.becomes(widgets, "one", "status.parent/part-slow", map[string]any{"label": "slow of one", "attempt": 2})
	for text, want := range map[string]int{
		"parent at 0.": 3, "part fast at 0 with fast!.": 1, "part slow at 0 with slow!.": 1, "part slow at 1": 1, "part slow at 2": 1, "single.": 1,
		"goes on later": 2, "HandlerRetried": 0,
	} {
		if n := e.count(text); n != want {
			t.Errorf("%q was said %d times, want %d", text, n, want)
		}
	}
	if n := len(w.list(configMaps)); n != 2 {
		t.Errorf("%d children, want one for each part", n)
	}
}

// A sub-handler that has failed for good fails nobody else; its own limits and
// its own onFailure count.
func TestSubhandlersFailAlone(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      do:
        - name: parts
          subhandlers:
            - id: never
              do: [{fail: {permanent: no way}}]
              onFailure: [{status: {never: "${error.kind}: ${error.message}"}}]
            - id: twice
              retries: 2
              backoff: 50ms
              do: [{log: "twice."}, {fail: oops}]
            - id: ignored
              errors: ignored
              do: [{fail: oops}]
            - id: refused
              do: [{patch: {merge: {spec: {limited: 11}}}}]
            - id: fine
              do: [{return: {a: 1}}]
        - status: {parts: "${steps.parts}"}
    - id: after
      on: create
      resource: w
      needs: parent
      do: [{status: {after: true}}]
`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.becomes(widgets, "one", "status.after", true)
	w.handled(widgets, "one", subPrefix)
	w.becomes(widgets, "one", "status.parts.fine", map[string]any{"a": 1})
	w.becomes(widgets, "one", "status.parts.never", nil)
	w.becomes(widgets, "one", "status.never", "permanent: no way")
	if n := e.count("twice."); n != 2 {
		t.Errorf("the sub-handler with 2 retries ran %d times", n)
	}
	for _, id := range []string{"never", "twice", "refused"} {
		if n := e.count("failed for good", "handler=parent/"+id+" "); n != 1 {
			t.Errorf("parent/%s failed for good %d times", id, n)
		}
	}
	if n := e.count("failed for good", "handler=parent "); n != 0 {
		t.Error("the parent has failed")
	}
}

// Items that vanish are not waited for, items that appear are handled, and no
// record is left of any.
func TestSubhandlersComeAndGo(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      do:
        - subhandlers:
            - forEach: spec.parts
              id: ${item}
              do:
                - log: "part ${item}."
                - when: spec.?open.orValue('') != item
                  fail: {temporary: closed, delay: 300ms}
                - subhandlers:
                    - id: inner
                      do: [{log: "inner ${item}."}, {when: "!spec.?through.orValue(false)", fail: {temporary: still closed, delay: 300ms}}]
`))
	w.create(widgets, `{metadata: {name: one}, spec: {open: a, parts: [a, b]}}`)
	w.record("parent", `"subrefs":["parent/a","parent/a/inner","parent/b"]`)
	w.record("parent/a/inner", `"message":"still closed"`)
	w.patch(widgets, "one", `{spec: {open: c, parts: [c], through: true}}`)
	w.handled(widgets, "one", subPrefix)
	e.says("inner c.")
}

// Sub-handlers of sub-handlers see what is around them.
func TestSubhandlersInSubhandlers(t *testing.T) {
	w := newWorld(t)
	w.start(subs(`
    - id: parent
      on: [create, update]
      resource: w
      do:
        - name: greeting
          get: {target: {resource: w, name: "${name}"}}
        - name: all
          subhandlers:
            - forEach: spec.tree
              id: ${key}
              match: {when: "!key.startsWith('skip')"}
              do:
                - name: leaves
                  subhandlers:
                    - forEach: item
                      id: leaf-${item}
                      do:
                        - when: retry < 1
                          fail: {temporary: growing, delay: 50ms}
                        - return: "${steps.greeting.metadata.name}/${item}"
              result: ${steps.leaves}
        - status: {all: "${steps.all}", at: "${reason}"}
`))
	w.create(widgets, `{metadata: {name: one}, spec: {tree: {a: [1, 2], b: [3], skipped: [4]}}}`)
	want := map[string]any{
		"a": map[string]any{"leaf-1": "one/1", "leaf-2": "one/2"},
		"b": map[string]any{"leaf-3": "one/3"},
	}
	w.becomes(widgets, "one", "status.all", want)
	w.handled(widgets, "one", subPrefix)
	w.becomes(widgets, "one", "status.parent/a/leaf-2", "one/2")
	w.patch(widgets, "one", `{spec: {tree: {a: [5], b: null}}}`)
	w.becomes(widgets, "one", "status.at", "update")
	w.becomes(widgets, "one", "status.all.a", map[string]any{"leaf-1": "one/1", "leaf-2": "one/2", "leaf-5": "one/5"})
	w.handled(widgets, "one", subPrefix)
}

// What cannot be is said, with both places.
func TestSubhandlersClash(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - {id: other/x, on: create, resource: w, do: [{log: other}]}
    - id: twins
      on: create
      resource: w
      do: [{subhandlers: [{forEach: "['a', 'a']", id: "${item}", do: [{log: never}]}]}]
    - id: other
      on: create
      resource: w
      do: [{subhandlers: [{id: x, do: [{log: never}]}]}]
    - id: badly
      on: create
      resource: w
      do: [{subhandlers: [{id: "${'a/b'}", do: [{log: never}]}]}]
`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", subPrefix)
	e.says("failed for good", "handler=twins", `two sub-handlers have the id \"a\"`, "item 0", "item 1")
	e.says("failed for good", "handler=other ", "would share one record")
	e.says("failed for good", "handler=badly", "cannot be the id of a sub-handler")
	if e.count("never") > 0 {
		t.Error("a sub-handler ran that cannot be")
	}
}

// The parent's timeout ends its sub-handlers too, and nothing is left of them.
func TestSubhandlersEndWithTheirParent(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      timeout: 500ms
      do: [{subhandlers: [{id: endless, do: [{fail: {temporary: not yet, delay: 200ms}}]}]}]
`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	e.says("failed for good", "handler=parent ", "its timeout is 500ms")
	w.handled(widgets, "one", subPrefix)
}

// A sub-handler that waits is woken by what it waits for.
func TestSubhandlersWait(t *testing.T) {
	w := newWorld(t)
	w.start(subs(`
    - id: parent
      on: create
      resource: w
      do:
        - subhandlers:
            - forEach: "['x', 'y']"
              id: ${item}
              do:
                - create: {object: {apiVersion: test.kopf.dev/v1, kind: Gadget, metadata: {name: "${item}"}}}
                - wait: {for: "children.g.exists(c, c.metadata.name == item && c.?spec.?ready.orValue(false))", poll: 1h}
`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.record("parent/y", `"waiting":true`)
	w.patch(gadgets, "x", `{spec: {ready: true}}`)
	w.record("parent/x", `"success":true`)
	w.patch(gadgets, "y", `{spec: {ready: true}}`)
	w.handled(widgets, "one", subPrefix)
}

// A deletion that comes in between has sub-handlers of its own.
func TestSubhandlersOfTwoCycles(t *testing.T) {
	w := newWorld(t)
	e := w.start(subs(`
    - id: parent
      on: [create, delete]
      resource: w
      do:
        - subhandlers:
            - forEach: "['a', 'b']"
              id: ${item}
              do:
                - log: "${reason} ${item}."
                - when: item == 'b' && reason == 'create'
                  fail: {temporary: not yet, delay: 1h}
`))
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.record("parent/b", `"delayed"`)
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	for _, text := range []string{"create a.", "create b.", "delete a.", "delete b."} {
		if n := e.count(text); n != 1 {
			t.Errorf("%q was said %d times", text, n)
		}
	}
}

// What an operator in Python has begun is gone on with, and nothing is left of it.
func TestSubhandlersOfPython(t *testing.T) {
	w := newWorld(t)
	record := `{"started":"2026-11-24T01:41:06.066945+00:00","purpose":"create","retries":1,"success":%s,"failure":false%s}`
	w.create(widgets, `{metadata: {name: one, annotations: {
  kopf.zalando.org/parent: '`+fmt.Sprintf(record, "false", `,"message":"None","subrefs":["parent/a","parent/gone"]`)+`',
  kopf.zalando.org/parent.a: '`+fmt.Sprintf(record, "true", "")+`',
  kopf.zalando.org/parent.gone: '`+fmt.Sprintf(record, "false", `,"message":"not yet"`)+`'}}, spec: {}}`)
	e := w.start(subs(`
    - id: parent
      on: create
      resource: w
      do:
        - subhandlers:
            - {forEach: "['a', 'b']", id: "${item}", do: [{log: "part ${item}."}]}
        - status: {done: true}
  settings: {persistence: {prefix: kopf.zalando.org, finalizer: kopf.zalando.org/KopfFinalizerMarker}}`))
	w.becomes(widgets, "one", "status.done", true)
	w.handled(widgets, "one", "kopf.zalando.org")
	if a, b := e.count("part a."), e.count("part b."); a != 0 || b != 1 {
		t.Errorf("the one that had succeeded ran %d times, the new one %d times", a, b)
	}
}
