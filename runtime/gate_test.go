package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

func TestGate(t *testing.T) {
	var g gate
	var seen []string
	g.Hook(func(before, now aspect) { seen = append(seen, fmt.Sprintf("%s>%s", word(before), word(now))) })
	for _, step := range []struct {
		do   func()
		want []string // the reasons after it
		hook string
	}{
		{func() { g.Open("nothing") }, nil, ""},
		{func() { g.Close("indexes", "indexes are not complete") }, []string{"indexes are not complete"}, "open>closed"},
		{func() { g.Close("indexes", "one index is not complete") }, []string{"one index is not complete"}, ""},
		{func() { g.Pause("peering", "a peer has a higher priority") }, []string{"a peer has a higher priority", "one index is not complete"}, "closed>paused"},
		{func() { g.Pause("other", "frozen") }, []string{"a peer has a higher priority", "frozen", "one index is not complete"}, ""},
		{func() { g.Open("peering") }, []string{"frozen", "one index is not complete"}, ""},
		{func() { g.Open("other") }, []string{"one index is not complete"}, "paused>closed"},
		{func() { g.Open("indexes") }, nil, "closed>open"},
		{func() { g.Pause("peering", "frozen") }, []string{"frozen"}, "open>paused"},
		{func() { g.Open("peering") }, nil, "paused>open"},
	} {
		seen = nil
		step.do()
		if got := g.Closed(); !slices.Equal(got, step.want) {
			t.Errorf("reasons %q, want %q", got, step.want)
		}
		if g.Aspect().Closed != (len(step.want) > 0) {
			t.Errorf("the aspect is %+v with the reasons %q", g.Aspect(), step.want)
		}
		if got := strings.Join(seen, ","); got != step.hook {
			t.Errorf("the hook saw %q, want %q", got, step.hook)
		}
	}
}

func word(a aspect) string {
	switch {
	case a.Paused:
		return "paused"
	case a.Closed:
		return "closed"
	default:
		return "open"
	}
}

// TestGateTellsInOrder: what hooks saw last is what the gate is like, whoever
// changes it meanwhile.
func TestGateTellsInOrder(t *testing.T) {
	var g gate
	last := aspect{}
	g.Hook(func(before, now aspect) {
		if before != last {
			t.Errorf("a change from %+v came after one to %+v", before, last)
		}
		last = now
	})
	var running sync.WaitGroup
	for i := range 4 {
		running.Go(func() {
			for range 500 {
				g.Pause(fmt.Sprint(i), "paused")
				g.Open(fmt.Sprint(i))
			}
		})
	}
	running.Wait()
	if last.Closed || len(g.Closed()) > 0 {
		t.Errorf("in the end the hook saw %+v, and the reasons are %q", last, g.Closed())
	}
}

// TestGateHoldsUpObjects: keys that come due while the gate is closed are not
// lost, whenever it opens.
func TestGateHoldsUpObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &operator{}
		o.gate.Hook(o.gateChanged)
		r := &resourceRunner{gate: &o.gate, objects: newObjects(), queue: queue.New[types.NamespacedName](nil), worker: &handle.Worker{}, indexer: &indexer{}}
		o.runners = map[schema.GroupResource]*resourceRunner{{}: r}
		var mu sync.Mutex
		worked := map[string]int{}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			r.queue.Run(ctx, 4, func(key types.NamespacedName) {
				if _, object, _ := r.next(key); object != nil {
					mu.Lock()
					worked[key.Name]++
					mu.Unlock()
				}
			})
		})
		count := func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return fmt.Sprint(worked)
		}
		expect := func(when, want string) {
			t.Helper()
			if got := count(); got != want {
				t.Errorf("%s: handled %s, want %s", when, got, want)
			}
		}

		r.event(t.Context(), watch.Event{Type: watch.Listed, Object: packed(t, "a", "u1", "1")})
		expect("open", "map[a:1]")
		o.gate.Close("indexes", "not complete")
		r.event(t.Context(), watch.Event{Type: watch.Modified, Object: packed(t, "a", "u1", "2")})
		r.event(t.Context(), watch.Event{Type: watch.Added, Object: packed(t, "b", "u2", "3")})
		r.queue.AddAfter(types.NamespacedName{Namespace: "ns", Name: "a"}, time.Minute)
		time.Sleep(time.Hour)
		expect("closed", "map[a:1]")
		o.gate.Pause("peering", "frozen")
		o.gate.Open("indexes")
		expect("still closed", "map[a:1]")
		o.gate.Open("peering")
		expect("open again", "map[a:2 b:1]")
		cancel()
		running.Wait()
	})
}

func TestObjectsOfAPause(t *testing.T) {
	table := newObjects()
	put := func(kind watch.Type, name, uid, version string) types.NamespacedName {
		return table.put(watch.Event{Type: kind, Object: packed(t, name, uid, version)}, true)
	}
	seen := func(key types.NamespacedName) string {
		_, _, raw := table.take(key)
		var out []string
		for _, h := range raw {
			text := eventName(h.Event) + " " + h.Object.ResourceVersion
			if h.missed {
				text += " missed"
			}
			out = append(out, strings.TrimSpace(text))
		}
		return strings.Join(out, ",")
	}
	before := put(watch.Added, "before", "u1", "1") // not handled yet when the pause begins
	gone := put(watch.Added, "gone", "u2", "2")
	again := put(watch.Added, "again", "u3", "3")
	seen(gone)
	seen(again)

	table.setPaused(true, true)
	put(watch.Modified, "before", "u1", "4")
	put(watch.Deleted, "gone", "u2", "5")
	put(watch.Deleted, "again", "u3", "6")
	put(watch.Added, "again", "u4", "7")
	during := put(watch.Added, "during", "u5", "8")
	table.setPaused(false, true)
	if got := len(table.keys()); got != 4 {
		t.Errorf("%d keys are to be looked at, want 4: those of gone objects too", got)
	}
	put(watch.Modified, "during", "u5", "9")

	for _, tt := range []struct {
		key  types.NamespacedName
		want string
	}{
		{before, "4"}, // without a type: as at a first listing
		{gone, "DELETED 5 missed"},
		{again, "DELETED 6 missed,7"},
		{during, "9"},
	} {
		if got := seen(tt.key); got != tt.want {
			t.Errorf("%s: handlers of raw events see %q, want %q", tt.key.Name, got, tt.want)
		}
	}

	table.setPaused(true, true)
	table.setPaused(false, false)
	if got := seen(before); got != "" {
		t.Errorf("without handlers of raw events %q was kept", got)
	}
}
