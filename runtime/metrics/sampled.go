package metrics

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// sampled is a metric whose values are read when somebody scrapes, and cost nothing
// before.
type sampled struct {
	desc *prometheus.Desc
	kind prometheus.ValueType

	mu      sync.Mutex
	sources map[*source]bool // guarded by mu
}

// source is where a value comes from. Several sources with the same labels add up.
type source struct {
	labels []string
	read   func() float64
}

func newSampled(name, kind, help string, labels []string) *sampled {
	s := &sampled{
		desc:    prometheus.NewDesc(name, help, labels, nil),
		kind:    prometheus.GaugeValue,
		sources: map[*source]bool{},
	}
	if kind == "counter" {
		s.kind = prometheus.CounterValue
	}
	return s
}

// add adds a source; the returned function takes it away again. The source is read on
// the goroutine of a scrape.
func (s *sampled) add(read func() float64, labels ...string) (remove func()) {
	added := &source{labels, read}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources[added] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sources, added)
	}
}

// Describe implements prometheus.Collector.
func (s *sampled) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect implements prometheus.Collector.
func (s *sampled) Collect(to chan<- prometheus.Metric) {
	sums := map[string]float64{}
	labels := map[string][]string{}
	for _, source := range s.all() {
		key := strings.Join(source.labels, "\x00")
		sums[key] += source.read()
		labels[key] = source.labels
	}
	for key, sum := range sums {
		to <- prometheus.MustNewConstMetric(s.desc, s.kind, sum, labels[key]...)
	}
}

// all are the sources, to be read without the lock: reading may take other locks.
func (s *sampled) all() []*source {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*source, 0, len(s.sources))
	for source := range s.sources {
		out = append(out, source)
	}
	return out
}
