package watch_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

var configMaps = kube.Resource{Version: "v1", Kind: "ConfigMap", Plural: "configmaps", Namespaced: true}

// bench is a namespace of the real API server, reached directly to change
// things, and by a stream through a proxy.
type bench struct {
	t         *testing.T
	direct    *kube.Client
	proxy     *faultproxy.Proxy
	namespace string
	resource  kube.Resource
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, direct: connect(t, clustertest.Kubeconfig(t)), resource: configMaps}
	b.proxy = faultproxy.New(t, clustertest.Kubeconfig(t))
	b.namespace = "watch-" + strings.ToLower(rand.Text()[:8])
	namespaces := b.direct.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": b.namespace},
	}}
	if _, err := namespaces.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = namespaces.Delete(context.Background(), b.namespace, metav1.DeleteOptions{}) })
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

func (b *bench) create(name string) {
	b.t.Helper()
	_, err := b.direct.Create(b.t.Context(), b.resource, b.namespace, fmt.Appendf(nil,
		`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"labels":{"mine":"yes"}},"data":{"a":"1"}}`,
		b.resource.GVK().GroupVersion(), b.resource.Kind, name))
	if err != nil {
		b.t.Error(err)
	}
}

func (b *bench) patch(name, patch string) {
	b.t.Helper()
	if _, err := b.direct.MergePatch(b.t.Context(), b.resource, b.namespace, name, "", []byte(patch), false); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) delete(name string) {
	b.t.Helper()
	if err := b.direct.Dynamic.Resource(b.resource.GVR()).Namespace(b.namespace).Delete(b.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		b.t.Error(err)
	}
}

// every does something with n objects, in parallel.
func (b *bench) every(n int, do func(name string)) {
	b.t.Helper()
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := worker; i < n; i += 8 {
				do(fmt.Sprintf("cm-%03d", i))
			}
		})
	}
	all.Wait()
}

// state is what the API server has: resourceVersions by namespace/name.
func (b *bench) state(labels string) map[string]string {
	b.t.Helper()
	state := map[string]string{}
	_, err := b.direct.List(b.t.Context(), b.resource, b.namespace, metav1.ListOptions{LabelSelector: labels}, func(o *kube.Object) error {
		state[o.String()] = o.ResourceVersion
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return state
}

// lists counts the requests of the stream that listed.
func (b *bench) lists() int {
	return b.proxy.Count(isListing)
}

// watches counts the requests of the stream that watched.
func (b *bench) watches() int { return b.proxy.Count(faultproxy.IsWatch) }

// follow starts a stream through the proxy. It ends with the test.
func (b *bench) follow(change ...func(*watch.Options)) *follower {
	b.t.Helper()
	f := &follower{bench: b, changed: make(chan struct{}, 1), known: map[string]string{}, labels: "mine"}
	o := watch.Options{
		Client: connect(b.t, b.proxy.Kubeconfig()), Resource: b.resource, Namespace: b.namespace, Labels: f.labels,
		ReconnectBackoff: 10 * time.Millisecond,
	}
	for _, c := range change {
		c(&o)
	}
	f.labels = o.Labels
	f.stream = watch.New(o, watch.Sink{Event: f.event, Synced: f.sync, Trouble: f.trouble})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.stream.Run(ctx)
	}()
	f.stop = func() {
		cancel()
		<-done
	}
	b.t.Cleanup(f.stop)
	return f
}

// follower checks what a stream tells: an object is new once, changes and goes
// only while it is known, and no state is told twice.
type follower struct {
	bench   *bench
	stream  *watch.Stream
	stop    func()
	labels  string
	changed chan struct{}

	mu       sync.Mutex
	events   []watch.Event
	known    map[string]string // resourceVersions by namespace/name
	synced   int
	troubles []error
}

func (f *follower) event(e watch.Event) {
	f.mu.Lock()
	name, rv := e.Object.String(), e.Object.ResourceVersion
	before, known := f.known[name]
	switch {
	case (e.Type == watch.Listed || e.Type == watch.Added) && known:
		f.bench.t.Errorf("%s is %s, but was known", name, e.Type)
	case (e.Type == watch.Modified || e.Type == watch.Deleted) && !known:
		f.bench.t.Errorf("%s is %s, but was not known", name, e.Type)
	case e.Type == watch.Modified && before == rv:
		f.bench.t.Errorf("%s is told twice", name)
	case (e.Type == watch.Listed) != (f.synced == 0):
		f.bench.t.Errorf("%s is %s, at the wrong time", name, e.Type)
	}
	f.known[name] = rv
	if e.Type == watch.Deleted {
		delete(f.known, name)
	}
	f.events = append(f.events, e)
	f.mu.Unlock()
	f.signal()
}

func (f *follower) sync() {
	f.mu.Lock()
	f.synced++
	f.mu.Unlock()
	f.signal()
}

func (f *follower) trouble(err error) {
	f.mu.Lock()
	f.troubles = append(f.troubles, err)
	f.mu.Unlock()
	f.signal()
}

func (f *follower) signal() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// await waits until the follower has seen something.
func (f *follower) await(what string, seen func() bool) {
	f.bench.t.Helper()
	deadline := time.After(patience)
	for {
		f.mu.Lock()
		ok := seen()
		f.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-f.changed:
		case <-deadline:
			f.mu.Lock()
			defer f.mu.Unlock()
			f.bench.t.Fatalf("%s did not happen; known: %v; troubles: %v", what, f.known, f.troubles)
		}
	}
}

