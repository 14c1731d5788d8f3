package actions_test

import (
	"net/http"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// TestTypedResults: the results of steps that are objects have the types of their kinds: in groups and
// loops, where they are left out, and where they were kept by an earlier attempt.
func TestTypedResults(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("Split", `metadata: {name: mum}, spec: {at: "2026-01-01T00:00:00Z"}`)
	w.make(w.namespace, `{apiVersion: v1, kind: Secret, metadata: {name: word}, data: {a: aGk=}}`)
	const steps = `
- name: block
  once: true
  do:
    - {name: secret, get: {target: {resource: secrets, name: word}}}
    - do:
        - {name: deep, get: {target: {apiVersion: v1, kind: Secret, name: word}}}
    - {name: none, get: {target: {resource: secrets, name: none}}}
- name: skipped
  when: "false"
  do:
    - {name: never, get: {target: {resource: secrets, name: word}}}
- name: each
  forEach: "[steps.secret.metadata.creationTimestamp]"
  do:
    - {name: again, get: {target: {resource: secrets, name: word}}}
    - log: "each ${string(steps.again.data.a)} ${item == steps.again.metadata.creationTimestamp}"
- name: looped
  forEach: "['word', 'none']"
  get: {target: {resource: secrets, name: "${item}"}}
- name: made
  create:
    objects:
      - {apiVersion: v1, kind: Secret, metadata: {name: copy}, data: "${steps.deep.data}"}
      - {apiVersion: v1, kind: ConfigMap, metadata: {name: text}, data: {a: aGk=}}
- name: other
  patch: {target: {resource: secrets, name: copy}, merge: {data: {b: "${steps.made[0].data.a}"}}}
- {name: own, patch: {merge: {metadata: {labels: {a: b}}}}}
- {name: state, status: {at: "2026-01-01T00:00:00Z"}}
- log: |
    facts: ${string(steps.block.secret.data.a)} ${string(steps.secret.data.a)} ${string(steps.block.deep.data.a)} ${string(steps.deep.data.a)}
    ${steps.none == null && steps.never == null && steps.skipped == null}
    ${string(steps.each[0].again.data.a)} ${string(steps.looped[0].data.a)} ${steps.looped[1] == null}
    ${string(steps.made[0].data.a)} ${steps.made[1].data.a} ${string(steps.other.data.b)} ${steps.other.data.b}
    ${steps.own.metadata.creationTimestamp == timestamp(meta.creationTimestamp)} ${steps.state.at.size()} ${type(steps.own.spec.at) == string}
`
	kept := map[string]any{}
	for range 2 {
		a := w.must(parent, strings.ReplaceAll(steps, "\n", "\n\t\t"), func(r *actions.Run) { r.Kept = kept })
		for _, want := range []string{"each hi true", `facts: hi hi hi hi\ntrue\nhi hi true\nhi aGk= hi aGk=\ntrue 20 true`} {
			if !strings.Contains(a.log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, a.log.String())
			}
		}
	}
	if _, ok := kept["/block"]; !ok {
		t.Errorf("kept %v", kept)
	}
}

// TestResultsOfUnknownKinds: what cannot be read for now fails the step before anything is done; steps
// without a name need nothing.
func TestResultsOfUnknownKinds(t *testing.T) {
	w := newWorld(t)
	config := rest.CopyConfig(w.client.REST)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return transport(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/openapi/") {
				return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody, Request: r}, nil
			}
			return next.RoundTrip(r)
		})
	})
	client, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	parent := w.parent("Split", `metadata: {name: mum}`)
	w.client = client
	for _, step := range []string{
		`{name: made, create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: made}}}}`,
		`{name: read, get: {target: {resource: configmaps, name: made}}}`,
	} {
		failsWith(t, w.run(parent, "- "+step), "arbitrary", "schemas")
	}
	if n := w.count("configmaps"); n != 0 {
		t.Errorf("%d objects were made", n)
	}
	w.must(parent, `- create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: made}}}`)
}
