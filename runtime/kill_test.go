package runtime_test

import (
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// interruption is a story that is told twice: undisturbed, and with the engine
// killed in the middle of it and started again. The end must be the same.
type interruption struct {
	name     string
	handlers string

	given func(*world) // handled to the end before anything is interrupted
	act   func(*world)
	// The engine is killed at a point, or when something is to be seen.
	at    point
	until func(*world)
	down  func(*world) // what happens before it is started again
	end   func(*world)

	// again are the handlers that had succeeded, but could not record it: they
	// run once more for each time they are named. All others run as often as
	// undisturbed.
	again []string
}

const prefix = "kill.kopf.dev"

// fixture is a step that most stories begin with.
func one(text string) func(*world) { return func(w *world) { w.create(widgets, text) } }

func done(w *world) { w.handled(widgets, "one", prefix) }

func gone(w *world) { w.vanishes(widgets, "one") }

func remove(w *world) { w.delete(widgets, "one") }

// delayed waits until a handler that is retried has its record on the object.
func delayed(id string) func(*world) {
	return func(w *world) {
		w.eventually("progress of "+id, func() (any, bool) {
			text, _ := annotationsOf(w.get(widgets, "one"))[prefix+"/"+id].(string)
			return text, strings.Contains(text, `"delayed"`)
		})
	}
}

var interruptions = []interruption{
	{
		name: "behind the creation of a named child",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - log: "ran make."
        - name: made
          create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: "${name}-child"}, data: {a: "1"}}}
        - status: {child: "${steps.made.metadata.name}"}
`,
		act:   one(`{metadata: {name: one}, spec: {}}`),
		at:    point{behind: "POST configmaps", times: 1, before: "PATCH widgets/status"},
		end:   done,
		again: []string{"make"},
	},
	{
		name: "behind the creation of a child without a name",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - log: "ran make."
        - create: {object: {apiVersion: v1, kind: ConfigMap, data: {a: "1"}}}
    - id: again
      on: create
      resource: w
      do:
        - log: "ran again."
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {generateName: "begun-"}, data: {a: "1"}}}
`,
		act:   one(`{metadata: {name: one}, spec: {}}`),
		at:    point{behind: "POST configmaps", times: 2, before: "PATCH widgets"},
		end:   done,
		again: []string{"make", "again"},
	},
	{
		name: "among several children",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - log: "ran make."
        - forEach: spec.list
          create: {object: {apiVersion: v1, kind: ConfigMap, data: {item: "${item}"}}}
        - create: {objects: [{apiVersion: v1, kind: Secret}, {apiVersion: v1, kind: Secret, metadata: {name: second}}]}
`,
		act:   one(`{metadata: {name: one}, spec: {list: [a, b, a, c]}}`),
		at:    point{behind: "POST configmaps", times: 3, before: "POST configmaps"},
		end:   done,
		again: []string{"make"},
	},
	{
		name: "behind the last of several children",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - log: "ran make."
        - forEach: spec.list
          create: {object: {apiVersion: v1, kind: ConfigMap, data: {item: "${item}"}}}
`,
		act:   one(`{metadata: {name: one}, spec: {list: [a, b, a, c]}}`),
		at:    point{behind: "POST configmaps", times: 4, before: "PATCH widgets"},
		end:   done,
		again: []string{"make"},
	},
	{
		name: "behind a child that an update makes, the second of its kind",
		handlers: `
    - {id: made, on: create, resource: w, do: [{log: "ran made."}]}
    - id: grow
      on: update
      resource: w
      do:
        - log: "ran grow."
        - create: {object: {apiVersion: v1, kind: ConfigMap, data: {size: "${string(spec.size)}"}}}
`,
		given: func(w *world) {
			w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
			done(w)
			w.patch(widgets, "one", `{spec: {size: 2}}`)
			w.becomes(widgets, "one", `metadata.annotations.kill\.kopf\.dev/update-cycles`, "1")
		},
		act:   func(w *world) { w.patch(widgets, "one", `{spec: {size: 1}}`) },
		at:    point{behind: "POST configmaps", times: 1, before: "PATCH widgets"},
		end:   func(w *world) { w.becomes(widgets, "one", `metadata.annotations.kill\.kopf\.dev/update-cycles`, "2") },
		again: []string{"grow"},
	},
	{
		name: "between the status and the record",
		handlers: `
    - id: say
      on: create
      resource: w
      do:
        - log: "ran say."
        - status: {said: "${spec.text}"}
        - patch: {merge: {spec: {seen: true}}}
      result: {text: "${spec.text}"}
    - id: second
      on: create
      resource: w
      do:
        - log: "ran second."
        - condition: {type: Said, status: "True", reason: Done}
`,
		act:   one(`{metadata: {name: one}, spec: {text: hello}}`),
		at:    point{behind: "PATCH widgets/status", times: 1, before: "PATCH widgets"},
		end:   done,
		again: []string{"say", "second"},
	},
	{
		name: "between the finalizer and the first handler's work",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}
        - log: "ran make."
    - {id: bye, on: delete, resource: w, do: [{log: "ran bye."}]}
