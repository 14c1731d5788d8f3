package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

var splits = kube.Resource{
	Group: "actions.kopf.dev", Version: "v1", Kind: "Split", Plural: "splits", Singular: "split",
	Namespaced: true, Preferred: true, Status: true,
}

const someObject = `{apiVersion: actions.kopf.dev/v1, kind: Split,
	metadata: {name: x, namespace: ns, uid: u-1, generation: 3, resourceVersion: "7", labels: {app: web}},
	spec: {enabled: true, list: [a, b], map: {q: 2, p: 1}, text: hello}, status: {phase: New}}`

// offline runs steps that need no cluster.
func offline(t *testing.T, steps string, adjust ...func(*actions.Run)) *attempt {
	t.Helper()
	a := newAttempt(object(t, strings.ReplaceAll(someObject, "\t", " ")), splits)
	for _, change := range adjust {
		change(a.Run)
	}
	a.err = compile(t, steps).Run(t.Context(), a.Run)
	return a
}

func wantJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var is, expected any
	if err := errors.Join(json.Unmarshal(text, &is), json.Unmarshal([]byte(want), &expected)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(is, expected) {
		t.Errorf("%s = %s, want %s", what, text, want)
	}
}

// The results are told by status steps, whose result is the status so far.
func TestModifiers(t *testing.T) {
	for _, c := range []struct{ name, steps, results, status string }{
		{"in order, named or not", `
			- status: {a: 1}
			- name: second
			  status: {b: "${status.phase}"}
			`, `{"second":{"phase":"New","a":1,"b":"New"}}`, `{"a":1,"b":"New"}`},
		{"a result is seen behind its step", `
			- name: one
			  condition: {type: Ready, status: true}
			- status: {seen: "${steps.one.status}"}
			`, "", `{"seen":"True","conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"","observedGeneration":3,"lastTransitionTime":"2026-11-24T01:00:00Z"}]}`},
		{"when false", `
			- {name: no, when: "!spec.enabled", status: {a: 1}}
			- status: {no: "${steps.no == null}"}
			`, `{"no":null}`, `{"no":true}`},
		{"forEach over a list", `
			- {name: each, forEach: spec.list, status: {"k${key}": "${item}"}}
			`, `{"each":[{"phase":"New","k0":"a"},{"phase":"New","k0":"a","k1":"b"}]}`, `{"k0":"a","k1":"b"}`},
		{"forEach over a map, by its sorted keys", `
			- {name: each, forEach: spec.map, status: {last: "${key}", "${key}": "${item}"}}
			`, "", `{"last":"q","p":1,"q":2}`},
		{"forEach over nothing", `
			- {name: no, when: "false", status: {}}
			- {name: each, forEach: steps.no, status: {a: 1}}
			- {name: empty, forEach: "[]", status: {a: 1}}
			`, `{"no":null,"each":[],"empty":[]}`, `{}`},
		{"when per item", `
			- {name: each, forEach: spec.list, when: item == 'b', condition: {type: "${item}", status: true, reason: R}}
			`, `{"each":[null,{"type":"b","status":"True","reason":"R","message":"","observedGeneration":3,"lastTransitionTime":"2026-11-24T01:00:00Z"}]}`, ""},
		{"when for the whole loop is asked before forEach", `
			- {name: each, forEach: spec.missing, when: has(spec.missing), status: {a: 1}}
			`, `{"each":null}`, `{}`},
		{"names in a group are seen behind it", `
			- name: group
			  do:
			    - {name: inner, condition: {type: A, status: true, reason: R}}
			- status: {a: "${steps.inner.type}", b: "${steps.group.inner.type}", conditions: null}
			`, "", `{"a":"A","b":"A"}`},
		{"names in a group that is left out are null", `
			- {when: "false", do: [{name: inner, status: {a: 1}}]}
			- status: {b: "${steps.inner == null}"}
			`, `{"inner":null}`, `{"b":true}`},
		{"names in a group with forEach live per item", `
			- name: outer
			  forEach: spec.list
			  do:
			    - {name: inner, when: item == 'a', status: {s: "${item}"}}
			    - status: {"${item}": "${steps.inner != null}"}
			`, `{"outer":[{"inner":{"phase":"New","s":"a"}},{"inner":null}]}`, `{"s":"a","a":true,"b":false}`},
		{"nested loops", `
			- forEach: spec.list
			  do:
			    - {forEach: spec.map, status: {"${key}": "${item}"}}
			    - status: {last: "${item}"}
			`, `{}`, `{"p":1,"q":2,"last":"b"}`},
		{"return ends groups and loops", `
			- forEach: spec.list
			  do:
			    - status: {a: "${item}"}
			    - {when: item == 'a', return: {r: 1}}
			- status: {b: 1}
			`, `{}`, `{"a":"a"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := offline(t, c.steps)
			if a.err != nil {
				t.Fatal(a.err)
			}
			if c.results != "" {
				wantJSON(t, "steps", a.Steps, c.results)
			}
			if status, _ := a.Own.Status(); c.status != "" {
				parts, _ := status["status"].(map[string]any)
				if parts == nil {
					parts = map[string]any{}
				}
				wantJSON(t, "status", parts, c.status)
			}
		})
	}
}

func TestReturn(t *testing.T) {
	a := offline(t, `- return: "${spec.text}"`)
	if a.err != nil || !a.HasResult || a.Result != "hello" {
		t.Errorf("result %v (%v), error %v", a.Result, a.HasResult, a.err)
	}
	a = offline(t, "- return:\n- fail: not reached")
	if a.err != nil || a.HasResult {
		t.Errorf("result %v (%v), error %v", a.Result, a.HasResult, a.err)
	}
}

func TestFail(t *testing.T) {
	for _, c := range []struct{ step, kind, message string }{
		{`fail: "no ${spec.text}"`, "arbitrary", "no hello"},
		{`fail: {error: no}`, "arbitrary", "no"},
		{`fail: {permanent: never}`, "permanent", "never"},
		{`fail: {temporary: not yet}`, "temporary", "not yet"},
		{`fail: {temporary: not yet, delay: "${3 + 4}s"}`, "temporary", "not yet"},
	} {
		a := offline(t, "- "+c.step)
		failsWith(t, a, c.kind, c.message)
		var step *actions.StepError
		if errors.As(a.err, &step) && (step.Message() != c.message || step.Action != "fail" || step.Step != "step 1") {
			t.Errorf("%s: %+v", c.step, step)
		}
	}
	var again *actions.Temporary
	if errors.As(offline(t, `- fail: {temporary: x, delay: 90}`).err, &again); again.Delay == nil || *again.Delay != 90*time.Second {
		t.Errorf("delay = %v", again.Delay)
	}
	if errors.As(offline(t, `- fail: {temporary: x}`).err, &again); again.Delay != nil {
		t.Errorf("delay = %v, though none is set", *again.Delay)
	}
}

func TestErrorsTellTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, steps, want string }{
		{"by number", `
			- log: x
			- fail: y
			`, "step 2 (fail): y"},
		{"by name and item", `
			- {name: them, forEach: spec.map, fail: "${key}"}
			`, "them[p] (fail): p"},
		{"the innermost", `
			- name: outer
			  do: [{name: inner, fail: z}]
			`, "inner (fail): z"},
		{"an expression's own place", `
			- {name: n, when: spec.none.x, log: x}
			`, "n (when): op.yaml:13:"},
		{"a loop over a scalar", `
			- {forEach: spec.text, log: x}
			`, "step 1 (forEach): "},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := offline(t, c.steps)
			failsWith(t, a, "arbitrary", c.want)
			if strings.Count(a.err.Error(), "op.yaml:") != 1 {
				t.Errorf("error %q, want one place in it", a.err)
			}
		})
	}
}

func TestAnEndedContextEndsTheSteps(t *testing.T) {
	why := errors.New("stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	a := newAttempt(object(t, strings.ReplaceAll(someObject, "\t", " ")), splits)
	a.Emit = func(actions.Event) { cancel(why) }
	err := compile(t, "- event: {reason: R}\n- status: {a: 1}").Run(ctx, a.Run)
	if !errors.Is(err, why) || a.Own.Len() != 0 {
		t.Errorf("error %v, %d changes", err, a.Own.Len())
	}
}

func TestLog(t *testing.T) {
	a := offline(t, `
		- log: "text is ${spec.text}"
		- {name: w, log: {level: warning, message: careful}}
		- {log: {level: debug, message: "${spec.list}"}}
		`)
	if a.err != nil {
		t.Fatal(a.err)
	}
	for _, want := range []string{
		`level=INFO msg="text is hello" step="step 1" at=op.yaml:13:`,
		`level=WARN msg=careful step=w`,
		`level=DEBUG msg="[\"a\",\"b\"]"`,
	} {
		if !strings.Contains(a.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, a.log.String())
		}
	}
}

func TestEvent(t *testing.T) {
	a := offline(t, `
		- event: {reason: Made, message: "it is ${spec.text}"}
		- event: {type: "${'Warn' + 'ing'}", reason: Bad, about: {apiVersion: v1, kind: Pod, name: p, namespace: n, uid: u}}
		- event: {reason: Copy, about: "${body}"}
		`)
	if a.err != nil {
		t.Fatal(a.err)
	}
	wantJSON(t, "events", a.events, `[
		{"Type":"Normal","Reason":"Made","Message":"it is hello","About":{"apiVersion":"actions.kopf.dev/v1","kind":"Split","namespace":"ns","name":"x","uid":"u-1"}},
		{"Type":"Warning","Reason":"Bad","Message":"","About":{"apiVersion":"v1","kind":"Pod","namespace":"n","name":"p","uid":"u"}},
		{"Type":"Normal","Reason":"Copy","Message":"","About":{"apiVersion":"actions.kopf.dev/v1","kind":"Split","namespace":"ns","name":"x","uid":"u-1"}}]`)
	for _, step := range []string{
		`event: {type: "${spec.text}", reason: R}`, `event: {reason: "${''}"}`, `event: {reason: R, about: "${spec}"}`,
	} {
		failsWith(t, offline(t, "- "+step), "permanent", "")
	}
}

func TestCondition(t *testing.T) {
	a := offline(t, `
		- condition: {type: Ready, status: "${spec.enabled}", message: "all ${spec.text}"}
		- condition: {type: Other, status: Unknown, reason: Because}
		- condition: {type: Ready, status: False}
		`)
	if a.err != nil {
		t.Fatal(a.err)
	}
	status, guarded := a.Own.Status()
	wantJSON(t, "status", status, `{"status":{"conditions":[
		{"type":"Ready","status":"False","reason":"NotReady","message":"","observedGeneration":3,"lastTransitionTime":"2026-11-24T01:00:00Z"},
		{"type":"Other","status":"Unknown","reason":"Because","message":"","observedGeneration":3,"lastTransitionTime":"2026-11-24T01:00:00Z"}]}}`)
	if !guarded {
		t.Error("a list that others write to is not guarded")
	}
	failsWith(t, offline(t, `- condition: {type: Ready, status: "${spec.text}"}`), "permanent", "found a string")
	failsWith(t, offline(t, `- condition: {type: "${''}", status: true}`), "permanent", "needs a type")
}

func TestWait(t *testing.T) {
	if a := offline(t, `- wait: {for: spec.enabled}`); a.err != nil {
		t.Fatal(a.err)
	}
	for _, c := range []struct {
		name, step, kind, message string
		passed, delay             time.Duration
	}{
		{"by default", `wait: {for: "!spec.enabled"}`, "waiting", "waiting for: !spec.enabled", 0, 10 * time.Second},
		{"all set", `wait: {for: "!spec.enabled", poll: 2s, timeout: 1m, message: "for ${spec.text}"}`, "waiting", "for hello", 30 * time.Second, 2 * time.Second},
		{"last look at the timeout", `wait: {for: "!spec.enabled", poll: 20s, timeout: 1m}`, "waiting", "!spec.enabled", 55 * time.Second, 5 * time.Second},
		{"timeout", `wait: {for: "!spec.enabled", timeout: 1m, message: m}`, "permanent", "gave up after 1m0s: m", time.Minute, 0},
		{"broken", `wait: {for: spec.none == 1}`, "arbitrary", "none", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := offline(t, "- "+c.step, func(r *actions.Run) { r.Started = r.Now.Add(-c.passed) })
			failsWith(t, a, c.kind, c.message)
			var again *actions.Temporary
			if errors.As(a.err, &again) && (again.Delay == nil || *again.Delay != c.delay) {
				t.Errorf("delay = %v, want %v", again.Delay, c.delay)
			}
		})
	}
}

func TestWaitForChildren(t *testing.T) {
	const step = `- wait: {for: "children.pvc.exists(c, c.bound)", message: "${children.pvc.size()} there"}`
	var asked []string
	bound := false
	children := func(r *actions.Run) {
		r.Children = func(alias string) ([]any, []*eval.Shape, error) {
			asked = append(asked, alias)
			return []any{map[string]any{"bound": bound}}, nil, nil
		}
	}
	failsWith(t, offline(t, step, children), "waiting", "1 there")
	bound = true
	if a := offline(t, step, children); a.err != nil {
		t.Error(a.err)
	}
	if !reflect.DeepEqual(asked, []string{"pvc", "pvc"}) {
		t.Errorf("asked for %v", asked)
	}
	needs := compile(t, step).Needs()
	if !needs.Waits || len(needs.Children) != 1 || needs.Children[0].Alias != "pvc" {
		t.Errorf("needs = %+v", needs)
	}
	failsWith(t, offline(t, step), "arbitrary", "no children here")
}

func TestOwnPatch(t *testing.T) {
	for _, c := range []struct {
		name, steps, main, status string
		guarded                   bool
	}{
		{"merge", `
			- patch: {merge: {spec: {text: bye, none: null}, status: {phase: Old}}}
			`, `{"spec":{"text":"bye"}}`, `{"status":{"phase":"Old"}}`, false},
		{"of the status", `
			- patch: {subresource: status, merge: {status: {phase: "${spec.text}"}}}
			`, `{}`, `{"status":{"phase":"hello"}}`, false},
		{"only what the subresource takes", `
			- patch: {subresource: status, merge: "${ {'spec': {'a': 1}, 'status': {'a': 1}} }"}
			`, `{}`, `{"status":{"a":1}}`, false},
		{"json on what is collected", `
			- patch: {merge: {spec: {list: [x]}}}
			- patch: {json: [{op: add, path: /spec/list/-, value: y}, {op: remove, path: /spec/map}]}
			`, `{"spec":{"list":["x","y"],"map":null}}`, `{}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := offline(t, c.steps)
			if a.err != nil {
				t.Fatal(a.err)
			}
			main, guarded := a.Own.Main()
			status, _ := a.Own.Status()
			wantJSON(t, "main", main, c.main)
			wantJSON(t, "status", status, c.status)
			if guarded != c.guarded {
				t.Errorf("guarded = %v", guarded)
			}
		})
	}
	failsWith(t, offline(t, `- patch: {json: [{op: test, path: /spec/text, value: other}]}`), "arbitrary", "test failed")
	failsWith(t, offline(t, `- patch: {json: "${spec.text}"}`), "permanent", "json must be a list, found a string")
	failsWith(t, offline(t, `- patch: {merge: "${spec.list}"}`), "permanent", "merge must be a map, found a list")
	failsWith(t, offline(t, `- status: "${spec.text}"`), "permanent", "status must be a map, found a string")
}

