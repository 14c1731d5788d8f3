package lint

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var ruleSecret = &diag.Rule{
	ID: "secret-leak", Severity: diag.Warning, Summary: "a Secret's data leaves it",
	Explanation: "Logs, events, metrics, the status of objects, and objects of other kinds are read by many who must not read Secrets. Their names, sizes, comparisons and hashes may be told; `hash.short(…)` is enough to see whether something has changed. The data is followed through `vars`, results of steps, `forEach`, `memo` and indexes, but not through objects that are read again.",
}

// leaks follows the data of Secrets into what others can read.
type leaks struct {
	*view
	// indexed and remembered are what indexes and memos hold of it.
	indexed    eval.Secrets
	remembered map[*task]eval.Secrets
	found      diag.List
}

func secrets(v *view) diag.List {
	l := &leaks{view: v, remembered: map[*task]eval.Secrets{}}
	for _, x := range v.op.Spec.Indexes {
		l.index(x)
	}
	l.remember()
	for _, t := range v.tasks {
		if known := l.secretsOf(t); len(known) > 0 {
			l.check(t, known)
		}
	}
	for _, p := range v.outside {
		if p.path[0] == "probes" {
			l.report(p.exprs, l.indexed, "the health endpoint")
		}
	}
	return l.found
}

// check reports what a task tells.
func (l *leaks) check(t *task, known eval.Secrets) {
	items := map[*spec.Step]eval.Secrets{}
	l.items(t.Work.Do, nil, known, items)
	l.items(t.Work.OnFailure, nil, known, items)
	for _, p := range t.places {
		if where := readBy(p); where != "" {
			l.report(p.exprs, slices.Concat(known, items[p.step]), where)
		}
	}
	t.Work.Walk(func(s *spec.Step) { l.objects(t, s, slices.Concat(known, items[s])) })
}

// items notes what the item and the key of a forEach hold, for the steps that
// see them.
func (l *leaks) items(steps []*spec.Step, around, known eval.Secrets, out map[*spec.Step]eval.Secrets) {
	for _, s := range steps {
		own := l.itemsOf(s.ForEach, around, known)
		out[s] = own
		l.items(s.Do, own, known, out)
		if s.Repeat != nil {
			l.items(s.Repeat.Do, own, known, out)
		}
		for _, sub := range s.Sub {
			inner := l.itemsOf(sub.ForEach, own, known)
			l.items(sub.Do, inner, known, out)
			l.items(sub.OnFailure, inner, known, out)
		}
	}
}

func (l *leaks) itemsOf(each *spec.Expr, around, known eval.Secrets) eval.Secrets {
	if each == nil {
		return around
	}
	var out eval.Secrets
	for _, x := range l.expr(each) {
		for _, path := range x.Revealed(slices.Concat(known, around)) {
			switch {
			case len(path) == 0:
				out = append(out, eval.Path{"item"})
			case path[0] == eval.TheKeys:
				out = append(out, eval.Path{"key"})
			default:
				out = append(out, append(eval.Path{"item"}, path[1:]...))
			}
		}
	}
	return out
}

func (l *leaks) report(exprs []*eval.Expression, known eval.Secrets, where string) {
	for _, x := range exprs {
		if x.Reveals(known) {
			l.found = append(l.found, ruleSecret.At(x.Range(), "this may hold the data of a Secret, and goes to %s", where))
		}
	}
}

// ofObject is the data of a handled Secret.
func ofObject() eval.Secrets {
	known := eval.Secrets{{"diff", eval.AnyElement, "old"}, {"diff", eval.AnyElement, "new"}}
	for _, data := range []string{"data", "stringData"} {
		known = append(known, eval.Path{"body", data}, eval.Path{"old", data}, eval.Path{"new", data}, eval.Path{"event", "object", data})
	}
	return known
}

// index notes what an index of Secrets keeps of their data.
func (l *leaks) index(x *spec.Index) {
	if x.ID == nil || !slices.ContainsFunc(x.Resource, isSecret) {
		return
	}
	at := eval.Path{"index", x.ID.Value}
	for _, path := range l.within(x.Value, ofObject()) {
		l.indexed = append(l.indexed, slices.Concat(at, eval.Path{eval.AnyKey, eval.AnyElement}, path))
	}
	if x.Key != nil && reveals(l.expr(x.Key), ofObject()) {
		l.indexed = append(l.indexed, append(slices.Clip(at), eval.TheKeys))
	}
}

func reveals(exprs []*eval.Expression, known eval.Secrets) bool {
	return slices.ContainsFunc(exprs, func(x *eval.Expression) bool { return x.Reveals(known) })
}

// within are the paths in a template's value at which there is something secret.
func (l *leaks) within(t *spec.Template, known eval.Secrets) []eval.Path {
	if t == nil {
		return nil
	}
	var out []eval.Path
	below := func(key string, v *spec.Value) {
		for _, path := range l.within(v, known) {
			out = append(out, append(eval.Path{key}, path...))
		}
	}
	for _, item := range t.Items {
		below(eval.AnyElement, item)
	}
	for _, f := range t.Fields {
		key, isText := f.Key.String()
		if !isText || strings.Contains(key, "${") {
			key = eval.AnyKey
		}
		below(key, f.Value)
	}
	exprs := l.template(t)
	text, isText := t.String()
	switch {
	case !isText || !reveals(exprs, known):
		return out
	case len(exprs) == 1 && text == "${"+exprs[0].Text()+"}":
		return exprs[0].Revealed(known)
	}
	return []eval.Path{{}}
}

