package runtime

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// TestFirstListing: several streams are one to the sink. It is synced when all have been
// listed, and in trouble when only those are missing that are forbidden.
func TestFirstListing(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{}, "", errors.New("no"))
	busy := apierrors.NewServerTimeout(schema.GroupResource{}, "list", 1)
	for _, tt := range []struct {
		name            string
		do              func(w *watching)
		synced, trouble int
	}{
		{"all are listed", func(w *watching) { w.listed("a"); w.listed("b") }, 1, 0},
		{"one is missing", func(w *watching) { w.listed("a") }, 0, 0},
		{"one is forbidden", func(w *watching) { w.listed("a"); w.failed("b", forbidden) }, 0, 1},
		{"the other order", func(w *watching) { w.failed("b", forbidden); w.listed("a") }, 0, 1},
		{"one is forbidden, one not listed", func(w *watching) { w.failed("b", forbidden) }, 0, 0},
		{"one cannot be listed now", func(w *watching) { w.listed("a"); w.failed("b", busy) }, 0, 0},
		{"allowed later", func(w *watching) {
			w.failed("a", forbidden)
			w.failed("b", forbidden)
			w.failed("b", nil)
			w.listed("b")
			w.listed("a")
		}, 1, 1},
		{"forbidden again after it was listed", func(w *watching) { w.listed("a"); w.listed("b"); w.failed("b", forbidden) }, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synced, trouble := 0, 0
			w := &watching{
				known: true, waiting: map[string]bool{"a": true, "b": true}, hopeless: map[string]error{},
				sink: watch.Sink{Synced: func() { synced++ }, Trouble: func(error) { trouble++ }},
			}
			tt.do(w)
			if synced != tt.synced || trouble != tt.trouble {
				t.Errorf("synced %d times, in trouble %d times", synced, trouble)
			}
		})
	}
}

func TestTroubles(t *testing.T) {
	var all troubles
	all.set("b", errors.New("two"))
	all.set("a", errors.New("two"))
	all.set(1, errors.New("one"))
	all.set(2, nil)
	if got := all.list(); len(got) != 2 || got[0] != "one" || got[1] != "two" {
		t.Error(got)
	}
	all.set(1, nil)
	if got := all.list(); len(got) != 1 {
		t.Error(got)
	}
}
