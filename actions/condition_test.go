package actions

import (
	"testing"
	"time"
)

func TestSetCondition(t *testing.T) {
	now := time.Date(2026, 11, 24, 1, 2, 3, 4, time.FixedZone("x", 3600))
	const old = `{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":2,"extra":"kept"}`
	for _, c := range []struct{ name, status, wanted, want string }{
		{"first", `{}`, `{"type":"Ready","status":"True","reason":"Ready","message":""}`,
			`[{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2026-11-24T00:02:03Z","observedGeneration":2}]`},
		{"unchanged", `{"conditions":[` + old + `]}`, `{"type":"Ready","status":"True","reason":"Ready","message":""}`, ""},
		{"other message", `{"conditions":[` + old + `]}`, `{"type":"Ready","status":"True","reason":"Ready","message":"m"}`,
			`[{"type":"Ready","status":"True","reason":"Ready","message":"m","lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":2,"extra":"kept"}]`},
		{"other status", `{"conditions":[` + old + `]}`, `{"type":"Ready","status":"False","reason":"NotReady","message":""}`,
			`[{"type":"Ready","status":"False","reason":"NotReady","message":"","lastTransitionTime":"2026-11-24T00:02:03Z","observedGeneration":2,"extra":"kept"}]`},
		{"beside another", `{"conditions":[{"type":"Other","status":"False"}]}`, `{"type":"Ready","status":"True","reason":"Ready","message":""}`,
			`[{"type":"Other","status":"False"},{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2026-11-24T00:02:03Z","observedGeneration":2}]`},
		{"older generation", `{"conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":1}]}`,
			`{"type":"Ready","status":"True","reason":"Ready","message":""}`,
			`[{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":2}]`},
		{"generation pruned by the schema", `{"conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2020-01-01T00:00:00Z"}]}`,
			`{"type":"Ready","status":"True","reason":"Ready","message":""}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := map[string]any{"status": data(t, c.status)}
			change, err := setCondition(object, data(t, c.wanted), now, int64(2))
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(change) > 0 {
					t.Errorf("change = %v, want none", change)
				}
				return
			}
			same(t, "conditions", at(change, "status", "conditions"), c.want)
		})
	}
}

func TestConditionsOfAnotherType(t *testing.T) {
	object := data(t, `{"status":{"conditions":{"Ready":true}}}`)
	if _, err := setCondition(object, map[string]any{"type": "Ready"}, time.Time{}, nil); err == nil {
		t.Error("a map of conditions is taken for a list")
	}
}

func TestDefaultReason(t *testing.T) {
	for _, c := range []struct{ kind, status, want string }{
		{"Ready", "True", "Ready"},
		{"Ready", "False", "NotReady"},
		{"Ready", "Unknown", "Unknown"},
		{"example.com/Disk-Full", "True", "DiskFull"},
		{"1st", "True", "StatusTrue"},
		{"1st", "False", "Not1st"},
	} {
		if got := defaultReason(c.kind, c.status); got != c.want || !reasonForm.MatchString(got) {
			t.Errorf("defaultReason(%s, %s) = %q, want %q", c.kind, c.status, got, c.want)
		}
	}
}
