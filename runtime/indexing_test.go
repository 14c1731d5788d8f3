package runtime

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// indexesOf makes an operator with two indexes of pods that runs nothing.
func indexesOf(t *testing.T) *operator {
	t.Helper()
	bundle, found := spec.Parse([]spec.Source{{Name: "operator.yaml", Text: []byte(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: indexer}
spec:
  resources: {p: v1/pods}
  indexes:
    - {id: names, resource: p, key: name, value: "${uid}"}
    - {id: all, resource: p, key: "'all'", value: "${name}"}
`)}})
	engine, more := Compile(bundle)
	if found = append(found, more...); len(found) > 0 {
		t.Fatal(found)
	}
	o := &operator{compiled: engine.operators[0], log: slog.New(slog.DiscardHandler), metrics: engine.metrics.Operator("indexer"), clashes: map[string]bool{}}
	o.indexing = newIndexing(o)
	return o
}

var pods = kube.Resource{Version: "v1", Kind: "Pod", Plural: "pods", Namespaced: true}

// indexer is that of a new runner.
func (o *operator) newIndexer(indexes []*handle.Index) *indexer {
	worker := o.compiled.NewWorker(nil, handle.WorkerOptions{Resource: pods, Log: o.log, Metrics: o.metrics})
	return &indexer{o.indexing, indexes, "pods", newObjects(), worker}
}

// sees takes an event as a runner does.
func (x *indexer) sees(t *testing.T, kind watch.Type, name, uid string) {
	t.Helper()
	e := watch.Event{Type: kind, Object: packed(t, name, uid, "1")}
	x.event(t.Context(), e)
	x.objects.put(e, false)
}

// in are the keys of the index names, and the values of the index all.
func (o *operator) in() (names, all []any) {
	v := o.indexing.store.View()
	all, _ = v.Get("all", "all")
	return v.Keys("names"), all
}

// What a runner begins anew with stays until the end of its first listing, and no longer.
func TestIndexesOfRunnersThatBeginAnew(t *testing.T) {
	o := indexesOf(t)
	check := func(when string, names, all []any) {
		t.Helper()
		if gotNames, gotAll := o.in(); !slices.Equal(gotNames, names) || !slices.Equal(gotAll, all) {
			t.Errorf("%s: names %v and all %v, want %v and %v", when, gotNames, gotAll, names, all)
		}
	}
	first := o.newIndexer(o.compiled.Indexes)
	for _, name := range []string{"a", "b", "c"} {
		first.sees(t, watch.Listed, name, name)
	}
	first.synced()
	check("listed", []any{"a", "b", "c"}, []any{"a", "b", "c"})
	first.sees(t, watch.Deleted, "c", "c")
	check("one is gone", []any{"a", "b"}, []any{"a", "b"})

	second := o.newIndexer(o.compiled.Indexes)
	second.sees(t, watch.Listed, "a", "a")
	second.sees(t, watch.Listed, "d", "d")
	check("being listed anew", []any{"a", "b", "d"}, []any{"a", "b", "d"})
	second.synced()
	check("listed anew", []any{"a", "d"}, []any{"a", "d"})

	third := o.newIndexer(o.compiled.Indexes[:1])
	third.sees(t, watch.Listed, "a", "a")
	third.sees(t, watch.Listed, "d", "d")
	third.synced()
	check("the resource is in one index only", []any{"a", "d"}, nil)
	o.indexing.left("pods")
	check("nobody watches it", []any{}, nil)
}

// The gate is closed with reasons that name the index and what it lacks.
func TestGateOfIndexes(t *testing.T) {
	o := indexesOf(t)
	s := o.compiled.Selectors[0]
	c := &choice{resource: pods, indexes: o.compiled.Indexes}
	check := func(when string, words ...string) {
		t.Helper()
		closed := o.gate.Closed()
		if len(words) == 0 != (len(closed) == 0) {
			t.Errorf("%s: closed for %q", when, closed)
		}
		for _, word := range words {
			if !strings.Contains(strings.Join(closed, "; "), word) {
				t.Errorf("%s: closed for %q, want %q", when, closed, word)
			}
		}
	}
	check("the beginning", "the indexes are not complete")
	o.indexing.resolved(s, errors.New("no pods here"))
	o.indexing.chosen()
	check("missing", "index names, all waits for a resource: no pods here")
	o.indexing.resolved(s, nil)
	o.indexing.await(c)
	check("not listed", "names, all waits for the first listing of pods")
	x := o.newIndexer(o.compiled.Indexes)
	x.failed(errors.New("forbidden"))
	check("forbidden", "index names, all needs pods, which cannot be listed: forbidden")
	x.synced()
	check("listed")
	o.indexing.resolved(s, errors.New("no pods any more"))
	check("gone later")
	o.indexing.await(c)
	check("here again", "first listing of pods")
	o.indexing.left("pods")
	check("gone again")
	beta := kube.Resource{Version: "v1beta1", Kind: "Pod", Plural: "pods"}
	o.indexing.clash(s, pods, beta)
	check("in two versions", "index names, all needs", "which is watched as")
}
