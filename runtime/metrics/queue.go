package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/util/workqueue"
)

// queueMeter measures one queue. The names that client-go has for queues do not
// count.
type queueMeter struct {
	depth         prometheus.Gauge
	latency, work prometheus.Observer
}

// nothing is what is not measured.
type nothing struct{}

func (nothing) Inc()            {}
func (nothing) Set(float64)     {}
func (nothing) Observe(float64) {}

// NewDepthMetric implements workqueue.MetricsProvider, as do the others.
func (m queueMeter) NewDepthMetric(string) workqueue.GaugeMetric { return m.depth }

// NewLatencyMetric measures the time in the queue.
func (m queueMeter) NewLatencyMetric(string) workqueue.HistogramMetric { return m.latency }

// NewWorkDurationMetric measures the time with a worker.
func (m queueMeter) NewWorkDurationMetric(string) workqueue.HistogramMetric { return m.work }

// NewAddsMetric measures nothing: the latencies are counted already.
func (queueMeter) NewAddsMetric(string) workqueue.CounterMetric { return nothing{} }

// NewUnfinishedWorkSecondsMetric measures nothing: the status tells what takes long.
func (queueMeter) NewUnfinishedWorkSecondsMetric(string) workqueue.SettableGaugeMetric {
	return nothing{}
}

// NewLongestRunningProcessorSecondsMetric measures nothing, likewise.
func (queueMeter) NewLongestRunningProcessorSecondsMetric(string) workqueue.SettableGaugeMetric {
	return nothing{}
}

// NewRetriesMetric measures nothing: retries are counted by handler.
func (queueMeter) NewRetriesMetric(string) workqueue.CounterMetric { return nothing{} }
