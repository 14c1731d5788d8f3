package trial_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func noFiles(string) ([]byte, error) { return nil, errors.New("there is no file") }

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: prod, creationTimestamp: "2026-11-25T10:00:00Z"}
spec: {nodeName: n1, containers: [{name: main, image: x}]}
`

// object reads YAML that must be right.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	o, found, err := trial.ReadObject(spec.Source{Name: "object.yaml", Text: []byte(text)})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	return o
}

// lets reads what must be right.
func lets(t *testing.T, texts ...string) []trial.Let {
	t.Helper()
	var out []trial.Let
	for _, text := range texts {
		l, err := trial.ParseLet(text, noFiles)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// answer evaluates an expression: its value as YAML with its type, or what is told.
func answer(t *testing.T, o trial.Options, text string) string {
	t.Helper()
	o.Clock = clock
	tried, err := trial.New(o)
	if err != nil {
		return err.Error()
	}
	source := spec.Source{Name: "<expression>", Text: []byte(text)}
	got, _, failure := tried.Expr(t.Context(), source)
	var out bytes.Buffer
	if failure != nil {
		err = failure.Tell(&diag.Printer{Out: &out, Sources: map[string][]byte{}})
	} else {
		err = trial.Show(&out, got, trial.Text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

const claim = `
apiVersion: kopf.dev/v1
kind: Claim
metadata: {name: web, namespace: prod, labels: {app: web}, managedFields: [{manager: x}]}
spec: {n: 3, size: 1Gi}
`

const timed = `
apiVersion: kopf.dev/v1
kind: Claim
metadata: {name: web, namespace: prod, creationTimestamp: "2026-11-25T10:00:00Z"}
spec: {until: "2026-12-24T00:00:00Z"}
`

const before = `
apiVersion: kopf.dev/v1
kind: Claim
metadata: {name: web, namespace: prod, labels: {app: web}}
spec: {n: 2, size: 1Gi}
`

// Every variable can be given, and one that is not says how.
func TestEveryVariableCanBeGiven(t *testing.T) {
	given := map[string]string{
		"body": "body={kind: X}", "spec": "spec.n=1", "status": "status.phase=x", "meta": "meta.namespace=x",
		"name": "name=x", "uid": "uid=x", "labels": "labels.a=b", "annotations": "annotations.a=b",
		"resource": "resource.plural=things", "retry": "retry=2", "started": "started=2026-11-25T11:00:00Z",
		"runtime": "runtime=1m30s", "now": "now=2026-11-25T11:00:00Z", "reason": "reason=update",
		"old": "old={spec: {n: 1}}", "new": "new={spec: {n: 2}}", "diff": "diff=[{op: add}]", "event": "event.type=ADDED",
		"value": "value=5", "memo": "memo.n=1", "index": "index.by_node={a: [b]}", "param": "param=5", "vars": "vars.v=1",
		"steps": "steps.pvc={kind: X}", "item": "item=[1]", "key": "key=0", "children": "children.pods=[{kind: Pod}]",
		"stopped": "stopped=deleted", "operator": "operator.name=x", "error": "error.kind=permanent",
	}
	always := map[string]bool{"retry": true, "started": true, "runtime": true, "now": true, "memo": true, "index": true, "param": true, "stopped": true}
	for _, v := range eval.Variables {
		text := given[v.Name]
		if text == "" {
			t.Errorf("%s: nobody has thought of it", v.Name)
			continue
		}
		if got := answer(t, trial.Options{Lets: lets(t, text)}, v.Name+" == "+v.Name); got != "true  # bool" {
			t.Errorf("%s given as %s: %s", v.Name, text, got)
		}
		got := answer(t, trial.Options{}, v.Name)
		if always[v.Name] {
			continue
		}
		if !strings.Contains(got, "no value: "+v.Name+": ") || !strings.Contains(got, "--let "+v.Name) {
			t.Errorf("%s without a value: %s", v.Name, got)
		}
	}
}

func TestExpressions(t *testing.T) {
	for _, test := range []struct {
		text, object, old string
		lets              []string
		scope             string
		want              string // the begin of it
	}{
		{text: "1 + 1", want: "2  # int"},
		{text: "spec.n * 2", object: claim, want: "6  # int"},
		{text: "[name, meta.namespace, resource.plural]", object: claim, want: "# list of string\n- web\n- prod\n- claims"},
		{text: "has(meta.managedFields)", object: claim, want: "false  # bool"},
		{text: "now", want: `"2026-11-25T12:00:00Z"  # timestamp`},
		{text: "[string(retry), string(runtime), string(started)]", lets: []string{"retry=3", "runtime=1m"}, want: "# list of string\n- \"3\"\n- 60s\n- \"2026-11-25T11:59:00Z\""},
		{text: "runtime", lets: []string{"started=2026-11-25T11:00:00Z"}, want: "1h0m0s  # duration"},
		// The object can be made up, and changed.
		{text: "[spec, body.spec]", object: claim, lets: []string{"spec.n=5", "spec.x.y=true"}, want: "# list of map\n- \"n\": 5\n  size: 1Gi\n  x:\n    \"y\": true\n- \"n\": 5"},
		{text: "body.metadata.name", lets: []string{"name=made-up"}, want: "made-up  # string"},
		{text: "labels", object: claim, lets: []string{`labels.app\.io/x=y`}, want: "# map of string\napp: web\napp.io/x: \"y\""},
		// Changes.
		{text: "[reason, changed('spec.n'), changed('spec.size'), old.spec.n, new.spec.n]", object: claim, old: before, want: "# list\n- update\n- true\n- false\n- 2\n- 3"},
		{text: "diff.map(d, d.path)", object: claim, old: before, want: "# list of list of string\n- - spec\n  - "},
		{text: "[reason, size(diff)]", object: claim, old: claim, want: "# list\n- resume\n- 0"},
		{text: "[old == null, size(diff)]", object: claim, lets: []string{"reason=create"}, want: "# list\n- true\n- 1"},
		{text: "[reason, size(diff)]", object: claim, lets: []string{"reason=delete"}, want: "# list\n- delete\n- 0"},
		{text: "changed('spec.n')", object: claim, lets: []string{"old={spec: {n: 1}}"}, want: "true  # bool"},
		{text: "new.spec.n", object: claim, want: "3  # int"},
		{text: "changed('spec.n')", object: claim, want: "<expression>:1:1: error: no value: diff: the state before the change is not known; --old FILE gives it, or --let diff=VALUE"},
		{text: "old", want: "<expression>:1:1: error: no value: old: there is no object; --object FILE and --old FILE give it"},
		// Places.
		{text: "index.a['k']", lets: []string{"index.a={k: [1]}"}, want: "# list of int\n- 1"},
		{text: "index.a", want: "<expression>:1:7: error: unknown index: a; --operator FILE gives its indexes, or --let index.a="},
		{text: "retry", scope: "event", want: "<expression>:1:1: error: not available here: retry exists in retriable handlers only"},
		{text: "item", scope: "change,forEach", lets: []string{"item=5"}, want: "5  # int"},
		{text: "item", scope: "forEach", lets: []string{"item=5"}, want: "5  # int"},
		{text: "1", scope: "change", lets: []string{"item=5"}, want: "item: item does not exist here, but in forEach only"},
		{text: "memo", scope: "index", want: "<expression>:1:1: error: not available here: an index cannot read the memo"},
		{text: "name", scope: "probe", want: "<expression>:1:1: error: not available here"},
		// Values that do not fit.
		{text: "1", lets: []string{"retry=many"}, want: "retry: a whole number is needed, and this is text"},
		{text: "1", lets: []string{"now=today"}, want: "now: a time such as 2026-11-25T12:00:00Z is needed, and this is text"},
		{text: "1", lets: []string{"runtime=[]"}, want: "runtime: a duration such as 1m30s, or a number of seconds is needed, and this is a list"},
		{text: "1", lets: []string{"children.pods={}"}, want: "children: pods: a list is needed, and this is a map"},
		{text: "1", lets: []string{"labels.a=5"}, want: "metadata.labels: a: text is needed, and this is a whole number"},
		{text: "1", lets: []string{"steps=5", "steps.x=5"}, want: "steps.x: there is nothing inside a whole number"},
		{text: "1", lets: []string{"body=5"}, want: "body: a map is needed, and this is a whole number"},
		{text: "1", old: claim, want: "there is a state before a change, but no object"},
		// Errors show what was seen.
		{text: "spec.n + name", object: claim, want: "<expression>:1:8: error: evaluation failed: operator + does not take int and string\n  spec.n is 3\n  name is \"web\""},
	} {
		o := trial.Options{Object: object(t, test.object), Old: object(t, test.old), Lets: lets(t, test.lets...)}
		if test.scope != "" {
			scope, err := trial.ParseScope(test.scope)
			if err != nil {
				t.Fatal(err)
			}
			o.Scope = &scope
		}
		if got := answer(t, o, test.text); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s %v\n  is     %s\n  wanted %s", test.text, test.lets, got, test.want)
		}
	}
}

