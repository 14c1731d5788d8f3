package actions

import (
	"sync"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

// An object's memo begins with the operator's, and keeps to itself what it changes.
func TestMemo(t *testing.T) {
	operator := NewMemo(nil)
	operator.Merge(map[string]any{"color": "red", "deep": map[string]any{"a": int64(1)}})
	one, two := NewMemo(operator), NewMemo(operator)
	before := one.Data()
	one.Merge(map[string]any{"deep": map[string]any{"b": int64(2)}, "color": nil})
	for _, c := range []struct {
		name      string
		got, want map[string]any
	}{
		{"one", one.Data(), map[string]any{"deep": map[string]any{"a": int64(1), "b": int64(2)}}},
		{"what was read before", before, map[string]any{"color": "red", "deep": map[string]any{"a": int64(1)}}},
		{"two", two.Data(), map[string]any{"color": "red", "deep": map[string]any{"a": int64(1)}}},
		{"none", (*Memo)(nil).Data(), map[string]any{}},
	} {
		if !patch.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

// Handlers and daemons of an object use its memo side by side.
func TestMemoOfMany(t *testing.T) {
	memo := NewMemo(NewMemo(nil))
	var running sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d"} {
		running.Go(func() { memo.Merge(map[string]any{key: memo.Data()["a"] != nil}) })
	}
	running.Wait()
	if got := len(memo.Data()); got != 4 {
		t.Errorf("%d of 4 keys: %v", got, memo.Data())
	}
}
