package actions

import (
	"errors"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/util/json"
)

// data reads JSON as the API client does: whole numbers are int64.
func data(t *testing.T, text string) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("bad test data %s: %v", text, err)
	}
	return value
}

func same(t *testing.T, what string, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var is, expected any
	if json.Unmarshal(text, &is) != nil || json.Unmarshal([]byte(want), &expected) != nil {
		t.Fatalf("%s: cannot compare %s with %s", what, text, want)
	}
	if !reflect.DeepEqual(is, expected) {
		t.Errorf("%s = %s, want %s", what, text, want)
	}
}

func TestOwnPatchParts(t *testing.T) {
	const object = `{"metadata":{"name":"x","resourceVersion":"7"},"spec":{"a":1},"status":{"s":1}}`
	for _, c := range []struct {
		name         string
		split        bool
		merges       []string
		main, status string
	}{
		{"nothing", true, nil, `{}`, `{}`},
		{"both parts", true, []string{`{"spec":{"a":2},"status":{"s":2}}`}, `{"spec":{"a":2}}`, `{"status":{"s":2}}`},
		{"no subresource", false, []string{`{"spec":{"a":2},"status":{"s":2}}`}, `{"spec":{"a":2},"status":{"s":2}}`, `{}`},
		{"what is there already", true, []string{`{"spec":{"a":1},"status":{"s":1}}`}, `{}`, `{}`},
		{"there and back", true, []string{`{"spec":{"a":2}}`, `{"spec":{"a":1}}`}, `{}`, `{}`},
		{"later wins", true, []string{`{"spec":{"a":2,"b":null}}`, `{"spec":{"a":3}}`}, `{"spec":{"a":3}}`, `{}`},
		{"a map replaced", true, []string{`{"status":null}`, `{"status":{"t":1}}`}, `{}`, `{"status":{"s":null,"t":1}}`},
		{"types of the object", true, []string{`{"spec":{}}`}, `{}`, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			own := NewOwnPatch(data(t, object), c.split)
			for _, merge := range c.merges {
				own.Merge(data(t, merge))
			}
			main, mainGuarded := own.Main()
			status, statusGuarded := own.Status()
			same(t, "main", main, c.main)
			same(t, "status", status, c.status)
			if mainGuarded || statusGuarded {
				t.Error("a plain merge is guarded")
			}
		})
	}
}

// count is an edit that depends on what is there.
func count(object map[string]any) (map[string]any, error) {
	n, ok := at(object, "status", "n").(int64)
	if !ok {
		return nil, errors.New("no number")
	}
	return map[string]any{"status": map[string]any{"n": n + 1}}, nil
}

func TestOwnPatchEditsAreGuardedAndMadeAgain(t *testing.T) {
	own := NewOwnPatch(data(t, `{"metadata":{"resourceVersion":"1"},"status":{"n":1}}`), true)
	own.Merge(data(t, `{"spec":{"a":1}}`))
	for range 2 {
		if err := own.Edit(count); err != nil {
			t.Fatal(err)
		}
	}
	status, guarded := own.Status()
	same(t, "status", status, `{"status":{"n":3}}`)
	if _, mainGuarded := own.Main(); !guarded || mainGuarded {
		t.Errorf("guarded: status %v, main %v; want only the status", guarded, mainGuarded)
	}

	if err := own.Rebase(data(t, `{"metadata":{"resourceVersion":"2"},"status":{"n":10}}`)); err != nil {
		t.Fatal(err)
	}
	status, _ = own.Status()
	main, _ := own.Main()
	same(t, "status after a conflict", status, `{"status":{"n":12}}`)
	same(t, "main after a conflict", main, `{"spec":{"a":1}}`)
	if own.ResourceVersion() != "2" {
		t.Errorf("resourceVersion = %q", own.ResourceVersion())
	}

	if err := own.Rebase(data(t, `{"status":{}}`)); err == nil {
		t.Error("an edit that does not fit any more must say so")
	}
	main, _ = own.Main()
	same(t, "main after a failed edit", main, `{"spec":{"a":1}}`)
}

