package runtime_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/peer"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

var (
	peerings        = schema.GroupVersionResource{Group: "kopf.dev", Version: "v1", Resource: "kopfpeerings"}
	clusterPeerings = schema.GroupVersionResource{Group: "kopf.dev", Version: "v1", Resource: "clusterkopfpeerings"}
	olderPeerings   = schema.GroupVersionResource{Group: "zalando.org", Version: "v1", Resource: "kopfpeerings"}
)

// neighbourhood is a world with a peering object.
type neighbourhood struct {
	*world
	objects dynamic.ResourceInterface
	name    string
}

// neighbours makes a world whose namespace has the peering object "default".
func neighbours(t *testing.T) *neighbourhood {
	t.Helper()
	n := peeringWorld(t, peerings)
	n.found()
	return n
}

// peeringWorld makes a world with the kinds, but without an object.
func peeringWorld(t *testing.T, gvr schema.GroupVersionResource) *neighbourhood {
	t.Helper()
	w := newWorld(t)
	var crds []map[string]any
	for text := range strings.SplitSeq(peer.Definitions, "\n---\n") {
		if object := parse(text); object["kind"] == "CustomResourceDefinition" {
			crds = append(crds, object)
		}
	}
	if gvr == olderPeerings {
		text := strings.ReplaceAll(strings.Split(peer.Definitions, "\n---\n")[1], "kopf.dev", "zalando.org")
		crds = append(crds, parse(text))
	}
	if err := w.client.ApplyCRDs(t.Context(), crds); err != nil {
		t.Fatal(err)
	}
	if gvr == clusterPeerings {
		return &neighbourhood{w, w.client.Dynamic.Resource(gvr), w.ns}
	}
	return &neighbourhood{w, w.client.Dynamic.Resource(gvr).Namespace(w.ns), "default"}
}

// found makes the peering object.
func (n *neighbourhood) found() {
	n.t.Helper()
	for _, kind := range []struct{ version, kind string }{
		{"kopf.dev/v1", "KopfPeering"}, {"kopf.dev/v1", "ClusterKopfPeering"}, {"zalando.org/v1", "KopfPeering"},
	} {
		u := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": kind.version, "kind": kind.kind, "metadata": map[string]any{"name": n.name},
		}}
		if _, err := n.objects.Create(n.t.Context(), u, metav1.CreateOptions{}); err == nil {
			n.t.Cleanup(func() { _ = n.objects.Delete(context.Background(), n.name, metav1.DeleteOptions{}) })
			return
		}
	}
	n.t.Fatal("cannot make the peering object")
}

// write patches the status of the peering object.
func (n *neighbourhood) write(text string) {
	n.t.Helper()
	body, err := yaml.YAMLToJSON([]byte("status: " + text))
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.objects.Patch(n.t.Context(), n.name, types.MergePatchType, body, metav1.PatchOptions{}); err != nil {
		n.t.Fatal(err)
	}
}

