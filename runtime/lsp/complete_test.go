package lsp

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// cut takes the ¦ out of a text, which marks the place.
func cut(t testing.TB, marked string) (string, int) {
	t.Helper()
	before, behind, ok := strings.Cut(marked, "¦")
	if !ok {
		t.Fatalf("no place is marked in %s", marked)
	}
	return before + behind, len(before)
}

const head = "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: op}\nspec:\n"

// full is an operator with a bit of everything, and room at its end.
const full = head + `  resources:
    things: things.example.com
    pods: v1/pods
  filters:
    big: spec.size > 10
  indexes:
    - {id: by_node, resource: pods, key: spec.nodeName, value: "${name}"}
  handlers:
    - id: first
      on: create
      resource: things
      do: [{log: x}]
    - id: second
      on: [update]
      resource: things
      needs: first
      vars: {title: "${spec.title}"}
      do:
        - name: made
          create: {object: {apiVersion: v1, kind: ConfigMap}}
`

func labels(c completions) []string {
	var out []string
	for _, one := range c.candidates {
		out = append(out, one.label)
	}
	return out
}

func TestComplete(t *testing.T) {
	known := knowledgeOf(nil, nil)
	for _, c := range []struct {
		// text has the place marked by ¦.
		text string
		// replaced is what the candidates replace.
		replaced string
		// first is the beginning of the list, has and lacks are words that are in it
		// and not.
		first, has, lacks string
	}{
		// Keys, by their place.
		{"¦", "", "apiVersion kind metadata spec", "", "handlers"},
		{"api¦", "api", "apiVersion", "", ""},
		{"apiVersion: ¦", "", "kopf.dev/v1alpha1", "", "spec"},
		{"apiVersion: kopf.dev/v1alpha1\nkind: O¦", "O", "Operator", "", ""},
		{"apiVersion: kopf.dev/v1alpha1\n¦", "", "kind metadata spec", "", "apiVersion"},
		{head + "  ¦", "", "resources", "handlers timers settings", "kind"},
		{head + "  h¦", "h", "", "handlers", ""},
		{head + "  h¦\n  filters: {}", "h", "", "handlers", "filters"},
		{head + "  ha¦ndlers: []", "handlers", "", "handlers", ""},
		{head + "  settings: {¦}", "", "", "watching persistence", "handlers"},
		{head + "  settings:\n    ¦", "", "", "watching persistence", "handlers"},
		{head + "  settings:\n    wat¦\n    posting: {}", "wat", "", "watching", "posting"},
		{head + "  handlers:\n    ¦", "", "- on", "", "on settings"},
		{head + "  handlers:\n    - ¦", "", "on resource do", "id match needs", "create"},
		{head + "  handlers:\n    - o¦\n      resource: x", "o", "on do", "id", "resource"},
		{head + "  handlers:\n    - on: create\n      ¦", "", "resource do", "id match retries", "on"},
		{head + "  handlers:\n    - on: create\n      ¦\n      do: []", "", "resource id", "match", "on do"},
		{head + "  handlers:\n    - {on: create, ¦}", "", "resource do", "id", "on"},
		{head + "  handlers:\n    - {on: create, re¦", "re", "resource", "", "on"},
		{head + "  handlers:\n    - on: create\n  ¦", "", "", "resources timers", "handlers on"},
		{full + "        - ¦", "", "", "log create when forEach name status", "on level"},
		{full + "        - log: x\n          ¦", "", "", "when forEach name", "log create status"},
		{full + "        - log:\n            ¦", "", "message level", "", "when"},
		{full + "        - event: {¦", "", "reason", "type message", "when"},
		{full + "        - do:\n            - ¦", "", "", "log create when", "on"},
		{full + "        - subhandlers:\n            - ¦", "", "id do", "match vars", "on log"},
		{full + "        - create:\n            ¦", "", "", "object adopt ifExists", "log"},
		{full + "      match:\n        labels:\n          app: {¦}", "", "", "equals in exists when", "labels"},
		{full + "      backoff: {¦}", "", "", "initial factor", ""},
		// The user's own names are not guessed.
		{head + "  filters:\n    ¦", "", "", "", "big resources"},
		{full + "      vars:\n        ¦", "", "", "", "id"},
		// Values.
		{head + "  handlers:\n    - on: ¦", "", "create update delete resume field event", "", ""},
		{head + "  handlers:\n    - on: [create, u¦]", "u", "create", "update", ""},
		{head + "  handlers:\n    - on:\n        - ¦", "", "create", "update", "on"},
		{head + "  handlers:\n    - optional: ¦", "", "true false", "", ""},
		{head + "  handlers:\n    - retries: ¦", "", "", "", "true spec"},
		{full + "      errors: ¦", "", "temporary permanent ignored", "", ""},
		{full + "        - log: {level: ¦", "", "debug info warning error", "", ""},
		{full + "    - on: create\n      resource: ¦", "", "things pods", "deployments.apps secrets", "create"},
		{full + "    - on: create\n      resource: [things, ¦]", "", "things pods", "", ""},
		{full + "        - delete: {resource: ¦", "", "things pods", "", ""},
		{full + "        - get: {target: {resource: thi¦", "thi", "things pods", "", ""},
		{head + "  resources: {things: ¦}", "", "", "deployments.apps secrets", "things"},
		{full + "    - id: third\n      needs: ¦", "", "first second", "", "third"},
		{full + "    - id: third\n      needs: [first, ¦]", "", "second", "", "first third"},
		// Expressions.
		{full + "      match: {when: ¦}", "", "", "big spec changed", "vars steps item resources"},
		{full + "      match: {when: \"bi¦\"}", "bi", "", "big", ""},
		{full + "      match: {labels: {app: {when: va¦}}}", "va", "", "value big", "vars"},
		{full + "      match:\n        when: >-\n          big &&\n          spec.si¦", "si", "", "size startsWith", "big"},
		{full + "        - when: st¦", "st", "", "steps status", "item"},
		{full + "        - log: ${¦", "", "", "spec vars steps uuid", ""},
		{full + "        - log: ${vars.¦}", "", "title", "", "made"},
		{full + "        - log: \"${vars.t¦} and ${name}\"", "t", "title", "", ""},
		{full + "        - log: '${labels[''a''] + vars.t¦'", "t", "title", "", ""},
		{full + "        - log: \"${labels[\\\"a\\\"] + vars.t¦}\"", "t", "title", "", ""},
		{full + "        - log: |\n            size:\n            ${spec.size + steps.¦}\n            x", "", "made", "", "title"},
		{full + "        - log: plain ¦ ${name}", "", "", "", "spec vars"},
		{full + "        - log: ${name}\n          when: ¦", "", "", "spec", "uuid"},
		{full + "        - forEach: spec.items\n          log: ${¦}", "", "", "item key", ""},
		{full + "        - forEach: ¦\n          log: x", "", "", "spec", "item key"},
		{full + "        - wait: {for: ¦}", "", "", "children", "item"},
		{full + "        - wait: {for: children.¦}", "", "things pods", "", "title"},
		{full + "        - status: {\"${¦}\": 1}", "", "", "spec", "log"},
		{full + "        - status:\n            a:\n              - b: ${index.¦}", "", "by_node", "", ""},
		{full + "        - return: ${¦}", "", "", "spec", ""},
		{full + "        - subhandlers:\n            - id: x\n              forEach: spec.items\n              do: [{log: \"${¦}\"}]", "", "", "item spec", "error"},
		{full + "      onFailure: [{log: \"${¦}\"}]", "", "", "error vars", "item"},
		{full + "      result: ${steps.¦}", "", "made", "", ""},
		{head + "  filters: {big: ¦}", "", "", "spec changed", "vars"},
		{head + "  resources: {x: {any: true, when: ¦}}", "", "", "resource", "spec"},
		{head + "  timers:\n    - do: [{when: ¦}]", "", "", "stopped retry", "old diff"},
		{head + "  timers:\n    - initialDelay: ${¦}", "", "", "spec", "stopped"},
		{head + "  startup:\n    - do: [{log: \"${¦}\"}]", "", "", "operator retry", "spec"},
		{head + "  probes:\n    - {id: x, expr: ¦}", "", "", "now index", "spec retry"},
		{head + "  indexes:\n    - {id: x, key: ¦}", "", "", "spec", "old retry"},
		{head + "  handlers:\n    - on: event\n      do: [{when: ¦}]", "", "", "event", "old retry"},
		// Nothing.
		{full + "# spec.¦", "", "", "", "spec on"},
		{"services:\n  web: {¦}", "", "", "", "spec on"},
		{"apiVersion: v1\nkind: Pod\nspec: {¦}", "", "", "", "handlers"},
		{"kind: Pod\n---\n" + head + "  ¦", "", "resources", "handlers", ""},
		{head + "---\nkind: Pod\nx¦", "", "", "", "spec"},
	} {
		text, offset := cut(t, c.text)
		got := complete(newDocument("file:///op.yaml", 1, newText(text)), offset, known)
		if text[got.from:got.to] != c.replaced || offset < got.from || offset > got.to {
			t.Errorf("%s\nreplaces %q", c.text, text[got.from:got.to])
		}
		all := labels(got)
		shown := strings.Join(all[:min(len(all), 12)], " ")
		if c.first != "" && !strings.HasPrefix(shown+" ", c.first+" ") {
			t.Errorf("%s\nbegins with %s", c.text, shown)
		}
		for _, word := range strings.Fields(c.has) {
			if !slices.Contains(all, word) {
				t.Errorf("%s\n%s is missing: %s", c.text, word, shown)
			}
		}
		for _, word := range strings.Fields(c.lacks) {
			if slices.Contains(all, word) {
				t.Errorf("%s\n%s cannot stand there: %s", c.text, word, shown)
			}
		}
		slices.Sort(all)
		if n := len(slices.Compact(all)); n != len(got.candidates) {
			t.Errorf("%s\n%d of %d candidates are there twice", c.text, len(got.candidates)-n, len(got.candidates))
		}
	}
}

