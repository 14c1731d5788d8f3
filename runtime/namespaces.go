package runtime

import (
	"maps"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// linger is how long the objects of a namespace or of a resource are followed after it
// has gone: the news of its end may overtake those of the objects.
const linger = 10 * time.Second

var namespaceResource = kube.Resource{Version: "v1", Kind: "Namespace", Plural: "namespaces"}

// namespaces are those of an operator's namespaces that are there by now. Those that are
// given by name count in any case: watching one that is not there yet is allowed.
type namespaces struct {
	wanted scope.Namespaces

	mu      sync.Mutex
	names   map[string]bool        // guarded by mu
	leaving map[string]*time.Timer // guarded by mu: those that are gone, but still followed
	known   bool                   // guarded by mu: all that are there have been told
	joined  map[chan struct{}]bool // guarded by mu: who wants to know of changes
}

func newNamespaces(wanted scope.Namespaces) *namespaces {
	n := &namespaces{
		wanted:  wanted,
		names:   map[string]bool{},
		leaving: map[string]*time.Timer{},
		known:   !wanted.Wild(),
		joined:  map[chan struct{}]bool{},
	}
	for _, name := range wanted.Exact() {
		n.names[name] = true
	}
	return n
}

// join makes a channel that has something in it after a change.
func (n *namespaces) join() (changed <-chan struct{}, leave func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := make(chan struct{}, 1)
	n.joined[c] = true
	return c, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.joined, c)
	}
}

func (n *namespaces) changedLocked() {
	for c := range n.joined {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// served are the names by now, and whether those are known that were there first.
func (n *namespaces) served() (names []string, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.names)), n.known
}

// complete says that all namespaces have been told that can be.
func (n *namespaces) complete() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known = true
	n.changedLocked()
}

// event takes what the watch of namespaces brings.
func (n *namespaces) event(e watch.Event) {
	name := e.Object.Name
	if slices.Contains(n.wanted.Exact(), name) || !n.wanted.Match(name) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if timer := n.leaving[name]; timer != nil {
		timer.Stop()
		delete(n.leaving, name)
	}
	if e.Type == watch.Deleted {
		n.leaveLocked(name)
		return
	}
	if !n.names[name] {
		n.names[name] = true
		n.changedLocked()
	}
}

// leaveLocked lets a namespace go, a little later.
func (n *namespaces) leaveLocked(name string) {
	var timer *time.Timer
	timer = time.AfterFunc(linger, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.leaving[name] != timer {
			return // it has come back
		}
		delete(n.leaving, name)
		delete(n.names, name)
		n.changedLocked()
	})
	n.leaving[name] = timer
}

// close ends the timers.
func (n *namespaces) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, timer := range n.leaving {
		timer.Stop()
	}
	clear(n.leaving)
}

// followNamespaces keeps namespaces up to date, as far as only the cluster knows them,
// until the operator stops. Without the right to do so, those given by name are left.
func (o *operator) followNamespaces() {
	n := o.namespaces
	defer n.close()
	switch {
	case !n.wanted.Wild():
	case o.compiled.Settings.ScanningDisabled:
		o.listNamespaces()
	default:
		o.stream(o.client.Identities(), namespaceResource, "", "", "", o.log, watch.Sink{
			Event:  n.event,
			Synced: n.complete,
			Trouble: func(err error) {
				o.troubles.set(namespaceResource.GVR(), err)
				if lasting(err) {
					n.complete()
				}
			},
		}).Run(o.ctx)
	}
}

// listNamespaces takes the namespaces that are there, once.
func (o *operator) listNamespaces() {
	for {
		_, err := o.client.Identities().List(o.ctx, namespaceResource, "", metav1.ListOptions{}, func(object *kube.Object) error {
			o.namespaces.event(watch.Event{Type: watch.Listed, Object: object})
			return nil
		})
		o.troubles.set(namespaceResource.GVR(), err)
		if apierrors.IsForbidden(err) {
			o.log.Warn("missing rights: namespaces cannot be listed; only those given by name are watched", "error", err)
			break
		}
		if err == nil {
			break
		}
		o.log.Debug("cannot list the namespaces; trying again", "error", err)
		if !o.sleep(missingInterval) {
			return
		}
	}
	o.namespaces.complete()
}

// sleep waits; false is for the end of the operator.
func (o *operator) sleep(d time.Duration) bool {
	select {
	case <-o.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