// remember finds what tasks put into the memo: a task sees that of the others
// that are for the same objects, and of the operator's startup.
func (l *leaks) remember() {
	for more := true; more; {
		more = false
		for _, t := range l.tasks {
			for _, path := range l.memos(t) {
				for _, other := range l.tasks {
					if !sharesMemo(t, other) || slices.ContainsFunc(l.remembered[other], func(p eval.Path) bool { return slices.Equal(p, path) }) {
						continue
					}
					l.remembered[other] = append(l.remembered[other], path)
					more = true
				}
			}
		}
	}
}

func (l *leaks) memos(t *task) []eval.Path {
	var out []eval.Path
	known := l.secretsOf(t)
	if len(known) == 0 {
		return nil
	}
	t.Work.Walk(func(s *spec.Step) {
		for _, path := range l.within(s.Memo, known) {
			out = append(out, append(eval.Path{"memo"}, path...))
		}
	})
	return out
}

// sharesMemo tells whether what one task remembers is seen by the other.
func sharesMemo(t, other *task) bool {
	if t.IsActivity() {
		return t.Kind == spec.StartupTask
	}
	for _, a := range t.Resource {
		if slices.ContainsFunc(other.Resource, func(b *spec.Selector) bool { return nameOf(a) != "" && nameOf(a) == nameOf(b) }) {
			return true
		}
	}
	return false
}

// nameOf is how a selector calls its resource.
func nameOf(s *spec.Selector) string {
	if s == nil {
		return ""
	}
	for _, name := range []*spec.String{s.Kind, s.Plural, s.Singular, s.ShortName, s.AnyName} {
		if name != nil {
			return strings.ToLower(name.Value)
		}
	}
	return ""
}

// secretsOf are the paths to the data of Secrets in a task.
func (l *leaks) secretsOf(t *task) eval.Secrets {
	known := slices.Concat(l.indexed, l.remembered[t])
	if slices.ContainsFunc(t.Resource, isSecret) {
		known = append(known, ofObject()...)
	}
	for _, steps := range [][]*spec.Step{t.Work.Do, t.Work.OnFailure} {
		for _, path := range results(steps) {
			known = append(known, append(eval.Path{"steps"}, path...))
		}
	}
	t.Work.Walk(func(s *spec.Step) {
		for _, sub := range s.Sub {
			for _, path := range results(sub.Do) {
				known = append(known, append(eval.Path{"steps"}, path...))
			}
		}
	})
	if len(known) == 0 {
		return nil
	}
	return l.withVars(t, known)
}

// results are the paths to the data of Secrets in the results of steps, by
// their names. Those inside of a group are seen outside of it, too, unless the
// group has a forEach.
func results(steps []*spec.Step) []eval.Path {
	var out []eval.Path
	for _, s := range steps {
		paths := resultOf(s)
		if s.Do != nil {
			paths = results(s.Do)
		}
		if s.Repeat != nil {
			out = append(out, results(s.Repeat.Do)...)
		}
		if s.Do != nil {
			out = append(out, paths...)
		}
		if s.Name == nil {
			continue
		}
		for _, path := range paths {
			if s.ForEach != nil {
				path = append(eval.Path{eval.AnyElement}, path...)
			}
			out = append(out, append(eval.Path{s.Name.Value}, path...))
		}
	}
	return out
}

// resultOf are the paths in the result of a step that reads or makes Secrets.
func resultOf(s *spec.Step) []eval.Path {
	switch {
	case s.Get != nil && isSecretTarget(s.Get.Target), s.Patch != nil && isSecretTarget(s.Patch.Target), s.Create != nil && isSecretObject(s.Create.Object):
		return []eval.Path{{"data"}, {"stringData"}}
	case s.Create != nil && s.Create.Objects != nil && slices.ContainsFunc(s.Create.Objects.Items, isSecretObject):
		return []eval.Path{{eval.AnyElement, "data"}, {eval.AnyElement, "stringData"}}
	}
	return nil
}

// withVars adds the vars that hold what is secret, by way of others too.
func (l *leaks) withVars(t *task, known eval.Secrets) eval.Secrets {
	done := map[string]bool{}
	for more := true; more; {
		more = false
		for _, p := range t.places {
			if p.path[0] != "vars" || done[p.path[1]] {
				continue
			}
			for _, path := range l.within(p.value, known) {
				done[p.path[1]], more = true, true
				known = append(known, append(eval.Path{"vars", p.path[1]}, path...))
			}
		}
	}
	return known
}

func isSecret(s *spec.Selector) bool {
	if s == nil || s.Group != nil && s.Group.Value != "" {
		return false
	}
	for _, name := range []*spec.String{s.Kind, s.Plural, s.Singular, s.AnyName} {
		if name != nil && slices.Contains([]string{"secret", "secrets"}, strings.ToLower(name.Value)) {
			return true
		}
	}
	return false
}

func isSecretTarget(t *spec.Target) bool {
	if t == nil {
		return false
	}
	kind, _ := textOf(t.Kind)
	return kind == "Secret" || isSecret(t.Resource)
}

// readBy says where a value goes that many can read, empty where it goes
// nowhere of the kind.
func readBy(p place) string {
	if p.value == nil {
		return ""
	}
	for i, key := range p.path {
		switch key {
		case "log":
			return "the log"
		case "event":
			return "an event"
		case "metric":
			return "a metric"
		case "fail", "wait":
			return "the log and an event"
		case "status", "condition", "result", "return":
			if key != "result" || i == 0 || p.path[i-1] == "return" {
				return "the status"
			}
		case "match", "vars", "create", "patch", "get", "delete":
			return ""
		}
	}
	return ""
}
