package runtime_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// scoped handles widgets, and says so.
const scoped = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: scoped}
spec:
  handlers:
    - {id: hi, on: create, resource: widgets.test.kopf.dev, do: [{log: "made ${meta.namespace}/${name}."}]}
    - {id: ear, on: event, resource: widgets.test.kopf.dev, do: [{log: "heard ${event.type} of ${meta.namespace}/${name}."}]}
    - {id: all, on: create, resource: globals.test.kopf.dev, match: {labels: {of: OF}}, do: [{log: "made global ${name}."}]}
`

// named makes the namespace of this name, behind a prefix of the test's own.
func (w *world) named(name string) *world {
	w.t.Helper()
	other := *w
	other.ns = w.suffix() + "-" + name
	_, err := w.client.Dynamic.Resource(namespaces).Create(w.t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": other.ns},
	}}, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(other.clean)
	return &other
}

// patterns reads patterns of namespaces in which @ is the test's own prefix.
func (w *world) patterns(texts ...string) scope.Namespaces {
	w.t.Helper()
	for i := range texts {
		texts[i] = strings.ReplaceAll(texts[i], "@", w.suffix()+"-")
	}
	n, err := scope.Parse(texts...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// behind is a client, through a proxy, for a user who has only the rights of these
// rules, in the world's namespace.
func (w *world) behind(user, rules string) (*kube.Client, *faultproxy.Proxy) {
	w.t.Helper()
	proxy := faultproxy.New(w.t, w.kubeconfig)
	config := rest.CopyConfig(w.connect(proxy.Kubeconfig()).REST)
	config.Impersonate.UserName = user + "-of-" + w.ns
	w.grant(w.ns, config.Impersonate.UserName, rules)
	client, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return client, proxy
}

// watchesIn counts the watches of a resource that were opened in a namespace.
func watchesIn(proxy *faultproxy.Proxy, namespace, plural string) int {
	return proxy.Count(func(r *http.Request) bool {
		return faultproxy.IsWatch(r) && strings.HasSuffix(r.URL.Path, "/namespaces/"+namespace+"/"+plural)
	})
}

// TestNamespacePatterns: namespaces that match are served as they come and go, and
// those given by name before they are there.
func TestNamespacePatterns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	live, pr456 := w.named("app-live"), w.named("app-pr-456")
	live.create(widgets, `{metadata: {name: before}, spec: {}}`)
	pr456.create(widgets, `{metadata: {name: before}, spec: {}}`)
	e := w.startWith(strings.ReplaceAll(scoped, "OF", w.ns), runtime.Options{
		Client: w.connect(proxy.Kubeconfig()), Namespaces: w.patterns("@app-*,!*-pr-*,*-pr-123", "@named"),
	})
	live.handled(widgets, "before", "scoped.kopf.dev")
	if n := e.count("heard <nil> of "+live.ns+"/before.") + e.count("heard null of "+live.ns+"/before."); n != 1 {
		t.Errorf("an object that was there: heard %d times without a type", n)
	}
	e.w.create(globals, fmt.Sprintf(`{metadata: {name: g-%s, labels: {of: %s}}, spec: {}}`, w.suffix(), w.ns))
	defer w.delete(globals, "g-"+w.suffix())
	e.says("made global g-" + w.suffix() + ".")

	pr123, other, named := w.named("app-pr-123"), w.named("other"), w.named("named")
	for _, at := range []*world{pr123, other, named, pr456, live} {
		at.create(widgets, `{metadata: {name: after}, spec: {}}`)
	}
	for _, at := range []*world{pr123, named, live} {
		at.handled(widgets, "after", "scoped.kopf.dev")
		e.says("made " + at.ns + "/after.")
	}

	// A namespace that goes takes its objects with it, and is followed no longer.
	pr123.gone()
	e.says("heard DELETED of " + pr123.ns + "/after.")
	again := w.named("app-pr-123") // its watch is still there
	again.create(widgets, `{metadata: {name: again}, spec: {}}`)
	again.handled(widgets, "again", "scoped.kopf.dev")
	again.gone()
	e.says("heard DELETED of " + pr123.ns + "/again.")
	e.says("no longer watching", "widgets", "namespace="+pr123.ns)
	opened := watchesIn(proxy, pr123.ns, "widgets")
	proxy.Disconnect()
	w.eventually("the others are watched again", func() (any, bool) {
		n := watchesIn(proxy, live.ns, "widgets")
		return n, n > 1
	})
	live.create(widgets, `{metadata: {name: last}, spec: {}}`)
	e.says("made " + live.ns + "/last.")
	if n := watchesIn(proxy, pr123.ns, "widgets"); n != opened {
		t.Errorf("a namespace that is gone is watched: %d times, then %d", opened, n)
	}
	third := w.named("app-pr-123")
	third.create(widgets, `{metadata: {name: third}, spec: {}}`)
	third.handled(widgets, "third", "scoped.kopf.dev")

	for _, at := range []*world{other, pr456} {
		if n := e.count(at.ns+"/") + watchesIn(proxy, at.ns, "widgets"); n != 0 {
			t.Errorf("%s is served", at.ns)
		}
	}
	if n := proxy.Count(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "test.kopf.dev/v1/widgets") }); n != 0 {
		t.Errorf("%d requests for all namespaces", n)
	}
}

// gone deletes the namespace and waits until it is gone.
func (w *world) gone() {
	w.t.Helper()
	w.delete(namespaces, w.ns)
	w.vanishes(namespaces, w.ns)
}

const (
	widgetRules = `{apiGroups: [test.kopf.dev], resources: [widgets, widgets/status], verbs: [list, watch, get, patch]}`
	eventRules  = `{apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}`
)

// TestNamespacedRights: a Role in each of the namespaces is enough, and little is
// asked of the cluster as a whole.
func TestNamespacedRights(t *testing.T) {
	t.Parallel()
	for _, disabled := range []bool{false, true} {
		t.Run(fmt.Sprintf("scanning disabled %v", disabled), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			other := w.elsewhere()
			client, proxy := w.behind("confined", "["+widgetRules+","+eventRules+"]")
			w.grant(other.ns, client.REST.Impersonate.UserName, "["+widgetRules+","+eventRules+"]")
			w.create(widgets, `{metadata: {name: before}, spec: {}}`)
			e := w.startWith(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: confined}
spec:
  settings: {scanning: {disabled: %v}}
  handlers:
    - {id: hi, on: create, resource: widgets.test.kopf.dev, do: [{status: {seen: true}}, {event: {reason: Seen, message: seen}}]}
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}."}]}
`, disabled), runtime.Options{Client: client, Namespaces: scope.Exactly(w.ns, other.ns)})
			for _, at := range []*world{w, other} {
				at.create(widgets, `{metadata: {name: after}, spec: {}}`)
				at.becomes(widgets, "after", "status.seen", true)
				at.handled(widgets, "after", "confined.kopf.dev")
				at.delete(widgets, "after")
				at.vanishes(widgets, "after")
			}
			w.handled(widgets, "before", "confined.kopf.dev")
			wide := map[string]int{}
			for _, r := range proxy.Requests() {
				path := r.URL.Path
				if path != "/api" && path != "/apis" && path != "/version" && !strings.HasPrefix(path, "/openapi/v3") && !strings.Contains(path, "/namespaces/") {
					wide[path]++
				}
			}
			crds := wide["/apis/apiextensions.k8s.io/v1/customresourcedefinitions"]
			delete(wide, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
			if len(wide) > 0 || crds > 2 || disabled && crds > 0 {
				t.Errorf("%d requests for CRDs, and for all namespaces: %v", crds, wide)
			}
			if n := e.count("level=WARN") + e.count("level=ERROR"); n != 0 {
				t.Errorf("%d warnings", n)
			}
		})
	}
}