// What is wrong with the text alone is found when it is loaded, at its place.
// More of it is found by the decoder.
func TestChecks(t *testing.T) {
	for _, c := range []struct{ step, rule, at, detail string }{
		{`{log: "${steps.none}"}`, "step-reference", "none", `no step named "none"`},
		{`{name: self, log: "${steps.self}"}`, "step-reference", "self}", `no step named "self"`},
		{`{do: [{name: pods, log: x}, {log: "${steps.podz}"}]}`, "step-reference", "podz", `did you mean "pods"?`},
		{`{do: [{forEach: "[1]", do: [{name: a, log: x}]}, {log: "${steps.a}"}]}`, "step-reference", "a}", "inside a forEach"},
		{`{when: spec.x, forEach: "1", log: x}`, "expression-type", "1", "list or map"},
		{`{log: "${item}"}`, "expression-scope", "item", "forEach"},
		{`{forEach: "[1]", when: itm > 1, log: x}`, "expression-name", "itm", "item"},
		{`{patch: {subresource: status, merge: {phase: x}}}`, "patch-status", "{phase", "under it"},
		{`{condition: {type: "", status: true}}`, "condition-type", `""`, "needs a type"},
		{`{condition: {type: R, status: true, reason: two words}}`, "condition-reason", "two", "one word"},
		{`{event: {reason: ""}}`, "event-reason", `""`, "needs a reason"},
		{`{wait: {for: children.size() == 1}}`, "wait-children", "children", "say which"},
		{`{log: "${children.pvc}"}`, "expression-scope", "children", "wait"},
	} {
		t.Run(c.step, func(t *testing.T) { check(t, c.step, c.rule, c.at, c.detail) })
	}
}

func check(t *testing.T, step, rule, at, detail string) {
	t.Helper()
	bundle, found := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(operatorWith("- " + step))}})
	if len(bundle.Operators) == 1 {
		env, err := eval.New(eval.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, more := actions.Compile(env, nil, bundle.Operators[0].Spec.Handlers[0].Do, eval.Object|eval.Change|eval.Retry)
		found = append(found, more...)
	}
	if len(found) != 1 {
		for _, problem := range found {
			t.Log(problem.Error())
		}
		t.Fatalf("%d findings, want one", len(found))
	}
	problem := found[0]
	if problem.ID() != rule || !strings.Contains(problem.Message(), detail) {
		t.Errorf("found %s (%s), want %s: …%s…", problem.Error(), problem.ID(), rule, detail)
	}
	text := operatorWith("- " + step)
	if offset := problem.Subject.Start.Offset; !strings.HasPrefix(text[offset:], at) || problem.Subject.Start.Line != 13 {
		t.Errorf("points at %q, want %q", strings.SplitN(text[offset:], "\n", 2)[0], at)
	}
}
