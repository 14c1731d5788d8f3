package bind_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// What an object lacks reads as empty, not as null, and no variable of objects is forgotten.
func TestSubject(t *testing.T) {
	vars := bind.Subject{Object: map[string]any{"metadata": map[string]any{"name": "x", "labels": nil}, "spec": nil}}.Vars()
	empty := map[string]any{}
	for _, name := range []string{"spec", "status", "labels", "annotations"} {
		if !reflect.DeepEqual(vars[name], empty) {
			t.Errorf("%s is %#v", name, vars[name])
		}
	}
	if vars["name"] != "x" || vars["uid"] != "" {
		t.Errorf("name %q, uid %q", vars["name"], vars["uid"])
	}
	for _, v := range eval.Variables {
		if _, has := vars[v.Name]; !has && v.Scope&eval.Object != 0 {
			t.Errorf("%s has no value", v.Name)
		}
	}
}

// All variables of a change are there, also where a part is missing; those of a field
// are relative to it.
func TestChange(t *testing.T) {
	size := func(n int64) map[string]any { return map[string]any{"spec": map[string]any{"size": n}} }
	first := cause.Cause{Reason: cause.Create, New: size(2), Diff: essence.Compare(nil, size(2))}
	vars := bind.Change(first, nil)
	for _, v := range eval.Variables {
		if _, has := vars[v.Name]; !has && v.Scope&eval.Change != 0 {
			t.Errorf("%s has no value", v.Name)
		}
	}
	if vars["old"] != nil || vars["reason"] != "create" {
		t.Errorf("old %#v, reason %v", vars["old"], vars["reason"])
	}
	changed := cause.Cause{Reason: cause.Update, Old: size(1), New: size(2), Diff: essence.Compare(size(1), size(2))}
	field := bind.Field(changed, []string{"spec", "size"}, nil)
	if field["old"] != int64(1) || field["new"] != int64(2) {
		t.Errorf("the field was %v and is %v", field["old"], field["new"])
	}
	diff, err := field["diff"].(func() (any, error))()
	if items := diff.([]any); err != nil || len(items) != 1 || len(items[0].(map[string]any)["path"].([]any)) != 0 {
		t.Errorf("the diff of the field is %v, %v", diff, err)
	}
}

// What the engine makes has the fields that the types of the variables say, and no others.
func TestTypesOfWhatIsMade(t *testing.T) {
	diff, err := bind.Change(cause.Cause{Diff: essence.Compare(nil, map[string]any{"spec": "x"})}, nil)["diff"].(func() (any, error))()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]any{"operator": bind.Identity("a", "b", "c"), "resource": kube.Resource{}.Vars(), "diff": diff.([]any)[0]}
	for _, v := range eval.Variables {
		value, ok := made[v.Name].(map[string]any)
		if !ok {
			continue
		}
		of := v.Type
		if v.Name == "diff" {
			of = of.Elem()
		}
		var fields []string
		for _, f := range of.Fields() {
			fields = append(fields, f.Name)
		}
		if has := slices.Sorted(maps.Keys(value)); !slices.Equal(has, fields) {
			t.Errorf("%s has %v, its type has %v", v.Name, has, fields)
		}
		delete(made, v.Name)
	}
	if len(made) > 0 {
		t.Errorf("not looked at: %v", made)
	}
}

func TestAttempt(t *testing.T) {
	started := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	vars := bind.Attempt(3, started, started.Add(time.Minute))
	if vars["retry"] != int64(3) || vars["started"] != started || vars["runtime"] != time.Minute {
		t.Errorf("%v", vars)
	}
}
