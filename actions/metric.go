package actions

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Metric is a metric that steps record, as far as their text says it.
type Metric struct {
	Name string
	// Type is counter, gauge or histogram.
	Type string
	// Labels are the names of the labels, sorted.
	Labels []string
	// Help may be empty.
	Help string
	// Range is where the name stands.
	Range diag.Range
}

// Conflict says how two metrics of one name differ; empty where they are the same.
func (m *Metric) Conflict(other *Metric) string {
	switch {
	case m.Type != other.Type:
		return "is a " + other.Type + ", here it is a " + m.Type
	case !slices.Equal(m.Labels, other.Labels):
		return "has " + labelList(other.Labels) + ", here it has " + labelList(m.Labels)
	default:
		return ""
	}
}

func labelList(names []string) string {
	if len(names) == 0 {
		return "no labels"
	}
	return "the labels " + strings.Join(names, ", ")
}

// metricAction records a value.
type metricAction struct {
	metric *Metric
	value  *eval.Template // nil for 1
	labels []field        // in the order of metric.Labels
}

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	// ownMetrics are the names of the engine's own metrics.
	ownMetrics = regexp.MustCompile(`^(kopf|go|process|promhttp)_`)
)

func (c *compiler) metric(x *spec.Metric) action {
	a := &metricAction{metric: &Metric{Range: x.Range}, value: c.template(x.Value), labels: c.fields(x.Labels)}
	slices.SortFunc(a.labels, func(p, q field) int { return strings.Compare(p.key, q.key) })
	for _, label := range a.labels {
		a.metric.Labels = append(a.metric.Labels, label.key)
	}
	if x.Help != nil {
		a.metric.Help = x.Help.Value
	}
	if x.Name == nil || x.Type == nil {
		return a // the decoder has reported it
	}
	a.metric.Name, a.metric.Type, a.metric.Range = x.Name.Value, x.Type.Value, x.Name.Range()
	if x.Value == nil && a.metric.Type != "counter" {
		c.report(ruleMetricValue, x.Range, "a %s needs a value; only a counter goes up by 1 without", a.metric.Type)
	}
	if c.metricName(a.metric) && c.labelNames(x) {
		c.needs.Metrics = append(c.needs.Metrics, a.metric)
	}
	return a
}

// metricName checks the name of a metric.
func (c *compiler) metricName(m *Metric) bool {
	switch suffix := reservedSuffix(m.Name); {
	case !metricName.MatchString(m.Name):
		c.suggest(ruleMetricName, m.Range, sanitized(m.Name), "%q is not the name of a metric: letters, digits and underscores, not a digit first; did you mean %q?", m.Name, sanitized(m.Name))
	case ownMetrics.MatchString(m.Name):
		prefix, rest, _ := strings.Cut(m.Name, "_")
		c.suggest(ruleMetricName, m.Range, rest, "names that begin with %s_ are those of the engine itself; did you mean %q?", prefix, rest)
	case suffix != "":
		rest := strings.TrimSuffix(m.Name, suffix)
		c.suggest(ruleMetricName, m.Range, rest, "%q would be taken for a part of a histogram: it ends in %s; did you mean %q?", m.Name, suffix, rest)
	case m.Type == "counter" && !strings.HasSuffix(m.Name, "_total"):
		c.suggest(ruleMetricName, m.Range, m.Name+"_total", "the name of a counter ends in _total; did you mean %q?", m.Name+"_total")
	case m.Type != "counter" && strings.HasSuffix(m.Name, "_total"):
		rest := strings.TrimSuffix(m.Name, "_total")
		c.suggest(ruleMetricName, m.Range, rest, "only the name of a counter ends in _total, this is a %s; did you mean %q?", m.Type, rest)
	default:
		return true
	}
	return false
}

func reservedSuffix(name string) string {
	for _, suffix := range []string{"_count", "_sum", "_bucket"} {
		if strings.HasSuffix(name, suffix) {
			return suffix
		}
	}
	return ""
}

// labelNames checks the names of the labels.
func (c *compiler) labelNames(x *spec.Metric) bool {
	good := true
	for _, entry := range x.Labels {
		name := entry.Key.Value
		switch {
		case strings.Contains(name, "${"):
			c.report(ruleMetricLabel, entry.Key.Range(), "the names of labels are fixed: they cannot depend on an expression; the values can")
		case !metricName.MatchString(name) || strings.HasPrefix(name, "__"):
			guess := strings.TrimLeft(sanitized(name), "_")
			c.suggest(ruleMetricLabel, entry.Key.Range(), guess, "%q is not the name of a label: letters, digits and underscores, not a digit first, nor two underscores; did you mean %q?", name, guess)
		case name == "le" && x.Type.Value == "histogram":
			c.report(ruleMetricLabel, entry.Key.Range(), `a histogram has the label "le" already, for its buckets`)
		default:
			continue
		}
		good = false
	}
	return good
}

// suggest reports a name with a better one.
func (c *compiler) suggest(rule *diag.Rule, where diag.Range, better, detail string, args ...any) {
	finding := rule.At(where, detail, args...)
	if better != "" {
		finding.Suggest(better)
	}
	*c.diags = append(*c.diags, finding)
}

var notInNames = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

// sanitized is the nearest good name.
func sanitized(name string) string {
	name = strings.Trim(notInNames.ReplaceAllString(name, "_"), "_")
	if name == "" {
		return "name"
	}
	if name[0] >= '0' && name[0] <= '9' {
		return "n" + name
	}
	return name
}

func (a *metricAction) run(ctx context.Context, f *frame) (any, error) {
	value, err := a.number(ctx, f)
	if err != nil {
		return nil, err
	}
	labels := make([]string, 0, len(a.labels))
	for _, label := range a.labels {
		text, err := renderText(ctx, f, label.value)
		if err != nil {
			return nil, err
		}
		labels = append(labels, text)
	}
	if err := f.Measure(a.metric.Name, value, labels...); err != nil {
		return nil, &Permanent{Message: "cannot record the metric", Cause: err}
	}
	return nil, nil
}

// number is the value to record.
func (a *metricAction) number(ctx context.Context, f *frame) (float64, error) {
	if a.value == nil {
		return 1, nil
	}
	rendered, exists, err := a.value.Render(ctx, f.bind)
	if err != nil {
		return 0, err
	}
	var value float64
	switch v := rendered.(type) {
	case int64:
		value = float64(v)
	case float64:
		value = v
	default:
		return 0, permanent("the value of a metric must be a number, found %s", found(rendered, exists))
	}
	if value < 0 && a.metric.Type == "counter" {
		return 0, permanent("a counter cannot go down, found %v", value)
	}
	return value, nil
}
