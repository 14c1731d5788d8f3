package events_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/events"
)

var eventResource = kube.Resource{Group: "events.k8s.io", Version: "v1", Kind: "Event", Plural: "events", Namespaced: true}

// bench is a namespace of the real API server and a recorder with a clock of
// its own that posts through a proxy.
type bench struct {
	t         *testing.T
	direct    *kube.Client
	proxy     *faultproxy.Proxy
	namespace string
	recorder  *events.Recorder
	clock     *clocktesting.FakeClock
	log       lockedBuffer
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, direct: connect(t, clustertest.Kubeconfig(t)), clock: clocktesting.NewFakeClock(time.Now())}
	b.proxy = faultproxy.New(t, clustertest.Kubeconfig(t))
	b.namespace = "events-" + strings.ToLower(rand.Text()[:8])
	namespaces := b.direct.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": b.namespace},
	}}
	if _, err := namespaces.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = namespaces.Delete(context.Background(), b.namespace, metav1.DeleteOptions{}) })
	b.recorder = events.NewRecorder(events.Options{
		Client:              connect(t, b.proxy.Kubeconfig()),
		ReportingController: "hello",
		ReportingInstance:   "hello-1",
		Log:                 slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Clock:               b.clock,
	})
	t.Cleanup(b.close)
	return b
}

func connect(t *testing.T, kubeconfig string) *kube.Client {
	t.Helper()
	client, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (b *bench) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b.recorder.Close(ctx)
}

// about is an object of the namespace; it need not exist.
func (b *bench) about(name string) corev1.ObjectReference {
	return corev1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: b.namespace, Name: name, UID: "uid-of-" + "x"}
}

