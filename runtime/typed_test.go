package runtime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// clock is a definition whose objects have values of all formats; `at` has the one given.
func clock(group, at string) map[string]any {
	return parse(fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clocks.%[1]s}
spec:
  group: %[1]s
  scope: Namespaced
  names: {kind: Clock, plural: clocks, singular: clock}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                since: {type: string, format: date-time}
                day: {type: string, format: date}
                every: {type: string, format: duration}
                secret: {type: string, format: byte}
                ratio: {type: number}
                size: {type: integer}
                port: {x-kubernetes-int-or-string: true}
                at: {type: string, format: %[2]s}
                windows:
                  type: array
                  items: {type: object, properties: {from: {type: string, format: date-time}, name: {type: string}}}
                days: {type: object, additionalProperties: {type: string, format: duration}}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true}
            status:
              type: object
              x-kubernetes-preserve-unknown-fields: true
              properties:
                last: {type: string, format: date-time}
`, group, at))
}

const clockSpec = `
  since: "2026-01-01T00:00:00.000000Z"
  day: "2026-01-02"
  every: 90m
  secret: aGVsbG8=
  ratio: 3
  size: 2
  port: http
  at: "2026-01-01"
  windows: [{from: "2026-01-01T00:00:00+02:00", name: a}, {from: "2026-02-01T00:00:00Z", name: b}]
  days: {mon: 1h, tue: 36h}
  free: {from: "2026-01-01T00:00:00Z"}
`

// clocks installs the definition for the time of a test.
func (w *world) clocks(group, at string) schema.GroupVersionResource {
	w.t.Helper()
	w.redefine(group, at)
	w.t.Cleanup(func() { w.uninstall("clocks." + group) })
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: "clocks"}
}

func (w *world) redefine(group, at string) {
	w.t.Helper()
	if err := w.client.ApplyCRDs(w.t.Context(), []map[string]any{clock(group, at)}); err != nil {
		w.t.Fatal(err)
	}
}

// typed makes an object of a definition of the test's.
func (w *world) typed(gvr schema.GroupVersionResource, kind, text string) {
	w.t.Helper()
	object := parse(text)
	object["apiVersion"], object["kind"] = gvr.GroupVersion().String(), kind
	if _, err := w.in(gvr).Create(w.t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// TestTypedValues has an operator in which every variable of an object has the types of the
// schema, everywhere, also after a restart.
func TestTypedValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.group("typed")
	gvr := w.clocks(group, "date")
	operator := strings.ReplaceAll(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: typed}
spec:
  resources: {copies: widgets.test.kopf.dev, clocks: clocks.GROUP}
  filters:
    overdue: now - spec.since > duration('1h')
  indexes:
    - id: by_secret
      resource: clocks.GROUP
      match: {when: "overdue && spec.ratio * 2.0 == 6.0"}
      key: string(spec.secret)
      value: ${spec}
  handlers:
    - id: made
      on: [create, resume]
      resource: clocks.GROUP
      match:
        field: spec.since
        value: {when: "value < timestamp('2026-06-01T00:00:00Z')"}
        when: "overdue && spec.every < duration('2h') && string(spec.secret) == 'hello' && spec.ratio * 2.0 == 6.0"
      vars:
        copied: ${spec}
        since: ${spec.since}
      do:
        - name: copy
          create:
            ifExists: keep
            object:
              apiVersion: test.kopf.dev/v1
              kind: Widget
              metadata: {name: "${name}-copy"}
              spec: {whole: "${spec}", since: "${spec.since}", day: "${spec.day}", every: "${spec.every}", ratio: "${vars.copied.ratio}"}
        - name: read
          get: {target: {apiVersion: GROUP/v1, kind: Clock, name: "${name}"}}
        - name: children
          wait: {for: "children.copies.all(c, c.metadata.creationTimestamp <= now + duration('1m'))"}
        - forEach: spec.windows
          when: item.from > spec.since
          log: "window ${item.name} from ${item.from}"
        - name: last
          status:
            facts:
              read: ${now - steps.read.spec.since > duration('1h') && steps.copy.metadata.creationTimestamp > spec.since}
              text: "${vars.since} ${steps.read.spec.day} ${spec.days.tue > duration('24h')} ${spec.port} ${spec.size * 2}"
              kept: ${index.by_secret[string(spec.secret)][0].since == '2026-01-01T00:00:00.000000Z'}
              meta: ${meta.creationTimestamp.getFullYear() > 2000 && timestamp(meta.creationTimestamp) == body.metadata.creationTimestamp}
              free: ${spec.free.from.startsWith('2026')}
            last: ${now}
        - log: "is done ${steps.last.last <= now}"
    - id: seen
      on: event
      resource: clocks.GROUP
      do: [{log: "event ${event.object.spec.day < now}"}]
    - id: changed
      on: update
      resource: clocks.GROUP
      match: {when: "old.spec.since != new.spec.since"}
      do: [{log: "changed by ${new.spec.since - old.spec.since}, since ${now - status.last > duration('0s')}"}]
    - id: field
      on: field
      field: spec.day
      resource: clocks.GROUP
      do: [{log: "day ${old < new} ${old} ${new}"}]
`, "GROUP", group)
	w.lints(operator, clock(group, "date"), crd("Widget", "widgets", "Namespaced", `{status: {}}`))
	e := w.start(operator)
	w.typed(gvr, "Clock", `{metadata: {name: one}, spec: {`+strings.ReplaceAll(strings.TrimSpace(clockSpec), "\n", ", ")+`}}`)
	e.says("is done true")
	e.says("event true")
	if n := e.count("window"); n != 1 || e.count("window b from 2026-02-01T00:00:00Z") != 1 {
		t.Errorf("%d windows", n)
	}
	stored, _, _ := unstructured.NestedMap(w.get(gvr, "one"), "spec")
	copied, _, _ := unstructured.NestedMap(w.get(widgets, "one-copy"), "spec")
	if want, got := encoded(t, stored), encoded(t, copied["whole"]); got != want {
		t.Errorf("the copy differs:\n%s\n%s", got, want)
	}
	for field, want := range map[string]any{"since": "2026-01-01T00:00:00.000000Z", "day": "2026-01-02", "every": "90m", "ratio": int64(3)} {
		if copied[field] != want {
			t.Errorf("%s is copied as %v", field, copied[field])
		}
	}
	facts := map[string]any{"read": true, "text": "2026-01-01T00:00:00.000000Z 2026-01-02 true http 4", "kept": true, "meta": true, "free": true}
	w.becomes(gvr, "one", "status.facts", facts)
	w.patch(gvr, "one", `{spec: {since: "2026-01-01T01:00:00Z", day: "2026-01-03"}}`)
	e.says("changed by 1h0m0s, since true")
	e.says("day true 2026-01-02 2026-01-03")
	w.handled(gvr, "one", "typed.kopf.dev")
	e.stop()
	e = w.start(operator)
	e.says("is done true")
	if n := e.count("level=ERROR") + e.count("level=WARN"); n > 0 {
		t.Errorf("%d problems", n)
	}
}

