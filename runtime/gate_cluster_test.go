package runtime

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// gated is one operator on the real API server whose gate the test holds.
type gated struct {
	*testing.T
	op         *operator
	configMaps dynamic.ResourceInterface
	log        *lockedLog
}

type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), words)
}

func startGated(t *testing.T, document string) *gated {
	t.Helper()
	client, err := kube.Connect(kube.Options{Kubeconfig: clustertest.Kubeconfig(t), UserAgent: "kopf-declarative-test"})
	if err != nil {
		t.Fatal(err)
	}
	namespaces := client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	ns, err := namespaces.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"generateName": "gate-"},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = namespaces.Delete(context.Background(), ns.GetName(), metav1.DeleteOptions{}) })
	bundle, found := spec.Parse([]spec.Source{{Name: "operator.yaml", Text: []byte(document)}})
	engine, more := Compile(bundle)
	if found = append(found, more...); len(found) > 0 {
		t.Fatal(found)
	}
	g := &gated{T: t, log: &lockedLog{}}
	g.configMaps = client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(ns.GetName())
	g.op, err = newOperator(engine.operators[0], Options{
		Client: client, Namespaces: scope.Exactly(ns.GetName()), Log: slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}, engine.metrics.Operator("gated"))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// run runs the operator until the end of the test.
func (g *gated) run() {
	g.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if err := g.op.run(ctx, func() { close(ready) }); err != nil {
			g.Errorf("the operator did not begin: %v", err)
		}
	}()
	g.Cleanup(func() {
		cancel()
		<-ended
		if g.Failed() {
			g.Logf("log:\n%s", &g.log.b)
		}
	})
	<-ready
}

func (g *gated) eventually(what string, holds func() bool) {
	g.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			g.Fatalf("not seen within a minute: %s", what)
		}
	}
}

func (g *gated) says(words string, times int) {
	g.Helper()
	g.eventually(fmt.Sprintf("%q %d times in the log", words, times), func() bool { return g.log.count(words) >= times })
}

func (g *gated) create(name string) *unstructured.Unstructured {
	g.Helper()
	out, err := g.configMaps.Create(g.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name}, "data": map[string]any{"n": "0"},
	}}, metav1.CreateOptions{})
	if err != nil {
		g.Fatal(err)
	}
	return out
}

func (g *gated) set(name, n string) *unstructured.Unstructured {
	g.Helper()
	out, err := g.configMaps.Patch(g.Context(), name, types.MergePatchType, fmt.Appendf(nil, `{"data":{"n":%q}}`, n), metav1.PatchOptions{})
	if err != nil {
		g.Fatal(err)
	}
	return out
}

func (g *gated) version(name string) string {
	g.Helper()
	out, err := g.configMaps.Get(g.Context(), name, metav1.GetOptions{})
	if err != nil {
		g.Fatal(err)
	}
	return out.GetResourceVersion()
}

// knows waits until the watch has brought a version of an object.
func (g *gated) knows(u *unstructured.Unstructured) {
	g.Helper()
	g.eventually(u.GetName()+" is known", func() bool {
		r := g.op.runner(schema.GroupResource{Resource: "configmaps"})
		r.objects.mu.Lock()
		defer r.objects.mu.Unlock()
		e := r.objects.byKey[types.NamespacedName{Namespace: u.GetNamespace(), Name: u.GetName()}]
		return e != nil && e.object != nil && e.object.ResourceVersion == u.GetResourceVersion()
	})
}

const gatedOperator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: gated}
spec:
  settings: {posting: {enabled: false}}
  handlers:
    - {id: made, on: create, resource: configmaps, match: {when: "name != 'kube-root-ca.crt'"}, do: [{log: "made ${name}."}]}
    - {id: changed, on: update, resource: configmaps, match: {when: "name != 'kube-root-ca.crt'"}, do: [{log: "changed ${name} from ${old.data.n} to ${new.data.n}."}]}
    - {id: seen, on: event, resource: configmaps, match: {when: "name != 'kube-root-ca.crt'"}, do: [{log: "event ${event.type} of ${name} with ${body.data.n}."}]}
    - {id: left, on: delete, optional: true, resource: configmaps, match: {when: "name != 'kube-root-ca.crt'"}, do: [{log: "left ${name}."}]}
`

// TestPauseLosesNothing: while the gate is closed nothing is written, and what was
// missed is handled afterwards, as one update.
func TestPauseLosesNothing(t *testing.T) {
	t.Parallel()
	g := startGated(t, gatedOperator)
	g.run()
	g.create("old")
	g.create("doomed")
	g.says("made old.", 1)
	g.says("made doomed.", 1)
	g.says("event MODIFIED of old with 0.", 1) // the record of the creation has come back
	g.says("event MODIFIED of doomed with 0.", 1)

	g.op.gate.Pause("peering", "frozen")
	last := g.version("old")
	for _, n := range []string{"1", "2", "3"} {
		changed := g.set("old", n)
		g.knows(changed)
		last = changed.GetResourceVersion()
	}
	fresh := g.create("fresh")
	g.knows(fresh)
	if err := g.configMaps.Delete(t.Context(), "doomed", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	g.eventually("the deletion is known", func() bool {
		r := g.op.runner(schema.GroupResource{Resource: "configmaps"})
		r.objects.mu.Lock()
		defer r.objects.mu.Unlock()
		return len(r.objects.byUID) == 3 // old, fresh and the cluster's own
	})
	if g.version("old") != last || g.version("fresh") != fresh.GetResourceVersion() {
		t.Error("an object was written while the gate was closed")
	}
	for _, words := range []string{"made fresh.", "changed old", "left doomed.", "with 1.", "with 3.", "of fresh", "DELETED"} {
		if g.log.count(words) > 0 {
			t.Errorf("a handler ran while the gate was closed: %q", words)
		}
	}

	g.op.gate.Open("peering")
	g.says("made fresh.", 1)
	g.says("changed old from 0 to 3.", 1)
	g.says("event null of old with 3.", 1)
	g.says("event null of fresh with 0.", 1)
	g.set("old", "4")
	g.says("changed old from 3 to 4.", 1)
	if n := g.log.count("changed old from"); n != 2 {
		t.Errorf("there were %d updates, want two: one for what was missed, one after it", n)
	}
	for _, words := range []string{"DELETED", "left doomed.", "with 1.", "with 2."} {
		if g.log.count(words) > 0 {
			t.Errorf("handlers that leave no trace ran for what happened in the pause: %q", words)
		}
	}
}

// TestGateClosedAtStart: nothing begins before the gate opens, and then
// everything does.
func TestGateClosedAtStart(t *testing.T) {
	t.Parallel()
	g := startGated(t, gatedOperator)
	g.op.gate.Close("indexes", "not complete")
	old := g.create("old")
	g.run()
	g.knows(old)
	fresh := g.create("fresh")
	g.knows(fresh)
	if g.log.count("made") > 0 || g.log.count("event null") > 0 || g.version("old") != old.GetResourceVersion() {
		t.Error("an object was handled before the gate opened")
	}
	g.op.gate.Open("indexes")
	g.says("made old.", 1)
	g.says("made fresh.", 1)
	g.says("event null of old with 0.", 1)
	g.says("event ADDED of fresh with 0.", 1) // not a pause: no event is missed
}
