package metrics

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The outcomes of a handler's run.
const (
	Succeeded = "succeeded"
	Failed    = "failed"  // for good
	Retried   = "retried" // it is tried again
	Waiting   = "waiting" // for other objects, as a step wait does
	Ignored   = "ignored" // an error that does not matter, by errors: ignored
)

// Description tells what a metric is.
type Description struct {
	Name string
	// Type is counter, gauge or histogram.
	Type   string
	Labels []string
	Help   string
}

// Registry holds all metrics of one engine.
type Registry struct {
	registry     *prometheus.Registry
	descriptions []Description

	build *prometheus.GaugeVec

	runs           *prometheus.CounterVec
	durations      *prometheus.HistogramVec
	retries        *prometheus.CounterVec
	filterErrors   *prometheus.CounterVec
	timers         *prometheus.GaugeVec
	daemons        *prometheus.GaugeVec
	depth          *prometheus.GaugeVec
	latency        *prometheus.HistogramVec
	work           *prometheus.HistogramVec
	objectErrors   *prometheus.CounterVec
	braked         *prometheus.CounterVec
	restarts       *prometheus.CounterVec
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec

	watched     *sampled
	underWay    *sampled
	paused      *sampled
	evaluations *sampled
	cost        *sampled
	dropped     *sampled

	mu        sync.Mutex
	operators map[string]*Operator // guarded by mu
	own       map[string]*own      // guarded by mu: the metrics of steps
}

// The buckets of the histograms, in seconds.
var (
	handlerBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	queueBuckets   = []float64{.0001, .001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60}
	requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
)

// New makes the registry of an engine.
func New() *Registry {
	r := &Registry{registry: prometheus.NewRegistry(), operators: map[string]*Operator{}, own: map[string]*own{}}
	r.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	r.build = r.gauge("kopf_build_info", "Versions of the engine and of Go; always 1.", "version", "goversion")

	r.runs = r.counter("kopf_handler_runs_total", "Attempts of handlers, by outcome: succeeded, failed (for good), retried, waiting (for other objects), ignored (an error, with errors: ignored). A handler that fails without an attempt, or whose patch is refused, counts as failed.", "operator", "handler", "outcome")
	r.durations = r.histogram("kopf_handler_duration_seconds", "Time that attempts of handlers take, without the patch of the object.", handlerBuckets, "operator", "handler")
	r.retries = r.counter("kopf_handler_retries_total", "Attempts of handlers that are not the first of their cycle.", "operator", "handler")
	r.filterErrors = r.counter("kopf_filter_errors_total", "Filters of handlers that could not be evaluated; they do not match then.", "operator", "handler")
	r.timers = r.gauge("kopf_active_timers", "Timers that are running, one for each object.", "operator", "handler")
	r.daemons = r.gauge("kopf_active_daemons", "Daemons that are running, one for each object.", "operator", "handler")

	r.depth = r.gauge("kopf_queue_depth", "Objects that are due and not yet taken by a worker.", "operator", "resource")
	r.latency = r.histogram("kopf_queue_latency_seconds", "Time from when an object is due until a worker takes it.", queueBuckets, "operator", "resource")
	r.work = r.histogram("kopf_queue_work_seconds", "Time that a worker is busy with an object that is due, patches included.", queueBuckets, "operator", "resource")
	r.objectErrors = r.counter("kopf_object_errors_total", "Errors of the engine or of the API server, not of a handler, after which an object is looked at again.", "operator", "resource")
	r.braked = r.counter("kopf_braked_objects_total", "Objects that were slowed down because they change too fast; each counts once until it has calmed down.", "operator", "resource")
	r.restarts = r.counter("kopf_watch_restarts_total", "Watches that ended and were opened again, by reason: ended (by the server, as it does every few minutes), expired (410, so all is listed again), silent (no sign of life), cut (the connection), error (any other of the API).", "operator", "resource", "reason")
	r.requests = r.counter("kopf_api_requests_total", "Requests to the API server, by verb and HTTP status; the code is \"error\" where there was no answer. Those of the engine itself have no operator.", "operator", "verb", "code")
	r.requestSeconds = r.histogram("kopf_api_request_duration_seconds", "Time until the API server begins to answer a request; without that of watches.", requestBuckets, "operator", "verb")

	r.watched = r.sample("kopf_objects_watched", "gauge", "Objects that are watched for handlers.", "operator", "resource")
	r.underWay = r.sample("kopf_objects_under_way", "gauge", "Objects with handlers that are not at their end: at work, waiting, or to be tried again.", "operator", "resource")
	r.paused = r.sample("kopf_operator_paused", "gauge", "1 while the operator leaves its work to others, else 0.", "operator")
	r.evaluations = r.sample("kopf_cel_evaluations_total", "counter", "Evaluations of expressions.", "operator")
	r.cost = r.sample("kopf_cel_cost_total", "counter", "Runtime cost of expressions, as CEL counts it; only of those that can be costly.", "operator")
	r.dropped = r.sample("kopf_events_dropped_total", "counter", "Kubernetes events that could not be posted.", "operator")
	return r
}

// Describe lists the engine's own metrics by name.
func (r *Registry) Describe() []Description {
	out := slices.Clone(r.descriptions)
	slices.SortFunc(out, func(a, b Description) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Build sets the version of the engine.
func (r *Registry) Build(version string) { r.build.WithLabelValues(version, runtime.Version()).Set(1) }

// Handler serves the metrics over HTTP, in the format that the client asks for.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{})
}

// Gatherer reads all metrics.
func (r *Registry) Gatherer() prometheus.Gatherer { return r.registry }

// Request counts a request to the API server. The operator is empty for the engine
// itself.
func (r *Registry) Request(operator, verb, code string, seconds float64) {
	r.requests.WithLabelValues(operator, verb, code).Inc()
	if verb != "watch" {
		r.requestSeconds.WithLabelValues(operator, verb).Observe(seconds)
	}
}

func (r *Registry) counter(name, help string, labels ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	r.add(vec, Description{name, "counter", labels, help})
	return vec
}

func (r *Registry) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	r.add(vec, Description{name, "gauge", labels, help})
	return vec
}

func (r *Registry) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	r.add(vec, Description{name, "histogram", labels, help})
	return vec
}

func (r *Registry) sample(name, kind, help string, labels ...string) *sampled {
	s := newSampled(name, kind, help, labels)
	r.add(s, Description{name, kind, labels, help})
	return s
}

func (r *Registry) add(c prometheus.Collector, d Description) {
	r.registry.MustRegister(c)
	r.descriptions = append(r.descriptions, d)
}