// entries are those of the peering object.
func (n *neighbourhood) entries() map[string]any {
	n.t.Helper()
	u, err := n.objects.Get(context.Background(), n.name, metav1.GetOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	status, _ := u.Object["status"].(map[string]any)
	return status
}

// populated waits until the peering object has so many entries.
func (n *neighbourhood) populated(count int) {
	n.t.Helper()
	n.eventually(fmt.Sprintf("%d entries", count), func() (any, bool) {
		entries := n.entries()
		return entries, len(entries) == count
	})
}

// peered is an operator that tells what it does, and as whom.
func (n *neighbourhood) peered(who, settings string) string {
	return fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: peered}
spec:
  settings: {posting: {enabled: false}, peering: {%[2]s}}
  handlers:
    - {id: made, on: create, resource: widgets.test.kopf.dev, match: {when: "meta.?namespace.orValue('') == '%[3]s'"}, do: [{log: "%[1]s made ${name}."}]}
    - {id: changed, on: update, resource: widgets.test.kopf.dev, match: {when: "meta.?namespace.orValue('') == '%[3]s'"}, do: [{log: "%[1]s changed ${name} from ${old.spec.size} to ${new.spec.size}."}]}
`, who, settings, n.ns)
}

func widget(name string, n int) string {
	return fmt.Sprintf(`{metadata: {name: %s}, spec: {size: %d}}`, name, n)
}

// TestPeeringByPriority: the engine with the highest priority works, and only that one.
func TestPeeringByPriority(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	low := n.start(n.peered("low", "priority: -1"))
	low.says("taking part in the peering")
	n.create(widgets, widget("one", 1))
	low.says("low made one.")

	high := n.start(n.peered("high", "priority: 10"))
	n.populated(2)
	low.says("pausing: paused in favour of ", "(priority 10)")
	n.handled(widgets, "one", "peered.kopf.dev")
	n.create(widgets, widget("two", 1))
	high.says("high made two.")
	n.handled(widgets, "two", "peered.kopf.dev")
	n.patch(widgets, "one", `{spec: {size: 2}}`)
	high.says("high changed one from 1 to 2.")
	n.handled(widgets, "one", "peered.kopf.dev")

	high.stop()
	n.populated(1) // it has left at once, not after its lifetime
	low.says("resuming")
	n.create(widgets, widget("three", 1))
	low.says("low made three.")
	if low.count("low made two.")+low.count("low changed one")+high.count("high made one.") > 0 {
		t.Error("both engines have handled an object")
	}
	low.stop()
	n.populated(0)
}

// TestPeeringOfTheSamePriority: both pause, and both say so loudly.
func TestPeeringOfTheSamePriority(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	a := n.start(n.peered("a", ""))
	a.says("taking part in the peering")
	b := n.start(n.peered("b", ""))
	for _, e := range []*engine{a, b} {
		e.says("level=WARN", "pausing: paused, as are all others of the same priority: ")
	}
	made := n.create(widgets, widget("one", 1))
	n.write(`{nobody: {priority: -9, lifetime: 60}}`) // both have seen this when both have seen the widget
	time.Sleep(time.Second)                           // and would have had the time to act on it
	if got := n.get(widgets, "one"); at(got, "metadata.resourceVersion") != made.GetResourceVersion() {
		t.Error("an object was handled though both are paused")
	}
	b.stop()
	a.says("resuming")
	a.says("a made one.")
	if b.count("b made one.") > 0 {
		t.Error("the paused engine has handled an object at its end")
	}
}

// TestPeeringWithKopf: an entry as Kopf writes it is honoured, until its time is over, without
// any event; nothing is written meanwhile, and nothing lost.
func TestPeeringWithKopf(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	golden, err := os.ReadFile("peer/testdata/kopf.yaml")
	if err != nil {
		t.Fatal(err)
	}
	alice := parse(string(golden))["status"].(map[string]any)["alice@laptop/20261125115959/q7x"].(map[string]any)
	e := n.start(n.peered("ours", ""))
	n.create(widgets, widget("one", 1))
	e.says("ours made one.")
	n.handled(widgets, "one", "peered.kopf.dev")

	begin := time.Now()
	text := fmt.Sprintf(`{"alice@laptop/20261125115959/q7x": {priority: %v, lifetime: 4, lastseen: "%s"}}`,
		alice["priority"], begin.UTC().Format("2006-01-02T15:04:05.000000+00:00"))
	n.write(text)
	e.says("pausing: paused in favour of alice@laptop/20261125115959/q7x (priority 666)")
	var last string
	for i := range 3 {
		last = n.patch(widgets, "one", fmt.Sprintf(`{spec: {size: %d}}`, i+2)).GetResourceVersion()
	}
	made := n.create(widgets, widget("two", 1)).GetResourceVersion()
	for time.Since(begin) < 3500*time.Millisecond {
		one, two := n.get(widgets, "one"), n.get(widgets, "two")
		if time.Since(begin) < 4*time.Second && (at(one, "metadata.resourceVersion") != last || at(two, "metadata.resourceVersion") != made) {
			t.Fatal("an object was written during the pause")
		}
		time.Sleep(100 * time.Millisecond)
	}
	e.says("resuming")
	if took := time.Since(begin); took < 4*time.Second {
		t.Errorf("resumed after %s, within the lifetime", took)
	}
	e.says("ours made two.")
	e.says("ours changed one from 1 to 4.")
	if e.count("ours changed one") > 1 {
		t.Error("what was missed is more than one update")
	}
	n.populated(1) // the dead one was taken away
}

// TestPeeringKeepAlive: the entry is renewed, in Kopf's form.
func TestPeeringKeepAlive(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	e := n.start(n.peered("ours", "lifetime: 2s, priority: 5"))
	n.populated(1)
	seen := map[string]bool{}
	n.eventually("three renewals", func() (any, bool) {
		for identity, value := range n.entries() {
			entry := value.(map[string]any)
			if !strings.Contains(identity, "@") || len(entry) != 3 || entry["priority"] != int64(5) || entry["lifetime"] != int64(2) {
				t.Fatalf("the entry is %s: %v", identity, entry)
			}
			last := stamp(entry["lastseen"])
			if age := time.Since(last); age > 2*time.Second+time.Second {
				t.Errorf("the entry is %s old", age)
			}
			seen[last.String()] = true
		}
		return seen, len(seen) >= 4
	})
	e.says("renewed the own entry")
	n.write(`{` + fmt.Sprintf("%q", first(n.entries())) + `: null}`) // somebody's clock is ahead
	n.populated(1)
	e.stop()
	n.populated(0)
}

func first(m map[string]any) string {
	for key := range m {
		return key
	}
	return ""
}

func TestPeeringStealth(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	e := n.start(n.peered("ours", "stealth: true"))
	n.populated(1)
	e.says("taking part in the peering")
	n.create(widgets, widget("one", 1))
	e.says("ours made one.")
	if e.count("renewed the own entry") > 0 {
		t.Error("a renewal was logged")
	}
}

// TestPeeringStandalone: others are no matter, and see nothing.
func TestPeeringStandalone(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	n.write(`{boss: {priority: 1000, lifetime: 3600}}`)
	e := n.start(n.peered("ours", "standalone: true"))
	n.create(widgets, widget("one", 1))
	e.says("ours made one.")
	n.handled(widgets, "one", "peered.kopf.dev")
	e.stop()
	n.populated(1)
	if e.count("peering") > 0 {
		t.Error("the log of a standalone engine tells of peering")
	}
}

// TestPeeringOfOneName: who has another peering name is not seen.
func TestPeeringOfOneName(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	n.write(`{boss: {priority: 1000, lifetime: 3600}}`)
	n.name = "other"
	n.found()
	e := n.start(n.peered("ours", "name: other"))
	n.populated(1)
	n.create(widgets, widget("one", 1))
	e.says("ours made one.")
}

// TestPeeringMandatory: without a peering object nothing is done, until there is one.
func TestPeeringMandatory(t *testing.T) {
	t.Parallel()
	n := peeringWorld(t, peerings)
	e := n.start(n.peered("ours", "mandatory: true"))
	made := n.create(widgets, widget("one", 1))
	e.says("level=WARN", `pausing: the peering is mandatory, but there is no KopfPeering \"default\" in namespace `+n.ns, "kopf-declarative crds")
	time.Sleep(500 * time.Millisecond) // it would have had the time
	if got := n.get(widgets, "one"); at(got, "metadata.resourceVersion") != made.GetResourceVersion() {
		t.Error("an object was handled without the mandatory peering")
	}
	n.found()
	e.says("taking part in the peering")
	e.says("ours made one.")
	n.handled(widgets, "one", "peered.kopf.dev")
	if err := n.objects.Delete(t.Context(), n.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	n.eventually("a pause again", func() (any, bool) {
		return e.count("pausing: the peering is mandatory"), e.count("pausing: the peering is mandatory") == 2
	})
}

// TestPeeringDetected: without a peering object it runs on its own, says so once, and takes
// part as soon as there is one.
func TestPeeringDetected(t *testing.T) {
	t.Parallel()
	n := peeringWorld(t, peerings)
	e := n.start(n.peered("ours", ""))
	n.create(widgets, widget("one", 1))
	e.says("ours made one.")
	e.says("level=INFO", "running without peering: there is no KopfPeering")
	n.found()
	e.says("taking part in the peering")
	n.write(`{boss: {priority: 1000, lifetime: 3600, message: moving the database}}`)
	e.says("pausing: paused in favour of boss (priority 1000: moving the database)")
	if err := n.objects.Delete(t.Context(), n.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	e.says("resuming")
	n.create(widgets, widget("two", 1))
	e.says("ours made two.")
}

// TestPeeringOfTheOlderGroup: what Kopf had before works too.
func TestPeeringOfTheOlderGroup(t *testing.T) {
	t.Parallel()
	n := peeringWorld(t, olderPeerings)
	n.found()
	n.write(`{boss: {priority: 1000, lifetime: 3600}}`)
	e := n.start(n.peered("ours", ""))
	e.says("pausing: paused in favour of boss (priority 1000)")
	n.populated(2)
	n.create(widgets, widget("one", 1))
	n.write(`{boss: null}`)
	e.says("resuming")
	e.says("ours made one.")
}

// TestPeeringClusterwide: who watches all namespaces looks at the object without one.
func TestPeeringClusterwide(t *testing.T) {
	t.Parallel()
	n := peeringWorld(t, clusterPeerings)
	n.found()
	e := n.startWith(n.peered("ours", "name: "+n.name), runtime.Options{Client: n.client})
	n.populated(1)
	n.create(widgets, widget("one", 1))
	e.says("ours made one.")
	other := n.startWith(n.peered("theirs", "priority: 1, name: "+n.name), runtime.Options{Client: n.client})
	e.says("pausing: paused in favour of")
	n.create(widgets, widget("two", 1))
	other.says("theirs made two.")
	n.handled(widgets, "two", "peered.kopf.dev")
	other.stop()
	e.says("resuming")
	n.create(widgets, widget("three", 1))
	e.says("ours made three.")
	if e.count("ours made two.") > 0 {
		t.Error("both have handled an object")
	}
}

// TestPeeringWithinAnEngine: the operators of one engine are one peer, with the highest of
// their priorities.
func TestPeeringWithinAnEngine(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	second := strings.Replace(n.peered("second", "priority: 3"), "name: peered", "name: second", 1)
	e := n.start(n.peered("first", "") + "---" + second)
	n.populated(1)
	if entry := n.entries()[first(n.entries())].(map[string]any); entry["priority"] != int64(3) {
		t.Errorf("the entry is %v", entry)
	}
	n.create(widgets, widget("one", 1))
	e.says("first made one.")
	e.says("second made one.")
	n.write(`{boss: {priority: 4, lifetime: 3600}}`)
	e.says("pausing")
	n.write(`{boss: null}`)
	e.says("resuming")
}

// TestPeeringWithoutRights: who may not read peering objects runs without, and who may not
// write them still takes notice of others.
func TestPeeringWithoutRights(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	n.write(`{boss: {priority: 1000, lifetime: 3600}}`)
	const own = `{apiGroups: [test.kopf.dev], resources: ["*"], verbs: ["*"]}`
	blind := n.startWith(n.peered("blind", ""), runtime.Options{Client: n.as("blind", "["+own+"]"), Namespaces: scope.Exactly(n.ns)})
	blind.says("level=INFO", "running without peering: it cannot be read")
	n.create(widgets, widget("one", 1))
	blind.says("blind made one.")
	blind.stop()

	mute := n.startWith(n.peered("mute", ""), runtime.Options{
		Client:     n.as("mute", "["+own+`, {apiGroups: [kopf.dev], resources: [kopfpeerings], verbs: [get, list, watch]}]`),
		Namespaces: scope.Exactly(n.ns),
	})
	mute.says("pausing: paused in favour of boss")
	mute.says("level=WARN", "cannot renew the own entry")
	n.create(widgets, widget("two", 1))
	n.write(`{boss: null}`)
	mute.says("resuming")
	mute.says("mute made two.")
}

// TestPeeringInEachNamespace: each served namespace has its own peering, and a reason to pause
// in one of them pauses the whole operator, as in Kopf. Namespaces may come later.
func TestPeeringInEachNamespace(t *testing.T) {
	t.Parallel()
	n := neighbours(t)
	other := n.elsewhere()
	e := n.startWith(n.peered("ours", ""), runtime.Options{Client: n.client, Namespaces: scope.Exactly(n.ns, other.ns)})
	e.says("taking part in the peering, but not everywhere: there is no KopfPeering", other.ns)
	n.populated(1)
	there := &neighbourhood{other, other.client.Dynamic.Resource(peerings).Namespace(other.ns), "default"}
	there.found()
	there.populated(1)
	there.write(`{boss: {priority: 1000, lifetime: 3600}}`)
	e.says("pausing: paused in favour of boss")
	n.create(widgets, widget("one", 1))
	there.write(`{boss: null}`)
	e.says("resuming")
	e.says("ours made one.")
	e.stop()
	n.populated(0)
	there.populated(0)
}