// lints checks that lint knows the types and has nothing against an operator.
func (w *world) lints(operator string, crds ...map[string]any) {
	w.t.Helper()
	for _, crd := range crds {
		operator += "\n---\n" + encoded(w.t, crd)
	}
	_, found := lint.Sources([]spec.Source{{Name: "operator.yaml", Text: []byte(operator)}}, nil)
	for _, d := range found {
		if d.Severity == diag.Error {
			w.t.Errorf("%v", d)
		}
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSchemaChanges: the next handling of an object knows the new schema, with and without the right
// to watch CustomResourceDefinitions.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"", "typist"} {
		t.Run("as "+user, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			group := w.group("changes")
			gvr := w.clocks(group, "password")
			client := w.client
			if user != "" {
				client, _ = w.behind(user, fmt.Sprintf(`[{apiGroups: [%q], resources: [clocks, clocks/status], verbs: [list, watch, get, patch]}]`, group))
			}
			e := w.startWith(fmt.Sprintf(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: changes}
spec:
  handlers:
    - {id: kind, on: [create, update], resource: clocks.%s, do: [{log: "round ${spec.size} ${type(spec.at) == string} ${type(meta.creationTimestamp) == string}"}]}
`, group), runtime.Options{Client: client, Namespaces: scope.Exactly(w.ns)})
			w.typed(gvr, "Clock", `{metadata: {name: one}, spec: {at: "2026-01-01", size: 0}}`)
			e.says("round 0 true false")
			w.redefine(group, "date")
			size := 0
			w.eventually("the new schema", func() (any, bool) {
				size++
				w.patch(gvr, "one", fmt.Sprintf(`{spec: {size: %d}}`, size))
				e.says(fmt.Sprintf("round %d ", size))
				return size, e.count(fmt.Sprintf("round %d false false", size)) == 1
			})
			if n := e.count("what is watched has changed"); n > 0 {
				t.Errorf("the watch was begun anew %d times", n)
			}
		})
	}
}

// TestBuiltinKindsAreTyped: a handler of Secrets sees bytes, and steps see times of a Lease and a Deployment.
func TestBuiltinKindsAreTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: builtin}
spec:
  handlers:
    - id: secret
      on: create
      resource: secrets
      do:
        - name: lease
          create:
            object:
              apiVersion: coordination.k8s.io/v1
              kind: Lease
              metadata: {name: "${name}-lease"}
              spec: {acquireTime: "2026-01-01T00:00:00.000000Z", leaseDurationSeconds: 5}
        - name: deployment
          create:
            object:
              apiVersion: apps/v1
              kind: Deployment
              metadata: {name: "${name}-web"}
              spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}
        - name: both
          create:
            objects:
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: "${name}-config"}, data: {at: "2026-01-01T00:00:00Z"}}
              - {apiVersion: v1, kind: Secret, metadata: {name: "${name}-copy"}, data: "${body.data}", type: example.com/copy}
        - log: |
            secret ${string(body.data.word)} ${body.data.word}, lease ${now > steps.lease.spec.acquireTime} ${steps.lease.spec.acquireTime},
            deployment ${now + duration("1m") >= steps.deployment.metadata.creationTimestamp}, ${steps.both[0].data.at.size()} ${steps.both[1].data.word == body.data.word}
      match: {when: "body.?type.orValue('') == 'example.com/word' && body.data.word == b'hello'"}
`)
	w.create(secrets, `{metadata: {name: one}, type: example.com/word, data: {word: aGVsbG8=}}`)
	e.says("secret hello aGVsbG8=, lease true 2026-01-01T00:00:00.000000Z,", "deployment true, 20 true")
	if got := w.get(secrets, "one-copy")["data"]; encoded(t, got) != `{"word":"aGVsbG8="}` {
		t.Errorf("the copy has %v", got)
	}
}

// TestSchemasThatCannotBeRead: without a schema there is metadata, and that is said; one that cannot
// be had for now is waited for, as /readyz tells.
func TestSchemasThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: blind}
spec:
  handlers:
    - {id: made, on: create, resource: clocks.GROUP, do: [{log: "made ${type(spec.since) == string} ${type(meta.creationTimestamp) == string}"}]}
    - {id: other, on: create, resource: configmaps, match: {field: metadata.name, value: mine}, do: [{log: "other ${name}"}]}
`
	w := newWorld(t)
	group := w.group("blind")
	gvr := w.clocks(group, "date")
	asks := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/openapi/v3/apis/"+group) }
	start := func(status int) (*engine, *faultproxy.Proxy) {
		proxy := faultproxy.New(t, w.kubeconfig)
		proxy.Fail(func(r *http.Request) (faultproxy.Fault, bool) { return faultproxy.Fault{Status: status}, asks(r) })
		e := w.startWith(strings.ReplaceAll(operator, "GROUP", group), runtime.Options{
			Client: w.connect(proxy.Kubeconfig()), Namespaces: scope.Exactly(w.ns), Listen: "127.0.0.1:0"})
		return e, proxy
	}
	w.clockPublished(group)

	e, _ := start(http.StatusForbidden)
	w.typed(gvr, "Clock", `{metadata: {name: one}, spec: {since: "2026-01-01T00:00:00Z"}}`)
	e.says("made true false")
	e.says("no schema of a resource", "clocks.v1."+group)
	if n := e.count("no schema of a resource"); n != 1 {
		t.Errorf("said %d times", n)
	}
	e.stop()

	e, proxy := start(http.StatusServiceUnavailable)
	w.create(configMaps, `{metadata: {name: mine}}`)
	e.says("other mine") // the rest works meanwhile
	e.says("waiting for the schema of a resource")
	var ready runtime.Ready
	if code, text := e.page("/readyz", &ready); code != http.StatusServiceUnavailable || !strings.Contains(text, "schemas of "+group+"/v1") {
		t.Errorf("/readyz: %d %s", code, text)
	}
	w.typed(gvr, "Clock", `{metadata: {name: two}, spec: {since: "2026-01-01T00:00:00Z"}}`)
	proxy.Fail(nil)
	e.says("made false false")
	w.eventually("the engine is ready", func() (any, bool) {
		code, text := e.page("/readyz", nil)
		return text, code == http.StatusOK
	})
	if n := proxy.Count(asks); n < 2 {
		t.Errorf("%d requests for the schema", n)
	}
	proxy.Forget()
	for i := range 20 {
		w.typed(gvr, "Clock", fmt.Sprintf(`{metadata: {name: more-%d}, spec: {since: "2026-01-01T00:00:00Z"}}`, i))
	}
	w.eventually("all are handled", func() (any, bool) { n := e.count("made false false"); return n, n == 21 })
	if n := proxy.Count(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/openapi/v3/") }); n > 0 {
		t.Errorf("%d requests for schemas while objects were handled", n)
	}
}

// clockPublished waits until the server has published the schema.
func (w *world) clockPublished(group string) {
	w.t.Helper()
	w.eventually("the schema of "+group, func() (any, bool) {
		_ = w.client.Shapes.Renew(w.t.Context(), 0)
		live, err := w.client.Shapes.Of(w.t.Context(), schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Clock"})
		return err, err == nil && live.Unknown() == nil
	})
}
