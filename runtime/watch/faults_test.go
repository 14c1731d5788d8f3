package watch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// Servers cut slow watches all the time under load. Nothing is lost, nothing is
// told twice, and nothing is listed again.
func TestWatchIsCutEvery50Events(t *testing.T) {
	b := newBench(t)
	b.every(120, b.create) // more than one stream of an initial list may send
	b.proxy.CutWatchEvery(50)
	f := b.follow()
	f.awaitSync()
	listed := b.lists()
	b.every(120, func(name string) { b.patch(name, `{"data":{"a":"2"}}`) })
	b.every(120, func(name string) { b.create("new-" + name) })
	b.every(60, b.delete)
	f.awaitState()
	if b.proxy.Cuts() < 6 {
		t.Errorf("only %d cuts", b.proxy.Cuts())
	}
	if n := b.lists() - listed; n > 0 {
		t.Errorf("listed again %d times", n)
	}
	if len(f.troubles) > 0 {
		t.Errorf("troubles: %v", f.troubles)
	}
}

// A cut stream goes on without a pause that anybody would notice: here a pause
// would be longer than the test waits.
func TestCutWatchIsResumedAtOnce(t *testing.T) {
	b := newBench(t)
	b.proxy.CutWatchEvery(2)
	f := b.follow(func(o *watch.Options) { o.ReconnectBackoff = time.Hour })
	f.awaitSync()
	b.every(20, b.create)
	f.awaitState()
	if b.proxy.Cuts() < 8 {
		t.Errorf("only %d cuts", b.proxy.Cuts())
	}
}

func TestExpiredWatchListsAgain(t *testing.T) {
	for name, fault := range map[string]faultproxy.Fault{
		"in the stream": {Status: http.StatusGone, InStream: true},
		"as the answer": {Status: http.StatusGone},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			for _, name := range []string{"same", "changed", "deleted"} {
				b.create(name)
			}
			f := b.follow()
			f.awaitSync()
			b.breakOff(func() {
				b.create("new")
				b.patch("changed", `{"data":{"a":"2"}}`)
				b.delete("deleted")
				b.proxy.Forget()
				b.proxy.Fail(times(1, fault, isResuming))
			})
			b.proxy.CutWatchEvery(1) // so that there is a watch to resume
			b.create("newer")
			b.create("newest")
			f.awaitState()
			f.wantStory("same", "LISTED")
			f.wantStory("changed", "LISTED MODIFIED")
			f.wantStory("deleted", "LISTED DELETED")
			f.wantStory("new", "ADDED")
			for _, e := range f.events {
				if e.Type == watch.Deleted && (e.Object.UID == "" || !strings.Contains(e.Object.JSON(), `"data":{"a":"1"}`)) {
					t.Errorf("the last known state is %s", e.Object.JSON())
				}
			}
			if f.synced != 1 {
				t.Errorf("synced %d times", f.synced)
			}
		})
	}
}

func TestErrorsPass(t *testing.T) {
	tests := map[string]struct {
		fault faultproxy.Fault
		match func(*http.Request) bool
	}{
		"busy before the listing":      {faultproxy.Fault{Status: 429, RetryAfter: 1}, isListing},
		"busy without a time":          {faultproxy.Fault{Status: 429}, isListing},
		"broken before the listing":    {faultproxy.Fault{Status: 500}, isListing},
		"cut before the listing":       {faultproxy.Fault{}, isListing},
		"busy when resuming":           {faultproxy.Fault{Status: 429, RetryAfter: 1}, isResuming},
		"broken when resuming":         {faultproxy.Fault{Status: 500}, isResuming},
		"unavailable when resuming":    {faultproxy.Fault{Status: 503}, isResuming},
		"cut when resuming":            {faultproxy.Fault{}, isResuming},
		"broken in the resumed stream": {faultproxy.Fault{Status: 500, InStream: true}, isResuming},
		"busy in the resumed stream":   {faultproxy.Fault{Status: 429, InStream: true}, isResuming},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.create("before")
			b.proxy.Fail(times(2, test.fault, test.match))
			b.proxy.CutWatchEvery(3) // the object, a bookmark, a new object
			f := b.follow()
			f.awaitSync()
			for i := range 4 {
				b.create(fmt.Sprintf("new-%d", i))
			}
			f.awaitState()
			if n := b.proxy.Count(test.match); n < 1 {
				t.Error("the fault was not met")
			}
			f.wantStory("before", "LISTED")
			for i := range 4 {
				f.wantStory(fmt.Sprintf("new-%d", i), "ADDED")
			}
		})
	}
}

