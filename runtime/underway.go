package runtime

import (
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/status"
)

// underWay is what is known of those objects of a resource that are not at their end,
// for people who ask. Idle objects cost nothing here. The zero value is ready for use.
type underWay struct {
	mu      sync.Mutex
	objects map[types.NamespacedName]task // guarded by mu
}

// task is what is left to do with one object. It is a value.
type task struct {
	pending []handle.Pending
	// running is the handler at work, since and attempt belong to it; empty for none.
	running string
	since   time.Time
	attempt int
	// problem is why the engine could not handle the object, and again when it will try again.
	problem string
	again   time.Time
}

func (t task) over() bool { return len(t.pending) == 0 && t.running == "" && t.problem == "" }

// change changes the task of an object.
func (u *underWay) change(key types.NamespacedName, edit func(*task)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	t := u.objects[key]
	edit(&t)
	if t.over() {
		delete(u.objects, key)
		return
	}
	if u.objects == nil {
		u.objects = map[types.NamespacedName]task{}
	}
	u.objects[key] = t
}

// begins notes a handler at work.
func (u *underWay) begins(namespace, name, handler string, attempt int) {
	u.change(types.NamespacedName{Namespace: namespace, Name: name}, func(t *task) {
		t.running, t.attempt, t.since = handler, attempt, time.Now()
	})
}

// rests notes that no handler is at work any more.
func (u *underWay) rests(key types.NamespacedName) {
	u.change(key, func(t *task) { t.running = "" })
}

// leaves notes what a pass has left to do.
func (u *underWay) leaves(key types.NamespacedName, pending []handle.Pending) {
	u.change(key, func(t *task) { t.pending, t.problem = pending, "" })
}

// fails notes that the engine could not handle the object.
func (u *underWay) fails(key types.NamespacedName, problem string, again time.Time) {
	u.change(key, func(t *task) { t.problem, t.again = problem, again })
}

// forget drops an object that is gone.
func (u *underWay) forget(key types.NamespacedName) {
	u.change(key, func(t *task) { *t = task{} })
}

func (u *underWay) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.objects)
}

// list tells of all objects under way, a line for each of their handlers.
func (u *underWay) list(resource string) []status.Object {
	u.mu.Lock()
	tasks := maps.Clone(u.objects)
	u.mu.Unlock()
	var out []status.Object
	for key, t := range tasks {
		for _, line := range t.lines() {
			line.Resource, line.Namespace, line.Name = resource, key.Namespace, key.Name
			out = append(out, line)
		}
	}
	return out
}

func (t task) lines() []status.Object {
	var out []status.Object
	if t.running != "" {
		out = append(out, status.Object{Handler: t.running, State: status.Running, Attempt: t.attempt, Since: &t.since})
	}
	if t.problem != "" {
		out = append(out, status.Object{State: status.Blocked, Next: moment(t.again), Error: t.problem})
	}
	for _, p := range t.pending {
		if p.Handler == t.running && p.Handler != "" {
			continue
		}
		line := status.Object{Handler: p.Handler, State: status.Retrying, Attempt: p.Attempts, Next: moment(p.Next), Error: p.Message}
		switch {
		case p.Handler == "":
			line.State = status.Blocked
		case p.Waiting:
			line.State = status.Waiting
		}
		out = append(out, line)
	}
	return out
}

// moment is nil for no time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
