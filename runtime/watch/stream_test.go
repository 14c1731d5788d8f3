package watch_test

import (
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

func TestStreamFollows(t *testing.T) {
	b := newBench(t)
	b.create("before")
	f := b.follow()
	f.awaitSync()
	b.create("new")
	b.patch("new", `{"data":{"a":"2"}}`)
	b.patch("before", `{"data":{"a":"3"}}`)
	b.delete("new")
	f.awaitState()
	f.wantStory("before", "LISTED MODIFIED")
	f.wantStory("new", "ADDED MODIFIED DELETED")
	if f.synced != 1 || len(f.troubles) > 0 {
		t.Errorf("synced %d times, troubles: %v", f.synced, f.troubles)
	}
	o := f.last("before")
	if o == nil || !strings.Contains(o.JSON(), `"data":{"a":"3"}`) || strings.Contains(o.JSON(), "managedFields") {
		t.Errorf("%+v", o)
	}
}

func TestStreamOfNothing(t *testing.T) {
	f := newBench(t).follow()
	f.awaitSync()
	if len(f.events) != 0 {
		t.Errorf("%v", f.events)
	}
}

func TestStreamOfAllNamespaces(t *testing.T) {
	b := newBench(t)
	other := newBench(t)
	b.create("here")
	other.create("there")
	f := b.follow(func(o *watch.Options) { o.Namespace = "" })
	f.await("both objects", func() bool { return f.known[b.namespace+"/here"] != "" && f.known[other.namespace+"/there"] != "" })
}

// An object that ceases to match the selector looks deleted, but is not.
func TestObjectThatCeasesToMatch(t *testing.T) {
	b := newBench(t)
	b.create("one")
	f := b.follow()
	f.awaitSync()
	gone := func(n int) bool { return strings.Count(f.storyLocked("one"), "DELETED") == n }
	exists := func() bool {
		f.mu.Lock()
		last := f.events[len(f.events)-1].Object
		f.mu.Unlock()
		exists, err := watch.StillExists(t.Context(), b.direct, b.resource, last)
		if err != nil {
			t.Fatal(err)
		}
		return exists
	}

	b.patch("one", `{"metadata":{"labels":{"mine":null}}}`)
	f.await("the end of the match", func() bool { return gone(1) })
	if !exists() {
		t.Error("it does not exist any longer")
	}
	b.patch("one", `{"metadata":{"labels":{"mine":"again"}}}`)
	f.awaitState()
	b.delete("one")
	f.await("the deletion", func() bool { return gone(2) })
	if exists() {
		t.Error("it still exists")
	}
	b.create("one")
	f.mu.Lock()
	old := f.events[0].Object
	f.mu.Unlock()
	if exists, err := watch.StillExists(t.Context(), b.direct, b.resource, old); err != nil || exists {
		t.Errorf("the old one: %v, %v", exists, err)
	}
	f.awaitState()
	f.wantStory("one", "LISTED DELETED ADDED DELETED ADDED")
}

// Deleting and making again between two listings is two changes.
func TestObjectMadeAgainWhileDisconnected(t *testing.T) {
	b := newBench(t)
	b.create("one")
	f := b.follow()
	f.awaitSync()
	b.breakOff(func() {
		b.delete("one")
		b.create("one")
	})
	f.awaitState()
	f.wantStory("one", "LISTED DELETED ADDED")
	if f.events[1].Object.UID == f.events[2].Object.UID {
		t.Error("the deleted object is the new one")
	}
}
