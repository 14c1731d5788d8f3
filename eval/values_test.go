package eval

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

const jobsCRD = `
spec:
  group: example.com
  names: {kind: Job, plural: jobs}
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer}
                mode: {type: string}
                ratio: {type: number}
                since: {type: string, format: date-time, nullable: true}
                other: {type: string, format: date-time}
                day: {type: string, format: date}
                every: {type: string, format: duration}
                secret: {type: string, format: byte}
                password: {type: string, format: password}
                bad: {type: string, format: date-time}
                times: {type: array, items: {type: string, format: date-time}}
                windows:
                  type: array
                  items:
                    type: object
                    properties: {from: {type: string, format: date-time}, name: {type: string}}
                byDay: {type: object, additionalProperties: {type: object, properties: {every: {type: string, format: duration}}}}
                tags: {type: array, items: {type: string}}
                plain: {type: object, properties: {a: {type: object, properties: {b: {type: integer}}}}}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {at: {type: string, format: date-time}}}
            status:
              type: object
              properties:
                conditions:
                  type: array
                  items: {type: object, properties: {type: {type: string}, lastTransitionTime: {type: string, format: date-time}}}
`

const job = `
apiVersion: example.com/v1
kind: Job
metadata: {name: j, creationTimestamp: "2026-01-01T00:00:00Z", labels: {a: b}}
spec:
  size: 3
  mode: fast
  ratio: 3
  since: "2026-01-01T00:00:00.000000Z"
  other: "2026-01-01T01:00:00+01:00"
  day: "2026-01-01"
  every: 90m
  secret: aGk=
  password: secret
  bad: yesterday
  times: ["2026-01-01T00:00:00.0Z", "2026-01-02T00:00:00Z"]
  windows: [{from: "2026-01-01T00:00:00Z", name: a}, {from: "2026-01-02T00:00:00Z", name: b}]
  byDay: {mon: {every: 1h}, tue: {every: 1 day}}
  tags: [x, z]
  plain: {a: {b: 1}}
  free: {at: "2026-01-01T00:00:00Z", more: "2026-01-01T00:00:00Z"}
status:
  conditions: [{type: Ready, status: 'True', lastTransitionTime: "2026-01-01T00:00:00Z"}]
`