const definitionOfThings = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                amount: {type: integer, description: How large it is.}
                title: {type: string}
                parts: {type: array, items: {type: object, properties: {weight: {type: integer}}}}
            status: {type: object, properties: {phase: {type: string}}}
`

// Fields are those of the kinds: of the object, of what steps have made, of vars and items.
func TestCompleteFields(t *testing.T) {
	known := knowledgeOf([]spec.Source{{Name: "crd.yaml", Text: []byte(definitionOfThings)}}, nil)
	for _, c := range []struct{ text, has, lacks string }{
		{full + "        - when: spec.¦", "amount title parts", "metadata startsWith"},
		{strings.Replace(full, "resource: things\n      needs", "resource: pods\n      needs", 1) + "      result: ${spec.¦}", "containers", "title"},
		{full + "        - when: spec.am¦", "amount", ""},
		{full + "        - when: status.¦", "phase", "amount"},
		{full + "        - log: ${spec.title.¦", "startsWith", "map"},
		{full + "        - log: \"${spec.¦", "amount", ""},
		{full + "        - log: \"${spec.¦\n        - log: x", "amount", ""},
		{full + "        - log: \"${spec.¦} and more\"", "amount", ""},
		{full + "        - {log: {message: \"${spec.¦", "amount", ""},
		{full + "        - {log: {message: \"${spec.¦\n        - log: x", "amount", ""},
		{full + "        - status: {x: [\"${spec.¦\"", "amount", ""},
		{full + "        - when: spec.parts.all(p, p.¦", "weight", "amount"},
		{full + "        - when: steps.made.¦", "data metadata", "spec"},
		{full + "        - when: vars.title.¦", "startsWith", "map"},
		{full + "        - forEach: spec.parts\n          log: ${item.¦}", "weight", "amount"},
		{full + "        - forEach: spec.parts\n          when: item.¦\n          log: x", "weight", "amount"},
		{full + "        - forEach: spec.¦", "parts", "metadata"},
		{full + "        - wait: {for: \"children.things.all(c, c.spec.¦\"}", "amount", "weight"},
		{full + "        - get: {target: {resource: pods, name: x}}\n          name: pod\n        - when: steps.pod.spec.¦", "containers", "amount"},
		{full + "        - subhandlers:\n            - id: x\n              forEach: spec.parts\n              do: [{when: item.¦}]", "weight", "amount"},
		{full + "      onFailure: [{log: \"${error.¦}\"}]", "message", "amount"},
		{full + "      match: {when: old.¦}", "spec", "amount"},
		{strings.Replace(full, "spec.size > 10", "spec.ti¦ > 10", 1), "title", "startsWith"},
		{strings.Replace(full, "spec.nodeName", "spec.¦", 1), "nodeName containers", "amount"},
		// The handler is not finished, or wrong somewhere else.
		{full + "    - on: create\n      resource: things\n      match: {when: spec.¦}", "amount", ""},
		{full + "    - on: create\n      match: {when: spec.¦}\n      resource: [things]\n      do: [{loog: x}]", "amount", ""},
		{full + "    - on: create\n      match: {when: meta.¦}", "labels", "amount"},
		// So is the rest of the operator.
		{strings.Replace(full, "do: [{log: x}]", "doo: [{log: x}", 1) + "        - when: spec.¦", "amount", ""},
		{strings.Replace(full, "metadata: {name: op}", "metadata: {nam: [op}", 1) + "        - when: spec.¦", "amount", ""},
	} {
		text, offset := cut(t, c.text)
		all := labels(complete(newDocument("file:///op.yaml", 1, newText(text)), offset, known))
		for _, word := range strings.Fields(c.has) {
			if !slices.Contains(all, word) {
				t.Errorf("%s\n%s is missing: %v", strings.TrimPrefix(c.text, full), word, all)
			}
		}
		for _, word := range strings.Fields(c.lacks) {
			if slices.Contains(all, word) {
				t.Errorf("%s\n%s cannot stand there: %v", strings.TrimPrefix(c.text, full), word, all)
			}
		}
	}
}

// What is inserted goes on as the text needs it.
func TestInserts(t *testing.T) {
	for text, want := range map[string]string{
		head + "  ¦":                                                              "handlers:",
		head + "  handlers:\n    - ¦":                                             "retries: ",
		head + "  handlers:\n    ¦":                                               "- retries: ",
		head + "  handlers:\n    - retr¦: 5":                                      "retries",
		head + "  handlers:\n    - settings: ¦":                                   "",
		full + "        - when: na¦":                                              "name",
		full + "        - when: name.starts¦":                                     "startsWith(",
		full + "        - when: name.starts¦('x')":                                "startsWith",
		full + "        - when: name.siz¦":                                        "size()",
		full + "        - log: ${labels.¦}":                                       "map(",
		`{"apiVersion": "kopf.dev/v1alpha1", "kind": "Operator", "spec": {"hand¦`: "handlers",
		`{"apiVersion": "kopf.dev/v1alpha1", "kind": "Operator", "spec": {"handlers": [{"retr¦": 5}]}}`:   "retries",
		`{"apiVersion": "kopf.dev/v1alpha1", "kind": "Operator", "spec": {"handlers": [{"on": "cre¦"}]}}`: "create",
	} {
		text, offset := cut(t, text)
		var inserts []string
		for _, c := range complete(newDocument("file:///op.yaml", 1, newText(text)), offset, knowledgeOf(nil, nil)).candidates {
			item := c.item(0, span{}, false)
			inserts = append(inserts, item.TextEdit.NewText)
			if item := c.item(0, span{}, true); c.snippet != "" && (item.InsertTextFormat != snippetInsert || !strings.HasSuffix(item.TextEdit.NewText, "($0)")) {
				t.Errorf("as a snippet: %+v", item)
			}
		}
		if want != "" && !slices.Contains(inserts, want) {
			t.Errorf("%s: %q is missing in %q", strings.TrimPrefix(text, full), want, inserts)
		}
	}
}

