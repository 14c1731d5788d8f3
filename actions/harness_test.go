package actions_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := utiljson.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// attempt is a run with what it left behind.
type attempt struct {
	*actions.Run
	events []actions.Event
	log    bytes.Buffer
	held   []string
	reads  []string
	err    error
}

func newAttempt(body map[string]any, resource kube.Resource) *attempt {
	a := &attempt{}
	now := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	vars := objectVars(body)
	vars["retry"], vars["started"], vars["runtime"], vars["now"] = int64(0), now, time.Duration(0), now
	vars["resource"] = resource.Vars()
	vars["reason"] = "create"
	vars["operator"] = map[string]any{"name": "tester", "id": "me", "version": "0"}
	a.Run = &actions.Run{
		Resource: resource, Object: body, Vars: eval.NewBinding(vars),
		Operator: "tester", HandlerID: "h", Cycle: "c1", Prefix: "tester.kopf.dev", Now: now, Started: now,
		Log:  slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Emit: func(e actions.Event) { a.events = append(a.events, e) },
		Own:  actions.NewOwnPatch(body, resource.Status),
		Reads: func(r kube.Resource, namespace, name string) {
			a.reads = append(a.reads, r.Plural+"/"+namespace+"/"+name)
		},
		Children: func(string) ([]any, []*eval.Shape, error) { return nil, nil, errors.New("no children here") },
	}
	a.HoldFinalizer = func(_ context.Context, child kube.Resource, namespace string) error {
		a.held = append(a.held, namespace+"/"+child.Plural)
		return nil
	}
	return a
}

// objectVars are the variables of the handled object.
func objectVars(body map[string]any) map[string]any {
	part := func(of map[string]any, key string) map[string]any {
		fields, _ := of[key].(map[string]any)
		if fields == nil {
			fields = map[string]any{}
		}
		return fields
	}
	meta := part(body, "metadata")
	return map[string]any{
		"body": body, "spec": part(body, "spec"), "status": part(body, "status"), "meta": meta,
		"name": meta["name"], "uid": meta["uid"], "labels": part(meta, "labels"), "annotations": part(meta, "annotations"),
	}
}

func compile(t *testing.T, steps string) *actions.Program {
	t.Helper()
	operator := load(t, steps)
	env, err := eval.New(eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	program, found := actions.Compile(env, nil, operator.Spec.Handlers[0].Do, eval.Object|eval.Change|eval.Retry)
	for _, problem := range found {
		t.Errorf("%s", problem.Error())
	}
	if len(found) > 0 {
		t.FailNow()
	}
	return program
}

// load parses steps as those of a handler.
func load(t *testing.T, steps string) *spec.Operator {
	t.Helper()
	bundle, found := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(operatorWith(steps))}})
	for _, problem := range found {
		t.Errorf("%s", problem.Error())
	}
	if len(found) > 0 || len(bundle.Operators) != 1 {
		t.Fatalf("the operator cannot be loaded:\n%s", operatorWith(steps))
	}
	return bundle.Operators[0]
}

func operatorWith(steps string) string {
	const head = `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: tester}
spec:
  resources:
    split: splits.actions.kopf.dev
    pvc: {version: v1, kind: PersistentVolumeClaim}
  handlers:
    - id: h
      on: [create, update]
      resource: split
      do:
`
	return head + indent(strings.Trim(steps, "\n"), "        ") + "\n"
}

// indent puts the text under the handler, wherever it stood before.
func indent(text, by string) string {
	lines := strings.Split(text, "\n")
	outer := len(lines[0]) - len(strings.TrimLeft(lines[0], " \t"))
	for i, line := range lines {
		lines[i] = by + strings.ReplaceAll(line[min(outer, len(line)):], "\t", "  ")
	}
	return strings.Join(lines, "\n")
}

func cycle(id string) func(*actions.Run) { return func(r *actions.Run) { r.Cycle = id } }

// failsWith checks the kind and the text of an attempt's error.
func failsWith(t *testing.T, a *attempt, kind, text string) {
	t.Helper()
	if a.err == nil {
		t.Fatalf("succeeded, want an error with %q", text)
	}
	if !strings.Contains(a.err.Error(), text) {
		t.Errorf("error %q, want one with %q", a.err, text)
	}
	var step *actions.StepError
	if !errors.As(a.err, &step) || !step.Range.Start.IsValid() {
		t.Errorf("error %q does not tell its step", a.err)
	}
	if got := kindOf(a.err); got != kind {
		t.Errorf("error %q is %s, want %s", a.err, got, kind)
	}
}

// kindOf classifies an error as the engine does.
func kindOf(err error) string {
	var temporary *actions.Temporary
	var permanent *actions.Permanent
	var located *eval.Error
	switch {
	case errors.As(err, &temporary) && temporary.Waiting:
		return "waiting"
	case errors.As(err, &temporary):
		return "temporary"
	case errors.As(err, &permanent), kube.Permanent(err), errors.As(err, &located) && located.Permanent():
		return "permanent"
	default:
		return "arbitrary"
	}
}
