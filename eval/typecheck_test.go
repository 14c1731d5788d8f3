package eval

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// thing is the type of an object with a field of each kind.
func thing() *schema.Type {
	field := func(name string, t *schema.Type) schema.Field { return schema.Field{Name: name, Type: t} }
	of := schema.Of
	mode := modeType()
	item := schema.ObjectOf("Thing.spec.items", []schema.Field{field("name", of(schema.String)), field("n", of(schema.Int))})
	spec := schema.ObjectOf("Thing.spec", []schema.Field{
		field("size", of(schema.Int)), field("ratio", of(schema.Double)), field("on", of(schema.Bool)), field("title", of(schema.String)),
		field("since", of(schema.Timestamp)), field("every", of(schema.Duration)), field("data", of(schema.Bytes)),
		field("port", of(schema.IntOrString)), field("any", nil), field("maybe", of(schema.Int).OrNull()),
		field("items", schema.ListOf(item)), field("names", schema.ListOf(of(schema.String))), field("labels", schema.MapOf(of(schema.String))),
		field("free", schema.ObjectOf("Thing.spec.free", []schema.Field{field("known", of(schema.Int))}).AndMore()),
		field("mode", mode), field("modes", schema.ListOf(schema.ObjectOf("Thing.spec.modes", []schema.Field{field("mode", mode)}))),
		field("item", item), field("app.kubernetes.io/name", of(schema.String)),
	})
	return schema.ObjectOf("Thing", []schema.Field{field("apiVersion", of(schema.String)), field("kind", of(schema.String)), field("metadata", schema.Metadata()), field("spec", spec)})
}

// modeType is a text of which the schema lists the values.
func modeType() *schema.Type {
	set := schema.NewSet(nil)
	err := set.AddCRD(map[string]any{"spec": map[string]any{
		"group": "x", "names": map[string]any{"kind": "X", "plural": "xs"}, "versions": []any{map[string]any{
			"name": "v1", "served": true, "schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{
				"mode": map[string]any{"type": "string", "enum": []any{"fast", "slow"}},
			}}}}},
	}})
	f, ok := set.Type(schema.KindOf("x/v1", "X")).Field("mode")
	if err != nil || !ok {
		panic(err)
	}
	return f.Type
}

// typedEnv knows the type of an object.
func typedEnv(t testing.TB, filters ...spec.Entry[*spec.Expr]) *Env {
	t.Helper()
	e, err := New(Options{Filters: filters, Indexes: []string{"by_node"}})
	if err != nil {
		t.Fatal(err)
	}
	body := thing()
	spec, _ := body.Field("spec")
	return e.With(Types{"body": body, "spec": spec.Type, "meta": schema.Metadata(), "old": body.OrNull(), "new": body.OrNull(),
		"index": schema.ObjectOf("index", []schema.Field{{Name: "by_node", Type: schema.Of(schema.String)}})})
}

