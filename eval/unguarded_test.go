package eval

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// sparse is the type of objects that may lack nearly everything.
func sparse() *schema.Type {
	field := func(name string, t *schema.Type) schema.Field { return schema.Field{Name: name, Type: t} }
	of := schema.Of
	item := schema.ObjectOf("Sparse.spec.items", []schema.Field{field("name", of(schema.String)), field("n", of(schema.Int))})
	spec := schema.ObjectOf("Sparse.spec", []schema.Field{
		field("size", of(schema.Int)), field("on", of(schema.Bool)), field("title", of(schema.String)), field("item", item),
		field("items", schema.ListOf(item)), {Name: "always", Type: of(schema.Int), Required: true},
		field("table", schema.MapOf(of(schema.Int))),
	})
	return schema.ObjectOf("Sparse", []schema.Field{{Name: "metadata", Type: schema.Metadata(), Required: true}, {Name: "spec", Type: spec, Required: true}})
}

// sparseObjects are objects that lack all sorts of things.
func sparseObjects() []map[string]any {
	var out []map[string]any
	m := func(pairs ...any) map[string]any {
		fields := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != nil {
				fields[pairs[i].(string)] = pairs[i+1]
			}
		}
		return fields
	}
	one := m("n", int64(1))
	for _, size := range []any{nil, int64(0), int64(5)} {
		for _, on := range []any{nil, true, false} {
			for _, title := range []any{nil, "", "x"} {
				for _, items := range []any{nil, []any{}, []any{m()}, []any{one}, []any{one, m("name", "b")}, []any{m("n", int64(2), "name", "a")}, []any{m("name", "a")}} {
					for _, item := range []any{nil, m(), m("name", "a")} {
						for _, label := range []any{nil, "me"} {
							meta := m("name", "x")
							if label != nil {
								meta["labels"] = m("owner", label)
							}
							table := []any{nil, m(), m("a", int64(1))}[len(out)%3]
							out = append(out, m("metadata", meta,
								"spec", m("always", int64(1), "size", size, "on", on, "title", title, "items", items, "item", item, "table", table)))
						}
					}
				}
			}
		}
	}
	return out
}

