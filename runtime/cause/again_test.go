package cause

import (
	"slices"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// TestDetectRetries: what a user asks for is done when nothing else is to be done, one
// purpose after the other.
func TestDetectRetries(t *testing.T) {
	const same, different = `{"spec":{"size":2}}`, `{"spec":{"size":1}}`
	created, updated, resumed := Wish{"c", Create}, Wish{"u", Update}, Wish{"r", Resume}
	for _, tt := range []struct {
		name     string
		deleting bool
		stored   string
		first    bool
		wishes   []Wish
		reason   Reason
		again    []string
		resuming bool
		old      string // of the cause; empty for none
		changes  int
	}{
		{"a failed creation", false, same, false, []Wish{created}, Create, []string{"c"}, false, "", 1},
		{"a failed update", false, same, false, []Wish{updated}, Update, []string{"u"}, false, same, 0},
		{"a failed resuming", false, same, false, []Wish{resumed}, Resume, []string{"r"}, false, same, 0},
		{"creations first", false, same, false, []Wish{updated, created, resumed, {"d", Create}}, Create, []string{"c", "d"}, false, "", 1},
		{"resuming before updates", false, same, false, []Wish{updated, resumed}, Resume, []string{"r"}, false, same, 0},
		{"together with the resuming of others", false, same, true, []Wish{updated}, Update, []string{"u"}, true, same, 0},
		{"a change goes first", false, different, false, []Wish{created}, Update, nil, false, different, 1},
		{"but not one that nobody sees", false, different, false, []Wish{{"unseen", Create}}, Create, []string{"unseen"}, false, "", 1},
		{"so does a creation", false, "", false, []Wish{created}, Create, nil, false, "", 1},
		{"so does a deletion", true, same, false, []Wish{created}, Delete, nil, false, same, 0},
		{"nothing is asked for", false, same, false, nil, Noop, nil, false, "", 0},
		{"an unknown purpose", false, same, false, []Wish{{"x", "magic"}}, Noop, nil, false, "", 0},
		{"an unknown purpose at the start", false, same, true, []Wish{{"x", "magic"}}, Resume, nil, true, same, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Detect(Input{
				Object: thing(tt.deleting, finalizer), Finalizer: finalizer, Essence: essence.Options{},
				Stored: tt.stored, HasStored: tt.stored != "", FirstListing: tt.first, Retry: tt.wishes,
				Unseen: len(tt.wishes) > 0 && tt.wishes[0].ID == "unseen",
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Reason != tt.reason || !slices.Equal(got.Again, tt.again) || got.Resuming != tt.resuming || len(got.Diff) != tt.changes {
				t.Errorf("got %+v", got)
			}
			want, _ := essence.Unmarshal(tt.old)
			if !patch.Equal(anyMap(got.Old), anyMap(want)) {
				t.Errorf("old is %v", got.Old)
			}
		})
	}
}
