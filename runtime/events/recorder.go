package events

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

const (
	// lanes post at the same time; the events of one object keep their order.
	lanes = 4
	// laneBuffer is how many events wait in each lane before more are dropped.
	laneBuffer = 256
	// complainEvery is how often at most the log tells of dropped events.
	complainEvery = time.Minute
)

// Options configure a Recorder.
type Options struct {
	Client *kube.Client
	// ReportingController names the operator, ReportingInstance this process.
	ReportingController, ReportingInstance string
	// Log gets what cannot be posted; nil for none.
	Log *slog.Logger
	// Clock is nil for the real one.
	Clock clock.WithTicker
}

// Event is an event about an object.
type Event struct {
	// Type is Normal or Warning; empty is Normal.
	Type string
	// Reason is one word in CamelCase; Action is the same where it is empty.
	Reason, Action string
	// Note is for people; it is cut at 1024 bytes.
	Note string
	// About is the object: APIVersion, Kind, Name, UID, and Namespace where it
	// has one.
	About corev1.ObjectReference
}

// Recorder posts events.
type Recorder struct {
	options Options
	log     *slog.Logger
	clock   clock.WithTicker
	seed    maphash.Seed
	lanes   [lanes]*lane
	running sync.WaitGroup
	// ctx is that of all requests; cancel ends them.
	ctx    context.Context // the recorder's own
	cancel context.CancelFunc

	dropped    atomic.Uint64
	complained atomic.Int64 // Unix time

	mu     sync.RWMutex
	closed bool // guarded by mu, as is sending to the lanes
}

// NewRecorder starts a recorder; Close ends it.
func NewRecorder(o Options) *Recorder {
	r := &Recorder{options: o, log: o.Log, clock: o.Clock, seed: maphash.MakeSeed()}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.clock == nil {
		r.clock = clock.RealClock{}
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	for i := range r.lanes {
		r.lanes[i] = newLane(r)
		r.running.Go(r.lanes[i].run)
	}
	return r
}

// Emit posts an event some time later, or drops it. It does not block.
func (r *Recorder) Emit(e Event) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		r.drop("the operator has stopped")
		return
	}
	lane := r.lanes[maphash.Comparable(r.seed, e.About)%lanes]
	select {
	case lane.incoming <- e:
	default:
		r.drop("the API server takes them too slowly")
	}
}

// Dropped counts the events that were not posted.
func (r *Recorder) Dropped() uint64 { return r.dropped.Load() }

// Close posts what is waiting until ctx ends, and drops the rest.
func (r *Recorder) Close(ctx context.Context) {
	r.mu.Lock()
	already := r.closed
	r.closed = true
	if !already {
		for _, l := range r.lanes {
			close(l.incoming)
		}
	}
	r.mu.Unlock()
	stop := context.AfterFunc(ctx, r.cancel)
	r.running.Wait()
	stop()
	r.cancel()
}

// drop counts a lost event, and tells of it once in a while.
func (r *Recorder) drop(why string) {
	total := r.dropped.Add(1)
	now, last := r.clock.Now().Unix(), r.complained.Load()
	if now-last < int64(complainEvery/time.Second) || !r.complained.CompareAndSwap(last, now) {
		return
	}
	r.log.Warn("Kubernetes events were dropped", "dropped", total, "why", why)
}
