package eval

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func TestRender(t *testing.T) {
	type m = map[string]any
	type l = []any
	tests := []struct {
		name, in string
		want     any
	}{
		{"constant", `{a: 1, b: [x, null, 2.5, true]}`, m{"a": int64(1), "b": l{"x", nil, 2.5, true}}},
		{"own type", `{i: "${spec.size}", f: "${spec.ratio}", b: "${spec.on}", n: "${spec.none}", l: "${spec.items}"}`,
			m{"i": int64(3), "f": 2.5, "b": true, "n": nil, "l": l{m{"name": "a", "n": int64(1)}, m{"name": "b", "n": int64(2)}}}},
		{"mixed", `"${name}-${spec.size}-${spec.ratio}-${spec.on}-${spec.none}"`, "web-3-2.5-true-null"},
		{"mixed structures", `"v=${spec.items[0]} ${[1, 'a<b']}"`, `v={"n":1,"name":"a"} [1,"a<b"]`},
		{"mixed times", `"${started} ${runtime}"`, "2026-01-02T03:04:05Z 1m30s"},
		{"not scanned again", `{a: "${'$' + '{name}'}", b: "$${name}"}`, m{"a": "${name}", "b": "${name}"}},
		{"keys", `{"${name}": 1, "x-${spec.size}": 2, "${spec.size}": 3, "${spec.on}": 4}`,
			m{"web": int64(1), "x-3": int64(2), "3": int64(3), "true": int64(4)}},
		{"scalars other than text", `{a: 1, b: null, c: "${name}"}`, m{"a": int64(1), "b": nil, "c": "web"}},
		{"omitted field", `{a: "${omit()}", b: "${spec.?missing}", c: 1}`, m{"c": int64(1)}},
		{"omitted item", `[1, "${omit()}", 2]`, l{int64(1), int64(2)}},
		{"omitted key", `{"${omit()}": 1, b: "${name}"}`, m{"b": "web"}},
		{"omitted in a mixed text", `{a: "x${omit()}", b: 1}`, m{"b": int64(1)}},
		{"omitted within CEL", `"${ {'a': omit(), 'b': [1, omit()]} }"`, m{"b": l{int64(1)}}},
		{"optional with value", `{a: "${spec.?size}"}`, m{"a": int64(3)}},
		{"null is null", `{a: "${null}"}`, m{"a": nil}},
		{"nothing left", `{a: "${omit()}"}`, m{}},
		{"mixed literals", `"${ {'name': name, 'n': [1, 'a', 2.0, null]} }"`, m{"name": "web", "n": l{int64(1), "a", 2.0, nil}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok, err := template(t, test.in).Render(t.Context(), sample())
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v\nwant %#v", got, test.want)
			}
		})
	}
}

