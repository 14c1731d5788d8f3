package watch

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// Type says what happened to an object.
type Type string

// String returns the name as the API writes it.
func (t Type) String() string { return string(t) }

// Event is one change of one object.
type Event struct {
	Type   Type
	Object *kube.Object
}

// The types of events.
const (
	// Listed is an object of the first listing since the stream began.
	Listed Type = "LISTED"
	// Added is an object that was not known before.
	Added Type = "ADDED"
	// Modified is a newer state of a known object.
	Modified Type = "MODIFIED"
	// Deleted is the last state of an object that is gone, or that does not
	// match the selectors any longer: StillExists tells.
	Deleted Type = "DELETED"
)

// The defaults of Options.
const (
	DefaultInactivityTimeout = 70 * time.Second
	DefaultReconnectBackoff  = 100 * time.Millisecond
)

// maxBackoff is the longest delay after an error. It is also how late a stream
// may notice that its CRD or its rights are back.
const maxBackoff = 10 * time.Second

// Options say what a Stream watches, and how.
type Options struct {
	Client   *kube.Client
	Resource kube.Resource
	// Namespace is empty for all namespaces. Resources without namespaces
	// ignore it.
	Namespace string
	// Labels and Fields are selectors as the API has them; empty for all objects.
	Labels, Fields string
	// InactivityTimeout is the time without any event, bookmarks included, after
	// which a stream is dead; 0 is DefaultInactivityTimeout.
	InactivityTimeout time.Duration
	// ServerTimeout asks the server to end each watch after this time; 0 lets
	// the stream choose.
	ServerTimeout time.Duration
	// ReconnectBackoff is the delay after a first error; it doubles with each
	// further one. 0 is DefaultReconnectBackoff.
	ReconnectBackoff time.Duration
	// Log gets what happens to the stream; nil for none.
	Log *slog.Logger
}

// Sink is told what a stream sees. Its functions are called from the stream's
// goroutine, one at a time, and must be quick.
type Sink struct {
	// Event is called for each change.
	Event func(Event)
	// Synced is called once, behind the last Listed event; nil for nobody.
	Synced func()
	// Trouble is called when the stream cannot work (missing rights, a missing
	// resource, an unreachable server), again when the reason is another, and
	// with nil when it is over; nil for nobody.
	Trouble func(error)
	// Restarted is called when a watch has ended and is opened again, with the reason: one
	// of the constants. It may be called on another goroutine; nil for nobody.
	Restarted func(reason string)
}

// Why a watch has ended.
const (
	Ended   = "ended"   // by the server, in good order
	Expired = "expired" // the server does not remember the place any more
	Silent  = "silent"  // it gave no sign of life
	Cut     = "cut"     // the connection was lost
	Failed  = "error"   // the server sent any other error
)

// Stream follows the objects of one resource.
type Stream struct {
	options Options
	sink    Sink
	log     *slog.Logger
	source  *source
	backoff wait.Backoff

	// Only the goroutine of Run sees these.
	objects map[key]*kube.Object
	synced  bool
}

// key is an object's place within its resource.
type key struct{ namespace, name string }

func keyOf(o *kube.Object) key { return key{o.Namespace, o.Name} }

// New makes a stream; Run starts it.
func New(o Options, sink Sink) *Stream {
	if o.InactivityTimeout == 0 {
		o.InactivityTimeout = DefaultInactivityTimeout
	}
	if o.ReconnectBackoff == 0 {
		o.ReconnectBackoff = DefaultReconnectBackoff
	}
	if !o.Resource.Namespaced {
		o.Namespace = ""
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Stream{
		options: o,
		sink:    sink,
		log:     log,
		source:  &source{options: o, log: log, restarted: sink.Restarted, trouble: trouble{tell: sink.Trouble, log: log, resource: o.Resource}},
		backoff: wait.Backoff{Duration: o.ReconnectBackoff, Factor: 2, Jitter: 0.5, Cap: maxBackoff, Steps: 1 << 10},
		objects: map[key]*kube.Object{},
	}
}

// Forget tells the sink that the objects which are still known are gone, once Run has
// ended: for who has learnt so in another way.
func (s *Stream) Forget() {
	for _, o := range s.objects {
		s.sink.Event(Event{Deleted, o})
	}
	clear(s.objects)
}

// Run follows the objects until ctx ends. A stream runs once.
func (s *Stream) Run(ctx context.Context) {
	silent := logr.Discard() // the source says it in our words
	reflector := cache.NewReflectorWithOptions(s.source, nil, store{s}, cache.ReflectorOptions{
		Name:    s.options.Resource.String(),
		Logger:  &silent,
		Clock:   stopClock{ctx: ctx},
		Backoff: &s.backoff,
	})
	reflector.RunWithContext(klog.NewContext(ctx, silent))
}
