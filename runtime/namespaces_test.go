package runtime

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// TestNamespacesLinger: one that goes is served a little longer, and on and on if it comes
// back meanwhile; those given by name are served in any case.
func TestNamespacesLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wanted, err := scope.Parse("fixed", "pr-*,!pr-9")
		if err != nil {
			t.Fatal(err)
		}
		n := newNamespaces(wanted)
		defer n.close()
		changed, leave := n.join()
		defer leave()
		happens := func(kind watch.Type, name string) {
			n.event(watch.Event{Type: kind, Object: &kube.Object{Name: name}})
		}
		served := func(want ...string) {
			t.Helper()
			synctest.Wait()
			if names, _ := n.served(); !slices.Equal(names, want) {
				t.Errorf("%v are served, not %v", names, want)
			}
		}
		told := func(want bool) {
			t.Helper()
			select {
			case <-changed:
				if !want {
					t.Error("a change was told")
				}
			default:
				if want {
					t.Error("no change was told")
				}
			}
		}
		served("fixed")
		happens(watch.Listed, "pr-1")
		happens(watch.Added, "pr-9")
		happens(watch.Added, "other")
		told(true)
		served("fixed", "pr-1")
		happens(watch.Modified, "pr-1")
		told(false)
		for _, gone := range []string{"pr-1", "fixed", "other"} {
			happens(watch.Deleted, gone)
		}
		time.Sleep(linger - time.Millisecond)
		served("fixed", "pr-1")
		happens(watch.Added, "pr-1")
		time.Sleep(2 * linger)
		served("fixed", "pr-1")
		told(false)
		happens(watch.Deleted, "pr-1")
		time.Sleep(linger)
		served("fixed")
		told(true)
		if _, known := n.served(); known {
			t.Error("all are known before they were listed")
		}
		n.complete()
		told(true)
		if _, known := n.served(); !known {
			t.Error("not all are known after they were listed")
		}
	})
}