func data(t testing.TB, text string) map[string]any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	value, err := parseJSON(string(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func jobShape(t testing.TB) *Shape {
	t.Helper()
	set := schema.NewSet(schema.Builtin())
	if err := set.AddCRD(data(t, jobsCRD)); err != nil {
		t.Fatal(err)
	}
	return ObjectShape(set.Type(schema.KindOf("example.com/v1", "Job")))
}

// typedJob is a Binding of the job, typed, and of plain copies of it.
func typedJob(t testing.TB) *Binding {
	t.Helper()
	shape, body, old := jobShape(t), data(t, job), data(t, job)
	return sample().With(map[string]any{
		"body": Typed(body, shape), "old": Typed(old, shape), "new": Typed(body, shape),
		"spec": Typed(body["spec"], shape.At("spec")), "status": Typed(body["status"], shape.At("status")),
		"meta":  Typed(body["metadata"], shape.At("metadata")),
		"event": Typed(map[string]any{"type": "ADDED", "object": body}, FieldsShape(map[string]*Shape{"object": shape})),
		"memo":  map[string]any{"body": data(t, job), "spec": data(t, job)["spec"]},
		"value": Typed("2026-01-01T00:00:00.00Z", shape.At("spec", "since")),
		"param": map[string]any{"since": "2026-01-01T00:00:00.000000Z"},
		"now":   time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC),
		"steps": Typed(map[string]any{"got": body, "all": []any{body, map[string]any{"x": "2026-01-01T00:00:00Z"}}},
			FieldsShape(map[string]*Shape{"got": shape, "all": ItemsShape([]*Shape{shape, nil})})),
	})
}

func TestTypedValues(t *testing.T) {
	e, b := newEnv(t), typedJob(t)
	for text, want := range map[string]string{
		"type(spec.size) == int && type(spec.ratio) == double && type(spec.mode) == string": "true",
		"spec.ratio * 2.0":                                                   "6",
		"now - spec.since > duration('1h')":                                  "true",
		"spec.since == timestamp('2026-01-01T00:00:00Z')":                    "true",
		"spec.since == spec.other":                                           "true",
		"spec.day < now":                                                     "true",
		"spec.every < duration('2h')":                                        "true",
		"string(spec.secret)":                                                `"hi"`,
		"spec.secret == b'hi'":                                               "true",
		"spec.password":                                                      `"secret"`,
		"spec.bad.startsWith('yester')":                                      "true",
		"timestamp(meta.creationTimestamp) == meta.creationTimestamp":        "true",
		"meta.creationTimestamp.getFullYear()":                               "2026",
		"body.metadata.creationTimestamp == event.object.spec.since":         "true",
		"spec.byDay.tue.every == duration('24h')":                            "true",
		"spec.byDay['mon'].every + duration('1h')":                           `"2h0m0s"`,
		"spec.windows.filter(w, w.from > timestamp('2026-01-01T12:00:00Z'))": `[{"from":"2026-01-02T00:00:00Z","name":"b"}]`,
		"spec.windows.map(w, w.from)":                                        `["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z"]`,
		"spec.times.max()":                                                   `"2026-01-02T00:00:00Z"`,
		"spec.byDay.map(d, d)":                                               `["mon","tue"]`,
		"spec.byDay.transformList(k, v, v.every)":                            `["1h0m0s","24h0m0s"]`,
		"spec.free.at < now && spec.free.more.startsWith('2026')":            "true",
		"condition(body, 'Ready').value().lastTransitionTime < now":          "true",
		"steps.got.spec.since < now && steps.all[0].spec.since < now":        "true",
		"steps.all[1].x.startsWith('2026')":                                  "true",
		"steps.all.map(o, has(o.spec) ? string(o.spec.since) : o.x)":         `["2026-01-01T00:00:00Z","2026-01-01T00:00:00Z"]`,
		"value < now":                                   "true",
		"merge(spec, {'size': 4}).since":                `"2026-01-01T00:00:00.000000Z"`,
		"json.encode(spec.windows)":                     `"[{\"from\":\"2026-01-01T00:00:00Z\",\"name\":\"a\"},{\"from\":\"2026-01-02T00:00:00Z\",\"name\":\"b\"}]"`,
		"json.encode(meta.creationTimestamp)":           `"\"2026-01-01T00:00:00Z\""`,
		"yaml.encode(spec.plain)":                       `"a:\n  b: 1\n"`,
		"hash.sha256(spec.secret) == hash.sha256('hi')": "true",
		"isReady(body)":                                 "true",
		"has(spec.since) && !has(spec.sizee) && has(meta.creationTimestamp)":                   "true",
		"spec.?sizee.orValue('none')":                                                          `"none"`,
		"spec.?since.orValue(now) < now":                                                       "true",
		"size(spec.times) + size(spec) + spec.byDay.size()":                                    "20",
		"'since' in spec && !('sizee' in spec)":                                                "true",
		"timestamp('2026-01-02T00:00:00Z') in spec.times":                                      "true",
		"spec.times + [now]":                                                                   `["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z","2026-01-01T02:00:00Z"]`,
		"[now] + spec.times == [now] + spec.times":                                             "true",
		"spec.times == [timestamp('2026-01-01T00:00:00Z'), timestamp('2026-01-02T00:00:00Z')]": "true",
		"[timestamp('2026-01-01T00:00:00Z'), timestamp('2026-01-02T00:00:00Z')] == spec.times": "true",
		"spec.times.exists(x, x == spec.since)":                                                "true",
		"spec.tags == ['x', 'z'] && ['x', 'z'] == spec.tags":                                   "true",
		"spec.plain == {'a': {'b': 1.0}} && {'a': {'b': 1}} == spec.plain":                     "true",
		"type(spec) == map && type(spec.times) == list":                                        "true",
		"sets.contains(spec.tags, ['x']) && spec.tags.join('-') == 'x-z'":                      "true",
		"spec.other":                               `"2026-01-01T00:00:00Z"`, // the same for the same time, as a key of an index
		"'%s'.format([spec.since])":                `"2026-01-01T00:00:00Z"`,
		"cel.bind(s, spec, s.since) == spec.since": "true",
		"optional.ofNonZeroValue(spec.times).hasValue() && !optional.ofNonZeroValue(spec.plain.a).orValue({}).?c.hasValue()": "true",
	} {
		t.Run(text, func(t *testing.T) {
			p := expr(t, e, text, nil)
			v, err := p.Eval(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := compactJSON(v); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// TestEqualityOfTypedValues: data is equal to its copy, whatever is known of either, in either
// order, and anywhere in a larger value.
func TestEqualityOfTypedValues(t *testing.T) {
	e, b := newEnv(t), typedJob(t)
	changed := data(t, job)
	changed["spec"].(map[string]any)["times"] = []any{"2026-01-01T00:00:00.1Z", "2026-01-02T00:00:00Z"}
	same := data(t, job) // other texts, the same times
	same["spec"].(map[string]any)["since"] = "2026-01-01T00:00:00Z"
	shape := jobShape(t)
	b = b.With(map[string]any{
		"param": map[string]any{"changed": changed, "same": same},
		"vars":  Typed(map[string]any{"changed": changed, "same": same}, FieldsShape(map[string]*Shape{"changed": shape, "same": shape})),
	})
	for _, pair := range [][2]string{
		{"body", "old"}, {"body", "memo.body"}, {"spec", "memo.spec"}, {"spec", "old.spec"}, {"spec.windows", "memo.spec.windows"},
		{"{'a': spec}", "{'a': memo.spec}"}, {"[spec]", "[memo.spec]"}, {"spec.since", "old.spec.since"}, {"spec.byDay", "memo.spec.byDay"},
		{"memo.body", "memo.body"}, {"body", "vars.same"}, {"body.spec", "vars.same.spec"},
	} {
		for _, text := range []string{pair[0] + " == " + pair[1], pair[1] + " == " + pair[0], pair[0] + " in [1, " + pair[1] + "]", pair[1] + " in [" + pair[0] + "]"} {
			if ok, err := expr(t, e, text, nil).Bool(t.Context(), b); err != nil || !ok {
				t.Errorf("%s: %v, %v", text, ok, err)
			}
		}
	}
	for _, pair := range [][2]string{
		{"body", "param.changed"}, {"body", "vars.changed"}, {"vars.changed", "param.same"},
		{"body", "param.same"}, // another text, and nobody knows there that it is a time
		{"spec", "{'since': 1}"}, {"spec", "1"}, {"spec", "null"}, {"spec", "spec.times"}, {"spec.times", "spec.tags"},
		{"spec.windows", "spec.windows.map(w, w.name)"},
	} {
		for _, text := range []string{"dyn(" + pair[0] + ") == dyn(" + pair[1] + ")", "dyn(" + pair[1] + ") == dyn(" + pair[0] + ")", "dyn(" + pair[0] + ") in [dyn(" + pair[1] + ")]"} {
			if ok, err := expr(t, e, text, nil).Bool(t.Context(), b); err != nil || ok {
				t.Errorf("%s: %v, %v", text, ok, err)
			}
		}
	}
}

// TestRenderingOfTypedValues: what is copied is what is stored.
func TestRenderingOfTypedValues(t *testing.T) {
	b := typedJob(t)
	for text, want := range map[string]string{
		`"${spec.since}"`:                                 `"2026-01-01T00:00:00.000000Z"`,
		`"${spec.other}"`:                                 `"2026-01-01T01:00:00+01:00"`,
		`"${spec.day}"`:                                   `"2026-01-01"`,
		`"${spec.every}"`:                                 `"90m"`,
		`"${spec.byDay.tue.every}"`:                       `"1 day"`,
		`"${spec.?every}"`:                                `"90m"`,
		`"${spec.byDay['mon'].?every}"`:                   `"1h"`,
		`"${spec.secret}"`:                                `"aGk="`,
		`"${spec.ratio}"`:                                 `3`,
		`"${spec.bad}"`:                                   `"yesterday"`,
		`"${spec.times[0]}"`:                              `"2026-01-01T00:00:00.0Z"`,
		`"${spec.times}"`:                                 `["2026-01-01T00:00:00.0Z","2026-01-02T00:00:00Z"]`,
		`"${event.object.spec.since}"`:                    `"2026-01-01T00:00:00.000000Z"`,
		`"${steps.all[0].spec.since}"`:                    `"2026-01-01T00:00:00.000000Z"`,
		`"since ${spec.since}, ${spec.day}"`:              `"since 2026-01-01T00:00:00.000000Z, 2026-01-01"`,
		`{a: "${spec.since}", b: ["${spec.windows[1]}"]}`: `{"a":"2026-01-01T00:00:00.000000Z","b":[{"from":"2026-01-02T00:00:00Z","name":"b"}]}`,
		`"${spec.since + duration('1h')}"`:                `"2026-01-01T01:00:00Z"`,
		`"${true ? spec.since : now}"`:                    `"2026-01-01T00:00:00Z"`,
		`"${spec.every + spec.every}"`:                    `"3h0m0s"`,
		`"${spec.secret + b'!'}"`:                         `"aGkh"`,
	} {
		v, ok, err := template(t, text).Render(t.Context(), b)
		if got, _ := compactJSON(v); err != nil || !ok || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, name := range []string{"body", "spec", "old", "event.object", "steps.got", "memo.body", "body.spec.windows"} {
		v, _, err := template(t, `"${`+name+`}"`).Render(t.Context(), b)
		want, _ := expr(t, newEnv(t), strings.Replace(strings.Replace(name, "body", "memo.body", 1), "memo.memo", "memo", 1), nil).Eval(t.Context(), b)
		if name == "spec" {
			want = data(t, job)["spec"]
		} else if !strings.Contains(name, "body") {
			want = data(t, job)
		}
		got, _ := compactJSON(v)
		if text, _ := compactJSON(want); err != nil || got != text {
			t.Errorf("%s: %v\n%s\n%s", name, err, got, text)
		}
	}
}

func TestDurationOfTypedValues(t *testing.T) {
	b := typedJob(t)
	for text, want := range map[string]time.Duration{
		`"${spec.every}"`: 90 * time.Minute, `"${spec.byDay.tue.every}"`: 24 * time.Hour, `"${spec.?every}"`: 90 * time.Minute,
		`"${spec.ratio}"`: 3 * time.Second, `"${spec.every + duration('1m')}"`: 91 * time.Minute, `"${spec.?none}"`: 0,
	} {
		if got, err := template(t, text).Duration(t.Context(), b); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

// TestTypedRoundTrip: JSON and shape of a value are that value again.
func TestTypedRoundTrip(t *testing.T) {
	e, b := newEnv(t), typedJob(t)
	for _, text := range []string{
		"spec.windows", "spec.byDay", "spec.times", "[now, now]", "{'a': now, 'b': [duration('1h')], 'c': 1}", "spec.windows.filter(w, w.from < now)",
		"[spec, {'x': spec.since}, 1]", "[?optional.none(), ?optional.of(now)]", "spec.?windows", "{1: b'x'}", "spec.tags", "[optional.of(now)]",
	} {
		value, shape, err := expr(t, e, text, nil).EvalTyped(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		again := b.With(map[string]any{"item": Typed(value, shape)})
		check := "item == " + text
		switch text {
		case "spec.?windows":
			check = "item == spec.windows"
		case "{1: b'x'}":
			check = "item == {'1': b'x'}"
		case "[optional.of(now)]", "[?optional.none(), ?optional.of(now)]":
			check = "item == [now]"
		}
		if ok, err := expr(t, e, check, nil).Bool(t.Context(), again); err != nil || !ok {
			t.Errorf("%s: %v, %v", check, ok, err)
		}
	}
}

func TestErrorsOfTypedValues(t *testing.T) {
	e, b := newEnv(t), typedJob(t)
	for text, want := range map[string]string{
		"spec.sizee > 1":                        "no such key: sizee; did you mean size?",
		"body.spec.windows[1].form":             "no such key: form; did you mean from?",
		"meta.creationTimestamp.startsWith('')": "timestamp has no startsWith(string)",
		"spec.times[7]":                         "index out of bounds: 7",
		"spec.since.day":                        "cannot take day of timestamp",
		"spec.since > '2025'":                   "operator > does not take timestamp and string",
		"spec.ratio + 1":                        "operator + does not take double and int",
		"spec.mode.x":                           "cannot take x of string",
	} {
		_, err := expr(t, e, text, nil).Eval(t.Context(), b)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestOldValuesThatDoNotFit: objects may be older than their schema.
func TestOldValuesThatDoNotFit(t *testing.T) {
	e, shape := newEnv(t), jobShape(t)
	for text, where := range map[string]string{
		`spec: {since: 3, times: soon, windows: {from: x}, byDay: [1], every: soon, secret: "*", day: "2026-01-01T00:00:00Z", ratio: x}`: "spec.since == 3 && spec.times == 'soon' && spec.windows.from == 'x' && spec.byDay[0] == 1 && spec.every == 'soon' && spec.secret == '*' && spec.day.startsWith('2026') && spec.ratio == 'x'",
		`spec: {since: "", times: [null, 1, "2026-01-01T00:00:00Z"], windows: [text], other: "0000-01-01T00:00:00Z", secret: ""}`:        "spec.since == '' && spec.times[0] == null && spec.times[1] == 1 && spec.times[2] < timestamp('2027-01-01T00:00:00Z') && spec.windows[0] == 'text' && spec.other.startsWith('0000') && spec.secret == b''",
		`spec: null`: "body.spec == null",
		`spec: text`: "body.spec == 'text'",
	} {
		body := data(t, text)
		b := NewBinding(map[string]any{"body": Typed(body, shape), "spec": Typed(body["spec"], shape.At("spec"))})
		if ok, err := expr(t, e, where, nil).Bool(t.Context(), b); err != nil || !ok {
			t.Errorf("%s: %v, %v", where, ok, err)
		}
		v, err := expr(t, e, "body", nil).Eval(t.Context(), b)
		if got, _ := compactJSON(v); err != nil || got != must(compactJSON(body)) {
			t.Errorf("%s, %v", got, err)
		}
	}
}

func must(text string, err error) string {
	if err != nil {
		return err.Error()
	}
	return text
}

func TestShapes(t *testing.T) {
	shape := jobShape(t)
	for path, want := range map[string]bool{
		"": true, "metadata": true, "metadata.creationTimestamp": true, "metadata.labels": false, "metadata.managedFields": true,
		"spec": true, "spec.plain": false, "spec.tags": false, "spec.size": false, "spec.byDay.any.every": true, "spec.none.x": false, "status": true,
	} {
		if got := shape.At(pathTo(path)...) != nil; got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	if shape.At("metadata") != ObjectShape(nil).At("metadata") {
		t.Error("the shape of metadata is not shared")
	}
	plain := schema.ObjectOf("", []schema.Field{{Name: "a", Type: schema.ListOf(schema.MapOf(schema.Of(schema.String)))}})
	if ShapeOf(plain) != nil || ShapeOf(nil) != nil || FieldsShape(map[string]*Shape{"a": nil}) != nil || ItemsShape([]*Shape{nil}) != nil {
		t.Error("there is a shape where nothing is converted")
	}
	crd := ObjectShape(schema.Builtin().Type(schema.KindOf("apiextensions.k8s.io/v1", "CustomResourceDefinition")))
	root := crd.At("spec", "versions").Item(0).At("schema", "openAPIV3Schema")
	if deep := root.At("properties", "a", "properties", "b", "properties", "c"); deep != root || root.At("maximum") == nil {
		t.Error("a schema in a schema has another shape")
	}
	secret := ObjectShape(schema.Builtin().Type(schema.KindOf("v1", "Secret")))
	if secret.At("data", "x") == nil || secret.At("stringData") != nil {
		t.Error("the shape of secrets is wrong")
	}
}

func pathTo(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ".")
}

// TestAllBuiltinShapes makes all of them: none loops.
func TestAllBuiltinShapes(t *testing.T) {
	total := map[*Shape]bool{}
	for _, r := range schema.Builtin().Resources() {
		countShapes(ObjectShape(schema.Builtin().Type(r.GVK())), total)
	}
	t.Logf("%d nodes for %d kinds", len(total), len(schema.Builtin().Resources()))
}

func countShapes(s *Shape, seen map[*Shape]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	countShapes(s.elem, seen)
	for _, f := range s.fields {
		countShapes(f, seen)
	}
}

// FuzzTypedValues: whatever the schema says of some JSON, rendering is the identity, nothing
// panics, and a typed value is equal to its copy.
func FuzzTypedValues(f *testing.F) {
	e, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	same := expr(f, e, "body == old && old == body && body == new && new == body", nil)
	walk := expr(f, e, "json.encode(body) == json.encode(old)", nil)
	whole := expr(f, e, "body", nil)
	text, _ := json.Marshal(data(f, job))
	f.Add(text, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte(`{"a":"2026-01-01T00:00:00.000Z","b":[1,2.5,"1h"],"c":{"d":{"e":"aGk="}}}`), []byte{8, 3, 1, 1, 7, 2})
	f.Add([]byte(`["1 day",[],{},null,9007199254740993]`), []byte{7, 8, 9, 4})
	f.Fuzz(func(t *testing.T, text, types []byte) {
		value, err := parseJSON(string(text))
		again, _ := parseJSON(string(text))
		if err != nil {
			t.Skip()
		}
		shape := ShapeOf(randomType(&types, value, 0))
		b := NewBinding(map[string]any{"body": Typed(value, shape), "old": again, "new": Typed(again, shape)})
		want := must(compactJSON(value))
		if _, isText := value.(string); !isText {
			if ok, err := same.Bool(t.Context(), b); err != nil || !ok {
				if !strings.Contains(want, "null") && shape != nil && isScalar(value) {
					t.Skip() // a lone time is no text
				}
				t.Fatalf("not equal: %v: %s", err, want)
			}
			if ok, err := walk.Bool(t.Context(), b); err != nil || !ok {
				t.Fatalf("not walked: %v", err)
			}
		}
		rendered, _, err := whole.render(t.Context(), b)
		if got := must(compactJSON(rendered)); err != nil || got != want {
			t.Fatalf("%v\n%s\n%s", err, got, want)
		}
		visit(valueOf(value, shape))
	})
}

func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// randomType is a type for some JSON: often one that fits.
func randomType(choices *[]byte, v any, depth int) *schema.Type {
	choice := byte(0)
	if len(*choices) > 0 {
		choice, *choices = (*choices)[0], (*choices)[1:]
	}
	if depth > 6 {
		return schema.Of(schema.Timestamp)
	}
	switch x := v.(type) {
	case map[string]any:
		if choice%3 == 0 {
			return schema.MapOf(randomType(choices, nil, depth+1))
		}
		if choice%3 == 1 {
			var fields []schema.Field
			for name := range maps.Keys(x) {
				fields = append(fields, schema.Field{Name: name, Type: randomType(choices, x[name], depth+1)})
			}
			return schema.ObjectOf("", fields)
		}
	case []any:
		if len(x) > 0 && choice%4 > 0 {
			return schema.ListOf(randomType(choices, x[0], depth+1))
		}
	}
	return schema.Of(schema.Kind(choice % byte(schema.IntOrString+1)))
}

// visit looks at everything in a value.
func visit(v ref.Val) {
	switch x := v.(type) {
	case traits.Mapper:
		for it := x.Iterator(); it.HasNext() == types.True; {
			visit(x.Get(it.Next()))
		}
	case traits.Lister:
		for it := x.Iterator(); it.HasNext() == types.True; {
			visit(it.Next())
		}
	}
	_ = v.ConvertToType(types.StringType)
}