// TestForbiddenResources: what is forbidden is said once, and the rest works. Once it
// is allowed, it works too.
func TestForbiddenResources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.elsewhere()
	client := w.as("poor", "["+widgetRules+"]")
	e := w.startWith(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: poor}
spec:
  settings: {posting: {enabled: false}}
  handlers:
    - {id: g, on: create, resource: gadgets.test.kopf.dev, do: [{log: "made gadget ${name}."}]}
    - {id: w, on: create, resource: widgets.test.kopf.dev, do: [{log: "made ${meta.namespace}/${name}."}]}
    - {id: c, on: create, resource: globals.test.kopf.dev, match: {labels: {of: %s}}, do: [{log: "made global ${name}."}]}
    - {id: m, on: create, resource: missing%s, do: [{log: never}]}
`, w.ns, w.suffix()), runtime.Options{Client: client, Namespaces: scope.Exactly(w.ns, other.ns)})
	// It is ready, which startWith waits for.
	e.says("begins without what cannot be watched")
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	other.create(widgets, `{metadata: {name: far}, spec: {}}`)
	w.create(gadgets, `{metadata: {name: two}, spec: {}}`)
	w.handled(widgets, "one", "poor.kopf.dev")
	for _, missing := range []string{
		`gadgets.v1.test.kopf.dev cannot be listed and watched`, `globals.v1.test.kopf.dev cannot be listed and watched`, `widgets.v1.test.kopf.dev cannot be listed and watched`,
	} {
		e.says("missing rights: ", missing)
	}
	e.says("waiting for a resource", "missing"+w.suffix())
	if n := e.count("made gadget") + e.count("made "+other.ns); n != 0 {
		t.Error("a forbidden object is handled")
	}
	w.grant(other.ns, client.REST.Impersonate.UserName, "["+widgetRules+"]")
	e.says("made " + other.ns + "/far.")
	for words, want := range map[string]int{"missing rights: gadgets": 2, "missing rights: globals": 1, "missing rights: widgets": 1, "waiting for a resource": 1} {
		if n := e.count(words); n != want {
			t.Errorf("%q is said %d times, not %d", words, n, want)
		}
	}
}

// TestPatternsWithoutRights: who may not list the namespaces serves those given by name.
func TestPatternsWithoutRights(t *testing.T) {
	t.Parallel()
	for _, disabled := range []bool{false, true} {
		t.Run(fmt.Sprintf("scanning disabled %v", disabled), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.named("one")
			client := w.as("confined", "["+widgetRules+"]")
			e := w.startWith(strings.Replace(scoped, "spec:", fmt.Sprintf("spec:\n  settings: {posting: {enabled: false}, scanning: {disabled: %v}}", disabled), 1),
				runtime.Options{Client: client, Namespaces: w.patterns(w.ns, "@*")})
			w.create(widgets, `{metadata: {name: one}, spec: {}}`)
			w.handled(widgets, "one", "scoped.kopf.dev")
			e.says("missing rights: namespaces")
			if n := e.count("missing rights: namespaces"); n != 1 {
				t.Errorf("said %d times", n)
			}
		})
	}
}

// TestScanningDisabled: what is there at the start counts, and nothing is asked of the
// cluster after that.
func TestScanningDisabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	early := w.named("early")
	proxy := faultproxy.New(t, w.kubeconfig)
	operator := func(name string, disabled bool) string {
		return fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: %[1]s}
spec:
  settings: {scanning: {disabled: %[2]v}}
  handlers:
    - {id: w, on: create, resource: widgets.test.kopf.dev, do: [{log: "%[1]s made ${meta.namespace}/${name}."}]}
    - {id: late, on: event, resource: late%[3]s, do: [{log: "%[1]s saw ${name}."}]}
`, name, disabled, x)
	}
	still := w.startWith(operator("still", true), runtime.Options{Client: w.connect(proxy.Kubeconfig()), Namespaces: w.patterns("@*", w.ns)})
	still.says("with scanning.disabled not waited for", "late"+x)
	asked := proxy.Count(isDiscovery)
	watchful := w.startWith(operator("watchful", false), runtime.Options{Client: w.client, Namespaces: w.patterns("@*", w.ns)})

	late := w.install(w.group("one"), "late"+x, fmt.Sprintf(`{kind: Late%[1]s, plural: late%[1]s}`, x), "v1")
	w.object(late, "Late"+x, "first")
	watchful.says("watchful saw first.")
	after := w.named("after")
	for _, at := range []*world{early, after, w} {
		at.create(widgets, `{metadata: {name: one}, spec: {}}`)
		watchful.says("watchful made " + at.ns + "/one.")
	}
	still.says("still made " + early.ns + "/one.")
	still.says("still made " + w.ns + "/one.")
	if n := still.count("still made "+after.ns) + still.count("still saw first."); n != 0 {
		t.Error("what came later is served")
	}
	if n := proxy.Count(isDiscovery); n != asked {
		t.Errorf("the cluster is asked %d times after the start what it serves", n-asked)
	}
	if n := proxy.Count(func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/customresourcedefinitions") || faultproxy.IsWatch(r) && strings.HasSuffix(r.URL.Path, "/v1/namespaces")
	}); n != 0 {
		t.Errorf("%d requests for CRDs or watches of namespaces", n)
	}
}