// What steps write is completed by its kind, and so are the paths of fields.
func TestCompleteObjects(t *testing.T) {
	known := knowledgeOf([]spec.Source{{Name: "crd.yaml", Text: []byte(definitionOfThings)}}, nil)
	deployment := full + "        - create:\n            object:\n              apiVersion: apps/v1\n              kind: Deployment\n"
	for _, c := range []struct{ text, first, has, lacks string }{
		{full + "        - create:\n            object:\n              ¦", "apiVersion kind metadata", "", "spec log"},
		{full + "        - create:\n            object:\n              kind: ¦", "", "ConfigMap Deployment Thing", "metadata"},
		{full + "        - create:\n            object:\n              apiVersion: apps/v1\n              kind: ¦", "", "Deployment StatefulSet", "ConfigMap"},
		{full + "        - create:\n            object: {apiVersion: ¦}", "", "v1 apps/v1 example.com/v1", "Deployment"},
		{deployment + "              ¦", "metadata", "spec", "kind apiVersion"},
		{deployment + "              spec:\n                ¦", "selector template", "replicas", "metadata"},
		{deployment + "              spec:\n                rep¦\n                selector: {}", "template", "replicas", "selector"},
		{deployment + "              spec: {template: {spec: {containers: [{¦", "name", "image ports", "selector"},
		{deployment + "              spec:\n                template:\n                  spec:\n                    containers:\n                      - name: x\n                        imagePullPolicy: ¦", "", "", "name"},
		{deployment + "              spec:\n                template:\n                  spec:\n                    hostNetwork: ¦", "true false", "", ""},
		{full + "        - create:\n            objects:\n              - apiVersion: v1\n                kind: ConfigMap\n                ¦", "metadata", "data immutable", "kind"},
		{full + "        - status:\n            ¦", "", "phase", "amount"},
		{full + "        - patch: {merge: {spec: {¦", "", "amount title", "phase"},
		{full + "        - patch: {target: {resource: pods, name: x}, merge: {¦", "", "", "amount"},
		{full + "        - status: {phase: \"${spec.¦}\"}", "", "amount", "phase"},
		{full + "    - on: field\n      resource: things\n      field: ¦", "", "spec status metadata", "amount"},
		{full + "    - on: field\n      resource: things\n      field: spec.am¦", "", "amount parts", "spec"},
		{full + "    - on: field\n      resource: things\n      field: [spec, ¦]", "", "amount parts", "spec"},
		{full + "    - on: update\n      resource: things\n      match: {field: spec.¦}", "", "amount parts", "spec"},
	} {
		text, offset := cut(t, c.text)
		got := complete(newDocument("file:///op.yaml", 1, newText(text)), offset, known)
		all := labels(got)
		shown := strings.TrimPrefix(c.text, full)
		if !strings.HasPrefix(strings.Join(all, " ")+" ", c.first) {
			t.Errorf("%s\nbegins with %v", shown, all)
		}
		for _, word := range strings.Fields(c.has) {
			if !slices.Contains(all, word) {
				t.Errorf("%s\n%s is missing: %v", shown, word, all)
			}
		}
		for _, word := range strings.Fields(c.lacks) {
			if slices.Contains(all, word) {
				t.Errorf("%s\n%s cannot stand there: %v", shown, word, all)
			}
		}
	}
	for text, want := range map[string]string{
		full + "        - create: {object: {apiVersion: apps/v1, kind: Deployment, spec: {repl¦icas: 1}}}":  "Number of desired pods.",
		full + "        - create: {object: {apiVersion: apps/v1, kind: Deployment, spec: {replicas: 1¦2}}}": "Number of desired pods.",
		full + "        - patch: {merge: {spec: {am¦ount: 1}}}":                                             "How large it is.",
		full + "        - create: {object: {apiVersion: apps/v1, kind: Deployment, spec: {replcas¦: 1}}}":   "",
		full + "        - memo: {a¦: 1}": "",
	} {
		text, offset := cut(t, text)
		got, ok := explain(newDocument("file:///op.yaml", 1, newText(text)), offset, known)
		if ok != (want != "") || !strings.Contains(got.text, want) {
			t.Errorf("%s: %q", strings.TrimPrefix(text, full), got.text)
		}
	}
}
