package actions

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

var (
	volumes    = kube.Resource{Version: "v1", Kind: "PersistentVolumeClaim", Plural: "persistentvolumeclaims", Namespaced: true}
	namespaces = kube.Resource{Version: "v1", Kind: "Namespace", Plural: "namespaces"}
	mother     = parent{apiVersion: "kopf.dev/v1", kind: "Kex", namespace: "here", name: "mum", uid: "u-1", namespaced: true, prefix: "op.kopf.dev"}
)

func adoptAll() *adoption {
	return &adoption{enabled: true, owner: true, controller: true, block: true, namespace: true, copyLabels: true}
}

func TestCanOwn(t *testing.T) {
	clusterWide := parent{}
	for _, c := range []struct {
		name      string
		parent    parent
		child     kube.Resource
		namespace string
		want      bool
	}{
		{"same namespace", mother, volumes, "here", true},
		{"other namespace", mother, volumes, "there", false},
		{"cluster-scoped child", mother, namespaces, "", false},
		{"cluster-scoped parent", clusterWide, volumes, "there", true},
		{"both cluster-scoped", clusterWide, namespaces, "", true},
	} {
		if got := c.parent.canOwn(c.child, c.namespace); got != c.want {
			t.Errorf("%s: canOwn = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSetOwner(t *testing.T) {
	const ours = `{"apiVersion":"kopf.dev/v1","kind":"Kex","name":"mum","uid":"u-1","controller":true,"blockOwnerDeletion":true}`
	for _, c := range []struct {
		name   string
		change func(*adoption)
		child  string
		want   string
		fails  string
	}{
		{"none yet", nil, `{}`, `[` + ours + `]`, ""},
		{"no controller", func(a *adoption) { a.controller, a.block = false, false }, `{}`,
			`[{"apiVersion":"kopf.dev/v1","kind":"Kex","name":"mum","uid":"u-1","controller":false,"blockOwnerDeletion":false}]`, ""},
		{"owned already", nil, `{"metadata":{"ownerReferences":[{"uid":"u-1","name":"old"}]}}`, `[` + ours + `]`, ""},
		{"beside a plain owner", nil, `{"metadata":{"ownerReferences":[{"uid":"u-2"}]}}`, `[{"uid":"u-2"},` + ours + `]`, ""},
		{"second controller", nil, `{"metadata":{"ownerReferences":[{"uid":"u-2","kind":"Job","name":"j","controller":true}]}}`, "", `the Job "j"`},
		{"second controller, forced", func(a *adoption) { a.forced = true },
			`{"metadata":{"ownerReferences":[{"uid":"u-2","controller":true}]}}`, `[{"uid":"u-2","controller":false},` + ours + `]`, ""},
		{"plain beside a controller", func(a *adoption) { a.controller = false },
			`{"metadata":{"ownerReferences":[{"uid":"u-2","controller":true}]}}`,
			`[{"uid":"u-2","controller":true},{"apiVersion":"kopf.dev/v1","kind":"Kex","name":"mum","uid":"u-1","controller":false,"blockOwnerDeletion":true}]`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, child := adoptAll(), data(t, c.child)
			if c.change != nil {
				c.change(a)
			}
			err := a.setOwner(child, mother)
			var final *Permanent
			if c.fails != "" {
				if !errors.As(err, &final) || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("error %v, want a permanent one with %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "owners", at(child, "metadata", "ownerReferences"), c.want)
		})
	}
}

func TestSetLabels(t *testing.T) {
	for _, c := range []struct {
		name   string
		forced bool
		nested [][]string
		child  string
		want   string
	}{
		{"added, not overwritten", false, nil,
			`{"metadata":{"labels":{"a":"own"}}}`, `{"metadata":{"labels":{"a":"own","b":"2"}}}`},
		{"forced", true, nil,
			`{"metadata":{"labels":{"a":"own","c":"3"}}}`, `{"metadata":{"labels":{"a":"1","b":"2","c":"3"}}}`},
		{"nested", false, [][]string{{"spec", "template"}},
			`{"spec":{"template":{"spec":{}}}}`,
			`{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"template":{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{}}}}`},
		{"through a list", false, [][]string{{"spec", "volumeClaimTemplates"}},
			`{"spec":{"volumeClaimTemplates":[{},{"metadata":{"labels":{"a":"own"}}}]}}`,
			`{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"volumeClaimTemplates":[{"metadata":{"labels":{"a":"1","b":"2"}}},{"metadata":{"labels":{"a":"own","b":"2"}}}]}}`},
		{"nested but absent", false, [][]string{{"spec", "template"}},
			`{"spec":{"x":1}}`, `{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"x":1}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := adoptAll()
			a.forced, a.nested = c.forced, c.nested
			child := data(t, c.child)
			a.setLabels(child, data(t, `{"a":"1","b":"2"}`))
			same(t, "child", child, c.want)
		})
	}
}

func TestTrackingLabelsAreNotInherited(t *testing.T) {
	same(t, "labels", inheritable(data(t, `{"app":"x","p.dev/parent-uid":"u","p.dev/parent-name":"n","q.dev/parent-name":"kept"}`)),
		`{"app":"x","q.dev/parent-name":"kept"}`)
}

func TestTrack(t *testing.T) {
	child := map[string]any{}
	track(child, mother)
	same(t, "child", child, `{"metadata":{"labels":{"op.kopf.dev/parent-uid":"u-1","op.kopf.dev/parent-namespace":"here","op.kopf.dev/parent-name":"mum"}}}`)
	if TrackingSelector("op.kopf.dev", "u-1") != "op.kopf.dev/parent-uid=u-1" {
		t.Error("the selector does not fit the label")
	}

	long := mother
	long.name = strings.Repeat("n", 64)
	child = map[string]any{}
	track(child, long)
	same(t, "annotations", at(child, "metadata", "annotations"), `{"op.kopf.dev/parent-name":"`+long.name+`"}`)
}

func TestSetName(t *testing.T) {
	from := origin{owner: "u-1", handler: "h", place: "/#0", cycle: "c-1"}
	derived := func(beginning string) string { return from.name(beginning) }
	for _, c := range []struct {
		name, naming      string
		enabled, forced   bool
		meta, want, extra string
	}{
		{"given", "", true, false, `{"name":"x"}`, "x", ""},
		{"none", "", true, false, `{}`, derived("mum-"), ""},
		{"generateName", "", true, false, `{"generateName":"x-"}`, derived("x-"), ""},
		{"strict", "strict", true, false, `{}`, "mum", ""},
		{"strict, but given", "strict", true, false, `{"name":"x"}`, "x", ""},
		{"strict, forced", "strict", true, true, `{"name":"x"}`, "mum", ""},
		{"prefix, forced", "prefix", true, true, `{"name":"x"}`, derived("mum-"), ""},
		{"forced alone", "", true, true, `{"name":"x"}`, "x", ""},
		{"keep without a name", "keep", true, false, `{}`, "", ""},
		{"keep generateName", "keep", true, false, `{"generateName":"x-"}`, derived("x-"), ""},
		{"not adopted", "", false, false, `{}`, "", ""},
		{"not adopted, generateName", "", false, false, `{"generateName":"x-"}`, derived("x-"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := adoptAll()
			a.enabled, a.naming, a.forced = c.enabled, c.naming, c.forced
			child := map[string]any{"metadata": data(t, c.meta)}
			a.setName(child, mother, from)
			if got := stringAt(child, "metadata", "name"); got != c.want {
				t.Errorf("name = %q, want %q", got, c.want)
			}
			if at(child, "metadata", "generateName") != nil {
				t.Error("generateName is left")
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	from := origin{owner: "u", handler: "h", place: "/#0", cycle: "1"}
	for _, other := range []origin{
		{"U", "h", "/#0", "1"}, {"u", "H", "/#0", "1"}, {"u", "h", "/#1", "1"}, {"u", "h", "/#0", "2"}, {"uh", "", "/#0", "1"},
	} {
		if from.name("x-") == other.name("x-") {
			t.Errorf("%v and %v make the same name", from, other)
		}
		if made := from.made(other.mark("x")); made != (other.owner == "u") {
			t.Errorf("made(%v) = %v", other, made)
		}
	}
	if !from.made(from.mark("y")) || from.made("") {
		t.Error("its own mark is not recognized, or one is seen where none is")
	}
	later := from
	later.cycle = "2"
	if from.mark("x") == from.mark("y") || from.mark("x") == later.mark("x") {
		t.Error("the mark does not tell the cycle, or what the object was to be")
	}
}

func TestDerivedNamesAreValid(t *testing.T) {
	for _, beginning := range []string{"x-", "a.b-", strings.Repeat("x", 100) + "-", strings.Repeat("x", 51) + ".-y-"} {
		name := origin{}.name(beginning)
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 || len(name) > maxName {
			t.Errorf("%q from %q: %v", name, beginning, problems)
		}
	}
}

func TestSucceed(t *testing.T) {
	existing := data(t, `{"metadata":{"name":"x","uid":"e","resourceVersion":"5","labels":{"theirs":"1","both":"old"},"annotations":{"bound":"yes"},
		"finalizers":["f"],"ownerReferences":[{"uid":"u-2"},{"uid":"u-1"}]},"spec":{"a":1,"b":2},"status":{"s":1}}`)
	b := &birth{parent: mother, owned: true, object: data(t, `{"metadata":{"name":"x","labels":{"both":"new"}},"spec":{"a":3}}`)}
	a := &createAction{adopt: adoptAll()}
	wanted, err := a.succeed(b, existing)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "wanted", wanted, `{"metadata":{"name":"x","uid":"e","resourceVersion":"5","labels":{"theirs":"1","both":"new"},"annotations":{"bound":"yes"},
		"finalizers":["f"],"ownerReferences":[{"uid":"u-2"},{"apiVersion":"kopf.dev/v1","kind":"Kex","name":"mum","uid":"u-1","controller":true,"blockOwnerDeletion":true}]},
		"spec":{"a":3},"status":{"s":1}}`)

	existing["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{"uid": "u-3", "controller": true}}
	if _, err := a.succeed(b, existing); err == nil {
		t.Error("taking over another controller's object must fail")
	}
}