`,
		act: one(`{metadata: {name: one}, spec: {}}`),
		at:  point{behind: "PATCH widgets", times: 1, before: "POST configmaps"},
		end: done,
	},
	{
		name: "while a handler waits for its retry",
		handlers: `
    - id: fine
      on: create
      resource: w
      do:
        - log: "ran fine."
        - create: {adopt: {name: keep}, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: "at-${string(retry)}"}}}
        - status: {fine: "${string(retry)}"}
    - id: slow
      on: create
      resource: w
      do:
        - log: "ran slow."
        - when: retry < 2
          fail: {temporary: not yet, delay: "${retry == 0 ? '10ms' : '3s'}"}
        - status: {attempts: "${retry}"}
    - id: doomed
      on: create
      resource: w
      do:
        - log: "ran doomed."
        - fail: {permanent: never}
      onFailure:
        - status: {doomed: "${error.message}"}
    - id: after
      on: create
      resource: w
      needs: [slow]
      do: [{log: "ran after."}]
`,
		act: one(`{metadata: {name: one}, spec: {}}`),
		until: func(w *world) {
			w.eventually("the second attempt", func() (any, bool) {
				text, _ := annotationsOf(w.get(widgets, "one"))[prefix+"/slow"].(string)
				return text, strings.Contains(text, `"retries":2`)
			})
		},
		end: done,
	},
	{
		name: "while an update is retried",
		handlers: `
    - {id: made, on: create, resource: w, do: [{log: "ran made."}]}
    - id: fine
      on: update
      resource: w
      do: [{log: "ran fine."}, {create: {object: {apiVersion: v1, kind: ConfigMap}}}]
    - id: slow
      on: update
      resource: w
      do:
        - log: "ran slow."
        - when: retry < 1
          fail: {temporary: not yet, delay: 2s}
        - status: {change: "${old.spec.size} to ${new.spec.size}, ${diff.size()}"}
`,
		given: func(w *world) {
			w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
			done(w)
		},
		act:   func(w *world) { w.patch(widgets, "one", `{spec: {size: 2}}`) },
		until: delayed("slow"),
		end: func(w *world) {
			w.becomes(widgets, "one", "status.change", "1 to 2, 1")
			done(w)
		},
	},
	{
		name: "while a deletion handler is retried",
		handlers: `
    - {id: first, on: delete, resource: w, do: [{log: "ran first."}, {create: {adopt: false, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: trace, namespace: "${meta.namespace}"}}}}]}
    - id: slow
      on: delete
      resource: w
      do:
        - log: "ran slow."
        - when: retry < 1
          fail: {temporary: not yet, delay: 2s}
`,
		given: func(w *world) {
			w.create(widgets, `{metadata: {name: one}, spec: {}}`)
			w.becomes(widgets, "one", "metadata.finalizers", []any{prefix + "/finalizer"})
		},
		act:   remove,
		until: delayed("slow"),
		end:   gone,
	},
	{
		name: "between the end of a deletion and the removal of the finalizer",
		handlers: `
    - {id: bye, on: delete, resource: w, do: [{log: "ran bye."}, {create: {adopt: false, ifExists: keep, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: trace, namespace: "${meta.namespace}"}}}}]}
