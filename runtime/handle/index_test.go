package handle

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/index"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
)

// indexed compiles an operator with one index of pods.
func indexed(t *testing.T, indexes string) *Operator {
	t.Helper()
	return load(t, "    - {on: event, resource: nodes, do: []}\n  indexes:\n"+indexes)
}

// What an object has in an index follows from its filter, its keys and its value.
func TestEntries(t *testing.T) {
	object := map[string]any{
		"metadata": map[string]any{"name": "a", "namespace": "ns", "labels": map[string]any{"app": "web"}},
		"spec":     map[string]any{"n": int64(1), "f": 1.5, "list": []any{"x", nil, int64(2)}, "map": map[string]any{}, "none": nil},
	}
	for _, tt := range []struct {
		index string
		keys  []any
		value any
		fault string // what the log says; empty for nothing
	}{
		{"{key: name, value: '${spec.n}'}", []any{"a"}, int64(1), ""},
		{"{key: spec.f, value: null}", []any{1.5}, nil, ""},
		{"{key: 'true', value: {n: '${name}'}}", []any{true}, map[string]any{"n": "a"}, ""},
		{"{key: spec.list, value: x}", []any{"x", int64(2)}, "x", ""},
		{"{key: '[]', value: x}", []any{}, "x", ""},
		{"{key: spec.none, value: x}", []any{}, "x", ""},
		{"{key: 'spec.?missing', value: x}", []any{}, "x", ""},
		{"{key: name, value: '${omit()}'}", nil, nil, ""},
		{"{key: name, value: x, match: {labels: {app: db}}}", nil, nil, ""},
		{"{key: name, value: x, match: {field: spec.n, value: 1}}", []any{"a"}, "x", ""},
		{"{key: name, value: x, match: {field: spec.n, value: 2}}", nil, nil, ""},
		{"{key: \"resource.plural + ' of ' + operator.name\", value: x}", []any{"pods of test"}, "x", ""},
		{"{key: spec.missing, value: x}", nil, nil, "no such key: missing"},
		{"{key: spec.map, value: x}", nil, nil, "a key is a text, a number or a boolean"},
		{"{key: '[spec.map]', value: x}", nil, nil, "a key is a text, a number or a boolean"},
		{"{key: name, value: '${spec.missing}'}", nil, nil, "no such key: missing"},
		{"{key: name, value: x, match: {when: spec.missing}}", nil, nil, "no such key: missing"},
	} {
		t.Run(tt.index, func(t *testing.T) {
			op := indexed(t, "    - "+strings.Replace(tt.index, "{", "{id: one, resource: pods, ", 1)+"\n")
			var log strings.Builder
			w := op.NewWorker(nil, WorkerOptions{
				Resource: kube.Resource{Version: "v1", Kind: "Pod", Plural: "pods"},
				Metrics:  metrics.New().Operator("test"),
				Log:      slog.New(slog.NewTextHandler(&log, nil)),
			})
			for range 2 {
				got := w.Index(t.Context(), op.Indexes, object)
				if want := []index.Entry{{Index: "one", Keys: tt.keys, Value: tt.value}}; !reflect.DeepEqual(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
			said := strings.Count(log.String(), "\n")
			if tt.fault == "" && said > 0 || tt.fault != "" && (said != 1 || !strings.Contains(log.String(), tt.fault)) {
				t.Errorf("log:\n%s", log.String())
			}
		})
	}
}

// The server is asked only for what handlers and indexes have in common.
func TestSelectorsOfIndexes(t *testing.T) {
	op := load(t, `
    - {on: event, resource: pods, match: {labels: {a: x, b: y}}, do: []}
  indexes:
    - {id: same, resource: pods, match: {labels: {b: y}}, key: name, value: x}
    - {id: all, resource: pods, key: name, value: x}
`)
	for _, tt := range []struct {
		handlers []*Handler
		indexes  []*Index
		want     string
	}{
		{op.Handlers, nil, "a=x,b=y"},
		{op.Handlers, op.Indexes[:1], "b=y"},
		{nil, op.Indexes[:1], "b=y"},
		{op.Handlers, op.Indexes, ""},
	} {
		if got := LabelSelector(tt.handlers, tt.indexes); got != tt.want {
			t.Errorf("%d handlers and %d indexes: %q, want %q", len(tt.handlers), len(tt.indexes), got, tt.want)
		}
	}
}
