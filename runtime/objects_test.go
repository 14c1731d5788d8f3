package runtime

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// packed makes an object of a name, uid and version.
func packed(t *testing.T, name, uid, version string) *kube.Object {
	t.Helper()
	text := fmt.Sprintf(`{"metadata":{"namespace":"ns","name":%q,"uid":%q,"resourceVersion":%q}}`, name, uid, version)
	o, err := kube.Pack([]byte(text), schema.GroupVersionKind{Version: "v1", Kind: "Thing"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestObjectsCollapse(t *testing.T) {
	one := func(version string) *kube.Object { return packed(t, "one", "u1", version) }
	for _, tt := range []struct {
		name   string
		events []watch.Event
		want   string
	}{
		{"modifications collapse", []watch.Event{{Type: watch.Added, Object: one("1")}, {Type: watch.Modified, Object: one("2")}, {Type: watch.Modified, Object: one("3")}}, "ADDED 3"},
		{"the listing is kept", []watch.Event{{Type: watch.Listed, Object: one("1")}, {Type: watch.Modified, Object: one("2")}}, " 2"},
		{"a deletion is kept", []watch.Event{{Type: watch.Added, Object: one("1")}, {Type: watch.Deleted, Object: one("2")}}, "ADDED 1,DELETED 2"},
		{"so is a new object of the name", []watch.Event{
			{Type: watch.Modified, Object: one("1")}, {Type: watch.Deleted, Object: one("2")},
			{Type: watch.Added, Object: packed(t, "one", "u2", "3")}, {Type: watch.Modified, Object: packed(t, "one", "u2", "4")},
		}, "MODIFIED 1,DELETED 2,ADDED 4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := newObjects()
			var key types.NamespacedName
			for _, e := range tt.events {
				key = table.put(e, true)
			}
			_, _, raw := table.take(key)
			var seen []string
			for _, e := range raw {
				seen = append(seen, eventName(e.Event)+" "+e.Object.ResourceVersion)
			}
			if got := strings.Join(seen, ","); got != tt.want {
				t.Errorf("handlers of raw events see %q, want %q", got, tt.want)
			}
			if _, _, again := table.take(key); len(again) != 0 {
				t.Error("events were handed out twice")
			}
		})
	}
}

func TestObjectsForget(t *testing.T) {
	table := newObjects()
	key := table.put(watch.Event{Type: watch.Listed, Object: packed(t, "one", "u1", "1")}, false)
	first, object, raw := table.take(key)
	if object == nil || !first.memory.Listed || len(raw) != 0 {
		t.Fatalf("after the listing: object %v, memory %v, raw %v", object, first.memory.Listed, raw)
	}
	if found, e := table.byID("u1"); e != first || found != key {
		t.Error("the object is not found by its uid")
	}
	table.put(watch.Event{Type: watch.Deleted, Object: packed(t, "one", "u1", "2")}, false)
	if _, e := table.byID("u1"); e != nil {
		t.Error("a deleted object is found by its uid")
	}
	gone, object, raw := table.take(key)
	if gone != first || object != nil || len(raw) != 1 {
		t.Fatalf("after the deletion: object %v, raw %v", object, raw)
	}

	// The same name again, before the worker has dropped the old one.
	table.put(watch.Event{Type: watch.Added, Object: packed(t, "one", "u2", "3")}, false)
	table.drop(key, gone)
	second, object, _ := table.take(key)
	if second == nil || second == first || object == nil || second.memory.Listed {
		t.Error("the new object of the name was dropped with the old one, or took over its memory")
	}

	table.put(watch.Event{Type: watch.Deleted, Object: packed(t, "one", "u2", "4")}, false)
	last, _, _ := table.take(key)
	table.drop(key, last)
	if e, _, _ := table.take(key); e != nil {
		t.Error("a dropped object is still there")
	}
}

func TestOlderThan(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{{"9", "10", true}, {"10", "9", false}, {"10", "10", false}, {"123", "124", true}} {
		if got := olderThan(tt.a, tt.b); got != tt.want {
			t.Errorf("olderThan(%s, %s) = %v", tt.a, tt.b, got)
		}
	}
}

func TestObjectsRememberWhoseDeletionItWas(t *testing.T) {
	table := newObjects()
	key := table.put(watch.Event{Type: watch.Added, Object: packed(t, "one", "u1", "1")}, false)
	first, _, _ := table.take(key)
	first.memory.Deleted = true // by its handlers, held by the finalizer
	table.put(watch.Event{Type: watch.Deleted, Object: packed(t, "one", "u1", "2")}, false)
	table.put(watch.Event{Type: watch.Added, Object: packed(t, "one", "u2", "3")}, false)
	second, _, raw := table.take(key)
	if len(raw) != 1 || !raw[0].memory.Deleted {
		t.Errorf("the deletion of the first object would be handled again: %v", raw)
	}
	if second.memory.Deleted {
		t.Error("the second object is taken for deleted")
	}
}

func TestObjectsGiveBack(t *testing.T) {
	table := newObjects()
	key := table.put(watch.Event{Type: watch.Added, Object: packed(t, "one", "u1", "1")}, true)
	table.put(watch.Event{Type: watch.Deleted, Object: packed(t, "one", "u1", "2")}, true)
	gone, _, raw := table.take(key)
	table.put(watch.Event{Type: watch.Added, Object: packed(t, "one", "u2", "3")}, true)
	table.giveBack(key, raw[1:])
	table.drop(key, gone)
	_, object, again := table.take(key)
	if object == nil || len(again) != 2 || again[0].Type != watch.Deleted || again[1].Type != watch.Added {
		t.Errorf("given back and new: %v of %v", again, object)
	}
}