// posted are the events in a namespace about an object.
func (b *bench) posted(namespace, name string) []eventsv1.Event {
	b.t.Helper()
	var found []eventsv1.Event
	_, err := b.direct.List(b.t.Context(), eventResource, namespace, metav1.ListOptions{}, func(o *kube.Object) error {
		var e eventsv1.Event
		if err := json.Unmarshal([]byte(o.JSON()), &e); err != nil {
			return err
		}
		if e.Regarding.Name == name {
			found = append(found, e)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// eventually waits for what the recorder does in its own time; tick moves its
// clock along.
func (b *bench) eventually(what string, tick time.Duration, seen func() bool) {
	b.t.Helper()
	deadline := time.After(30 * time.Second)
	wait := time.NewTicker(10 * time.Millisecond)
	defer wait.Stop()
	for !seen() {
		select {
		case <-wait.C:
			b.clock.Step(tick)
		case <-deadline:
			b.t.Fatalf("%s: did not happen; log: %s", what, b.log.String())
		}
	}
}

func TestEventIsPosted(t *testing.T) {
	b := newBench(t)
	b.recorder.Emit(events.Event{Type: "Warning", Reason: "Failed", Action: "Create", Note: "it did", About: b.about("one")})
	b.recorder.Emit(events.Event{Reason: "Done", About: b.about("two")})
	b.close()
	got := b.posted(b.namespace, "one")
	if len(got) != 1 {
		t.Fatalf("%v; log: %s", got, b.log.String())
	}
	e := got[0]
	if e.Type != "Warning" || e.Reason != "Failed" || e.Action != "Create" || e.Note != "it did" ||
		e.ReportingController != "hello" || e.ReportingInstance != "hello-1" || e.Regarding != b.about("one") || e.Series != nil {
		t.Errorf("%+v", e)
	}
	if d := e.EventTime.Sub(b.clock.Now()); d > time.Millisecond || d < -time.Millisecond {
		t.Errorf("event time %s", e.EventTime)
	}
	if got = b.posted(b.namespace, "two"); len(got) != 1 || got[0].Type != "Normal" || got[0].Action != "Done" {
		t.Errorf("%+v", got)
	}
	if b.recorder.Dropped() != 0 {
		t.Error("events were dropped")
	}
}

func TestObjectsThatAreHardToName(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("n", 253)
	cluster := b.namespace // unique, for default is shared
	for _, about := range []corev1.ObjectReference{
		{APIVersion: "v1", Kind: "Node", Name: cluster},
		{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "system:" + cluster},
		b.about(long),
		b.about(strings.Repeat("n", 229) + "-" + strings.Repeat("m", 10)),
	} {
		b.recorder.Emit(events.Event{Reason: "Done", About: about})
	}
	b.close()
	for name, namespace := range map[string]string{cluster: "default", "system:" + cluster: "default", long: b.namespace} {
		if got := b.posted(namespace, name); len(got) != 1 {
			t.Errorf("%s: %d events; log: %s", name, len(got), b.log.String())
		}
	}
	if b.recorder.Dropped() != 0 {
		t.Errorf("%d were dropped: %s", b.recorder.Dropped(), b.log.String())
	}
}

// The API server takes notes of 1024 bytes at most.
func TestLongTextsAreCut(t *testing.T) {
	b := newBench(t)
	for i := range 4 { // so that the cut falls at each byte of a character
		b.recorder.Emit(events.Event{Reason: strings.Repeat("Rä", 70), Note: strings.Repeat("x", i) + strings.Repeat("🐙", 400), About: b.about("one")})
	}
	b.recorder.Emit(events.Event{Reason: "Fits", Note: strings.Repeat("y", 1024), About: b.about("two")})
	b.close()
	got := b.posted(b.namespace, "one")
	if len(got) != 4 {
		t.Fatalf("%d events; log: %s", len(got), b.log.String())
	}
	for _, e := range got {
		if len(e.Note) > 1024 || len(e.Note) < 1018 || !utf8.ValidString(e.Note) || !strings.HasSuffix(e.Note, "…") {
			t.Errorf("%d bytes: …%s", len(e.Note), e.Note[len(e.Note)-8:])
		}
		if !utf8.ValidString(e.Reason) || len(e.Reason) > 128 {
			t.Error(e.Reason)
		}
	}
	if got := b.posted(b.namespace, "two"); len(got) != 1 || len(got[0].Note) != 1024 {
		t.Errorf("a note that fits is cut: %v", got)
	}
}

func TestEqualEventsBecomeASeries(t *testing.T) {
	b := newBench(t)
	again := events.Event{Reason: "Failed", Note: "again", About: b.about("one")}
	series := func() *eventsv1.EventSeries {
		if got := b.posted(b.namespace, "one"); len(got) == 1 {
			return got[0].Series
		}
		return nil
	}
	for range 5 {
		b.recorder.Emit(again)
	}
	b.eventually("the count", time.Second, func() bool { s := series(); return s != nil && s.Count == 5 })
	writes := b.proxy.Count(faultproxy.IsWrite)
	if writes > 3 {
		t.Errorf("%d writes for 5 equal events", writes)
	}

	b.clock.Step(3 * time.Minute) // still the same series
	b.recorder.Emit(again)
	b.eventually("the next count", time.Second, func() bool { s := series(); return s != nil && s.Count == 6 })

	b.clock.Step(7 * time.Minute) // the series has ended
	b.recorder.Emit(again)
	b.eventually("a new event", 0, func() bool { return len(b.posted(b.namespace, "one")) == 2 })
}

func TestDifferentEventsAreNoSeries(t *testing.T) {
	b := newBench(t)
	for _, e := range []events.Event{
		{Reason: "Failed", Note: "a", About: b.about("one")},
		{Reason: "Failed", Note: "b", About: b.about("one")},
		{Reason: "Other", Note: "a", About: b.about("one")},
		{Reason: "Failed", Note: "a", Type: "Warning", About: b.about("one")},
		{Reason: "Failed", Note: "a", About: b.about("two")},
	} {
		b.recorder.Emit(e)
	}
	b.close()
	if one, two := b.posted(b.namespace, "one"), b.posted(b.namespace, "two"); len(one) != 4 || len(two) != 1 {
		t.Errorf("%d and %d events", len(one), len(two))
	}
}

// Events have a lifetime; a series may outlive its event.
func TestSeriesOfAnEventThatIsGone(t *testing.T) {
	b := newBench(t)
	again := events.Event{Reason: "Failed", Note: "again", About: b.about("one")}
	b.recorder.Emit(again)
	b.eventually("the event", 0, func() bool { return len(b.posted(b.namespace, "one")) == 1 })
	gone := b.posted(b.namespace, "one")[0].Name
	if err := b.direct.Dynamic.Resource(eventResource.GVR()).Namespace(b.namespace).Delete(t.Context(), gone, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.clock.Step(time.Minute)
	b.recorder.Emit(again)
	b.eventually("a new event", 0, func() bool { return len(b.posted(b.namespace, "one")) == 1 })
	if b.posted(b.namespace, "one")[0].Name == gone || b.recorder.Dropped() != 0 {
		t.Errorf("dropped: %d", b.recorder.Dropped())
	}
}

func TestErrorsThatPass(t *testing.T) {
	for name, fault := range map[string]faultproxy.Fault{"busy": {Status: 429}, "broken": {Status: 500}, "cut": {}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var mu sync.Mutex
			left := 2
			b.proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) {
				mu.Lock()
				defer mu.Unlock()
				left--
				return fault, left >= 0
			})
			b.recorder.Emit(events.Event{Reason: "Done", About: b.about("one")})
			b.eventually("the event", time.Second, func() bool { return len(b.posted(b.namespace, "one")) == 1 })
			if b.recorder.Dropped() != 0 {
				t.Error("it counts as dropped")
			}
		})
	}
}

func TestWhatCannotBePostedIsDropped(t *testing.T) {
	b := newBench(t)
	gone := b.about("one")
	gone.Namespace = "no-such-namespace"
	b.recorder.Emit(events.Event{Reason: "Done", About: gone})
	b.eventually("the loss", 0, func() bool { return b.recorder.Dropped() == 1 })
	if log := b.log.String(); strings.Count(log, "level=DEBUG") != 1 || strings.Contains(log, "level=WARN") {
		t.Errorf("an object that goes with its namespace: %s", log)
	}
	for range 3 {
		b.recorder.Emit(events.Event{Reason: "", About: b.about("one")}) // the API wants a reason
	}
	b.eventually("the losses", 0, func() bool { return b.recorder.Dropped() == 4 })
	if log := b.log.String(); strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, "dropped=2") {
		t.Errorf("several losses are told once in a while: %s", log)
	}
}

// While the API server does not answer, nobody waits, and what is too much is
// dropped.
func TestSlowServer(t *testing.T) {
	b := newBench(t)
	b.proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		<-r.Context().Done()
		return faultproxy.Fault{}, true
	})
	began := time.Now()
	const count = 5000
	for i := range count {
		b.recorder.Emit(events.Event{Reason: "Done", Note: fmt.Sprint(i), About: b.about("one")})
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
	if n := b.recorder.Dropped(); n < count/2 || n >= count {
		t.Errorf("%d were dropped", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began = time.Now()
	b.recorder.Close(ctx)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("closing took %s", took)
	}
	b.recorder.Emit(events.Event{Reason: "Late", About: b.about("one")})
	if n := b.recorder.Dropped(); n != count+1 {
		t.Errorf("%d of %d are accounted for", n, count+1)
	}
}