func TestRenderOmittedRoot(t *testing.T) {
	for _, in := range []string{`"${omit()}"`, `"${spec.?missing}"`, `"x ${omit()}"`} {
		tpl := template(t, in)
		if v, ok, err := tpl.Render(t.Context(), sample()); ok || err != nil || v != nil {
			t.Errorf("%s: %v %v %v", in, v, ok, err)
		}
		if s, err := tpl.Text(t.Context(), sample()); s != "" || err != nil {
			t.Errorf("%s: %q %v", in, s, err)
		}
		if d, err := tpl.Duration(t.Context(), sample()); d != 0 || err != nil {
			t.Errorf("%s: %v %v", in, d, err)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	tests := []struct {
		in, message, at string
	}{
		{`{"${name}": 1, web: 2}`, "this key exists already", "web"},
		{`{"${spec.none}": 1}`, "a key must be a text, a number or a boolean", `"${spec.none}"`},
		{`{"${spec.items}": 1}`, "a key must be a text, a number or a boolean", `"${spec.items}"`},
		{`[a, "b ${spec.sizee}"]`, "no such key: sizee; did you mean size?", "sizee"},
		{`{a: "${0.0 / 0.0}"}`, "JSON has no NaN and no infinity", "0.0 / 0.0"},
		{`{a: "${ {1: 'a', '1': 'b'} }"}`, "two keys of a map are the same text", " {1: 'a', '1': 'b'} "},
		{`{a: "${ {1.5: 2} }"}`, "a map key must be a text, a whole number or a boolean, not double", " {1.5: 2} "},
		{`{a: "${18446744073709551615u}"}`, "an unsigned number over 9223372036854775807 does not fit", "18446744073709551615u"},
	}
	for _, test := range tests {
		v, source := parsed(t, test.in)
		tpl, problems := newEnv(t).Template(v, everything)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		_, _, err := tpl.Render(t.Context(), sample())
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", test.in, err)
			continue
		}
		if e.Message != test.message || excerpt(source, e.Range) != test.at {
			t.Errorf("%s: %q at %q", test.in, e.Message, excerpt(source, e.Range))
		}
	}
}

// What a template returns is the caller's own: neither constants nor the
// object that it was made from change with it.
func TestRenderIsTheCallersOwn(t *testing.T) {
	tpl := template(t, `{constant: {a: [1]}, copied: "${spec.template}", nested: "${ {'t': spec.template} }"}`)
	b := sample()
	first, _, err := tpl.Render(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	got := first.(map[string]any)
	got["constant"].(map[string]any)["a"].([]any)[0] = "changed"
	got["copied"].(map[string]any)["labels"].(map[string]any)["x"] = "changed"
	got["nested"].(map[string]any)["t"].(map[string]any)["labels"].(map[string]any)["x"] = "changed"
	second, _, err := tpl.Render(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, _ := tpl.Render(t.Context(), sample()); !reflect.DeepEqual(second, again) {
		t.Errorf("the change is visible: %v", second)
	}
}

func TestStatic(t *testing.T) {
	v, ok := template(t, `{a: [x, "$${y}"]}`).Static()
	if want := any(map[string]any{"a": []any{"x", "${y}"}}); !ok || !reflect.DeepEqual(v, want) {
		t.Errorf("got %v %v", v, ok)
	}
	v.(map[string]any)["a"] = nil
	if again, _ := template(t, `{a: "${name}"}`).Static(); again != nil {
		t.Errorf("got %v", again)
	}
}

func TestText(t *testing.T) {
	tests := map[string]string{
		`plain`: "plain", `"${name}"`: "web", `"${spec.size}"`: "3", `5`: "5", `null`: "null",
		`"${spec.template}"`: `{"labels":{"x":"y"}}`, `[a, 1]`: `["a",1]`,
	}
	for in, want := range tests {
		if got, err := template(t, in).Text(t.Context(), sample()); err != nil || got != want {
			t.Errorf("%s: %q %v", in, got, err)
		}
	}
}

func TestDuration(t *testing.T) {
	tests := map[string]time.Duration{
		`10s`: 10 * time.Second, `1h30m`: 90 * time.Minute, `5`: 5 * time.Second, `0.5`: 500 * time.Millisecond,
		`"7"`: 7 * time.Second, `"${duration('2m')}"`: 2 * time.Minute, `"${retry * 10}"`: 20 * time.Second,
		`"${retry}s"`: 2 * time.Second, `"${spec.ratio}"`: 2500 * time.Millisecond, `"${runtime}"`: 90 * time.Second,
	}
	for in, want := range tests {
		if got, err := template(t, in).Duration(t.Context(), sample()); err != nil || got != want {
			t.Errorf("%s: %v %v", in, got, err)
		}
	}
	for _, in := range []string{`soon`, `"${name}"`, `[1]`, `null`, `1e300`} {
		_, err := template(t, in).Duration(t.Context(), sample())
		if err == nil || !strings.Contains(err.Error(), "op.yaml:9:15: not a duration") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestTemplateSelected(t *testing.T) {
	tpl := template(t, `{a: "${children.pvc}", b: ["${children['pod'].size()} ${steps.?x}", "${children.?job}"]}`)
	if got := tpl.Selected("children"); !reflect.DeepEqual(got, []string{"job", "pod", "pvc"}) {
		t.Errorf("got %v", got)
	}
	if got := template(t, `"${children.map(c, c)}"`).Selected("children"); !reflect.DeepEqual(got, []string{"*"}) {
		t.Errorf("got %v", got)
	}
}

// All mistakes of a template are told at once, and a template with mistakes
// fails instead of making half an object.
func TestTemplateWithErrors(t *testing.T) {
	v, _ := parsed(t, `{a: "${nope}", "${oops}": "${", c: "${1 +}"}`)
	tpl, problems := newEnv(t).Template(v, everything)
	if len(problems) != 4 {
		t.Errorf("got %d: %v", len(problems), problems)
	}
	if _, _, err := tpl.Render(t.Context(), sample()); err == nil {
		t.Error("it renders")
	}
}

func TestTemplateNil(t *testing.T) {
	tpl, problems := newEnv(t).Template((*spec.Template)(nil), everything)
	if v, ok, err := tpl.Render(t.Context(), sample()); v != nil || !ok || err != nil || len(problems) > 0 {
		t.Error(v, ok, err, problems)
	}
}
