package eval

import (
	"errors"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// limited evaluates under limits and returns the error.
func limited(t *testing.T, o Options, text string) *Error {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = expr(t, e, text, nil).Eval(t.Context(), sample())
	if err == nil {
		return nil
	}
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return failed
}

func TestCostLimit(t *testing.T) {
	const loop = "lists.range(1000).map(x, lists.range(1000).map(y, x * y))"
	failed := limited(t, Options{CostLimit: 5000, Deadline: time.Hour}, loop)
	if failed == nil || failed.Kind != CostLimit || !failed.Permanent() ||
		failed.Error() != "evaluation is over the cost limit of 5000 (in: "+loop+")" {
		t.Error(failed)
	}
	// Without loops, too, where the limit is low enough.
	if failed := limited(t, Options{CostLimit: 3}, "spec.size + spec.size + spec.size > 1 && name != 'x'"); failed == nil || failed.Kind != CostLimit {
		t.Error(failed)
	}
	if failed := limited(t, Options{}, "lists.range(1000).map(x, x * x)"); failed != nil {
		t.Error(failed)
	}
}

// Our own functions cost what they read and write, and nothing that is made
// for free can become large.
func TestCostOfFunctions(t *testing.T) {
	const long = "lists.range(2000).map(i, 'abcdefghij').join()" // 20,000 characters, cost about 50,000
	for _, in := range []string{
		"json.encode", "yaml.encode", "hash.sha256", "hash.short", "dns.name",
	} {
		expression := "cel.bind(s, " + long + ", lists.range(100).map(i, " + in + "(s)))"
		if failed := limited(t, Options{CostLimit: 200_000, Deadline: time.Hour}, expression); failed == nil || failed.Kind != CostLimit {
			t.Errorf("%s: %v", in, failed)
		}
	}
	const list = "lists.range(2000)"
	for _, in := range []string{"json.encode(s)", "json.decode(json.encode(s))", "yaml.decode(json.encode(s))", "merge({'a': s}, {'b': s})", "s + s"} {
		expression := "cel.bind(s, " + list + ", lists.range(100).map(i, " + in + "))"
		if failed := limited(t, Options{CostLimit: 100_000, Deadline: time.Hour}, expression); failed == nil || failed.Kind != CostLimit {
			t.Errorf("%s: %v", in, failed)
		}
	}
	doubling := "[1]"
	for range 40 {
		doubling = "cel.bind(l, " + doubling + ", l + l)"
	}
	if failed := limited(t, Options{Deadline: time.Hour}, doubling+" == []"); failed == nil || failed.Kind != CostLimit {
		t.Error(failed)
	}
	if failed := limited(t, Options{CostLimit: 1 << 40, Deadline: time.Hour}, "cel.bind(l, lists.range(600000), [l, l])"); failed == nil ||
		failed.Kind != CostLimit || failed.Message != "the result is too large" {
		t.Error(failed)
	}
}

func TestDeadline(t *testing.T) {
	failed := limited(t, Options{CostLimit: 1 << 60, Deadline: 20 * time.Millisecond},
		"lists.range(1000).map(x, lists.range(1000).map(y, lists.range(1000).map(z, z)))")
	if failed == nil || failed.Kind != Deadline || !failed.Permanent() || failed.Message != "evaluation took longer than 20ms" {
		t.Error(failed)
	}
}

// The cost is counted where there is a loop or a function of unknown cost, and
// not where an expression is cheap whatever the object.
func TestCheap(t *testing.T) {
	e := newEnv(t)
	for in, want := range map[string]bool{
		"has(spec.size) && spec.size > 3":             true,
		"labels.app == 'web' && 'x' in annotations":   true,
		"name + '-' + string(spec.size)":              true,
		"spec.?a.orValue('b') == status.phase":        true,
		"retry < 3 ? duration('5s') : duration('1m')": true,
		"spec.items.exists(i, i.name == 'b')":         false,
		"json.encode(spec)":                           false,
		"cel.bind(a, spec.items, a + a)":              false,
		"name.matches('a+')":                          false,
	} {
		parsed, issues := e.cel.Parse(in)
		if issues.Err() != nil {
			t.Fatal(issues.Err())
		}
		use := usageOf(parsed.NativeRep())
		checked, issues := e.cel.Check(parsed)
		if issues.Err() != nil {
			t.Fatal(issues.Err())
		}
		if got := e.cheap(checked, use); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

// A program is used by many goroutines at once.
func TestConcurrentUse(t *testing.T) {
	e := newEnv(t)
	p := expr(t, e, "spec.items.map(i, i.name).join() + spec.nope", nil)
	tpl := template(t, `{a: "${name} ${spec.items}"}`)
	done := make(chan error)
	for range 8 {
		go func() {
			for range 50 {
				b := sample()
				if _, err := p.Eval(t.Context(), b); err == nil {
					done <- errors.New("no error")
					return
				}
				if _, _, err := tpl.Render(t.Context(), b); err != nil {
					done <- err
					return
				}
				if _, problems := e.Expr(&spec.Expr{Text: "spec.x == 1"}, everything, nil); len(problems) > 0 {
					done <- problems.Err()
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
