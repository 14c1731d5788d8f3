package runtime_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestOperatorsAreIsolated runs several operators in one process over the same
// objects: each has its own records and finalizer, and what goes wrong with one
// is no matter of the others.
func TestOperatorsAreIsolated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: NAME}
spec:
  handlers:
    - {id: made, on: [create, update], resource: widgets.test.kopf.dev, do: [{log: "NAME made ${name} ${spec.size}."}, {condition: {type: NAME, status: true, message: "size ${spec.size}"}}, {status: {NAME: "${spec.size}"}}]}
    - {id: changed, on: update, resource: widgets.test.kopf.dev, do: [{log: "NAME changed ${name} ${diff.map(d, d.field)}."}]}
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "NAME bye ${name}."}]}
---`
	good := []string{"first", "second", "third"}
	var documents strings.Builder
	for _, name := range good {
		documents.WriteString(strings.ReplaceAll(operator, "NAME", name))
	}
	e := w.start(documents.String() + `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: broken}
spec:
  settings: {persistence: {consistencyTimeout: 0s}}
  handlers:
    - {id: fails, on: create, resource: widgets.test.kopf.dev, backoff: 20ms, do: [{fail: oops}]}
    - {id: costly, on: event, resource: widgets.test.kopf.dev, do: [{log: "${lists.range(10000000).size()}"}]}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: waiting}
spec:
  handlers:
    - {id: never, on: create, resource: nothing.of.the.kind, do: [{log: never}]}
`)
	for i := range 5 {
		w.create(widgets, fmt.Sprintf(`{metadata: {name: w%d}, spec: {size: 1}}`, i))
	}
	for i := range 5 {
		name := fmt.Sprintf("w%d", i)
		for _, operator := range good {
			w.handled(widgets, name, operator+".kopf.dev")
		}
		w.becomes(widgets, name, "status.second", 1)
		w.patch(widgets, name, `{spec: {size: 2}}`)
	}
	for i := range 5 {
		name := fmt.Sprintf("w%d", i)
		for _, operator := range good {
			e.says(fmt.Sprintf(`%s changed %s [\"spec.size\"].`, operator, name))
			w.becomes(widgets, name, "status."+operator, 2)
			w.eventually("the condition", func() (any, bool) {
				condition := w.condition(name, operator)
				return condition, condition["message"] == "size 2"
			})
		}
		held, _ := at(w.get(widgets, name), "metadata.finalizers").([]any)
		for _, operator := range good {
			if !slices.Contains(held, any(operator+".kopf.dev/finalizer")) {
				t.Errorf("%s: the finalizers %v", name, held)
			}
		}
		w.delete(widgets, name)
	}
	for i := range 5 {
		w.vanishes(widgets, fmt.Sprintf("w%d", i))
		for _, operator := range good {
			for line, want := range map[string]int{"made w%d 1.": 1, "made w%d 2.": 1, "changed w%d": 1, "bye w%d.": 1} {
				if line := `msg="` + operator + " " + fmt.Sprintf(line, i); e.count(line) != want {
					t.Errorf("%s: %d times", line, e.count(line))
				}
			}
		}
	}
	e.says("operator=waiting", "waiting for a resource", "nothing")
}