// What is given is only read: one evaluation does not change another.
func TestLetsDoNotChangeTheObject(t *testing.T) {
	o := object(t, claim)
	answer(t, trial.Options{Object: o, Lets: lets(t, "spec.n=5", "labels.x=y")}, "spec")
	if !reflect.DeepEqual(o, object(t, claim)) {
		t.Errorf("the object is %v now", o)
	}
}

const operators = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: one}
spec:
  filters: {big: spec.n > 2, broken: spec.n < 0 || optional.none().value()}
  settings: {execution: {costLimit: 1000}}
  resources: {pods: v1/pods}
  indexes: [{id: by_node, resource: pods, key: name, value: "${name}"}]
  handlers:
    - id: create_it
      on: create
      resource: claimz.kopf.dev
      param: {color: "red ${name} ${retry}"}
      vars: {a: "${spec.n + 1}", b: "${vars.a}-${steps.pvc.metadata.name}"}
      do:
        - {name: pvc, get: {target: {apiVersion: v1, kind: PersistentVolumeClaim, name: "${name}"}, ifMissing: fail}}
        - log: "${vars.a} ${vars.b} ${param.color}"
    - id: grow
      on: field
      field: spec.n
      resource: claimz.kopf.dev
      do: [{subhandlers: [{id: part, param: 7, do: [{log: x}]}]}]
    - {id: both, on: [create, update], resource: claimz.kopf.dev, do: [{log: x}]}
  timers: [{id: tick, interval: 1h, resource: claimz.kopf.dev, do: [{log: x}]}]
  startup: [{id: begin, do: [{log: x}]}]
  probes: [{id: alive, expr: "true"}]
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: two}
spec:
  handlers:
    - {id: both, on: [create, update], resource: claimz.kopf.dev, do: [{log: x}]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: claimz.kopf.dev}
