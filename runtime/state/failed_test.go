package state

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

func TestFailedNote(t *testing.T) {
	s := Storage{Prefix: "x.dev"}
	object := map[string]any{"metadata": map[string]any{}}
	failed := map[string]FailedHandler{"a": {Purpose: "create", Message: "no"}, "b/c": {Purpose: "update", Cycle: 2}}
	object = patch.Merge(object, s.SaveFailed(object, failed))
	if got := s.Failed(object); !reflect.DeepEqual(got, failed) {
		t.Errorf("kept: %v", got)
	}
	if again := s.SaveFailed(object, failed); again != nil {
		t.Errorf("the same once more: %v", again)
	}
	if got := FailedPrefixes(object); !slices.Equal(got, []string{"x.dev"}) {
		t.Errorf("prefixes: %v", got)
	}
	object = patch.Merge(object, s.SaveFailed(object, nil))
	if value, there := essence.Lookup(object, []string{"metadata", "annotations", "x.dev/failed-handlers"}); there && value != nil {
		t.Errorf("not removed: %v", value)
	}
	if got := s.SaveFailed(object, nil); got != nil {
		t.Errorf("nothing to remove: %v", got)
	}
}

// TestFailedNoteIsShort: whatever the messages are; no id is lost.
func TestFailedNoteIsShort(t *testing.T) {
	for _, n := range []int{1, 20, 60} {
		failed := map[string]FailedHandler{}
		for i := range n {
			failed[fmt.Sprintf("handler-%d", i)] = FailedHandler{Purpose: "create", Message: strings.Repeat("é", 500)}
		}
		s := Storage{Prefix: "x.dev"}
		object := patch.Merge(map[string]any{"metadata": map[string]any{}}, s.SaveFailed(map[string]any{}, failed))
		text := s.Noted(object, failedKey)
		got := s.Failed(object)
		if len(text) > failedLimit || !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(failed))) {
			t.Errorf("%d handlers: %d bytes, %d ids", n, len(text), len(got))
		}
		if n == 1 && got["handler-0"].Message != strings.Repeat("é", messageLimit/2) {
			t.Errorf("the message: %q", got["handler-0"].Message)
		}
	}
}

func TestRequest(t *testing.T) {
	s := Storage{Prefix: "x.dev"}
	object := map[string]any{"metadata": map[string]any{}}
	wanted := Request{Handlers: []string{"a", "b"}, At: "now"}
	save := func(r Request) {
		merge, err := s.SaveRequest(object, r)
		if err != nil {
			t.Fatal(err)
		}
		object = patch.Merge(object, merge)
	}
	save(wanted)
	if got, text := s.Request(object); !reflect.DeepEqual(got, wanted) || text == "" {
		t.Errorf("%+v %q", got, text)
	}
	save(wanted.Without([]string{"a"}))
	if got, _ := s.Request(object); !slices.Equal(got.Handlers, []string{"b"}) {
		t.Errorf("%+v", got)
	}
	save(wanted.Without([]string{"a", "b"}))
	if got, text := s.Request(object); text != "" {
		t.Errorf("%+v %q", got, text)
	}
	object = patch.Merge(object, s.Note(object, requestKey, "damaged"))
	if got, text := s.Request(object); len(got.Handlers) > 0 || text != "damaged" {
		t.Errorf("%+v %q", got, text)
	}
}
