package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// oneCase is what a handler looks like, and the places where rules are broken.
type oneCase struct {
	rule    *diag.Rule
	on      string
	options string
	steps   string
	want    []string // line:column: part of the message
}

// What the rules find beside their examples. The options of the handler begin in line 9.
func TestFindings(t *testing.T) {
	tests := map[string]oneCase{
		"self-trigger by time":    {ruleSelfTrigger, "update", "", "- patch: {merge: {metadata: {annotations: {at: '${string(now)}'}}}}", []string{"10:52: now is another one"}},
		"self-trigger by chance":  {ruleSelfTrigger, "[create, update]", "", "- patch: {merge: {spec: {token: '${random.string(8)}'}}}", []string{"10:34: random.string() gives"}},
		"self-trigger by var":     {ruleSelfTrigger, "update", "vars: {n: '${spec.n + 1}'}", "- patch: {merge: {spec: {n: '${vars.n}'}}}", []string{"11:34: made of the old one"}},
		"self-trigger in status":  {ruleSelfTrigger, "field", "field: status.n", "- status: {n: '${status.n + 1}'}", []string{"11:20: made of the old one"}},
		"self-trigger by JSON":    {ruleSelfTrigger, "update", "", "- patch: {json: [{op: replace, path: /spec/n, value: '${spec.n * 2}'}]}", []string{"10:46: made of the old one"}},
		"self-trigger, match":     {ruleSelfTrigger, "update", "match: {when: spec.enabled}", "- patch: {merge: {spec: {n: '${spec.n + 1}'}}}", []string{"11:34: made of the old one"}},
		"self-trigger in a group": {ruleSelfTrigger, "update", "", "- do: [{patch: {merge: {spec: {n: '${spec.n + 1}'}}}}]", []string{"10:40: made of the old one"}},
		"unseen condition":        {ruleUnseen, "delete", "", "- condition: {type: Gone, status: true}\n- patch: {merge: {metadata: {labels: {a: b}}}}", []string{"10:22: status.conditions", "11:47: metadata.labels.a"}},
		"unseen result":           {ruleUnseen, "delete", "result: done", "- log: x", []string{"9:15: its result"}},
		"unused vars by vars":     {ruleUnusedVar, "create", "vars: {a: 1, b: '${vars.a}'}", "- log: x", []string{"9:14: vars.a", "9:20: vars.b"}},
		"never, nothing there":    {ruleUnreachable, "create", "match: {field: spec.a, value: {exists: true, in: [null]}}", "- log: x", []string{"9:46: must exist, and must be nothing"}},
		"never, twice":            {ruleUnreachable, "create", "match: {labels: {a: x}, field: metadata.labels.a, value: y}", "- log: x", []string{"9:64: is tested twice, at line 9"}},
		"never, but at update":    {ruleUnreachable, "update", "match: {labels: {a: x}, field: metadata.labels.a, value: y}", "- log: x", nil},
		"never, no change":        {ruleUnreachable, "update", "match: {field: spec.a, old: 1, new: 1}", "- log: x", []string{"9:43: has not changed"}},
		"never, false":            {ruleUnreachable, "create", "match: {when: spec.a && false}", "- log: x", []string{"9:21: always false"}},
		"never, false test":       {ruleUnreachable, "create", "match: {labels: {a: {when: '1 > 2'}}}", "- log: x", []string{"9:34: always false"}},
		"step after return":       {ruleUnreachableStep, "create", "", "- do:\n    - return: null\n    - log: x", []string{"12:15: \"return\" without when"}},
		"constant parts":          {ruleConstant, "create", "match: {when: spec.a > 1 && 'a' == 'a'}", "- log: x", []string{"9:35: this part is always true"}},
		"constant, itself":        {ruleConstant, "create", "match: {when: spec.a == spec.a}", "- log: x", []string{"9:21: always true"}},
		"constant function":       {ruleConstant, "create", "", "- {when: 'size(\"abc\") == 3', log: x}", []string{"10:19: always true"}},
		"constant, not of time":   {ruleConstant, "create", "", "- {when: 'now > timestamp(\"2030-01-01T00:00:00Z\")', log: x}", nil},
		"shadowed key":            {ruleShadowed, "create", "", "- {forEach: spec.items, log: '${spec.list.map(item, item)}'}", []string{"10:55: item hides the variable item"}},
		"shadowing var and step":  {ruleShadowed, "create", "vars: {labels: 1}", "- {name: body, log: '${vars.labels}'}\n- {log: '${steps.body}'}", []string{"9:14: read as vars.labels", "11:18: read as steps.body"}},
		"shadowed by bind":        {ruleShadowed, "create", "", "- log: '${cel.bind(name, spec.a, name)}'", []string{"10:28: name hides"}},
		"secret by get":           {ruleSecret, "create", "vars: {p: '${steps.s.data.p}'}", "- {name: s, get: {target: {resource: secrets, name: x}}}\n- event: {reason: X, message: 'it is ${vars.p}'}\n- status: {p: '${string(steps.s.data.p)}', q: '${steps.s.metadata.name}'}\n- return: '${steps.s}'", []string{"12:48: an event", "13:26: the status", "14:22: the status"}},
		"secret in a loop":        {ruleSecret, "create", "", "- {name: s, get: {target: {apiVersion: v1, kind: Secret, name: x}}}\n- log: '${steps.s.data.map(k, k)}'\n- log: '${steps.s.data.transformList(k, v, v)}'", []string{"12:19: the log"}},
		"deprecated target":       {ruleDeprecatedAPI, "create", "", "- get: {target: {apiVersion: batch/v1beta1, kind: CronJob, name: x}}", []string{"10:38: use batch/v1"}},
		"deprecated selector":     {ruleDeprecatedAPI, "create", "", "- get: {target: {resource: extensions/v1beta1/ingresses, name: x}}\n- get: {target: {resource: endpoints, name: x}}", []string{"10:36: networking.k8s.io/v1", "11:36: EndpointSlice"}},
		"deprecated labels":       {ruleDeprecatedField, "create", "", "- create: {object: {apiVersion: v1, kind: Pod, spec: {nodeSelector: {beta.kubernetes.io/os: linux}, volumes: [{gitRepo: {repository: r}, name: v}], containers: []}}}", []string{"10:78: kubernetes.io/os", "10:120: gitRepo"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := tt.text()
			_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
			var got []string
			for _, d := range found {
				if d.Severity == diag.Error {
					t.Errorf("%v", d)
				}
				if d.Rule == tt.rule {
					got = append(got, fmt.Sprintf("%d:%d: %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Detail))
				}
			}
			ok := len(got) == len(tt.want)
			for i := range min(len(got), len(tt.want)) {
				place, part, _ := strings.Cut(tt.want[i], ": ")
				ok = ok && strings.HasPrefix(got[i], place+": ") && strings.Contains(got[i], part)
			}
			if !ok {
				t.Errorf("got  %q\nwant %q in\n%s", got, tt.want, text)
			}
		})
	}
}

func (c oneCase) text() string {
	var b strings.Builder
	b.WriteString("apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  handlers:\n    - id: it\n      on: " + c.on + "\n      resource: things.example.com\n")
	for line := range strings.Lines(c.options) {
		b.WriteString("      " + strings.TrimRight(line, "\n") + "\n")
	}
	b.WriteString("      do:\n")
	for line := range strings.Lines(c.steps) {
		b.WriteString("        " + strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}

// One mistake is one finding, though others follow from it.
func TestConsequences(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"a var": {"handlers:\n  - on: create\n    resource: pods\n    vars: {text: hello}\n    do: [{log: '${vars.txet}'}]", []string{"9:26 vars"}},
		"a var, in another handler": {"handlers:\n  - {on: create, resource: pods, vars: {text: hello}, do: [{log: hello}]}\n  - {on: create, resource: pods, do: [{log: '${nme}'}]}",
			[]string{"6:43 unused-var", "7:50 expression-name"}},
		"a filter":   {"filters: {large: [spec.size > 1]}\nhandlers:\n  - {on: create, resource: pods, match: {when: large}, do: [{log: hello}]}", []string{"5:20 wrong-type"}},
		"a step":     {"handlers:\n  - on: create\n    resource: pods\n    do:\n      - naem: it\n        get: {target: {resource: pods, name: x}}\n      - log: '${steps.it}'", []string{"9:11 unknown-key"}},
		"an index":   {"indexes:\n  - {idd: by, resource: pods, key: name, value: '${name}'}\nhandlers:\n  - {on: create, resource: pods, do: [{log: '${index.by}'}]}", []string{"6:8 unknown-key"}},
		"an id":      {"handlers:\n  - {idd: first, on: create, resource: pods, do: [{log: hello}]}\n  - {needs: first, on: create, resource: pods, do: [{log: hello}]}", []string{"6:8 unknown-key"}},
		"no mistake": {"handlers:\n  - {on: create, resource: pods, do: [{log: '${steps.it}'}]}", []string{"6:56 step-reference"}},
		"a step in vars and a result": {"handlers:\n  - on: create\n    resource: things.example.com\n    vars: {a: '${steps.ti}', b: '${steps.it}'}\n    do:\n      - {name: it, get: {target: {resource: pods, name: x}}}\n      - log: '${vars.a} ${vars.b}'\n    result: '${steps.other}'",
			[]string{"8:26 step-reference", "12:24 step-reference"}},
		"a variable": {"handlers:\n  - {on: created, resource: pods, retrys: 3, do: [{log: '${lmit}'}]}", []string{"6:12 unknown-value", "6:37 unknown-key", "6:62 expression-name"}},
		"two mistakes": {"handlers:\n  - on: create\n    resource: pods\n    do:\n      - {name: it, get: {target: {resource: pods, name: x}}}\n      - {lgo: '${nme}'}\n      - log: '${steps.ti}'",
			[]string{"10:12 unknown-key", "11:25 step-reference"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n"
			for line := range strings.Lines(tt.text) {
				text += "  " + line
			}
			_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
			var got []string
			for _, d := range found {
				got = append(got, fmt.Sprintf("%d:%d %s", d.Subject.Start.Line, d.Subject.Start.Column, d.ID()))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q in\n%s", got, tt.want, text)
			}
		})
	}
}