// What does not fit the types is told with the field and its type.
func TestTypeErrors(t *testing.T) {
	tests := []struct {
		in    string
		want  *cel.Type
		found []string
	}{
		{"spec.sizee > 1", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"body.spec.Size > 1", nil, []string{`Size: unknown field: Thing.spec has no field "Size"; did you mean "size"?`}},
		{"has(spec.sizee)", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"has(body.specc) && has(spec.on)", nil, []string{`specc: unknown field: Thing has no field "specc"; did you mean "spec"?`}},
		{"spec.?sizee.orValue(1)", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"body.?spec.?sizee.orValue(1)", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"body['spec']['sizee']", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"spec[?'sizee'].orValue(1)", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"'sizee' in spec", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"spec.`app.kubernetes.io/nam`", nil, []string{"`app.kubernetes.io/nam`: unknown field: Thing.spec has no field \"app.kubernetes.io/nam\"; did you mean \"app.kubernetes.io/name\"?"}},
		{"spec.item.xyz", nil, []string{`xyz: unknown field: Thing.spec.items has no field "xyz"; its fields are n, name`}},
		{"spec.items.map(i, i.nam)", nil, []string{`nam: unknown field: Thing.spec.items has no field "nam"; did you mean "name"?`}},
		{"spec.items.exists(k, v, v.nn > k)", nil, []string{`nn: unknown field: Thing.spec.items has no field "nn"; did you mean "n"?`}},
		{"cel.bind(s, spec, s.sizee)", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"spec.sizee > 1 && spec.titel == ''", nil, []string{
			`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`,
			`titel: unknown field: Thing.spec has no field "titel"; did you mean "title"?`}},
		{"meta.lables", nil, []string{`lables: unknown field: metadata has no field "lables"; did you mean "labels"?`}},
		{"old.spec.sizee != new.spec.size", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"spec.size.value", nil, []string{`value: unknown field: spec.size is int, which has no fields`}},
		{"has(spec.size.value)", nil, []string{`value: unknown field: spec.size is int, which has no fields`}},

		{"spec.size == '3'", nil, []string{`==: wrong types: operator == does not take int and string; spec.size is int`}},
		{"spec.size > '3'", nil, []string{`>: wrong types: operator > does not take int and string; spec.size is int`}},
		{"spec.title + spec.size", nil, []string{`+: wrong types: operator + does not take string and int; spec.title is string, spec.size is int`}},
		{"spec.size == null", nil, []string{`==: wrong types: operator == does not take int and null; spec.size is int and never null: has(…) tests whether it is there`}},
		{"spec.size in ['a']", nil, []string{`in: wrong types: operator in does not take int and list(string); spec.size is int`}},
		{"spec.size.startsWith('a')", nil, []string{`startsWith: wrong types: int has no startsWith(string); spec.size is int`}},
		{"spec.since == '2026-01-01T00:00:00Z'", nil, []string{`==: wrong types: operator == does not take timestamp and string; spec.since is timestamp`}},
		{"spec.names.exists(n, n == 1)", nil, []string{`==: wrong types: operator == does not take string and int`}},
		{"spec.size ? 1 : 2", nil, []string{`?: wrong type: the condition of ?: must be bool, and spec.size is int`}},
		{"spec.size && spec.on", nil, []string{`size: wrong type: spec.size is int, needed is bool`}},
		{"spec.item == 3", nil, []string{`==: wrong types: operator == does not take map(string, dyn) and int; spec.item is Thing.spec.items`}},
		{"spec.size.map(i, i)", nil, []string{`map: wrong type: cannot walk through int; a list or a map is needed; spec.size is int`}},
		{"index.by_node['a'].exists(v, v == 1)", nil, []string{`==: wrong types: operator == does not take string and int`}},

		{"condition(body, 'Ready').?status.orValue('') == true", nil, []string{`==: wrong types: operator == does not take string and bool`}},
		{"condition(body, 'Ready').value().status == true", nil, []string{`==: wrong types: operator == does not take string and bool`}},
		{"changed('spec.sizee')", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"changed(['spec', 'sizee'])", nil, []string{`sizee: unknown field: Thing.spec has no field "sizee"; did you mean "size"?`}},
		{"changed('spec.size.x')", nil, []string{`x: unknown field: spec.size is int, which has no fields`}},
		{"changed('spec.items.name')", nil, []string{`name: unknown field: spec.items is a list, and a path cannot lead into one`}},
		{"spec['app.kubernetes.io/nam']", nil, []string{`app.kubernetes.io/nam: unknown field: Thing.spec has no field "app.kubernetes.io/nam"; did you mean "app.kubernetes.io/name"?`}},

		{"spec.mode == 'fasst'", nil, []string{`fasst: never equal: spec.mode is never "fasst"; did you mean "fast"?`}},
		{"'x' != spec.?mode.orValue('')", nil, []string{`x: never equal: spec.mode is never "x"; it is one of fast, slow`}},
		{"spec.mode in ['fast', 'sloow']", nil, []string{`sloow: never equal: spec.mode is never "sloow"; did you mean "slow"?`}},
		{"spec.modes.exists(m, m.mode == 'fats')", nil, []string{`fats: never equal: m.mode is never "fats"; did you mean "fast"?`}},

		{"spec.size", cel.BoolType, []string{`spec.size: wrong type: spec.size is int, needed is bool`}},
		{"spec.?on", cel.BoolType, []string{`spec.?on: wrong type: this is optional(dyn), needed is bool; take the value out with .orValue(…)`}},
		{"spec.size", Collection, []string{`spec.size: wrong type: spec.size is int, needed is list or map`}},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			got := typedProblems(t, test.in, test.want)
			if !slices.Equal(got, test.found) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.found, "\n"))
			}
		})
	}
}

// typedProblems are the problems of an expression, each with the text that it is about.
func typedProblems(t *testing.T, text string, want *cel.Type) []string {
	t.Helper()
	operator := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: t}\nspec:\n  handlers:\n    - on: event\n      resource: pods\n      match:\n        when: |-\n          " + text + "\n      do: [{log: x}]\n"
	bundle, problems := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(operator)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, found := typedEnv(t).Expr(bundle.Operators[0].Spec.Handlers[0].Match.When, everything, want)
	var got []string
	for _, d := range found {
		got = append(got, excerpt(operator, d.Subject)+": "+d.Message())
	}
	return got
}

