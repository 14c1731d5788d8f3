package actions_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
)

// A step lists its sub-handlers and has the result that they come to.
func TestSubhandlersAreListed(t *testing.T) {
	program := compile(t, `
- name: before
  do: []
- name: subs
  subhandlers:
    - forEach: spec.map
      id: ${key}-${item}
      do: [{log: "${steps.before}"}]
    - id: single
      do: [{log: a}]
- return: ${steps.subs}
`)
	a := newAttempt(object(t, `{metadata: {name: one}, spec: {map: {k: 1, x: 2}}}`), kube.Resource{})
	a.Subs = func(_ context.Context, listed []actions.Sub) (any, error) {
		var ids []string
		for _, sub := range listed {
			ids = append(ids, sub.ID)
			if _, known := sub.Steps["before"]; !known {
				t.Errorf("%s does not see the step before", sub.ID)
			}
		}
		return strings.Join(ids, " "), nil
	}
	if err := program.Run(t.Context(), a.Run); err != nil || a.Result != "k-1 x-2 single" {
		t.Errorf("listed %v, %v", a.Result, err)
	}
	if subs := program.Needs().Subs; len(subs) != 2 || subs[0].Scope&eval.Item == 0 || subs[1].Scope&eval.Item != 0 {
		t.Errorf("needs %+v", subs)
	}
}

func TestSubhandlersThatCannotBe(t *testing.T) {
	for steps, want := range map[string]string{
		`- subhandlers: [{forEach: "['a', 'a']", id: same, do: [{log: a}]}]`:              `two sub-handlers have the id "same"`,
		`- subhandlers: [{id: same, do: [{log: a}]}, {id: same, do: [{log: a}]}]`:         `two sub-handlers have the id "same"`,
		`- forEach: "[1, 2]"` + "\n  subhandlers: [{id: same, do: [{log: a}]}]":           `two sub-handlers have the id "same"`,
		`- subhandlers: [{id: "${'a/b'}", do: [{log: a}]}]`:                               "cannot be the id",
		`- subhandlers: [{id: "${''}", do: [{log: a}]}]`:                                  "cannot be the id",
		`- subhandlers: [{forEach: "spec.?none.orValue(dyn(1))", id: a, do: [{log: a}]}]`: "forEach needs a list or a map",
	} {
		a := newAttempt(object(t, `{metadata: {name: one}, spec: {}}`), kube.Resource{})
		a.Subs = func(context.Context, []actions.Sub) (any, error) { return nil, nil }
		err := compile(t, steps).Run(t.Context(), a.Run)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", steps, err, want)
		}
	}
}

func TestSubhandlersHaveNoPlaceInOnFailure(t *testing.T) {
	env, err := eval.New(eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	steps := load(t, `- subhandlers: [{id: a, do: [{log: a}]}]`).Spec.Handlers[0].Do
	_, found := actions.Compile(env, nil, steps, eval.Object|eval.Failure)
	if len(found) != 1 || !strings.Contains(found[0].Error(), "onFailure runs once") {
		t.Errorf("found %v", found)
	}
}

// A step with once that was kept is not run again; what it changes in the own
// object is told from what was changed before.
func TestOnceIsKept(t *testing.T) {
	program := compile(t, `
- status: {before: 1}
- name: block
  once: true
  do:
    - {name: inner, do: []}
    - status: {a: 1}
    - status: {b: 1}
- {once: true, forEach: "['x', 'y']", status: {'${item}': 1}}
- {once: true, fail: never kept}
`)
	kept := map[string]any{}
	var calls []string
	for range 2 {
		a := newAttempt(object(t, `{metadata: {name: one}, spec: {}}`), kube.Resource{})
		a.Kept = kept
		a.Keep = func(_ context.Context, place string, _ any, from int) error {
			calls = append(calls, fmt.Sprintf("%s %d-%d", place, from, a.Own.Len()))
			return nil
		}
		if err := program.Run(t.Context(), a.Run); err == nil {
			t.Error("the last step fails")
		}
		if _, known := a.Steps["block"]; !known {
			t.Error("the block has no result")
		}
	}
	if got, want := strings.Join(calls, ", "), "/block 1-3, /status#1[string:x+0] 3-4, /status#1[string:y+0] 4-5"; got != want {
		t.Errorf("kept %s\nwant %s", got, want)
	}
}

// Where a result cannot be kept, the step has failed.
func TestOnceThatCannotBeKept(t *testing.T) {
	a := newAttempt(object(t, `{metadata: {name: one}, spec: {}}`), kube.Resource{})
	a.Kept, a.Keep = map[string]any{}, func(context.Context, string, any, int) error { return errors.New("full") }
	if err := compile(t, `- {once: true, log: a}`).Run(t.Context(), a.Run); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("the attempt ends with %v", err)
	}
}