// A stream in which nothing comes for too long is given up for a new one.
func TestSilentStreamIsDead(t *testing.T) {
	b := newBench(t)
	b.create("before")
	f := b.follow(func(o *watch.Options) { o.InactivityTimeout = 300 * time.Millisecond })
	f.awaitSync()
	b.proxy.Stall(true)
	watches := b.watches()
	b.create("new")
	b.delete("before")
	f.bench.eventually("the stream is opened again", func() bool { return b.watches() > watches+1 })
	b.proxy.Stall(false)
	f.awaitState()
	f.wantStory("before", "LISTED DELETED")
	f.wantStory("new", "ADDED")
}

// Neither may a request wait forever for its answer.
func TestServerThatDoesNotAnswer(t *testing.T) {
	b := newBench(t)
	b.create("before")
	hold := make(chan struct{})
	var free sync.Once
	t.Cleanup(func() { free.Do(func() { close(hold) }) })
	b.proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
		return faultproxy.Fault{}, false
	})
	f := b.follow(func(o *watch.Options) { o.InactivityTimeout = 200 * time.Millisecond })
	f.await("the trouble", func() bool { return len(f.troubles) > 0 })
	if !strings.Contains(f.troubles[0].Error(), "was silent for too long") {
		t.Error(f.troubles[0])
	}
	free.Do(func() { close(hold) })
	f.awaitState()
}

// Servers before 1.34 do not stream listings.
func TestListingInPages(t *testing.T) {
	b := newBench(t)
	b.every(30, b.create)
	b.proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) {
		return faultproxy.Fault{Status: http.StatusUnprocessableEntity}, r.URL.Query().Get("sendInitialEvents") != ""
	})
	f := b.follow()
	f.awaitState()
	f.wantStory("cm-001", "LISTED")
	b.delete("cm-001")
	b.create("new")
	f.awaitState()
	if len(f.troubles) > 0 {
		t.Errorf("a fallback is no trouble: %v", f.troubles)
	}
	if n := b.proxy.Count(func(r *http.Request) bool { return !faultproxy.IsWatch(r) }); n == 0 {
		t.Error("nothing was listed")
	}
}

func TestSettingsAreSent(t *testing.T) {
	b := newBench(t)
	f := b.follow(func(o *watch.Options) { o.ServerTimeout = 7 * time.Second; o.Fields = "metadata.name=one" })
	f.awaitSync()
	for _, r := range b.proxy.Requests() {
		q := r.URL.Query()
		if q.Get("timeoutSeconds") != "7" || q.Get("labelSelector") != "mine" || q.Get("fieldSelector") != "metadata.name=one" ||
			q.Get("allowWatchBookmarks") != "true" {
			t.Error(r.URL)
		}
	}
}