func isDiscovery(r *http.Request) bool { return r.URL.Path == "/apis" }

// TestNewResourcesAtOnce: an operator that waits for nothing learns of a resource long
// before discovery is asked again by the clock, and of its end.
func TestNewResourcesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	names := `{kind: %[1]s%[2]s, plural: %[1]s%[2]s, categories: [cat%[2]s]}`
	w.install(w.group("one"), "first"+x, fmt.Sprintf(strings.ReplaceAll(names, "kind: %[1]s", "kind: First"), "first", x), "v1")
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: prompt}
spec:
  handlers:
    - {id: all, on: event, resource: {category: cat%s}, do: [{log: "heard ${event.type} of ${resource.kind} ${resource.version} ${name}."}]}
`, x))
	second := w.install(w.group("one"), "second"+x, fmt.Sprintf(strings.ReplaceAll(names, "kind: %[1]s", "kind: Second"), "second", x), "v1")
	installed := time.Now()
	w.object(second, "Second"+x, "two")
	e.says("of Second" + x + " v1 two.")
	t.Logf("served %s after it was installed", time.Since(installed))
	if took := time.Since(installed); took > 25*time.Second { // the clock's interval is 30 s
		t.Errorf("it took %s", took)
	}
	began := time.Now()
	w.uninstall("second" + x + "." + w.group("one"))
	e.says("heard DELETED of Second" + x + " v1 two.")
	e.says("what is watched has changed", "second"+x, "still watched\"=false")
	if took := time.Since(began); took > 29*time.Second {
		t.Errorf("it took %s", took)
	}
	w.install(w.group("one"), "second"+x, fmt.Sprintf(strings.ReplaceAll(names, "kind: %[1]s", "kind: Second"), "second", x), "v1")
	w.object(second, "Second"+x, "three")
	e.says("of Second" + x + " v1 three.")
}

// TestAnyIsNotEvents: neither API of Kubernetes events is meant by any or a category,
// but both can be named.
func TestAnyIsNotEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	e := w.startWith(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: curious}
spec:
  handlers:
    - {id: core, on: event, resource: {group: "", any: true, when: "resource.plural in ['events', 'configmaps']"}, do: [{log: "core saw ${body.kind} ${name}."}]}
    - {id: new, on: event, resource: {group: events.k8s.io, any: true}, do: [{log: never}]}
    - {id: when, on: event, resource: {any: true, when: "resource.kind == 'Event'"}, do: [{log: never}]}
`, runtime.Options{Client: w.connect(proxy.Kubeconfig()), Namespaces: scope.Exactly(w.ns)})
	w.create(configMaps, `{metadata: {name: one}}`)
	e.says("core saw ConfigMap one.")
	if n := proxy.Count(func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/events")
	}); n != 0 {
		t.Errorf("events are asked for %d times", n)
	}
	named := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: explicit}