// What is found in an expression is right where the expression fails on some object, and
// what is not found where it fails on none: so all expressions are evaluated on all
// objects, and nothing else says what is to be found.
func TestUnguardedIsWhatFails(t *testing.T) {
	expressions := strings.Split(strings.TrimSpace(`
spec.always > 0
spec.size > 1
body.spec.size > 1
spec['size'] > 1
has(spec.size) && spec.size > 1
spec.size > 1 && has(spec.size)
has(spec.size) || spec.size > 1
!has(spec.size) || spec.size > 1
spec.size > 1 || !has(spec.size)
'size' in spec && spec.size > 1
'size' in body.spec ? spec.size > 1 : true
has(spec.size) ? spec.size > 1 : spec.on
has(spec.size) ? spec.on : spec.size > 1
!has(spec.size) ? false : spec.size > 1
has(spec.size) && has(spec.on) ? spec.on && spec.size > 1 : true
has(spec.size) || has(spec.on) ? spec.size > 1 : true
!(has(spec.size) && has(spec.on)) || spec.size > 1 && spec.on
!(has(spec.size) || has(spec.on)) || spec.size > 1
spec.?size.orValue(0) > 1
spec.?size.hasValue() && spec.size > 1
spec.?size.hasValue() ? spec.size > 1 : spec.title == ''
spec.?size == optional.of(5)
spec.?on.orValue(false) && spec.on
spec.?on.orValue(true) && spec.on
spec.?on.orValue(true) || spec.on
spec.?on.orValue(false) || spec.on
spec.?title.orValue('') == 'x' && spec.title != ''
spec.?title.orValue('x') == 'x' && spec.title != ''
spec.?title.orValue('') != '' && spec.title.size() > 0
spec.?title.orValue('') != 'x' && spec.title.size() > 0
spec.?title.orValue('') == '' || spec.title.size() > 0
spec[?'title'].orValue('') == 'x' ? spec.title == 'x' : false
spec.item.name == 'a'
has(spec.item) && spec.item.name == 'a'
has(spec.item.name) && spec.item.name == 'a'
has(spec.item) && has(spec.item.name) && spec.item.name == 'a'
spec.?item.name.orValue('') == 'a'
spec.?item.?name.orValue('') == 'a' ? spec.item.name == 'a' : true
spec.?item.name.hasValue() && spec.item.name == 'a'
spec.items.size() > 0
has(spec.items) && spec.items.size() > 0
has(spec.items) && spec.items.exists(i, i.n > 0)
has(spec.items) && spec.items.exists(i, has(i.n) && i.n > 0)
has(spec.items) && spec.items.all(i, !has(i.n) || i.n > 0)
has(spec.items) && spec.items.filter(i, has(i.n)).map(i, i.n).size() > 0
has(spec.items) && spec.items.filter(i, has(i.n)).all(j, j.n > 0)
has(spec.items) && spec.items.filter(i, has(i.name)).all(j, j.n > 0)
has(spec.items) && spec.items.map(i, has(i.n), i.n).size() > 0
has(spec.items) && spec.items.all(i, has(i.n)) && spec.items.all(j, j.n > 0)
has(spec.items) && spec.items.all(i, has(i.name)) && spec.items.all(j, j.n > 0)
has(spec.items) && (spec.items.exists(i, !has(i.n)) || spec.items.all(j, j.n > 0))
has(spec.items) && spec.items.exists(i, has(i.n)) && spec.items.all(j, j.n > 0)
spec.?items.orValue([]).all(i, i.n > 0)
spec.?items.orValue([]).all(i, !has(i.n) || i.n > 0)
spec.?items.orValue([]).filter(i, has(i.n)).map(i, i.n).size() > 0
spec.?items.orValue([]).map(i, i.?n.orValue(0)).size() > 0
spec.?items.orValue([]).exists_one(i, has(i.n) && i.n == 1)
has(spec.items) ? spec.items.exists(i, has(i.name) ? i.name == 'a' : has(i.n) && i.n == 1) : false
cel.bind(s, spec, s.size > 1)
cel.bind(s, spec, has(s.size) && s.size > 1)
has(spec.size) && cel.bind(n, spec.size, n > 1)
cel.bind(n, spec.size, n > 1)
has(spec.item) && cel.bind(i, spec.item, has(i.name) && i.name == 'a')
has(spec.item) && cel.bind(i, spec.item, i.name == 'a')
labels.owner == 'me'
labels['owner'] == 'me'
'owner' in labels && labels['owner'] == 'me'
'owner' in labels && labels.owner == 'me'
has(labels.owner) && labels['owner'] == 'me'
has(meta.labels.owner) && labels.owner == 'me'
labels[?'owner'].orValue('') == 'me'
labels.all(k, labels[k] != '')
labels.exists(k, v, v == 'me')
meta.name == 'x'
spec.table.a > 0
has(spec.table) && spec.table.a > 0
has(spec.table) && 'a' in spec.table && spec.table.a > 0
has(spec.table) && spec.table.all(k, spec.table[k] > 0)
has(spec.table) && spec.table.all(k, v, v > 0)
has(spec.table) && name in spec.table && spec.table[name] > 0
has(spec.table) && spec.table['a'] > 0
{'a': spec.size}.size() > 0
[spec.size, 1].size() > 0
{'a': spec.?size, 'b': 1}.size() > 0
{'a': has(spec.size) ? spec.size : omit()}.size() > 0
string(spec.size) != ''
!spec.on
spec.on ? true : false
spec.size > 1 && spec.size < 5
spec.size == 5 || spec.size == 0
old.spec.always > 0
old != null && old.spec.always > 0
null != old && old.spec.always > 0
old == null || old.spec.always > 0
old == null ? true : old.spec.always > 0
old == null ? old.spec.always > 0 : true
has(old.spec) && old.spec.always > 0
has(old.spec) || old.spec.always > 0
old.?spec.hasValue() && old.spec.always > 0
old.?spec.always.orValue(1) > 0
old.?spec.always.orValue(0) == 1 ? old.spec.always > 0 : true
!(old != null && has(old.spec.size)) || old.spec.size > 1
old != null && old.spec.size > 1
cel.bind(o, old, o == null || o.spec.always > 0)
cel.bind(o, old, o.spec.always > 0)
[old].exists(o, o != null && o.spec.always > 0)
`), "\n")
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	body := sparse()
	specField, _ := body.Field("spec")
	typed := e.With(Types{"body": body, "spec": specField.Type, "meta": schema.Metadata(), "labels": schema.MapOf(schema.Of(schema.String)), "old": body.OrNull()}).Given(nil)
	objects := sparseObjects()
	for _, text := range expressions {
		t.Run(text, func(t *testing.T) {
			x := &spec.Expr{Text: text}
			p, found := e.Expr(x, Object|Steps|Change, nil)
			if len(found) > 0 {
				// omit() is for templates
				p, found = e.compile(exprSource(x), place{scope: Object | Steps | Change, template: true}, nil)
			}
			if len(found) > 0 {
				t.Fatal(found)
			}
			_, found = typed.compile(exprSource(x), place{scope: Object | Steps | Change, template: true}, nil)
			for _, d := range found {
				if d.Rule != ruleUnguarded {
					t.Fatal(d)
				}
			}
			failed := ""
			for _, o := range objects {
				meta := o["metadata"].(map[string]any)
				labels, _ := meta["labels"].(map[string]any)
				b := NewBinding(map[string]any{"body": o, "spec": o["spec"], "meta": meta, "labels": labels, "name": "x"})
				for _, old := range []any{nil, o} {
					if _, err := p.Eval(t.Context(), b.With(map[string]any{"old": old})); err != nil {
						failed = err.Error()
					}
				}
			}
			if failed != "" && len(found) == 0 {
				t.Errorf("not found: %s", failed)
			}
			if failed == "" && len(found) > 0 {
				t.Errorf("found, and never fails: %v", found)
			}
		})
	}
}

