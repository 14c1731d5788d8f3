package eval

import (
	"strings"
	"testing"
	"time"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// everything is a scope in which all but resource selectors' variables exist.
const everything = anyScope

// newEnv is an environment without filters, with the index of sample.
func newEnv(t testing.TB) *Env {
	t.Helper()
	e, err := New(Options{Indexes: []string{"by_node"}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sample is a Binding with a value for each variable.
func sample() *Binding {
	body := map[string]any{
		"apiVersion": "example.com/v1", "kind": "Thing",
		"metadata": map[string]any{
			"name": "web", "namespace": "prod", "uid": "u-1",
			"labels":      map[string]any{"app": "web", "tier": "front"},
			"annotations": map[string]any{"note": "hi"},
		},
		"spec": map[string]any{
			"size": int64(3), "ratio": 2.5, "on": true, "name": "disk", "none": nil,
			"items":    []any{map[string]any{"name": "a", "n": int64(1)}, map[string]any{"name": "b", "n": int64(2)}},
			"template": map[string]any{"labels": map[string]any{"x": "y"}},
		},
		"status": map[string]any{"phase": "Bound"},
	}
	meta := body["metadata"].(map[string]any)
	return NewBinding(map[string]any{
		"body": body, "spec": body["spec"], "status": body["status"], "meta": meta,
		"name": "web", "uid": "u-1", "labels": meta["labels"], "annotations": meta["annotations"],
		"resource": map[string]any{"group": "example.com", "version": "v1", "kind": "Thing", "plural": "things"},
		"retry":    int64(2), "started": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "runtime": 90 * time.Second,
		"now":    time.Date(2026, 1, 2, 3, 5, 35, 600, time.UTC),
		"reason": "update", "old": map[string]any{"spec": map[string]any{"size": int64(1)}}, "new": body,
		"diff": []any{map[string]any{"op": "change", "path": "spec.size", "field": []any{"spec", "size"}, "old": int64(1), "new": int64(3)}},
		ChangedKey: func(path []string) bool {
			return strings.Join(path, "/") == "spec/size" || strings.Join(path, "/") == "metadata/labels/a.b/c"
		},
		"event": map[string]any{"type": nil, "object": body},
		"value": "v", "param": map[string]any{"color": "red"}, "vars": map[string]any{"v": "1"},
		"steps": map[string]any{"made": map[string]any{"kind": "Pod"}},
		"item":  map[string]any{"name": "a"}, "key": int64(0),
		"children": map[string]any{"pvc": []any{map[string]any{"kind": "PersistentVolumeClaim"}}},
		"memo":     map[string]any{"seen": true}, "index": map[string]any{"by_node": map[string]any{"a": []any{"web"}}}, "stopped": "deleted",
		"operator": map[string]any{"name": "op", "id": "id-1", "version": "v0"},
		"error":    map[string]any{"kind": "permanent", "message": "no", "step": "s"},
	})
}

// expr compiles an expression that must be right.
func expr(t testing.TB, e *Env, text string, want *cel.Type) *Program {
	t.Helper()
	p, problems := e.Expr(&spec.Expr{Text: text}, everything, want)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", text, problems)
	}
	return p
}

// value evaluates an expression that must be right.
func value(t testing.TB, text string) any {
	t.Helper()
	v, err := expr(t, newEnv(t), text, nil).Eval(t.Context(), sample())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// parsed is the value of result: in a handler, given as YAML text for the
// place behind the key, and the whole source.
func parsed(t testing.TB, text string) (*spec.Value, string) {
	t.Helper()
	source := `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: t}
spec:
  handlers:
    - on: create
      resource: pods
      do: [{log: x}]
      result: ` + text + "\n"
	bundle, problems := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(source)}})
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", source, problems)
	}
	return bundle.Operators[0].Spec.Handlers[0].Result, source
}

// template compiles a template that must be right.
func template(t testing.TB, text string) *Template {
	t.Helper()
	v, _ := parsed(t, text)
	compiled, problems := newEnv(t).Template(v, everything)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", text, problems)
	}
	return compiled
}

// excerpt is the source text at a range.
func excerpt(source string, r diag.Range) string {
	return source[r.Start.Offset:r.End.Offset]
}
