package eval

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// within fails the test where f does not end in time.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	started := time.Now()
	f()
	if took := time.Since(started); took > limit {
		t.Fatalf("took %s", took)
	}
}

// fuzzed is an environment with tight limits.
func fuzzed(f *testing.F) *Env {
	e, err := New(Options{CostLimit: 20_000, Deadline: 100 * time.Millisecond})
	if err != nil {
		f.Fatal(err)
	}
	return e
}

// No string, whatever is in it, makes a template panic or hang; what renders
// is JSON-like, and its literal parts are where they were.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "${name}", "a ${spec.size} b $${c}", "${'}' + name}", "${", "${}", "$$${x}", "${{'a': {'b': 1}}}",
		"${omit()}x", "ä${'ü'}\x00\xff${1}", "${r'\\'}", "${\"\"\"a\"}\"\"\"}", "${a // }\n}", "${random.string(3)}", "${spec.items.map(i, i.name)}",
	} {
		f.Add(seed)
	}
	e := fuzzed(f)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			t.Skip()
		}
		within(t, 5*time.Second, func() {
			v := &spec.Value{Kind: spec.StringKind, Scalar: s}
			tpl, problems := e.Template(v, everything)
			if _, static := tpl.Static(); static != (len(problems) == 0 && len(tpl.programs) == 0) {
				t.Fatalf("static: %v, %v", static, problems)
			}
			got, ok, err := tpl.Render(context.Background(), sample())
			if len(problems) > 0 {
				return
			}
			if err == nil && ok {
				if _, err := text(got); err != nil {
					t.Fatalf("not JSON-like: %v", err)
				}
			}
			if !strings.Contains(s, "${") && got != s {
				t.Fatalf("text became %q", got)
			}
		})
	})
}

// No expression makes the compiler or an evaluation panic or hang, and all
// errors are one line.
func FuzzExpr(f *testing.F) {
	for _, seed := range []string{
		"spec.size > 1", "labels.map(k, k)", "1 + 'a'", "has(spec.x) && !isReady(body)", "merge(spec, {'a': null})", "changed('spec.size')",
		"cel.bind(x, spec.items, x + x)", "'%s'.format([spec])", "yaml.decode(json.encode(spec))", "dns.name(name, 1)", "namespace", "${x}",
		"[1, 2].transformMap(i, v, v).exists(k, k > 1)", "spec.?a[?0].orValue(omit())", "vars.x == steps['y']", "quantity('1Gi') == ip('::1')",
		"timestamp('x') - duration('1h')", "spec.items.sortBy(i, i.n)[0]", "lists.range(100).map(x, x / 0)", "((((((1))))))", "`a`.b", "a\nb",
	} {
		f.Add(seed)
	}
	e := fuzzed(f)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			t.Skip()
		}
		within(t, 5*time.Second, func() {
			p, problems := e.Expr(&spec.Expr{Text: s}, everything, nil)
			for _, d := range problems {
				if d.ID() == "" || d.Summary == "" || strings.Contains(d.Message(), "\n") {
					t.Fatalf("%#v", d)
				}
			}
			_, err := p.Eval(context.Background(), sample())
			if err == nil && len(problems) > 0 {
				t.Fatal("a broken expression has a value")
			}
			if err != nil && (strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "internal error")) {
				t.Fatalf("%q", err)
			}
		})
	})
}

// No expression makes the check of types panic or hang, and what it says of the value of
// one that it accepts is true.
func FuzzTypes(f *testing.F) {
	for _, seed := range accepted {
		f.Add(seed)
	}
	for _, seed := range []string{"spec.sizee", "has(spec.sizee)", "spec['sizee']", "'sizee' in spec", "spec.size == null", "spec.on ? spec.size : spec.item", "changed('spec.x.y')"} {
		f.Add(seed)
	}
	e := typedEnv(f)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 500 {
			t.Skip()
		}
		within(t, 5*time.Second, func() {
			p, problems := e.Expr(&spec.Expr{Text: s}, everything, nil)
			if len(problems) > 0 {
				return
			}
			value, err := p.value(context.Background(), typedSample())
			if err != nil {
				return
			}
			if optional, ok := value.(*types.Optional); ok && optional.HasValue() {
				value = optional.GetValue()
			}
			if known := p.Type(); known != nil && !fits(value, known) {
				t.Errorf("%v of %s is not %s", value, value.Type().TypeName(), known)
			}
		})
	})
}
