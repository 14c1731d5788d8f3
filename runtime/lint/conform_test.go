package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// thingCRD is the kind that the handlers of these tests are about, and one that is in no
// namespace.
const thingCRD = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer}
                color: {type: string}
                level: {type: integer, default: 1}
                port: {type: integer}
                disks: {type: array, items: {type: object, required: [id], properties: {id: {type: string}, gb: {type: integer}}}}
                table: {type: object, additionalProperties: {type: string}}
            status:
              type: object
              properties:
                phase: {type: string, enum: [Up, Down]}
                count: {type: integer}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                conditions: {type: array, items: {type: object, required: [type, status], properties: {type: {type: string}, status: {type: string}, reason: {type: string, maxLength: 5}, lastTransitionTime: {type: string}}}}
                it: {type: object, properties: {done: {type: boolean}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bases.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Base, plural: bases}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}}
`

// handled is what a handler of things does, and what is found: "line:column rule: part of
// the message". The options begin in line 9.
type handled struct {
	on, options, steps string
	want               []string
}

func (w handled) check(t *testing.T, resource string) {
	t.Helper()
	on := w.on
	if on == "" {
		on = "create"
	}
	text := oneCase{on: on, options: w.options, steps: w.steps}.text()
	text = strings.Replace(text, "resource: things.example.com", "resource: "+resource, 1) + thingCRD
	_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
	var got []string
	for _, d := range found {
		got = append(got, fmt.Sprintf("%d:%d %s: %s", d.Subject.Start.Line, d.Subject.Start.Column, d.ID(), d.Detail))
	}
	ok := slices.EqualFunc(got, w.want, func(got, want string) bool {
		place, part, _ := strings.Cut(want, ": ")
		return strings.HasPrefix(got, place+": ") && strings.Contains(got, part)
	})
	if !ok {
		t.Errorf("got  %q\nwant %q in\n%s", got, w.want, strings.TrimSuffix(text, thingCRD))
	}
}

// What steps write is compared with the schemas of the objects.
func TestWritten(t *testing.T) {
	tests := map[string]handled{
		"an own kind":        {steps: "- create: {object: {apiVersion: example.com/v1, kind: Thing, spec: {size: '${spec.color}', prot: 1}}}", options: "match: {when: has(spec.color)}", want: []string{`11:83 object-type: "size" must be a whole number`, `11:100 object-field: did you mean "port"?`}},
		"several objects":    {steps: "- create:\n    objects:\n      - {apiVersion: v1, kind: ConfigMap, data: {a: b}}\n      - {apiVersion: v1, kind: ConfigMap, dat: {a: b}}", want: []string{`13:51 object-field: did you mean "data"?`}},
		"objects by a var":   {options: "vars: {all: '${spec.size}'}", steps: "- create: {objects: '${vars.all}'}", want: []string{`11:29 object-type: "objects" must be a list, and is a whole number`}},
		"no list":            {steps: "- create: {object: '${spec.size}'}", want: []string{`10:28 object-type: "object" must be a map`}},
		"no kind":            {steps: "- create: {objects: [{apiVersion: v1}]}", want: []string{`10:30 missing-key: needs "kind"`}},
		"kind by expression": {steps: "- create: {object: {apiVersion: v1, kind: '${spec.size > 1 ? \"Pod\" : \"Node\"}', what: ever}}"},
		"required, omitted":  {steps: "- create: {object: {apiVersion: example.com/v1, kind: Thing, spec: {size: '${spec.?port}'}}}", want: []string{`10:83 object-required: "size" is required, and this may leave it out`}},
		"optional, omitted":  {steps: "- create: {object: {apiVersion: example.com/v1, kind: Thing, spec: {size: 1, port: '${has(spec.port) ? spec.port : omit()}'}}}"},
		"escaped":            {steps: "- create: {object: {apiVersion: example.com/v1, kind: Thing, spec: {size: 1, color: '$${x}', port: '$${x}'}}}", want: []string{`10:108 object-type: "port" must be a whole number, and is text`}},
		"items of forEach":   {steps: "- forEach: spec.?disks.orValue([])\n  create: {object: {apiVersion: example.com/v1, kind: Thing, spec: {size: '${item.id}'}}}", want: []string{`11:83 object-type: "size" must be a whole number, and is text`}},
		"status of a child":  {steps: "- create: {object: {apiVersion: example.com/v1, kind: Thing, spec: {size: 1}, status: {phase: Up}}}", want: []string{`10:87 unwritten-status: things have their status apart`}},
		"status of a base":   {steps: "- create: {object: {apiVersion: example.com/v1, kind: Base, status: {}}}", want: []string{`10:69 object-field: has no field "status"`}},
		"gone kind":          {steps: "- create: {object: {apiVersion: apps/v1beta1, kind: Deployment}}", want: []string{`10:41 deprecated-api: use apps/v1`}},
		"misspelt group":     {steps: "- create: {object: {apiVersion: example.com/v1, kind: Thingy}}"},
		"nested":             {steps: "- create: {adopt: {nested: [spec.template, spec.replicas, spec.volumeClaimTemplates]}, object: {apiVersion: apps/v1, kind: StatefulSet, spec: {selector: {}, template: {spec: {containers: []}}}}}", want: []string{`10:52 adopt-nested: int is no object`}},
		"nested in lists":    {steps: "- create: {adopt: {nested: [spec.template.spec.volumes.ephemeral.volumeClaimTemplate.metadata.labels]}, object: {apiVersion: v1, kind: PodTemplate, template: {}}}", want: []string{`10:37 adopt-nested: has no field "spec"`}},
		"cluster-scoped":     {steps: "- create: {object: {apiVersion: example.com/v1, kind: Base, metadata: {namespace: x}}}", want: []string{`10:80 cluster-scoped: bases are not in namespaces`}},
		"no name":            {steps: "- create: {adopt: {name: keep}, object: {apiVersion: example.com/v1, kind: Base}}", want: []string{`10:84 no-name: it needs a metadata.name`}},
		"generated name":     {steps: "- create: {adopt: false, object: {apiVersion: example.com/v1, kind: Base, metadata: {generateName: x}}}"},
		"no namespace":       {steps: "- create: {adopt: {namespace: false}, object: {apiVersion: v1, kind: ConfigMap}}", want: []string{`10:78 no-namespace: adopt does not take`}},
		"a review":           {steps: "- create: {adopt: false, object: {apiVersion: authorization.k8s.io/v1, kind: SubjectAccessReview, spec: {user: a}}}"},

		"own merge":            {steps: "- patch: {merge: {spec: {sizee: 1, port: '1', color: null, disks: [{gb: 1}]}, metadata: {labels: {a: b}}}}", want: []string{`10:34 object-field: did you mean "size"?`, `10:50 object-type: "port" must be a whole number`, `10:76 object-required: needs "id"`}},
		"own merge of status":  {steps: "- patch: {merge: {status: {phase: Left}}}", want: []string{`10:43 object-value: "phase" cannot be "Left"`}},
		"own apply":            {steps: "- patch: {apply: {spec: {disks: [{gb: 1}], siz: 2}, status: {}}}", want: []string{`10:52 object-field: did you mean "size"?`, `10:61 unwritten-status: things have their status apart`}},
		"own JSON":             {steps: "- patch: {json: [{op: add, path: /spec/disks/-, value: {gb: 1}}, {op: replace, path: /spec/prt, value: 1}, {op: test, path: /spec/size, value: x}, {op: add, path: /metadata/labels/a~1b, value: 1}, {op: copy, from: /spec/siz, path: /spec/port}]}", want: []string{`10:64 object-required: needs "id"`, `10:100 object-field: did you mean "port"?`, `10:202 object-type: "a/b" must be text`, `10:229 object-field: did you mean "size"?`}},
		"JSON by expression":   {steps: "- patch: {json: [{op: add, path: '/spec/${name}', value: 1}]}"},
		"target":               {steps: "- patch: {target: {resource: deployments.apps, name: x}, merge: {spec: {replicas: '${string(spec.size)}', replica: 1}}}", want: []string{`10:91 object-type: "replicas" must be a whole number`, `10:115 object-field: did you mean "replicas"?`}},
		"target's status":      {steps: "- patch: {target: {resource: deployments.apps, name: x}, merge: {status: {replicas: 1}}}", want: []string{`10:74 unwritten-status: needs subresource: status`}},
		"target's subresource": {steps: "- patch: {target: {resource: deployments.apps, name: x}, subresource: status, merge: {status: {replicas: x}}}", want: []string{`10:114 object-type: "replicas" must be a whole number`}},
		"same kind":            {steps: "- patch: {target: {resource: things.example.com, name: x}, merge: {status: {phase: Up}}}"},
		"scale":                {steps: "- patch: {target: {resource: deployments.apps, name: x}, subresource: scale, merge: {spec: {replica: 1}}}", want: []string{`10:101 object-field: did you mean "replicas"?`}},
		"said already":         {steps: "- patch: {subresource: status, merge: {phse: Up}}", want: []string{`10:47 patch-status: put the fields under it`}},
		"target's kind":        {steps: "- get: {target: {apiVersion: v1, kind: Secrt, name: x}}", want: []string{`10:48 no-such-kind: did you mean "Secret"?`}},
		"target's namespace":   {steps: "- get: {target: {resource: nodes, name: x, namespace: y}}\n- delete: {resource: bases.example.com, labels: {a: b}, namespace: '*'}", want: []string{`10:63 cluster-scoped: nodes are not`, `11:76 cluster-scoped: bases are not`}},

		"status":               {steps: "- status: {phase: Up, count: '${spec.size}', free: {x: {y: 1}}, cuont: 1}", want: []string{`10:73 pruned-status: did you mean "count"?`}},
		"status, other":        {steps: "- status: {other: 1}", want: []string{`10:20 pruned-status: the API server drops it: add it`}},
		"status, type":         {steps: "- status: {count: '${spec.size} pieces', phase: '${spec.size > 1 ? \"Up\" : \"Down\"}'}", want: []string{`10:27 object-type: "count" must be a whole number`}},
		"status, removed":      {steps: "- status: {phase: null}"},
		"condition":            {steps: "- condition: {type: Ready, status: true, reason: TooLong}", want: []string{`10:58 object-value: at most 5 characters`}},
		"condition's message":  {steps: "- condition: {type: Ready, status: true, message: hello}", want: []string{`10:59 pruned-status: has no field "message"`}},
		"result":               {options: "result: {done: '${spec.size}', more: 1}", steps: "- log: x", want: []string{`9:22 object-type: "done" must be a boolean`, `9:38 pruned-status: has no field "more"`}},
		"returned":             {steps: "- return: {dune: true}", want: []string{`10:20 pruned-status: did you mean "done"?`}},
		"result of an event":   {on: "event", options: "result: {more: 1}", steps: "- log: x", want: []string{`9:16 pruned-status: has no field "more"`}},
		"results of subs":      {steps: "- subhandlers: {forEach: '[1, 2]', id: 'x${item}', do: [{log: x}], result: 5}", want: []string{`10:84 pruned-status: the result is stored at status.it/…, which example.com/v1.Thing does not have`}},
		"result without place": {options: "result: '${spec.size}'", steps: "- log: x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "result without place" {
				tt.want = []string{`9:15 object-type: "it" must be a map`}
			}
			tt.check(t, "things.example.com")
		})
	}
}

// Of an object in no namespace, a child takes none, and nothing is known of a kind without
// a status.
func TestWrittenByClusterScoped(t *testing.T) {
	for name, tt := range map[string]handled{
		"a child":     {steps: "- create: {object: {apiVersion: v1, kind: ConfigMap}}", want: []string{`10:51 no-namespace: the handled object is in none`}},
		"elsewhere":   {steps: "- create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {namespace: '${name}'}}}"},
		"a target":    {steps: "- get: {target: {resource: pods, name: x}}", want: []string{`10:25 no-namespace: pods are in namespaces`}},
		"many":        {steps: "- delete: {resource: pods, labels: {a: b}}", want: []string{`10:19 no-namespace: pods are in namespaces`}},
		"a status":    {steps: "- status: {a: b}", want: []string{`10:20 pruned-status: add to the CustomResourceDefinition: status: {`}},
		"a condition": {steps: "- condition: {type: A, status: true}", want: []string{`10:22 pruned-status: has no status`}},
		"a result":    {options: "result: true", steps: "- log: x", want: []string{`9:15 pruned-status: the result is stored at status.it`}},
	} {
		t.Run(name, func(t *testing.T) { tt.check(t, "bases.example.com") })
	}
}

// What is known to be there is followed through a handler.
func TestGuards(t *testing.T) {
	tests := map[string]handled{
		"required and defaulted":    {steps: "- log: ${spec.size} ${spec.level}"},
		"optional":                  {steps: "- log: ${spec.size} ${spec.color}", want: []string{`10:36 unguarded-field: write spec.?color.orValue(…)`}},
		"guarded by when":           {steps: "- when: has(spec.color)\n  log: ${spec.color}"},
		"guarded around":            {steps: "- when: has(spec.color)\n  do:\n    - {log: '${spec.color}'}\n    - when: spec.size > 1\n      log: ${spec.color}\n- log: ${spec.color}", want: []string{`15:23 unguarded-field: spec.color`}},
		"guarded by match":          {options: "match: {when: has(spec.color) && spec.port > 1}", steps: "- log: ${spec.color} ${spec.port}"},
		"guarded by a field":        {options: "match: {field: spec.color}", steps: "- log: ${spec.color}"},
		"touched, perhaps gone":     {on: "update", options: "match: {field: spec.color}", steps: "- log: ${spec.color}", want: []string{`11:23 unguarded-field: spec.color`}},
		"new and old":               {on: "update", options: "match: {field: spec.color, old: red, new: {exists: true}}", steps: "- log: ${spec.color} ${old.spec.color} ${new.spec.color}"},
		"value":                     {options: "match: {field: spec.color, value: {in: [red, blue]}}", steps: "- log: ${spec.color}"},
		"value that may be null":    {options: "match: {field: spec.color, value: {in: [red, null]}}", steps: "- log: ${spec.color}", want: []string{`11:23 unguarded-field: spec.color`}},
		"labels":                    {options: "match: {labels: {app: web, env: {exists: false}}}", steps: "- log: ${labels.app} ${labels.env}", want: []string{`11:39 unguarded-field: labels.env`}},
		"failed before":             {steps: "- when: \"!has(spec.color)\"\n  fail: {permanent: none}\n- log: ${spec.color}"},
		"returned before":           {steps: "- when: \"!has(spec.color) || spec.size == 0\"\n  do: [{log: x}, {return: null}]\n- log: ${spec.color}"},
		"returned otherwise":        {steps: "- when: \"!has(spec.color) && spec.size == 0\"\n  return: null\n- log: ${spec.color}", want: []string{`12:23 unguarded-field: spec.color`}},
		"waited for":                {steps: "- wait: {for: has(status.phase)}\n- log: ${status.phase}"},
		"told once":                 {steps: "- log: ${spec.color}\n- event: {reason: A, message: '${spec.color}'}\n- log: ${spec.color}", want: []string{`10:23 unguarded-field: spec.color`}},
		"not told in a branch only": {steps: "- when: spec.size > 1\n  log: ${spec.color}\n- log: ${spec.color}", want: []string{`11:23 unguarded-field: spec.color`, `12:23 unguarded-field: spec.color`}},
		"written before":            {steps: "- status: {phase: Up}\n- log: ${status.phase} ${status.count}", want: []string{`11:41 unguarded-field: status.count`}},
		"written by a condition":    {steps: "- condition: {type: A, status: true}\n- log: ${status.conditions[0].type}"},
		"forEach":                   {steps: "- forEach: spec.disks\n  log: ${item.id} ${item.gb}", want: []string{`10:25 unguarded-field: spec.disks`, `11:34 unguarded-field: write item.?gb`}},
		"forEach of a filter":       {steps: "- forEach: spec.?disks.orValue([]).filter(d, has(d.gb))\n  log: ${item.gb}"},
		"forEach with a when":       {steps: "- forEach: spec.?disks.orValue([])\n  when: has(item.gb)\n  log: ${item.gb}"},
		"forEach of a map":          {steps: "- forEach: spec.?table.orValue({})\n  log: ${key} ${item} ${spec.table[key]}"},
		"a var, used guarded":       {options: "vars: {text: 'is ${spec.color}'}", steps: "- when: has(spec.color)\n  log: ${vars.text}\n- log: \"${has(spec.color) ? vars.text : 'none'}\""},
		"a var, used unguarded":     {options: "vars: {text: 'is ${spec.color}'}", steps: "- when: has(spec.color)\n  log: ${vars.text}\n- log: ${vars.text}", want: []string{`9:31 unguarded-field: spec.color`}},
		"a result":                  {options: "result: {done: '${spec.color == \"a\"}'}", steps: "- when: \"!has(spec.color)\"\n  return: null"},
		"a sub-handler":             {steps: "- when: has(spec.color)\n  subhandlers: {id: a, do: [{log: '${spec.color} ${spec.port}'}]}", want: []string{`11:65 unguarded-field: spec.port`}},
		"on failure":                {options: "onFailure: [{log: '${spec.color}'}]", steps: "- log: ${spec.?color.orValue('')}", want: []string{`9:33 unguarded-field: spec.color`}},
		"results of steps":          {steps: "- name: pod\n  get: {target: {resource: pods, name: x}, ifMissing: fail}\n- log: ${steps.pod.spec.nodeName} ${steps.pod.metadata.uid} ${steps.pod.status.phase}", want: []string{`12:81 unguarded-field: steps.pod.status`}},
		"results that may be null":  {steps: "- name: pod\n  get: {target: {resource: pods, name: x}}\n- log: ${steps.pod.metadata.uid} ${steps.pod.metadata.name}\n- when: steps.pod == null\n  fail: none\n- log: ${steps.pod.metadata.uid}", want: []string{`12:24 unguarded-field: steps.pod may be null, which is an error here; write steps.pod.?metadata.orValue(…), or test steps.pod != null before`}},
		"results of a step skipped": {steps: "- name: made\n  when: spec.size > 1\n  create: {object: {apiVersion: v1, kind: ConfigMap}}\n- log: ${steps.made.metadata.name}\n- when: steps.made != null\n  log: ${steps.made.metadata.name}", want: []string{`13:24 unguarded-field: steps.made may be null`}},
		"old, in updates":           {on: "update", steps: "- log: ${old.spec.size} ${new.spec.size}"},
		"old, in creations too":     {on: "[create, update]", steps: "- log: ${old.spec.size} ${new.spec.size}", want: []string{`10:18 unguarded-field: old may be null`}},
		"filters":                   {options: "match: {when: spec.color == 'a', labels: {x: {when: 'value == labels.y'}}}", steps: "- log: x"},
		"anything else":             {steps: "- log: \"${spec.?color.orValue('')} ${has(spec.port) ? spec.port : 0} ${labels.map(k, labels[k])}\""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { tt.check(t, "things.example.com") })
	}
}

// What another handler writes into each new object is there later.
func TestGuardsOfOtherHandlers(t *testing.T) {
	head := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  handlers:\n"
	reader := "    - {id: b, on: update, resource: things.example.com, do: [{log: '${status.count}'}]}\n"
	for writer, want := range map[string]int{
		"    - {id: a, on: create, resource: things.example.com, do: [{status: {count: 1}}]}\n":                                      0,
		"    - {id: a, on: create, resource: things.example.com, do: [{do: [{status: {count: 1}}]}]}\n":                              0,
		"    - {id: a, on: create, resource: things.example.com, do: [{when: spec.size > 1, status: {count: 1}}]}\n":                 1,
		"    - {id: a, on: create, resource: things.example.com, match: {labels: {a: b}}, do: [{status: {count: 1}}]}\n":             1,
		"    - {id: a, on: update, resource: things.example.com, do: [{status: {count: 1}}]}\n":                                      1,
		"    - {id: a, on: create, resource: things.example.com, do: [{when: spec.size > 1, return: null}, {status: {count: 1}}]}\n": 1,
		"    - {id: a, on: create, resource: things.example.com, do: [{status: {count: '${spec.?port}'}}]}\n":                        1,
		"    - {id: a, on: create, resource: things.example.com, do: [{patch: {merge: {status: {count: 1}}}}]}\n":                    0,
	} {
		_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(head + writer + reader + thingCRD)}}, nil)
		if len(found) != want {
			t.Errorf("%s: %v", writer, found)
		}
	}
}

// Where the engine itself keeps records in the status, the schema must have a place.
func TestStored(t *testing.T) {
	head := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  settings: {persistence: %s}\n  handlers: [{id: it, on: create, resource: things.example.com, do: [{log: x}]}]\n"
	for settings, want := range map[string]string{
		"{progress: {storage: annotations}}":                         "",
		"{progress: {storage: status}}":                              "5:48 pruned-status: the progress of handlers is stored at status.kopf.progress",
		"{progress: {storage: status, field: status.free.progress}}": "",
		"{progress: {storage: status, field: status.phase}}":         "5:63 pruned-status: the progress of handlers is stored at status.phase",
		"{diffbase: {storage: status}}":                              "5:48 pruned-status: what was handled last is stored at status.kopf.last-handled-configuration",
		"{diffbase: {storage: status, field: status.phase}}":         "",
	} {
		_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(fmt.Sprintf(head, settings) + thingCRD)}}, nil)
		got := ""
		for _, d := range found {
			got += fmt.Sprintf("%d:%d %s: %s", d.Subject.Start.Line, d.Subject.Start.Column, d.ID(), d.Detail)
		}
		if !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: got %q, want %q", settings, got, want)
		}
	}
}