// accepted are expressions that can be evaluated, also those that CEL's checker would not
// take. On the object of typedSample, all have a value.
var accepted = []string{
	"spec.size > 1 && spec.ratio > 1 && spec.size < spec.ratio && spec.ratio == 1 && spec.ratio in [1, 2]",
	"'size' in spec", "spec['size'] == 1", "spec[?'size'].orValue(1) == 1", "size(spec) > 1", "spec.size() > 1",
	"spec.all(k, k != '')", "spec.map(k, k)", "spec.transformList(k, v, k)", "spec.exists(k, v, k == 'a' && v == 1)",
	"merge(spec, {'a': 1}).a", "merge({'a': 1}, spec.item)", "merge(spec, spec.item).name",
	"spec.on ? spec.size : 'none'", "spec.on ? spec.size : null", "spec.on ? null : spec.item", "(spec.on ? spec.item : {}).name == ''",
	"spec.on ? spec.items : []", "spec.on ? spec.names : null", "spec.on ? spec.item : {'x': 1}",
	"spec.?size.orValue(null) == null", "spec.?item.orValue({}).?name.orValue('') == ''", "spec.?items.orValue([]).size() == 0",
	"spec.?size.orValue('x') == 'x'", "spec.?item.orValue({'x': 1}).?x.orValue(1) == 1", "spec.?item.name.orValue('')", "spec.?labels.?x.orValue('') == ''",
	"spec.item == {'name': 'a'}", "spec.items == [{'name': 'a'}]", "spec.item in spec.items", "spec.item in [{'name': 'a'}]", "[spec.item] + [{'a': 1}]",
	"spec.items + spec.names", "(!spec.on ? null : spec.item).name == ''", "spec.item == spec", "spec != old.spec", "old == null", "new != null && new.spec.size == 1",
	"spec.maybe == null", "spec.maybe + 1 > 2", "spec.maybe == 1", "spec.names == null", "spec.item == null", "spec.labels != null", "spec.since == null",
	"spec.port == 80 || spec.port == 'http'", "spec.any.thing.goes[0] > 1", "spec.free.known + 1 == spec.free.other + 2", "'x' in spec.free",
	"spec.since < now", "spec.since + spec.every > now", "timestamp(spec.since) < now", "duration(spec.every) > duration('1m')", "string(spec.data) == ''",
	"spec.mode == 'fast' || spec.?mode.orValue('') == '' || spec.mode in ['fast', 'slow'] || spec.mode == spec.title || spec.modes == []",
	"spec.labels.x == 'a'", "spec.labels['x'] == 'a'", "spec.labels[?'x'].orValue('') == ''", "'x' in spec.labels", "labels.x == spec.labels.y",
	"has(spec.size)", "has(spec.item.name)", "has(spec.labels.x)", "has(spec.`app.kubernetes.io/name`)", "spec.`app.kubernetes.io/name` == ''",
	"condition(body, 'Ready').?status.orValue('') == 'True'", "condition(body, 'Ready').?lastTransitionTime.hasValue()", "condition(body, 'Ready').orValue({}).?status.orValue('') == 'True'", "condition(body, 'Ready').hasValue() ? condition(body, 'Ready').value().status : ''", "isReady(body)", "isReady(spec.item)", "changed('spec.size')",
	"json.encode(spec) == ''", "dyn(spec).sizee", "dyn(spec.size) == 'x'", "dns.name(name, spec.size)", "spec.items.map(i, i.n).sum() > 1",
	"spec.items.sortBy(i, i.n)[0].name == ''", "spec.?size.optMap(s, s + 1).orValue(1) == 1", "math.greatest(spec.size, 1) == 1", "math.greatest(spec.size, spec.ratio) > 1.0",
	"sets.contains(spec.names, ['a'])", "spec.names.join(',') == ''", "index.by_node[spec.title][0] == ''", "index['by_node']['x'].size() == 1", "spec.title in index.by_node",
	"index.by_node[spec.size]", "type(spec) == map", "[spec.size, spec.title]", "{'a': spec.size, 'b': spec.item}.a == 1",
	"spec.items.transformMap(i, v, v.name)", "spec.items.filter(i, has(i.n)).map(i, {'name': i.name, 'n': i.n})", "'%d'.format([spec.size]) == ''",
	"meta.namespace == 'x' && meta.labels.x == '' && meta.ownerReferences[0].kind == ''", "meta.creationTimestamp < now",
	"spec.items.exists_one(i, i.n == 1)", "spec.items[0].name == ''", "spec.items[spec.size].n > 1", "spec.items[?0].?n.orValue(1) == 1",
	"optional.of(spec.item).name.orValue('')", "spec.on ? optional.of(spec.size) : optional.none()", "spec.?on.orValue(false) ? 1 : 2",
	"spec.names.map(n, spec.on ? n : null)", "spec.items.map(i, i == spec.item)", "omit()", "spec.on ? spec.size : omit()", "memo.x == 1", "vars.y == steps.z.w",
}