func (f *follower) awaitSync() {
	f.bench.t.Helper()
	f.await("the first listing", func() bool { return f.synced > 0 })
}

// awaitState waits until the follower knows what the API server has.
func (f *follower) awaitState() {
	f.bench.t.Helper()
	want := f.bench.state(f.labels)
	f.await(fmt.Sprintf("the state %v", want), func() bool { return same(f.known, want) })
}

func same(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, rv := range a {
		if b[name] != rv {
			return false
		}
	}
	return true
}

// last is the newest state of an object that was told.
func (f *follower) last(name string) *kube.Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range slices.Backward(f.events) {
		if e.Object.Name == name {
			return e.Object
		}
	}
	return nil
}

// story tells what happened to an object.
func (f *follower) story(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.storyLocked(name)
}

func (f *follower) wantStory(name, want string) {
	f.bench.t.Helper()
	if got := f.story(name); got != want {
		f.bench.t.Errorf("%s: got %s, want %s", name, got, want)
	}
}

// storyLocked is story for who holds the lock.
func (f *follower) storyLocked(name string) string {
	var types []string
	for _, e := range f.events {
		if e.Object.String() == f.bench.namespace+"/"+name {
			types = append(types, e.Type.String())
		}
	}
	return strings.Join(types, " ")
}

// breakOff does something while the stream is cut off from the server.
func (b *bench) breakOff(do func()) {
	b.t.Helper()
	b.proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) { return faultproxy.Fault{}, true })
	b.proxy.Disconnect()
	do()
	b.proxy.Fail(nil)
}

// times fails the first n requests that match.
func times(n int, fault faultproxy.Fault, match func(*http.Request) bool) func(*http.Request) (faultproxy.Fault, bool) {
	var left atomic.Int64
	left.Store(int64(n))
	return func(r *http.Request) (faultproxy.Fault, bool) {
		return fault, match(r) && left.Add(-1) >= 0
	}
}

// isListing tells whether a request wants all objects.
func isListing(r *http.Request) bool {
	return !faultproxy.IsWatch(r) || r.URL.Query().Get("sendInitialEvents") == "true"
}

// isResuming tells whether a request goes on with a watch.
func isResuming(r *http.Request) bool { return !isListing(r) }
