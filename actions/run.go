package actions

import (
	"context"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
)

// Run is one attempt of a handler: what its steps work with, and what they
// leave behind.
type Run struct {
	Client   *kube.Client
	Resource kube.Resource
	// Shape is that of the resource's objects; nil is as good as one of which nothing is known.
	Shape *kube.LiveShape
	// Object is the body at the start of the cycle; nothing but Fresh changes it.
	Object map[string]any
	// Vars binds everything of the handler's scope except steps, memo, item, key and
	// children, which the steps bind themselves.
	Vars *eval.Binding

	// Operator is the operator's name: the field manager of all writes.
	Operator  string
	HandlerID string
	// Cycle is the same in all attempts of one handling cycle of one object, and
	// after a restart, and differs from that of any other cycle.
	Cycle string
	// Prefix is that of the operator's annotations and labels.
	Prefix string
	// Now is the time of the attempt, Started that of the handler's first one.
	Now, Started time.Time

	// Log has the attributes of operator, handler and object already.
	Log *slog.Logger
	// Emit takes a Kubernetes event and never blocks.
	Emit func(Event)
	// Memo is the variable memo, and what the step memo changes.
	Memo *Memo
	// Own collects the changes of the object itself.
	Own *OwnPatch
	// HoldFinalizer is called before a child of this resource is made, in a
	// namespace or outside of all, that Kubernetes cannot collect: the parent
	// must not go before the child has.
	HoldFinalizer func(ctx context.Context, child kube.Resource, namespace string) error
	// Reads is told which objects a get looked at; it may be nil.
	Reads func(resource kube.Resource, namespace, name string)
	// Made is told which objects a create has made or found made; it may be nil.
	Made func(resource kube.Resource, object map[string]any)
	// Measure records a value of a metric that Needs has named, with the values of its labels
	// in their order there.
	Measure func(name string, value float64, labels ...string) error
	// Children lists the living children of an alias, with their Shapes, for wait.
	Children func(alias string) ([]any, []*eval.Shape, error)

	// Subs runs the sub-handlers that a step has listed, as far as their time has
	// come. Its value is a map of the results of all that have succeeded, once
	// all have ended; until then, it fails with an Unfinished *Temporary. It is
	// nil where there can be no sub-handlers.
	Subs func(ctx context.Context, listed []Sub) (any, error)
	// Kept are the results of steps with once, by the places of the steps: those
	// of earlier attempts, to which this one adds its own. It is nil where there
	// is only one attempt: then such a step is like any other.
	Kept map[string]any
	// Keep stores what is added to Kept. The changes of the object itself from
	// number `from` on are the step's own: they must not be lost, since the step
	// is not repeated. It is nil where memory is enough.
	Keep func(ctx context.Context, place string, result any, from int) error

	// Fresh is called before each step of a daemon or a timer, which may run for long:
	// it brings Object, Own, Now and Vars up to date. It is nil elsewhere, like those
	// that follow.
	Fresh func()
	// Stopping is closed when a daemon or a timer must stop.
	Stopping <-chan struct{}
	// Sleep pauses; it ends early when the run must stop, which is no error, and with
	// the cause of the context.
	Sleep func(ctx context.Context, d time.Duration) error
	// Flush writes what Own has collected so far.
	Flush func(ctx context.Context) error

	// Steps are the results of the named steps so far.
	Steps map[string]any
	// Shapes are those of the results that are objects, or have objects in them.
	Shapes map[string]*eval.Shape
	// Result is that of the step return, where HasResult is set.
	Result    any
	HasResult bool

	// created are the places where this attempt has created objects.
	created map[string]bool
	// listed are the ids of the sub-handlers so far, and where they stand.
	listed map[string]string
}

// BoundSteps is the variable steps, which sees what is added to Steps later.
func (r *Run) BoundSteps() any {
	if r.Steps == nil {
		r.Steps = map[string]any{}
	}
	if r.Shapes == nil {
		r.Shapes = map[string]*eval.Shape{}
	}
	return eval.TypedFields(r.Steps, r.Shapes)
}

// Event is a Kubernetes event that a step emits.
type Event struct {
	// Type is Normal or Warning.
	Type, Reason, Message string
	About                 corev1.ObjectReference
}
