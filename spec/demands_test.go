package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// keysTogether is a map with all selections of some keys, somewhere in an
// operator.
type keysTogether struct {
	typ reflect.Type
	// around has %s where the map stands.
	around string
	keys   []string
}

// The schema refuses those combinations of keys that the parser refuses, and
// takes all others.
func TestSchemaAndParserAgreeOnKeysTogether(t *testing.T) {
	const top = "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  "
	step := func(text string) string {
		return top + "handlers: [{on: create, resource: pods, do: [{" + text + "}]}]"
	}
	handler := func(options string) string {
		return top + "handlers: [{id: a, on: create, resource: pods, do: []}, {resource: pods, do: [], " + options + "}]"
	}
	all := []keysTogether{
		{reflect.TypeFor[Selector](), top + "resources: {a: %s}", []string{"kind: Pod", "plural: pods", "singular: pod", "shortName: po", "category: all", "any: true", "group: x.y"}},
		{reflect.TypeFor[ValueTest](), handler("on: create, match: {annotations: {a: %s}}"), []string{"equals: x", "in: [x]", "exists: true", "when: value == 'x'"}},
		{reflect.TypeFor[Create](), step("create: %s"), []string{"object: {apiVersion: v1, kind: Pod}", "objects: []", "ifExists: keep"}},
		{reflect.TypeFor[Patch](), step("patch: %s"), []string{"merge: {}", "json: []", "apply: {}", "force: true", "subresource: scale"}},
		{reflect.TypeFor[Target](), step("get: {target: %s}"), []string{"resource: pods", "apiVersion: v1", "kind: Pod", "name: x"}},
		{reflect.TypeFor[Delete](), step("delete: %s"), []string{"target: {resource: pods, name: x}", "resource: pods", "labels: {a: b}", "namespace: y", "ifMissing: fail"}},
		{reflect.TypeFor[Fail](), step("fail: %s"), []string{"temporary: x", "permanent: x", "error: x", "delay: 5s"}},
		{reflect.TypeFor[Timer](), top + "timers: [{resource: pods, do: [], %s}]", []string{"interval: 5s", "idle: 5s", "schedule: '@daily'", "sharp: true", "timeZone: UTC"}},
		{reflect.TypeFor[Timer](), top + "timers: [{resource: pods, do: [], interval: 5s, match: %s}]", []string{"field: spec.x", "value: 1", "old: 1", "new: 2"}},
		{reflect.TypeFor[Daemon](), top + "daemons: [{resource: pods, do: [], match: %s}]", []string{"field: spec.x", "value: 1", "old: 1", "new: 2"}},
		{reflect.TypeFor[Index](), top + "indexes: [{id: x, resource: pods, key: name, value: 1, match: %s}]", []string{"field: spec.x", "value: 1", "old: 1", "new: 2"}},
		{reflect.TypeFor[Sub](), step("subhandlers: [{id: x, do: [], match: %s}]"), []string{"field: spec.x", "value: 1", "old: 1", "new: 2"}},
		{reflect.TypeFor[Activity](), top + "startup: [{do: [], %s}]", []string{"result: x", "param: y"}},
		{reflect.TypeFor[Activity](), top + "cleanup: [{do: [], %s}]", []string{"result: x", "param: y"}},
		{reflect.TypeFor[ProgressStorage](), top + "settings: {persistence: {progress: %s}}", []string{"field: status.a.b", "storage: status"}},
		{reflect.TypeFor[ProgressStorage](), top + "settings: {persistence: {progress: %s}}", []string{"field: status.a.b", "storage: annotations"}},
		{reflect.TypeFor[DiffbaseStorage](), top + "settings: {persistence: {diffbase: %s}}", []string{"field: status.a.b", "key: x", "storage: status"}},
		{reflect.TypeFor[DiffbaseStorage](), top + "settings: {persistence: {diffbase: %s}}", []string{"field: status.a.b", "key: x", "storage: annotations"}},
	}
	for _, on := range []string{"create", "update", "field", "event", "delete", "resume", "[create, update]", "[update, field]", "[event]", "[event, create]", "[delete, resume, field]"} {
		all = append(all, keysTogether{reflect.TypeFor[Handler](), handler("on: " + on + ", %s"), []string{
			"optional: true", "deleted: true", "field: spec.x", "retries: 5", "timeout: 5s", "errors: ignored", "backoff: 5s", "needs: a"}},
			keysTogether{reflect.TypeFor[Handler](), handler("on: " + on + ", match: %s"), []string{"field: spec.x", "value: 1", "old: 1", "new: 2", "labels: {}"}})
		if strings.Contains(on, onField) {
			all = append(all, keysTogether{reflect.TypeFor[Handler](), handler("on: " + on + ", field: spec.x, match: %s"), []string{"value: 1", "old: 1", "new: 2", "labels: {}"}})
		}
	}
	schema := compiledSchema(t)
	n, refused := 0, 0
	for _, one := range all {
		for _, text := range one.texts() {
			_, found := Parse([]Source{{Name: "x.yaml", Text: []byte(text)}})
			refusals := refusals(schema, text)
			if found.HasErrors() != (len(refusals) > 0) {
				t.Errorf("%s\nparser: %v\nschema: %v", text, found, refusals)
			}
			n++
			if len(refusals) > 0 {
				refused++
			}
		}
	}
	if n < 3000 || refused < n/10 || refused > n*9/10 {
		t.Errorf("of %d texts, %d are refused", n, refused)
	}
	for typ := range demands {
		if !slices.ContainsFunc(all, func(one keysTogether) bool { return one.typ == typ }) {
			t.Errorf("the demands of %s are not tested", typ.Name())
		}
	}
	for typ := range conditions {
		if !slices.ContainsFunc(all, func(one keysTogether) bool { return one.typ == typ }) {
			t.Errorf("the conditions of %s are not tested", typ.Name())
		}
	}
}

// texts have all selections of the keys.
func (one keysTogether) texts() []string {
	var out []string
	for bits := range 1 << len(one.keys) {
		var chosen []string
		for i, key := range one.keys {
			if bits&(1<<i) != 0 {
				chosen = append(chosen, key)
			}
		}
		text := strings.Join(chosen, ", ")
		if strings.HasSuffix(one.around[:strings.Index(one.around, "%s")], ": ") {
			text = "{" + text + "}"
		}
		out = append(out, fmt.Sprintf(one.around, text))
	}
	return out
}
