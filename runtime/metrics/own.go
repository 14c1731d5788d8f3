package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// own is a metric that steps of operators make.
type own struct {
	counter   *prometheus.CounterVec
	gauge     *prometheus.GaugeVec
	histogram *prometheus.HistogramVec
}

// Declare adds a metric that steps make. One that is declared already stays as it is: steps
// that differ in what they say about a metric are found when the operators are loaded.
func (r *Registry) Declare(d Description) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own[d.Name] != nil {
		return nil
	}
	m := &own{}
	var vec prometheus.Collector
	switch d.Type {
	case "counter":
		m.counter = prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.Labels)
		vec = m.counter
	case "gauge":
		m.gauge = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: d.Name, Help: d.Help}, d.Labels)
		vec = m.gauge
	default:
		m.histogram = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: prometheus.DefBuckets}, d.Labels)
		vec = m.histogram
	}
	if err := r.registry.Register(vec); err != nil {
		return fmt.Errorf("the metric %s cannot be registered: %w", d.Name, err)
	}
	if m.counter != nil && len(d.Labels) == 0 {
		m.counter.WithLabelValues() // it is 0 from the beginning, so that its first increase is seen
	}
	r.own[d.Name] = m
	return nil
}

// Measure adds a value to a counter, sets a gauge, or puts the value into a histogram. The
// metric is one that was declared, and the values of its labels come in their order there.
func (r *Registry) Measure(name string, value float64, labels ...string) error {
	r.mu.Lock()
	m := r.own[name]
	r.mu.Unlock()
	switch {
	case m == nil:
		return fmt.Errorf("the metric %s is not declared", name)
	case m.counter != nil:
		counter, err := m.counter.GetMetricWithLabelValues(labels...)
		if err != nil {
			return err
		}
		if value < 0 {
			return fmt.Errorf("a counter cannot go down, found %v", value)
		}
		counter.Add(value)
	case m.gauge != nil:
		gauge, err := m.gauge.GetMetricWithLabelValues(labels...)
		if err != nil {
			return err
		}
		gauge.Set(value)
	default:
		histogram, err := m.histogram.GetMetricWithLabelValues(labels...)
		if err != nil {
			return err
		}
		histogram.Observe(value)
	}
	return nil
}