// One mistake is told once, at the field that may be absent, with what to write.
func TestUnguardedMessages(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	body := sparse()
	specField, _ := body.Field("spec")
	typed := e.With(Types{"body": body, "spec": specField.Type, "meta": schema.Metadata()}).Given(FactsOf("body", []string{"spec", "title"}))
	tests := map[string][]string{
		"spec.title + string(spec.size) + string(spec.size)": {"spec.size may be absent, which is an error here; write spec.?size.orValue(…), or test has(spec.size) before"},
		"spec.item.name":      {"spec.item may be absent, which is an error here; write spec.?item.orValue(…), or test has(spec.item) before"},
		"labels['a.b/c']":     {"labels['a.b/c'] may be absent, which is an error here; write labels[?'a.b/c'].orValue(…), or test 'a.b/c' in labels before"},
		"labels[spec.title]":  {"labels[spec.title] may be absent, which is an error here; write labels[?spec.title].orValue(…), or test spec.title in labels before"},
		"spec.?items[0].name": nil,
		// What a function has made has no schema.
		"merge(labels, {'a': '1'}).a": nil,
		"[spec][0].item":              {"….item may be absent, which is an error here; write ….?item.orValue(…)"},
		"meta.deletionTimestamp":      {"meta.deletionTimestamp may be absent, which is an error here; write meta.?deletionTimestamp.orValue(…), or test has(meta.deletionTimestamp) before"},
		"meta.namespace":              nil,
		"size(labels)":                nil,
	}
	for text, want := range tests {
		_, found := typed.Expr(&spec.Expr{Text: text}, Object|Steps, nil)
		var got []string
		for _, d := range found {
			got = append(got, d.Detail)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