spec:
  settings: {posting: {enabled: false}}
  handlers:
    - {id: core, on: event, resource: v1/events, do: [{log: "core saw ${body.reason}."}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: poster}
spec:
  handlers:
    - {id: post, on: create, resource: widgets.test.kopf.dev, do: [{event: {reason: Told, message: told}}]}
`)
	named.says("core saw Told.")
}

// TestAmbiguityAtRunTime: a second resource of a name ends the watch of the first, as it
// would after a restart; a predicate may choose between them.
func TestAmbiguityAtRunTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	names := fmt.Sprintf(`{kind: Pair%[1]s, plural: pair%[1]s}`, x)
	left := w.install(w.group("left"), "pair"+x, names, "v1")
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: undecided}
spec:
  handlers:
    - {id: short, on: event, resource: pair%[1]s, do: [{log: "short saw ${name}."}]}
---
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: decided}
spec:
  handlers:
    - {id: chosen, on: event, resource: {kind: Pair%[1]s, when: "resource.group == '%[2]s'"}, do: [{log: "chosen saw ${name}."}]}
`, x, w.group("left")))
	w.object(left, "Pair"+x, "one")
	e.says("short saw one.")
	e.says("chosen saw one.")
	right := w.install(w.group("right"), "pair"+x, names, "v1")
	e.says("waiting for a resource", "pair"+x+".v1."+w.group("left")+" and pair"+x+".v1."+w.group("right"), "add the group", "operator=undecided")
	e.says("what is watched has changed", "operator=undecided")
	w.object(right, "Pair"+x, "wrong")
	w.object(left, "Pair"+x, "two")
	e.says("chosen saw two.")
	if n := e.count("short saw two.") + e.count("saw wrong."); n != 0 {
		t.Errorf("%d events of objects that are not meant", n)
	}
	w.uninstall("pair" + x + "." + w.group("right"))
	e.says("short saw two.")
}

// TestUnclearPredicates: a resource for which `when` cannot be evaluated is not meant; the
// others are.
func TestUnclearPredicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	w.install(w.group("one"), "plain"+x, fmt.Sprintf(`{kind: Plain%[1]s, plural: plain%[1]s}`, x), "v1")
	short := w.install(w.group("one"), "short"+x, fmt.Sprintf(`{kind: Short%[1]s, plural: short%[1]s, shortNames: [s%[1]s]}`, x), "v1")
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: keen}
spec:
  handlers:
    - {id: all, on: event, resource: {group: %s, any: true, when: "resource.shortNames[0].startsWith('s')"}, do: [{log: "saw ${name}."}]}
`, w.group("one")))
	w.object(short, "Short"+x, "one")
	e.says("saw one.")
}
