package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/util/workqueue"
)

// Operator counts what one operator does.
type Operator struct {
	registry *Registry
	name     string

	mu       sync.Mutex
	handlers map[string]*Handler // guarded by mu
}

// Operator is where things about an operator are counted; the same for the same name.
func (r *Registry) Operator(name string) *Operator {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.operators[name] == nil {
		r.operators[name] = &Operator{registry: r, name: name, handlers: map[string]*Handler{}}
	}
	return r.operators[name]
}

// Request counts a request to the API server.
func (o *Operator) Request(verb, code string, took time.Duration) {
	o.registry.Request(o.name, verb, code, took.Seconds())
}

// Measure records a value of a metric that steps make, see Registry.
func (o *Operator) Measure(name string, value float64, labels ...string) error {
	return o.registry.Measure(name, value, labels...)
}

// WatchRestarted counts a watch of a resource that has ended and is opened again.
func (o *Operator) WatchRestarted(resource, reason string) {
	o.registry.restarts.WithLabelValues(o.name, resource, reason).Inc()
}

// Sources are where an operator's values are read from.
type Sources struct {
	// Spent are the evaluations of expressions so far, and their cost.
	Spent func() (evaluations, cost uint64)
	// Dropped are the Kubernetes events that were lost so far.
	Dropped func() uint64
	// Paused tells whether the work is left to others.
	Paused func() bool
}

// Read reads from these sources until the returned function is called.
func (o *Operator) Read(s Sources) (end func()) {
	removes := []func(){
		o.registry.evaluations.add(func() float64 { n, _ := s.Spent(); return float64(n) }, o.name),
		o.registry.cost.add(func() float64 { _, n := s.Spent(); return float64(n) }, o.name),
		o.registry.dropped.add(func() float64 { return float64(s.Dropped()) }, o.name),
		o.registry.paused.add(func() float64 {
			if s.Paused() {
				return 1
			}
			return 0
		}, o.name),
	}
	return all(removes)
}

func all(functions []func()) func() {
	return func() {
		for _, f := range functions {
			f()
		}
	}
}

// Handler counts what one handler does.
type Handler struct {
	outcomes     map[string]prometheus.Counter
	seconds      prometheus.Observer
	retries      prometheus.Counter
	filterErrors prometheus.Counter
	timers       *prometheus.GaugeVec
	daemons      *prometheus.GaugeVec
	labels       []string
}

// Handler is where things about a handler are counted; the same for the same id.
func (o *Operator) Handler(id string) *Handler {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.handlers[id]; known != nil {
		return known
	}
	r := o.registry
	h := &Handler{
		outcomes:     map[string]prometheus.Counter{},
		seconds:      r.durations.WithLabelValues(o.name, id),
		retries:      r.retries.WithLabelValues(o.name, id),
		filterErrors: r.filterErrors.WithLabelValues(o.name, id),
		timers:       r.timers,
		daemons:      r.daemons,
		labels:       []string{o.name, id},
	}
	for _, outcome := range []string{Succeeded, Failed, Retried, Waiting, Ignored} {
		h.outcomes[outcome] = r.runs.WithLabelValues(o.name, id, outcome)
	}
	o.handlers[id] = h
	return h
}

// Ran counts a run by its outcome, one of the constants.
func (h *Handler) Ran(outcome string) { h.outcomes[outcome].Inc() }

// Took notes how long an attempt took.
func (h *Handler) Took(d time.Duration) { h.seconds.Observe(d.Seconds()) }

// Repeated counts an attempt that is not the first.
func (h *Handler) Repeated() { h.retries.Inc() }

// FilterFailed counts a filter that could not be evaluated.
func (h *Handler) FilterFailed() { h.filterErrors.Inc() }

// Timers is the number of the handler's running timers, to be kept by who runs them.
func (h *Handler) Timers() prometheus.Gauge { return h.timers.WithLabelValues(h.labels...) }

// Daemons is the number of the handler's running daemons, likewise.
func (h *Handler) Daemons() prometheus.Gauge { return h.daemons.WithLabelValues(h.labels...) }

// Counts are the runs so far, by outcome; outcomes that never were are left out.
func (h *Handler) Counts() map[string]int {
	out := map[string]int{}
	for outcome, counter := range h.outcomes {
		if n := valueOf(counter); n > 0 {
			out[outcome] = n
		}
	}
	return out
}

func valueOf(c prometheus.Counter) int {
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		return 0
	}
	return int(m.GetCounter().GetValue())
}

// Resource counts what is done with the objects of one resource.
type Resource struct {
	operator *Operator
	resource string
	braked   prometheus.Counter
	errors   prometheus.Counter
}

// Resource is where things about the objects of a resource, such as deployments.apps, are
// counted for the operator.
func (o *Operator) Resource(resource string) *Resource {
	return &Resource{
		operator: o,
		resource: resource,
		braked:   o.registry.braked.WithLabelValues(o.name, resource),
		errors:   o.registry.objectErrors.WithLabelValues(o.name, resource),
	}
}

// Braked counts an object that is slowed down.
func (r *Resource) Braked() { r.braked.Inc() }

// Failed counts an error after which an object is looked at again.
func (r *Resource) Failed() { r.errors.Inc() }

// Count reads how many objects there are, and how many of them are under way, until the
// returned function is called.
func (r *Resource) Count(watched, underWay func() int) (end func()) {
	registry, name := r.operator.registry, r.operator.name
	return all([]func(){
		registry.watched.add(func() float64 { return float64(watched()) }, name, r.resource),
		registry.underWay.add(func() float64 { return float64(underWay()) }, name, r.resource),
		func() { registry.depth.DeleteLabelValues(name, r.resource) },
	})
}

// Queue measures a queue of the resource's objects.
func (r *Resource) Queue() workqueue.MetricsProvider {
	registry, name := r.operator.registry, r.operator.name
	return queueMeter{
		depth:   registry.depth.WithLabelValues(name, r.resource),
		latency: registry.latency.WithLabelValues(name, r.resource),
		work:    registry.work.WithLabelValues(name, r.resource),
	}
}
