package runtime_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// librarian indexes gadgets and tells, by widgets, what is in the indexes.
const librarian = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: librarian}
spec:
  resources: {g: gadgets.test.kopf.dev, w: widgets.test.kopf.dev}
  settings: {posting: {enabled: false}}
  indexes:
    - {id: by_shelf, resource: g, match: {when: "!has(spec.lost)"}, key: spec.shelf, value: "${name}"}
    - {id: by_topic, resource: g, match: {labels: {kept: "yes"}}, key: "spec.?topics.orValue([])", value: {name: "${name}", pages: "${spec.pages}"}}
    - {id: broken, resource: g, key: spec.no.such.field, value: x}
  handlers:
    - id: ask
      on: [create, update, resume]
      resource: w
      do:
        - status:
            books: "${index.by_shelf[?spec.shelf].orValue([]).size()}"
            first: "${index.by_shelf[?spec.shelf].orValue(['nothing'])[0]}"
            shelves: "${index.by_shelf.map(s, string(s))}"
            topics: "${index.by_topic.map(t, t + ':' + index.by_topic[t].map(b, b.name).join('+'))}"
    - id: see
      on: event
      resource: g
      do:
        - log: "${event.type} ${name}: shelf ${spec.shelf} has ${index.by_shelf[?spec.shelf].orValue([]).filter(n, n == name).size()} of it."
`

// TestIndexesAreCompleteFirst: a handler of an object that was there before sees all other
// objects that were.
func TestIndexesAreCompleteFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const books = 1000
	w.each(books, func(i int) error {
		object := parse(fmt.Sprintf(`{apiVersion: test.kopf.dev/v1, kind: Gadget, metadata: {name: b-%04d}, spec: {shelf: %d}}`, i, i%2))
		_, err := w.in(gadgets).Create(t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
		return err
	})
	w.create(widgets, `{metadata: {name: one}, spec: {shelf: 1}}`)
	e := w.start(librarian)
	w.becomes(widgets, "one", "status.books", books/2)
	w.becomes(widgets, "one", "status.first", "b-0001")
	w.becomes(widgets, "one", "status.shelves", []any{"0", "1"})
	if n := e.count("an index cannot be evaluated", "index=broken", "no such key: no"); n != 1 {
		t.Errorf("the broken index was told of %d times, want once for all objects", n)
	}
	e.stop()

	w.patch(gadgets, "b-0001", `{spec: {shelf: 5}}`)
	w.delete(gadgets, "b-0003")
	w.patch(widgets, "one", `{spec: {seen: again}}`)
	w.start(librarian)
	w.becomes(widgets, "one", "status.books", books/2-2)
	w.becomes(widgets, "one", "status.first", "b-0005")
}

// TestIndexesFollowTheirObjects: what a handler reads is as new as the event that it handles,
// and newer than all former ones.
func TestIndexesFollowTheirObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(librarian)
	n := 0
	asks := func(shelf string) {
		n++
		w.create(widgets, fmt.Sprintf(`{metadata: {name: w-%d}, spec: {shelf: %s}}`, n, shelf))
	}
	tells := func(path string, want any) {
		w.t.Helper()
		w.becomes(widgets, "w-"+strconv.Itoa(n), "status."+path, want)
	}

	// Its own event.
	w.create(gadgets, `{metadata: {name: a, labels: {kept: "yes"}}, spec: {shelf: 1, topics: [art, music], pages: 5}}`)
	e.says("ADDED a: shelf 1 has 1 of it.")
	w.patch(gadgets, "a", `{spec: {shelf: 2.0}}`)
	e.says("MODIFIED a: shelf 2 has 1 of it.")
	w.create(gadgets, `{metadata: {name: b, labels: {kept: "yes"}}, spec: {shelf: "2", topics: [music]}}`) // a value that fails
	e.says("ADDED b: shelf 2 has 1 of it.")
	asks("2")
	tells("books", 1) // 2 and 2.0 are one key, '2' is another one
	tells("topics", []any{"art:a", "music:a"})
	w.patch(gadgets, "b", `{spec: {pages: 1, topics: [music, zoo, music]}}`)
	e.says("MODIFIED b: shelf 2 has 1 of it.")
	asks("'2'")
	tells("first", "b")
	tells("topics", []any{"art:a", "music:a+b", "zoo:b"})

	// It matches no more, in one of the indexes.
	w.patch(gadgets, "a", `{metadata: {labels: {kept: "no"}}, spec: {shelf: 3}}`)
	e.says("MODIFIED a: shelf 3 has 1 of it.")
	asks("3")
	tells("books", 1)
	tells("topics", []any{"music:b", "zoo:b"})
	w.patch(gadgets, "a", `{spec: {lost: true}}`)
	e.says("MODIFIED a: shelf 3 has 0 of it.")
	asks("3")
	tells("first", "nothing")
	tells("shelves", []any{"2"})

	// It is gone.
	w.delete(gadgets, "b")
	e.says("DELETED b: shelf 2 has 0 of it.")
	asks("'2'")
	tells("shelves", []any{})
	tells("topics", []any{})
}

// TestIndexOfWhatTheServerSelects: an object that has other labels now leaves, though the
// server tells that it was deleted.
func TestIndexOfWhatTheServerSelects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(gadgets, `{metadata: {name: a, labels: {kept: "yes"}}, spec: {}}`)
	w.create(gadgets, `{metadata: {name: b}, spec: {}}`)
	w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: chooser}
spec:
  resources: {g: gadgets.test.kopf.dev, w: widgets.test.kopf.dev}
  indexes:
    - {id: kept, resource: g, match: {labels: {kept: "yes"}}, key: "'all'", value: "${name}"}
  handlers:
    - {id: ask, on: event, resource: w, do: [{status: {kept: "${index.kept[?'all'].orValue([])}"}}]}
`)
	w.create(widgets, `{metadata: {name: one}}`)
	w.becomes(widgets, "one", "status.kept", []any{"a"})
	w.patch(gadgets, "a", `{metadata: {labels: {kept: "no"}}}`)
	w.patch(gadgets, "b", `{metadata: {labels: {kept: "yes"}}}`)
	w.eventually("b is in the index, and a is not", func() (any, bool) {
		w.patch(widgets, "one", fmt.Sprintf(`{metadata: {labels: {n: "%d"}}}`, len(w.list(widgets))))
		seen := fmt.Sprint(w.get(widgets, "one")["status"])
		return seen, strings.Contains(seen, "[b]")
	})
}