func TestTypesAccept(t *testing.T) {
	for _, in := range accepted {
		t.Run(in, func(t *testing.T) {
			if got := typedProblems(t, in, nil); len(got) > 0 {
				t.Error(strings.Join(got, "\n"))
			}
		})
	}
}

// typedSample is a Binding with an object of the type of thing, in which nothing is
// missing.
func typedSample() *Binding {
	item := map[string]any{"name": "a", "n": int64(1)}
	spec := map[string]any{
		"size": int64(1), "ratio": int64(2), "on": true, "title": "t", "since": "2026-01-01T00:00:00Z", "every": "5m0s", "data": "YQ==",
		"port": "http", "any": map[string]any{"thing": map[string]any{"goes": []any{int64(2)}}}, "maybe": nil,
		"items": []any{item, map[string]any{"name": "b", "n": int64(2)}}, "names": []any{"x", "a"}, "labels": map[string]any{"x": "a", "y": "front"},
		"free": map[string]any{"known": int64(1), "other": int64(0)}, "item": item, "app.kubernetes.io/name": "n", "sizee": int64(1), "mode": "fast", "modes": []any{map[string]any{"mode": "slow"}},
	}
	meta := map[string]any{
		"name": "web", "namespace": "x", "labels": map[string]any{"x": "front"}, "creationTimestamp": "2025-01-01T00:00:00Z",
		"ownerReferences": []any{map[string]any{"kind": "Pod"}},
	}
	object := map[string]any{"apiVersion": "v1", "kind": "Thing", "metadata": meta, "spec": spec}
	body := ShapeOf(thing())
	return sample().With(map[string]any{
		"body": Typed(object, body), "spec": Typed(spec, body.At("spec")), "meta": Typed(meta, body.At("metadata")), "labels": meta["labels"],
		"old": Typed(object, body), "new": Typed(object, body), "vars": map[string]any{"y": int64(1)},
		"steps": map[string]any{"z": map[string]any{"w": int64(1)}}, "memo": map[string]any{"x": int64(1)},
		"index": map[string]any{"by_node": map[any]any{"t": []any{"v"}, "x": []any{"v"}, int64(1): []any{"v"}}},
	})
}

// What is accepted evaluates, and its value has the type that is known of it.
func TestAcceptedEvaluates(t *testing.T) {
	for _, in := range accepted {
		if strings.HasPrefix(in, "spec.maybe + 1") {
			continue // the one that is null
		}
		t.Run(in, func(t *testing.T) {
			p, problems := typedEnv(t).Expr(&spec.Expr{Text: in}, everything, nil)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			value, err := p.value(t.Context(), typedSample())
			if err != nil {
				t.Fatal(err)
			}
			if optional, ok := value.(*types.Optional); ok && optional.HasValue() {
				value = optional.GetValue()
			}
			if known := p.Type(); known != nil && !fits(value, known) {
				t.Errorf("%v of %s is not %s", value, value.Type().TypeName(), known)
			}
		})
	}
}

// fits tells whether a value is of a kind.
func fits(v ref.Val, of *schema.Type) bool {
	switch of.Kind() {
	case schema.Any, schema.IntOrString:
		return true
	case schema.List:
		return v.Type().TypeName() == "list"
	case schema.Map, schema.Object:
		return v.Type().TypeName() == "map" || v == types.NullValue
	}
	return v.Type().TypeName() == scalars[of.Kind()].TypeName() || of.Nullable() && (v == types.NullValue || v == types.OptionalNone)
}

// The type of a result is known.
func TestResultTypes(t *testing.T) {
	for in, want := range map[string]string{
		"spec.size": "int", "spec.item": "Thing.spec.items", "spec.items": "list of Thing.spec.items", "spec.items[0].name": "string",
		"spec.?size": "int or null", "spec.on ? spec.size : null": "int or null", "spec.on ? spec.size : 'a'": "any", "spec.any": "any",
		"spec.labels": "map of string", "spec.since": "timestamp", "spec.items.map(i, i.n)": "list of int", "(spec.on ? spec.item : {}).n": "int",
		"spec.items.map(i, {'n': i.n})": "list of object", "spec.items.map(i, i.n > 1, i.name)": "list of string", "spec.items.filter(i, i.n > 1)": "list of Thing.spec.items",
		"[1, 2].map(i, [i])": "list of list of int", "spec.items.map(i, {'n': i.n})[0].n": "int",
		"{'a': spec.item}.a": "Thing.spec.items", "spec.on ? null : spec.item": "Thing.spec.items or null", "name": "string", "spec.free.x": "any",
	} {
		p, problems := typedEnv(t).Expr(&spec.Expr{Text: in}, everything, nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		got := p.Type().String()
		if p.Type().Nullable() {
			got += " or null"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