`,
		given: func(w *world) {
			w.create(widgets, `{metadata: {name: one}, spec: {}}`)
			w.becomes(widgets, "one", "metadata.finalizers", []any{prefix + "/finalizer"})
		},
		act:   remove,
		at:    point{behind: "POST configmaps", times: 1, before: "PATCH widgets"},
		end:   gone,
		again: []string{"bye"},
	},
	{
		name: "while a handler waits for its child",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - name: made
          create: {object: {apiVersion: test.kopf.dev/v1, kind: Gadget, metadata: {name: child}}}
        - wait: {for: "children.g.all(c, c.?spec.?ready.orValue(false))", poll: 1h}
        - log: "ran make."
        - status: {ready: true}
`,
		act: one(`{metadata: {name: one}, spec: {}}`),
		until: func(w *world) {
			delayed("make")(w)
		},
		down: func(w *world) { w.patch(gadgets, "child", `{spec: {ready: true}}`) },
		end: func(w *world) {
			w.becomes(widgets, "one", "status.ready", true)
			done(w)
		},
	},
	{
		name: "while a handler waits, and its child gets ready later",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: test.kopf.dev/v1, kind: Gadget, metadata: {generateName: child-}}}
        - wait: {for: "children.g.size() == 1 && children.g.all(c, c.?spec.?ready.orValue(false))", poll: 1h}
        - log: "ran make."
`,
		act:   one(`{metadata: {name: one}, spec: {}}`),
		until: delayed("make"),
		end: func(w *world) {
			for _, child := range w.list(gadgets) {
				w.patch(gadgets, child.GetName(), `{spec: {ready: true}}`)
			}
			done(w)
		},
	},
	{
		name: "behind a step with once",
		handlers: `
    - id: make
      on: create
      resource: w
      do:
        - log: "ran make."
        - name: token
          once: true
          do:
            - log: "ran token."
            - status: {token: first}
            - patch: {merge: {metadata: {annotations: {a: b}}}}
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: child}}}
        - status: {done: true}
`,
		act:   one(`{metadata: {name: one}, spec: {}}`),
		at:    point{behind: "PATCH widgets", times: 1, before: "POST configmaps"},
		end:   func(w *world) { w.becomes(widgets, "one", "status.done", true); done(w) },
		again: []string{"make"},
	},
	{
		name: "among sub-handlers",
		handlers: `
    - id: parent
      on: create
      resource: w
      do:
        - name: all
          subhandlers:
            - forEach: "['a', 'b', 'c']"
              id: ${item}
              do:
                - when: item == 'a'
                  log: "ran a."
                - when: item == 'b'
                  log: "ran b."
                - when: item == 'b' && retry < 1
                  fail: {temporary: not yet, delay: 2s}
                - when: item == 'c'
                  log: "ran c."
                - create: {object: {apiVersion: v1, kind: ConfigMap}}
                - subhandlers:
                    - id: inner
                      do:
                        - when: item == 'c' && retry < 1
                          fail: {temporary: not yet, delay: 10ms}
              result: {item: "${item}"}
        - status: {all: "${steps.all}"}
`,
		act: one(`{metadata: {name: one}, spec: {}}`),
		until: func(w *world) {
			delayed("parent.b")(w)
			w.eventually("the end of c", func() (any, bool) {
				text, _ := annotationsOf(w.get(widgets, "one"))[prefix+"/parent.c"].(string)
				return text, strings.Contains(text, `"success":true`)
			})
		},
		end: func(w *world) { w.becomes(widgets, "one", "status.all.b.item", "b"); done(w) },
	},
	{
		name: "behind what a sub-handler makes",
		handlers: `
    - id: parent
      on: create
      resource: w
      do:
        - log: "ran parent."
        - subhandlers:
            - forEach: "['a', 'b', 'c']"
              id: ${item}
              do:
                - log: "ran sub."
                - once: true
                  do:
                    - log: "ran once."
                - create: {object: {apiVersion: v1, kind: ConfigMap}}
              result: {item: "${item}"}
`,
		act:   one(`{metadata: {name: one}, spec: {}}`),
		at:    point{behind: "POST configmaps", times: 3, before: "PATCH widgets/status"},
		end:   done,
		again: []string{"parent", "sub", "sub", "sub"}, // but not once
	},
	{
		name: "while handlers need one that is retried",
		handlers: `
    - id: last
      on: create
      resource: w
      needs: [middle]
      do: [{log: "ran last."}, {status: {last: true}}]
    - id: middle
      on: create
      resource: w
      needs: [first]
      do: [{log: "ran middle."}]
    - id: first
      on: create
      resource: w
      do:
        - log: "ran first."
        - when: retry < 1
          fail: {temporary: not yet, delay: 2s}
`,
		act:   one(`{metadata: {name: one}, spec: {}}`),
		until: delayed("first"),
		end:   func(w *world) { w.becomes(widgets, "one", "status.last", true); done(w) },
	},
}

// unreachable makes a child that Kubernetes cannot collect, since it has no
// namespace: the engine itself must delete it.
const unreachable = `
    - id: make
      on: create
      resource: w
      do:
        - create: {object: {apiVersion: test.kopf.dev/v1, kind: Global, metadata: {name: "${meta.namespace}-child"}}}
        - log: "ran make."