// A CRD that goes takes its objects with it, and may come back.
func TestResourceGoesAndComesBack(t *testing.T) {
	b := newBench(t)
	group := b.namespace + ".example.com"
	b.resource = kube.Resource{Group: group, Version: "v1", Kind: "Thing", Plural: "things", Namespaced: true}
	crd := map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "things." + group},
		"spec": map[string]any{
			"group": group, "scope": "Namespaced",
			"names": map[string]any{"kind": "Thing", "plural": "things"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}
	install := func() {
		if err := b.direct.ApplyCRDs(t.Context(), []map[string]any{crd}); err != nil {
			t.Fatal(err)
		}
	}
	crds := b.direct.Dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	remove := func(ctx context.Context) error { return crds.Delete(ctx, "things."+group, metav1.DeleteOptions{}) }
	t.Cleanup(func() { _ = remove(context.Background()) })

	f := b.follow()
	f.await("the trouble without the CRD", func() bool { return len(f.troubles) == 1 })
	checkTrouble(t, f.troubles[0], metav1.StatusReasonNotFound, "the cluster does not serve things.v1."+group)
	install()
	f.await("the end of the trouble", func() bool { return len(f.troubles) == 2 && f.troubles[1] == nil && f.synced == 1 })
	b.create("one")
	f.awaitState()
	if err := remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.await("the trouble after the CRD", func() bool { return len(f.troubles) == 3 && len(f.known) == 0 })
	install()
	f.await("the end of that trouble", func() bool { return len(f.troubles) == 4 && f.troubles[3] == nil })
	b.create("one")
	f.awaitState()
	f.wantStory("one", "ADDED DELETED ADDED")
}

func checkTrouble(t *testing.T, err error, reason metav1.StatusReason, want string) {
	t.Helper()
	if err == nil || apierrors.ReasonForError(err) != reason || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	if trouble := (*watch.Trouble)(nil); !errors.As(err, &trouble) {
		t.Errorf("%T", err)
	}
}

// Missing rights are told once, not with every try, and may come later.
func TestRightsComeLater(t *testing.T) {
	b := newBench(t)
	b.create("before")
	user := "user-of-" + b.namespace
	f := b.follow(func(o *watch.Options) {
		config := rest.CopyConfig(o.Client.REST)
		config.Impersonate.UserName = user
		client, err := kube.NewClient(config, kube.Options{})
		if err != nil {
			t.Fatal(err)
		}
		o.Client = client
	})
	f.await("the trouble", func() bool { return len(f.troubles) > 0 })
	checkTrouble(t, f.troubles[0], metav1.StatusReasonForbidden, "missing rights: configmaps.v1 cannot be listed and watched: ")
	tries := b.lists()
	b.eventually("more tries", func() bool { return b.lists() > tries+4 })
	if len(f.troubles) != 1 {
		t.Errorf("told again: %v", f.troubles)
	}
	b.grant(user)
	f.awaitState()
	if len(f.troubles) != 2 || f.troubles[1] != nil {
		t.Errorf("%v", f.troubles)
	}
	f.wantStory("before", "LISTED")
}

// grant lets a user read ConfigMaps.
func (b *bench) grant(user string) {
	b.t.Helper()
	make := func(plural string, object map[string]any) {
		b.t.Helper()
		gvr := schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: plural}
		object["apiVersion"] = "rbac.authorization.k8s.io/v1"
		object["metadata"] = map[string]any{"name": "reader"}
		if _, err := b.direct.Dynamic.Resource(gvr).Namespace(b.namespace).
			Create(b.t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{}); err != nil {
			b.t.Fatal(err)
		}
	}
	make("roles", map[string]any{"kind": "Role", "rules": []any{map[string]any{
		"apiGroups": []any{""}, "resources": []any{"configmaps"}, "verbs": []any{"list", "watch"},
	}}})
	make("rolebindings", map[string]any{
		"kind":     "RoleBinding",
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
		"subjects": []any{map[string]any{"kind": "User", "name": user}},
	})
}

// eventually waits for what only the proxy sees.
func (b *bench) eventually(what string, seen func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !seen() {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("%s: did not happen", what)
		}
	}
}

// A stream that is asked to end does not wait for a server that is away.
func TestStreamEndsWhileTheServerIsAway(t *testing.T) {
	for name, fault := range map[string]faultproxy.Fault{"busy": {Status: 429}, "broken": {Status: 500}, "cut": {}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) { return fault, true })
			f := b.follow(func(o *watch.Options) { o.ReconnectBackoff = time.Hour })
			b.eventually("a first try", func() bool { return len(b.proxy.Requests()) > 0 })
			began := time.Now()
			f.stop()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
