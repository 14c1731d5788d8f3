package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/bench/proc"
)

// Resource is what the load consists of.
var Resource = schema.GroupVersionResource{Group: "kopf.dev", Version: "v1", Resource: "kopfexamples"}

// Operation is what the load does to its objects.
type Operation string

// The operations.
const (
	Create Operation = "create"
	Update Operation = "update"
	Delete Operation = "delete"
)

// Options say what to do, and how to see that the operator has done its part.
type Options struct {
	Operation Operation
	// Objects is their number, Clients how many requests are under way at once.
	Objects, Clients int
	// Prefix starts the objects' names.
	Prefix, Namespace string
	// Done is the path of the field that the operator fills in. After an update
	// it must have the value Value, which is also the new value of spec.field.
	Done  []string
	Value string
	// PID is the operator's process; 0 leaves its CPU and memory unmeasured.
	PID int
}

// Result is what one Run has measured.
type Result struct {
	Operation Operation
	Objects   int
	// Sent is the time until the last request was answered, Took the time until
	// the operator had done its part for the last object.
	Sent, Took time.Duration
	// Median and P99 are the times from request to done, of single objects.
	Median, P99 time.Duration
	// ObjectWrites counts the operator's writes to the objects, as their watch
	// shows them; Writes counts its write requests of all kinds.
	ObjectWrites, Writes int
	// CPU and PeakMiB are what the operator's process used: in this run, and ever.
	CPU     time.Duration
	PeakMiB float64
	// IdleCPU is what it uses in a minute with nothing to do; 0 where that was not measured.
	IdleCPU time.Duration
	// ServerCPU is what the API server used in this run, for the load too.
	ServerCPU time.Duration
}

// String is the result on one line.
func (r Result) String() string {
	text := fmt.Sprintf("%s %d objects", r.Operation, r.Objects)
	if r.Took > 0 {
		text += fmt.Sprintf(" in %.2fs (sent in %.2fs): %.0f/s, median %v, p99 %v", r.Took.Seconds(), r.Sent.Seconds(),
			r.PerSecond(), r.Median.Round(time.Millisecond), r.P99.Round(time.Millisecond))
	}
	return text + fmt.Sprintf("; for each, the operator used %.3f ms CPU (the server %.2f), %.2f writes to it and %.2f in all; its peak is %.1f MiB",
		r.CPUPerObject(), r.ServerCPUPerObject(), r.ObjectWritesPerObject(), r.WritesPerObject(), r.PeakMiB)
}

// PerSecond is the throughput.
func (r Result) PerSecond() float64 { return float64(r.Objects) / r.Took.Seconds() }

// CPUPerObject is the operator's processor time for one object, in milliseconds.
func (r Result) CPUPerObject() float64 {
	return float64(r.CPU.Microseconds()) / 1000 / float64(r.Objects)
}

// ServerCPUPerObject is the API server's processor time, in milliseconds.
func (r Result) ServerCPUPerObject() float64 {
	return float64(r.ServerCPU.Microseconds()) / 1000 / float64(r.Objects)
}

// ObjectWritesPerObject is how often the operator wrote to an object on average.
func (r Result) ObjectWritesPerObject() float64 {
	return float64(r.ObjectWrites) / float64(r.Objects)
}

// WritesPerObject counts children and events too.
func (r Result) WritesPerObject() float64 { return float64(r.Writes) / float64(r.Objects) }

// quiet is how long no event must have come before the work counts as finished:
// operators write to an object also after they have marked it.
const quiet = 1500 * time.Millisecond

// Run puts the load on the cluster and waits until the operator has done its
// part for all objects. The context limits the time.
func Run(ctx context.Context, cfg *rest.Config, o Options) (*Result, error) {
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	objects := client.Resource(Resource).Namespace(o.Namespace)
	tracker := newTracker(o)
	stop, err := tracker.watch(ctx, objects)
	if err != nil {
		return nil, err
	}
	defer stop()

	before, err := used(ctx, cfg, o.PID)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := send(ctx, objects, o, tracker); err != nil {
		return nil, err
	}
	sent := time.Since(start)
	if err := tracker.wait(ctx, quiet); err != nil {
		return nil, err
	}
	after, err := used(ctx, cfg, o.PID)
	if err != nil {
		return nil, err
	}
	result := tracker.result(start)
	result.Sent = sent
	result.CPU, result.PeakMiB = after.cpu-before.cpu, after.peak
	result.Writes = after.server.Writes - before.server.Writes - o.Objects
	result.ServerCPU = after.server.CPU - before.server.CPU
	return result, nil
}

// usage is what the operator and the API server have used since they started.
type usage struct {
	cpu    time.Duration
	peak   float64
	server Server
}

func used(ctx context.Context, cfg *rest.Config, pid int) (u usage, err error) {
	if u.server, err = ReadServer(ctx, cfg); err != nil || pid == 0 {
		return u, err
	}
	if u.cpu, err = proc.CPU(pid); err != nil {
		return u, fmt.Errorf("the operator is gone: %w", err)
	}
	u.peak, err = proc.PeakMiB(pid)
	return u, err
}

// send makes the requests, o.Clients at a time, and returns the first error.
func send(ctx context.Context, objects dynamic.ResourceInterface, o Options, t *tracker) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var clients sync.WaitGroup
	for range o.Clients {
		clients.Go(func() {
			for i := range numbers {
				name := objectName(o.Prefix, i)
				t.sending(name)
				if err := request(ctx, objects, o, name); err != nil {
					cancel(fmt.Errorf("%s %s: %w", o.Operation, name, err))
				}
			}
		})
	}
	for i := 0; i < o.Objects && ctx.Err() == nil; i++ {
		numbers <- i
	}
	close(numbers)
	clients.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return ctx.Err()
}

// Unlimited turns off the client's own limits, so that only the server decides
// how fast requests are answered.
func Unlimited(cfg *rest.Config) {
	cfg.QPS, cfg.Burst = -1, -1
	cfg.WarningHandler = rest.NoWarnings{}
}