`

func allGone(w *world) {
	w.vanishes(widgets, "one")
	w.vanishes(globals, w.ns+"-child")
}

var orphans = []interruption{
	{
		name:     "ahead of a child that cannot be collected, and deleted meanwhile",
		handlers: unreachable,
		act:      one(`{metadata: {name: one}, spec: {}}`),
		at:       point{behind: "PATCH widgets", times: 1, before: "POST globals"},
		down:     remove,
		end:      allGone,
	},
	{
		name:     "behind a child that cannot be collected, and deleted meanwhile",
		handlers: unreachable,
		act:      one(`{metadata: {name: one}, spec: {}}`),
		at:       point{behind: "POST globals", times: 1, before: "PATCH widgets"},
		down:     remove,
		end:      allGone,
	},
	{
		name:     "ahead of the deletion of a child that cannot be collected",
		handlers: unreachable,
		given: func(w *world) {
			w.create(widgets, `{metadata: {name: one}, spec: {}}`)
			done(w)
		},
		act: remove,
		at:  point{before: "DELETE globals"},
		end: allGone,
	},
	{
		name:     "behind the deletion of a child that cannot be collected",
		handlers: unreachable,
		given: func(w *world) {
			w.create(widgets, `{metadata: {name: one}, spec: {}}`)
			done(w)
		},
		act: remove,
		at:  point{behind: "DELETE globals", times: 1, before: "PATCH widgets"},
		end: allGone,
	},
}

// TestKilledOverOrphans is about children that do not go by themselves. How
// often a handler runs depends on when the object is deleted; the end does not.
func TestKilledOverOrphans(t *testing.T) {
	for _, story := range orphans {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			undisturbed, _ := story.play(t)
			if killed, _ := story.playKilled(t); killed != undisturbed {
				t.Errorf("undisturbed, the end is\n%s\nwith the engine killed in between\n%s", undisturbed, killed)
			}
		})
	}
}

// TestKilled kills the engine in the middle of its work.
func TestKilled(t *testing.T) {
	for _, story := range interruptions {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			undisturbed, runs := story.play(t)
			killed, again := story.playKilled(t)
			if killed != undisturbed {
				t.Errorf("undisturbed, the end is\n%s\nwith the engine killed in between\n%s", undisturbed, killed)
			}
			for _, id := range story.ids() {
				want := runs(id)
				for _, again := range story.again {
					if again == id {
						want++
					}
				}
				if n := again(id); n != want {
					t.Errorf("handler %s ran %d times, want %d (%d when undisturbed)", id, n, want, runs(id))
				}
			}
		})
	}
}

func (s *interruption) operator() string {
	return `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: kill}
spec:
  resources: {w: widgets.test.kopf.dev, g: gadgets.test.kopf.dev}
  handlers:` + s.handlers
}

// ids are the handlers that say when they run.
func (s *interruption) ids() []string {
	var out []string
	for _, line := range strings.Split(s.handlers, "\n") {
		if _, id, ok := strings.Cut(line, `log: "ran `); ok {
			id, _, _ = strings.Cut(id, ".")
			out = append(out, id)
		}
	}
	return out
}

func (s *interruption) play(t *testing.T) (picture string, runs func(id string) int) {
	w := newWorld(t)
	e := w.start(s.operator())
	for _, part := range []func(*world){s.given, s.act, s.until, s.down, s.end} {
		if part != nil {
			part(w)
		}
	}
	return w.picture(), func(id string) int { return e.count("ran " + id + ".") }
}

func (s *interruption) playKilled(t *testing.T) (picture string, runs func(id string) int) {
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	first := w.launch(s.operator(), proxy.Kubeconfig())
	if s.given != nil {
		s.given(w)
	}
	if s.until != nil {
		s.act(w)
		s.until(w)
	} else {
		trap := s.at.set(proxy)
		s.act(w)
		trap.wait(w)
	}
	first.kill()
	proxy.Fail(nil)
	if s.down != nil {
		s.down(w)
	}
	second := w.launch(s.operator(), proxy.Kubeconfig())
	s.end(w)
	return w.picture(), func(id string) int {
		return first.count("ran "+id+".") + second.count("ran "+id+".")
	}
}
