package eval

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// The text of a run-time error says what failed, and points at it: the part
// in « ».
func TestRunTimeErrors(t *testing.T) {
	tests := []struct{ in, message string }{
		{"spec.«sizee»", "no such key: sizee; did you mean size?"},
		{"spec.«a».b.c", "no such key: a"},
		{"spec.size.«foo»", "cannot take foo of int"},
		{"spec.none.«x».y", "cannot take x of null"},
		{"spec.items[0].«nme»", "no such key: nme; did you mean name?"},
		{"spec«[»'sizee']", "no such key: sizee; did you mean size?"},
		{"labels.«app2»", "no such key: app2; did you mean app?"},
		{"spec.items.map(i, i.«nme»)", "no such key: nme"},
		{"spec.items«[»5].name", "index out of bounds: 5"},
		{"spec.items«[»'a']", "a list index must be a whole number"},
		{"spec«[»spec.name]", "no such key"},
		{"1 «+» spec.name", "operator + does not take int and string"},
		{"spec.size «>» 'a'", "operator > does not take int and string"},
		{"«-»spec.name", "operator - does not take string"},
		{"spec.size.«startsWith»('a')", "int has no startsWith(string)"},
		{"«size»(spec.size)", "size() does not take (int)"},
		{"spec.size «&&» true", "operator && takes true and false only"},
		{"spec.size «?» 1 : 2", "the condition must be true or false"},
		{"spec.items.«filter»(i, i)", "the condition must be true or false"},
		{"spec.items.map(i, i.n «+» 'x')", "operator + does not take values of these types"},
		{"spec.size.«map»(x, x)", "cannot walk through int; a list or a map is needed"},
		{"spec.size «/» 0", "division by zero"},
		{"«int»(spec.name)", "cannot convert this string to int"},
		{"«timestamp»(spec.name)", "not an RFC 3339 timestamp"},
		{"«duration»(spec.name)", "cannot convert this string to duration"},
		{"«quantity»(spec.name)", "not a quantity"},
		{"«url»(spec.name)", "not a URL"},
		{"«ip»(spec.name)", "not an IP address"},
		{"«cidr»(spec.name)", "not a CIDR"},
		{"«semver»(spec.name)", "not a semantic version"},
		{"name.«matches»('[' + '')", "not a regular expression"},
		{"optional.none().«value»()", "the optional has no value; use .orValue(…) or .hasValue()"},
		{"json.«decode»(name)", "the text is not JSON"},
		{"yaml.«decode»('a: [')", "the text is not YAML"},
		{"yaml.«decode»('a: 1\\n---\\nb: 2\\n')", "the text has more than one YAML document"},
		{"«merge»(spec.size, {})", "merge() does not take (int, map)"},
		{"«merge»(spec, spec.items)", "merge() does not take (map, list)"},
		{"dns.«name»('')", "dns.name() has nothing to make a name of"},
		{"dns.«name»(spec)", "dns.name() takes texts and whole numbers, not map"},
		{"«changed»(spec.none)", "changed() needs a dotted path or a list of segments"},
	}
	e := newEnv(t)
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			before, rest, _ := strings.Cut(test.in, "«")
			marked, after, _ := strings.Cut(rest, "»")
			text := before + marked + after
			node, source := filterNode(t, text)
			p, problems := e.Expr(node, everything, nil)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			_, err := p.Eval(t.Context(), sample())
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatal(err)
			}
			if failed.Message != test.message {
				t.Errorf("got  %q\nwant %q", failed.Message, test.message)
			}
			if want := len(before); failed.Range.Start.Offset-node.Node.PosAt(0).Offset != want {
				t.Errorf("points at %q", excerpt(source, failed.Range))
			}
			if failed.Kind != Failed || failed.Permanent() {
				t.Error("kind", failed.Kind)
			}
			_, again := p.Eval(t.Context(), sample())
			if again.Error() != err.Error() || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line, always the same: %q %q", err, again)
			}
		})
	}
}

// filterNode is an expression that was read from YAML.
func filterNode(t testing.TB, text string) (*spec.Expr, string) {
	t.Helper()
	source := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: t}\nspec:\n  filters:\n    f: |-\n      " +
		text + "\n  handlers:\n    - {on: create, resource: pods, do: [{log: x}]}\n"
	bundle, problems := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(source)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return bundle.Operators[0].Spec.Filters[0].Value, source
}

