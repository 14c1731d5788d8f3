package runtime_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestFilters has one handler per filter; each tells which objects it was run
// for. The last object is the sentinel: when it is handled, so are the others.
func TestFilters(t *testing.T) {
	objects := map[string]string{
		"a":    `{metadata: {name: a, labels: {app: web, tier: front}, annotations: {note: x}}, spec: {size: 1, active: true}}`,
		"b":    `{metadata: {name: b, labels: {app: db}}, spec: {size: 2}}`,
		"c":    `{metadata: {name: c, labels: {app: ""}}, spec: {list: [1, 2]}}`,
		"d":    `{metadata: {name: d}, spec: {size: null, a: {b.c: deep}}}`,
		"last": `{metadata: {name: last, labels: {last: "yes"}}, spec: {}}`,
	}
	for _, tt := range []struct{ match, want string }{
		{`{}`, "a b c d"},
		{`{labels: {app: web}}`, "a"},
		{`{labels: {app: ""}}`, "c"},
		{`{labels: {app: {exists: true}}}`, "a b c"},
		{`{labels: {app: {exists: false}}}`, "d"},
		{`{labels: {app: {in: [web, db]}}}`, "a b"},
		{`{labels: {app: {when: "value != null && value.startsWith('d')"}}}`, "b"},
		{`{labels: {app: {equals: web}, tier: {exists: true}}}`, "a"},
		{`{labels: {app: web, tier: {exists: false}}}`, ""},
		{`{annotations: {note: x}}`, "a"},
		{`{annotations: {note: {exists: false}}}`, "b c d"},
		{`{field: spec.size}`, "a b"},
		{`{field: spec.size, value: 1}`, "a"},
		{`{field: spec.size, value: 1.0}`, "a"},
		{`{field: spec.size, value: {in: [2, 3]}}`, "b"},
		{`{field: spec.size, value: {exists: false}}`, "c d"}, // null counts as absent
		{`{field: spec.size, value: null}`, "c d"},
		{`{field: spec.size, value: {when: "value != null && value > 1"}}`, "b"},
		{`{field: spec.list, value: [1, 2]}`, "c"},
		{`{field: [spec, a, b.c], value: deep}`, "d"},
		{`{when: "has(spec.active) && spec.active"}`, "a"},
		{`{when: "big && labels.app == 'db'"}`, "b"},
		{`{when: "spec.nothing == 1"}`, ""}, // cannot be evaluated: does not match
		{`{labels: {app: web}, annotations: {note: x}, field: spec.size, value: 1, when: "name == 'a'"}`, "a"},
	} {
		t.Run(tt.match, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: sieve}
spec:
  filters: {big: "has(spec.size) && spec.size > 1"}
  handlers:
    - {id: pass, on: create, resource: widgets.test.kopf.dev, match: %s, do: [{log: "passed ${name}"}]}
    - {id: last, on: create, resource: widgets.test.kopf.dev, match: {labels: {last: "yes"}}, do: [{log: sentinel}]}
`, tt.match))
			for _, name := range []string{"a", "b", "c", "d", "last"} {
				w.create(widgets, objects[name])
			}
			for _, name := range strings.Fields(tt.want) {
				e.says("passed " + name)
				w.handled(widgets, name, "sieve.kopf.dev")
			}
			e.says("sentinel")
			w.handled(widgets, "last", "sieve.kopf.dev")
			for _, name := range []string{"a", "b", "c", "d"} {
				matched := strings.Contains(" "+tt.want+" ", " "+name+" ")
				if n := e.count("passed " + name); (n == 1) != matched {
					t.Errorf("%s: %d times", name, n)
				}
				// Stealth: what no handler matches shows no trace.
				for key := range annotationsOf(w.get(widgets, name)) {
					if !matched && strings.HasPrefix(key, "sieve.kopf.dev/") {
						t.Errorf("%s does not match, and has the annotation %s", name, key)
					}
				}
			}
		})
	}
}

// TestChangeFilters tests what only changes have: both sides of them.
func TestChangeFilters(t *testing.T) {
	for _, tt := range []struct{ on, match, want string }{
		{"update", `{}`, "12 23 3- other"},
		{"update", `{field: spec.size}`, "12 23 3-"},
		{"update", `{field: spec.size, value: 2}`, "12 23"},
		{"update", `{field: spec.size, old: 1}`, "12"},
		{"update", `{field: spec.size, new: 3}`, "23"},
		{"update", `{field: spec.size, old: 2, new: 3}`, "23"},
		{"update", `{field: spec.size, new: {exists: false}}`, "3-"},
		{"update", `{field: spec.size, old: {when: "value < 3"}}`, "12 23"},
		{"update", `{when: "changed('spec.other')"}`, "other"},
		{"update", `{when: "diff.exists(d, d.op == 'remove')"}`, "3-"},
		{"field, field: spec.size", `{}`, "12 23 3-"},
		{"field, field: spec.size", `{old: 2}`, "23"},
		{"field, field: spec.size", `{when: "old == 1 && new == 2"}`, "12"},
	} {
		t.Run(tt.on+" "+tt.match, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: sieve}
spec:
  handlers:
    - {id: pass, on: %s, resource: widgets.test.kopf.dev, match: %s, do: [{log: "passed ${spec.step}."}]}
    - {id: all, on: [create, update], resource: widgets.test.kopf.dev, do: [{log: "done ${spec.step}."}]}
`, tt.on, tt.match))
			w.create(widgets, `{metadata: {name: one}, spec: {size: 1, step: start}}`)
			e.says("done start.")
			steps := []struct{ name, merge string }{
				{"12", `{spec: {size: 2, step: "12"}}`},
				{"23", `{spec: {size: 3, step: "23"}}`},
				{"3-", `{spec: {size: null, step: "3-"}}`},
				{"other", `{spec: {other: 1, step: other}}`},
			}
			for _, s := range steps {
				w.handled(widgets, "one", "sieve.kopf.dev")
				w.patch(widgets, "one", s.merge)
				e.says("done " + s.name + ".")
			}
			w.handled(widgets, "one", "sieve.kopf.dev")
			for _, s := range steps {
				matched := strings.Contains(" "+tt.want+" ", " "+s.name+" ")
				if n := e.count("passed " + s.name + "."); (n == 1) != matched {
					t.Errorf("change %s: %d times", s.name, n)
				}
			}
			if n := e.count("passed start."); n != 0 {
				t.Error("a creation counted as a change")
			}
		})
	}
}