// TestIndexWaitsForItsResource: no handler runs before the resource of an index is there.
// Its end leaves the index empty, and stops nobody.
func TestIndexWaitsForItsResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.suffix()
	w.create(widgets, `{metadata: {name: before}}`)
	e := w.start(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: waiter}
spec:
  indexes:
    - {id: all, resource: laters%[1]s.%[2]s, key: "'all'", value: "${name}"}
  handlers:
    - {id: ask, on: create, resource: widgets.test.kopf.dev, do: [{log: "${name} sees ${index.all[?'all'].orValue([])}."}]}
    - {id: raw, on: event, resource: widgets.test.kopf.dev, do: [{log: "raw ${name} sees ${index.all[?'all'].orValue([])}."}]}
`, x, w.group("later")))
	e.says("waiting for a resource", "laters"+x)
	w.create(widgets, `{metadata: {name: meanwhile}}`)
	if n := e.count("sees"); n > 0 {
		t.Errorf("%d handlers ran without the index", n)
	}
	later := w.install(w.group("later"), "laters"+x, fmt.Sprintf(`{kind: Later%[1]s, plural: laters%[1]s, singular: later%[1]s}`, x), "v1")
	e.says("msg=\"before sees")
	e.says("msg=\"meanwhile sees")
	e.says("raw before sees")
	w.object(later, "Later"+x, "first")
	w.eventually("an object is in the index", func() (any, bool) {
		w.create(widgets, fmt.Sprintf(`{metadata: {name: w-%d}}`, len(w.list(widgets))))
		return nil, e.count(`sees [\"first\"].`) > 0
	})
	w.uninstall("laters" + x + "." + w.group("later"))
	e.says("what is watched has changed", `"still watched"=false`)
	w.create(widgets, `{metadata: {name: after}}`)
	e.says(`msg="after sees [].`)
}

// TestIndexThatIsForbidden: without the right to list a resource of an index, no handler
// runs, and the log tells why. The right may come later.
func TestIndexThatIsForbidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(gadgets, `{metadata: {name: a}, spec: {shelf: 1}}`)
	w.create(widgets, `{metadata: {name: one}, spec: {shelf: 1}}`)
	client := w.as("reader", `[{apiGroups: [test.kopf.dev], resources: [widgets, widgets/status], verbs: ["*"]}]`)
	e := w.startWith(librarian, runtime.Options{Client: client, Namespaces: scope.Exactly(w.ns)})
	e.says("no handler runs, since an index cannot be completed", "by_shelf, by_topic, broken", "gadgets.test.kopf.dev", "forbidden")
	if status := w.get(widgets, "one")["status"]; status != nil {
		t.Errorf("a handler ran: %v", status)
	}
	roles := schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}
	_, err := w.client.Dynamic.Resource(roles).Namespace(w.ns).Patch(t.Context(), client.REST.Impersonate.UserName, types.MergePatchType,
		[]byte(`{"rules": [{"apiGroups": ["test.kopf.dev"], "resources": ["*"], "verbs": ["*"]}]}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.becomes(widgets, "one", "status.first", "a")
}

// TestDaemonsSeeTheIndexesChange: an attempt that lasts sees what has changed since it began.
func TestDaemonsSeeTheIndexesChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(widgets, `{metadata: {name: one}}`)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: patient}
spec:
  indexes:
    - {id: all, resource: gadgets.test.kopf.dev, key: name, value: x}
  daemons:
    - id: look
      resource: widgets.test.kopf.dev
      do:
        - repeat:
            every: 20ms
            until: "'late' in index.all"
            do: [{log: "sees ${size(index.all)}."}]
        - log: "there it is, of ${index.all.map(k, k)}."
`)
	e.says("sees 0.")
	w.create(gadgets, `{metadata: {name: early}}`)
	e.says("sees 1.")
	w.create(gadgets, `{metadata: {name: late}}`)
	e.says(`there it is, of [\"early\",\"late\"].`)
	e.stop()
	w.patch(widgets, "one", `{metadata: {finalizers: null}}`)
}