func TestErrorText(t *testing.T) {
	x, _ := filterNode(t, "spec.sizee > 1")
	p, _ := newEnv(t).Expr(x, everything, cel.BoolType)
	_, err := p.Bool(t.Context(), sample())
	if got, want := err.Error(), "op.yaml:7:12: no such key: sizee; did you mean size? (in: spec.sizee > 1)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Data may be a secret: no error repeats any of it.
func TestErrorsHideValues(t *testing.T) {
	const secret = "s3cr3t-Value"
	b := NewBinding(map[string]any{"spec": map[string]any{"s": secret, "m": map[string]any{secret: secret}, "l": []any{secret}}})
	for _, in := range []string{
		"int(spec.s)", "double(spec.s)", "uint(spec.s)", "bool(spec.s)", "duration(spec.s)", "timestamp(spec.s)",
		"url(spec.s)", "ip(spec.s)", "cidr(spec.s)", "quantity(spec.s)", "semver(spec.s)", "format.named(spec.s).value()",
		"'a'.matches('[' + spec.s)", "'a'.find('[' + spec.s)", "base64.decode(spec.s + '!')", "json.decode(spec.s)", "yaml.decode('{' + spec.s)",
		"spec[spec.s]", "spec.l[spec.s]", "spec.m.x", "spec.s.x", "spec.s + 1", "'%d'.format([spec.s])",
		"timestamp('2020-01-01T00:00:00Z').getHours(spec.s)", "timestamp('2020-01-01T00:00:00Z').getHours('99:' + spec.s)",
		"[spec.s, 1].join()", "[spec.s, 1].sum()", "dns.name(spec.m)", "merge(spec.s, {})", "spec.s.substring(99)", "{spec.s: 1}.x",
		"[1, 2].transformMapEntry(i, v, {spec.s: v})", "-spec.s", "spec.s && true", "spec.s ? 1 : 2", "math.greatest(spec.s, 1)",
		"lists.range(1).map(i, spec.s + i)", "{?'a': spec.s}", "[?spec.s]", "type(spec.s)",
	} {
		p, problems := newEnv(t).Expr(&spec.Expr{Text: in}, everything, nil)
		if len(problems) > 0 {
			continue // refused at load, without data
		}
		_, err := p.Eval(t.Context(), b)
		if err == nil {
			t.Errorf("%s: no error", in)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(strings.ToLower(err.Error()), "s3cr") {
			t.Errorf("%s: %s", in, err)
		}
	}
}

func TestBoolNeedsBool(t *testing.T) {
	_, err := expr(t, newEnv(t), "spec.size", cel.BoolType).Bool(t.Context(), sample())
	if err == nil || !strings.Contains(err.Error(), "the result must be true or false, it is int") {
		t.Error(err)
	}
}

func TestLazyValues(t *testing.T) {
	calls := 0
	b := NewBinding(map[string]any{
		"spec": func() (any, error) { calls++; return map[string]any{"a": int64(1)}, nil },
		"old":  func() (any, error) { return nil, errors.New("not to be had") },
	})
	b = b.With(map[string]any{"name": "n"})
	e := newEnv(t)
	for range 2 {
		if v, err := expr(t, e, "spec.a + spec.a", nil).Eval(t.Context(), b); v != int64(2) || err != nil {
			t.Fatal(v, err)
		}
	}
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
	_, err := expr(t, e, "spec.a == 1 && old.x", nil).Eval(t.Context(), b)
	if err == nil || !strings.Contains(err.Error(), "old: not to be had") {
		t.Error(err)
	}
}

func TestBindingHides(t *testing.T) {
	b := NewBinding(map[string]any{"name": "a", "uid": "u"}).With(map[string]any{"name": "b"})
	if v, _ := expr(t, newEnv(t), "name + uid", nil).Eval(t.Context(), b); v != "bu" {
		t.Error(v)
	}
}

func TestMissingVariable(t *testing.T) {
	_, err := expr(t, newEnv(t), "old.x", nil).Eval(t.Context(), NewBinding(nil))
	if err == nil || err.Error() != "old has no value here (in: old.x)" {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("the engine stops")
	cancel(stop)
	_, err := expr(t, newEnv(t), "1 + 1", nil).Eval(ctx, sample())
	var failed *Error
	if !errors.As(err, &failed) || failed.Kind != Cancelled || failed.Permanent() || !errors.Is(err, stop) {
		t.Error(err)
	}
}

// cel-go has one value of some errors for the whole process; where it shows
// them, they point at the expression that failed and no other, from however
// many goroutines.
func TestSharedErrors(t *testing.T) {
	e := newEnv(t)
	for in, at := range map[string]string{
		"spec.size.orValue(1)":                             "orValue",
		"[1, 2, 3, spec.size.or(optional.none())]":         "or",
		"1 - spec.size.getHours()":                         "getHours",
		"spec.size.matches('a')":                           "matches",
		"1 + 1 == 2 && -spec.name == 2":                    "-",
		"timestamp('9999-12-31T23:59:59-10:00' + '')":      "timestamp('9999-12-31T23:59:59-10:00' + '')",
		"1 + math.abs(-9223372036854775807 - spec.size/3)": "1 + math.abs(-9223372036854775807 - spec.size/3)",
	} {
		x, source := filterNode(t, in)
		p, problems := e.Expr(x, everything, nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		failures := make(chan error)
		for range 4 {
			go func() {
				_, err := p.Eval(t.Context(), sample())
				failures <- err
			}()
		}
		for range 4 {
			var failed *Error
			if err := <-failures; !errors.As(err, &failed) {
				t.Errorf("%s: %v", in, err)
			} else if excerpt(source, failed.Range) != at {
				t.Errorf("%s: %s at %q", in, failed.Message, excerpt(source, failed.Range))
			}
		}
	}
}