func TestOwnPatchAfterItsStatusPart(t *testing.T) {
	own := NewOwnPatch(data(t, `{"metadata":{"resourceVersion":"1"},"status":{"n":1}}`), true)
	own.Merge(data(t, `{"spec":{"a":1},"status":{"b":1}}`))
	if err := own.Edit(count); err != nil {
		t.Fatal(err)
	}
	own.StatusWritten()
	if status, _ := own.Status(); len(status) > 0 {
		t.Errorf("the status is still to be written: %v", status)
	}
	// Somebody else was faster with the main part.
	if err := own.Rebase(data(t, `{"metadata":{"resourceVersion":"3"},"spec":{"b":2},"status":{"n":2,"b":1}}`)); err != nil {
		t.Fatal(err)
	}
	main, _ := own.Main()
	status, _ := own.Status()
	same(t, "main", main, `{"spec":{"a":1}}`)
	same(t, "status", status, `{}`)
}

func TestOwnPatchSelect(t *testing.T) {
	own := NewOwnPatch(data(t, `{"status":{"n":1}}`), true)
	own.Merge(data(t, `{"spec":{"a":1}}`))
	for range 2 {
		if err := own.Edit(count); err != nil {
			t.Fatal(err)
		}
	}
	if own.Len() != 3 {
		t.Errorf("Len() = %d", own.Len())
	}
	some := own.Select(func(edit int) bool { return edit == 2 })
	main, _ := some.Main()
	status, guarded := some.Status()
	same(t, "main", main, `{}`)
	same(t, "status", status, `{"status":{"n":2}}`)
	if !guarded || some.Len() != 1 {
		t.Errorf("guarded %v, Len() = %d", guarded, some.Len())
	}
	all, _ := own.Status()
	same(t, "the whole", all, `{"status":{"n":3}}`)
}

func TestFailedEditLeavesNothing(t *testing.T) {
	own := NewOwnPatch(map[string]any{}, true)
	if err := own.Edit(count); err == nil {
		t.Fatal("the edit must fail")
	}
	if own.Len() != 0 {
		t.Error("a failed edit has left something")
	}
	if err := own.Rebase(map[string]any{}); err != nil {
		t.Errorf("a failed edit is made again: %v", err)
	}
}

func TestJSONChange(t *testing.T) {
	const object = `{"spec":{"list":[1,2],"a":"x","n":3}}`
	for _, c := range []struct{ patch, want, err string }{
		{`[{"op":"add","path":"/spec/list/-","value":3}]`, `{"spec":{"list":[1,2,3]}}`, ""},
		{`[{"op":"remove","path":"/spec/a"},{"op":"test","path":"/spec/n","value":3}]`, `{"spec":{"a":null}}`, ""},
		{`[{"op":"copy","from":"/spec/a","path":"/spec/b"}]`, `{"spec":{"b":"x"}}`, ""},
		{`[{"op":"move","from":"/spec/a","path":"/b"}]`, `{"b":"x","spec":{"a":null}}`, ""},
		{`[{"op":"replace","path":"/spec/n","value":3}]`, `{}`, ""},
		{`[{"op":"test","path":"/spec/a","value":"y"}]`, "", "the JSON patch does not apply: testing value /spec/a failed: test failed"},
		{`[{"op":"replace","path":"/none/n","value":3}]`, "", "the JSON patch does not apply: replace operation does not apply: doc is missing path: /none/n: missing value"},
	} {
		var operations []any
		if err := json.Unmarshal([]byte(c.patch), &operations); err != nil {
			t.Fatal(err)
		}
		change, err := jsonChange(data(t, object), operations)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: error %v, want %s", c.patch, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.patch, err)
			continue
		}
		same(t, c.patch, change, c.want)
	}
}

// TestOwnPatchStatusAgain: what comes behind the written status part, as from
// onFailure when the main part is refused, is written too.
func TestOwnPatchStatusAgain(t *testing.T) {
	own := NewOwnPatch(data(t, `{"metadata":{"resourceVersion":"1"}}`), true)
	own.Merge(data(t, `{"spec":{"bad":1},"status":{"a":1}}`))
	own.Merge(data(t, `{"spec":{"good":1},"status":{"b":1}}`))
	own.StatusWritten()
	own = own.Select(func(edit int) bool { return edit == 1 })
	own.Merge(data(t, `{"status":{"error":"refused"}}`))
	main, _ := own.Main()
	status, _ := own.Status()
	same(t, "main", main, `{"spec":{"good":1}}`)
	same(t, "status", status, `{"status":{"error":"refused"}}`)
	if err := own.Rebase(data(t, `{"metadata":{"resourceVersion":"3"},"status":{"a":1,"b":1}}`)); err != nil {
		t.Fatal(err)
	}
	status, _ = own.Status()
	same(t, "status on the newer object", status, `{"status":{"error":"refused"}}`)
}