spec:
  group: kopf.dev
  scope: Namespaced
  names: {kind: Claim, plural: claimz, shortNames: [cl]}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: &schema {type: object, properties: {spec: {type: object, properties: {n: {type: integer}, size: {type: string}, until: {type: string, format: date-time}}}}}}
    - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: *schema}}
`

// load reads definitions that must be right.
func load(t *testing.T, text string) (*spec.Bundle, *kube.Kinds) {
	t.Helper()
	bundle, found := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(text)}})
	schemas, more := runtime.Schemas(bundle, nil)
	_, typed := runtime.CompileTyped(bundle, schemas)
	if found = slices.Concat(found, more, typed); found.HasErrors() {
		t.Fatal(found)
	}
	return bundle, kube.NewKinds(schemas)
}

func TestHandlers(t *testing.T) {
	bundle, kinds := load(t, operators)
	handled := strings.Replace(claim, "managedFields:", `annotations: {one.kopf.dev/last-handled-configuration: '{"metadata":{"labels":{"app":"web"}},"spec":{"n":1,"size":"1Gi"}}'}, managedFields:`, 1)
	for _, test := range []struct {
		id, text, object, old string
		lets                  []string
		want                  string
	}{
		{id: "create_it", text: "[vars.a, param.color, old == null, reason]", object: claim, want: "# list\n- 4\n- red web 0\n- true\n- create"},
		{id: "create_it", text: "vars.b", object: claim, lets: []string{"steps.pvc.metadata.name=x"}, want: "4-x  # string"},
		// What is given has the types that it has in a run.
		{id: "create_it", text: "type(steps.pvc.metadata.creationTimestamp)", object: claim, lets: []string{"steps.pvc={metadata: {creationTimestamp: 2026-11-25T10:00:00Z}}"}, want: "timestamp  # type"},
		{id: "create_it", text: "type(children.pods[0].metadata.creationTimestamp)", object: claim, lets: []string{"children.pods=[{metadata: {creationTimestamp: 2026-11-25T10:00:00Z}}]"}, want: "timestamp  # type"},
		{id: "create_it", text: "type(spec.until) == type(now) && type(old.spec.until) == type(now) && type(meta.creationTimestamp) == type(now)", object: timed, old: timed, want: "true  # bool"},
		{id: "create_it", text: "now < spec.until", object: timed, want: "true  # bool"},
		{id: "create_it", text: "vars.b", object: claim, want: "op.yaml:15:50: error: no value: steps: it exists in runs only; --let steps.NAME=VALUE gives it"},
		{id: "create_it", text: "vars.b", object: claim, lets: []string{"vars.b=data ${name}"}, want: "data ${name}  # string"},
		{id: "create_it", text: "vars.bb", object: claim, want: "<expression>:1:6: error: unknown var: bb; did you mean b? [vars]"},
		{id: "create_it", text: "stopped", object: claim, want: "<expression>:1:1: error: not available here"},
		{id: "create_it", text: "big", object: claim, want: "true  # bool"},
		{id: "create_it", text: "broken", object: claim, want: "op.yaml:6:68: error: evaluation failed: the optional has no value; use .orValue(…) or .hasValue()\n  spec.n is 3"},
		{id: "create_it", text: "operator.name", want: "one  # string"},
		{id: "create_it", text: "[resource.plural, string(resource.preferred)]", object: claim, want: "# list of string\n- claimz\n- \"true\""},
		{id: "create_it", text: "lists.range(100000).map(x, x)", want: "<expression>:1:1: error: evaluation failed: evaluation is over the cost limit of 1000"},
		{id: "grow", text: "[old, new]", object: claim, old: before, want: "# list of int\n- 2\n- 3"},
		{id: "grow", text: "diff[0].op", object: claim, old: before, want: "change  # string"},
		{id: "grow", text: "reason", object: claim, want: "update  # string"},
		{id: "grow", text: "old", object: claim, want: "<expression>:1:1: error: no value: old: the state before"},
		{id: "grow/part", text: "param", object: claim, want: "7  # int"},
		{id: "one:both", text: "[old.spec.n, new.spec.n]", object: handled, want: "# list of int\n- 1\n- 3"},
		{id: "tick", text: "stopped", object: claim, want: "null  # null"},
		{id: "tick", text: "reason", object: claim, want: "<expression>:1:1: error: not available here"},
		{id: "begin", text: "name", want: "<expression>:1:1: error: not available here"},
		{id: "begin", text: "retry", want: "0  # int"},
		{id: "alive", text: "retry", want: "<expression>:1:1: error: not available here"},
		{id: "by_node", text: "name", object: pod, want: "web-0  # string"},
		{id: "by_node", text: "spec.nodeNam", object: pod, want: "<expression>:1:6: error: unknown field: "},
		{id: "by_node", text: "name", object: claim, want: "by_node is for objects of kind Pod, and this one is of kind Claim"},
		{id: "create_it", text: "spec.siz", object: claim, want: "<expression>:1:6: error: unknown field: "},
		{id: "create_it", text: "spec.n + spec.size", object: claim, want: "<expression>:1:8: error: wrong types: operator + does not take int and string"},
		{id: "create_it", text: "steps.pvc.spec.nonsense", object: claim, want: "<expression>:1:16: error: unknown field: "},
		{id: "create_it", text: "vars.a.b", object: claim, want: "<expression>:1:8: error: "},
		{id: "by_node", text: "index", object: pod, want: "<expression>:1:1: error: not available here: an index cannot read indexes"},
		{id: "alive", text: "index.by_node", want: "{}  # empty map"},
		{id: "alive", text: "index.by_nod", want: "<expression>:1:7: error: unknown index: by_nod; did you mean by_node?"},
		{id: "alive", text: "index.by_node['a']", lets: []string{"index.by_node.a=[x]"}, want: "# list of string\n- x"},
		{id: "both", text: "1", want: `there are several "both"; say which: one:both, two:both`},
		{id: "grw", text: "1", want: `there is no handler "grw"; did you mean "grow"?`},
		{id: "zzz", text: "1", want: `there is no handler "zzz"; there are alive, begin, both, by_node, create_it, grow, grow/part, tick`},
		{id: "", text: "1", want: "there are 2 operators; --handler says which is meant"},
	} {
		target, err := trial.Find(bundle.Operators, kinds, test.id)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = answer(t, trial.Options{
				Object: object(t, test.object), Old: object(t, test.old), Lets: lets(t, test.lets...),
				Target: target, Kinds: kinds,
			}, test.text)
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s in %s\n  is     %s\n  wanted %s", test.text, test.id, got, test.want)
		}
	}
}

func TestParseLet(t *testing.T) {
	read := func(file string) ([]byte, error) {
		if file != "pvc.yaml" {
			return nil, errors.New("no such file")
		}
		return []byte("kind: X\n"), nil
	}
	for text, want := range map[string]any{
		"item=5":                5,
		"item=":                 nil,
		"steps.pvc=@pvc.yaml":   map[string]any{"kind": "X"},
		"item=a=b":              "a=b",
		"item":                  `"item" needs the form NAME=VALUE, such as item=5 or steps.pvc=@pvc.yaml`,
		"steps.pvc=@other.yaml": "steps.pvc: no such file",
		"item=[":                "the value is no YAML: item:1:1: error: ",
		"item=a\n---\nb":        "item: one value is needed, and there are 2 documents",
		"steps..x=1":            `"steps..x" is no name of a variable and no path into one`,
		"=1":                    `"" is no name of a variable and no path into one`,
		"stepz.x=1":             `there is no variable "stepz"; did you mean "steps"?`,
		"foo=1":                 `there is no variable "foo"; the variables are body, `,
		"retry.x=1":             `"retry.x": there is nothing inside retry, which is int`,
	} {
		l, err := trial.ParseLet(text, read)
		if n, ok := want.(int); ok {
			want = int64(n)
		}
		if err != nil {
			if prefix, _ := want.(string); !strings.HasPrefix(err.Error(), prefix) {
				t.Errorf("%s: %v, not %v", text, err, want)
			}
		} else if !reflect.DeepEqual(l.Value, want) {
			t.Errorf("%s is %v, not %v", text, l.Value, want)
		}
	}
}

func TestParseScope(t *testing.T) {
	for text, want := range map[string]string{
		"chang":        `there is no place "chang"; did you mean "change"?`,
		"":             `there is no place ""; the places are change, event, timer, `,
		"change,event": `an expression stands in one kind of handler, and not both in "change" and "event"`,
	} {
		if _, err := trial.ParseScope(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, word := range trial.Places() {
		if _, err := trial.ParseScope(word); err != nil {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestReadObject(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "f.yaml: there is no object in it",
		"a: 1\n---\nb: 2\n":           "f.yaml holds 2 documents; one object is needed (the second begins in line 3)",
		"[1]":                         "f.yaml: an object is a map, and this is a list",
		"{kind: List, items: [1, 2]}": "f.yaml is a list of 2 objects; one object is needed",
	} {
		if _, _, err := trial.ReadObject(spec.Source{Name: "f.yaml", Text: []byte(text)}); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, found, err := trial.ReadObject(spec.Source{Name: "f.yaml", Text: []byte("a: [")}); err != nil || !found.HasErrors() {
		t.Errorf("%v, %v", found, err)
	}
}
