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
	Explanation: "Logs, events, metrics and the status of objects are read by many who must not read Secrets. Their names, sizes, comparisons and hashes may be told; `hash.short(…)` is enough to see whether something has changed.",
}

// secrets follows the data of Secrets into what others can read.
func secrets(v *view) diag.List {
	var found diag.List
	for _, t := range v.tasks {
		roots := v.secretRoots(t)
		if len(roots) == 0 {
			continue
		}
		secret := func(chain []string) bool {
			return slices.ContainsFunc(roots, func(root []string) bool { return overlap(chain, root) })
		}
		for _, p := range t.places {
			where := readBy(p)
			if where == "" {
				continue
			}
			for _, x := range p.exprs {
				if x.Reveals(secret) {
					found = append(found, ruleSecret.At(x.Range(), "this may hold the data of a Secret, and goes to %s", where))
				}
			}
		}
	}
	return found
}

// secretRoots are the chains of selections that lead to the data of Secrets in
// a task.
func (v *view) secretRoots(t *task) [][]string {
	var roots [][]string
	if slices.ContainsFunc(t.Resource, isSecret) {
		for _, data := range []string{"data", "stringData"} {
			roots = append(roots, []string{"body", data}, []string{"old", data}, []string{"new", data}, []string{"event", "object", data})
		}
		roots = append(roots, []string{"diff"})
	}
	t.Work.Walk(func(s *spec.Step) {
		if s.Name != nil && s.Get != nil && isSecretTarget(s.Get.Target) {
			roots = append(roots, []string{"steps", s.Name.Value, "data"})
		}
	})
	if len(roots) == 0 {
		return nil
	}
	return v.secretVars(t, roots)
}

// secretVars adds the vars that hold what is secret, by way of others too.
func (v *view) secretVars(t *task, roots [][]string) [][]string {
	known := map[string]bool{}
	for more := true; more; {
		more = false
		secret := func(chain []string) bool {
			return slices.ContainsFunc(roots, func(root []string) bool { return overlap(chain, root) })
		}
		for _, p := range t.places {
			if p.path[0] != "vars" || known[p.path[1]] ||
				!slices.ContainsFunc(p.exprs, func(x *eval.Expression) bool { return x.Reveals(secret) }) {
				continue
			}
			known[p.path[1]], more = true, true
			roots = append(roots, []string{"vars", p.path[1]})
		}
	}
	return roots
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
		case "patch":
			if p.step != nil && p.step.Patch != nil && p.step.Patch.Target == nil && statusOnly(p) {
				return "the status"
			}
			return ""
		case "match", "vars", "create", "get", "delete":
			return ""
		}
	}
	return ""
}

// statusOnly tells whether a patch has nothing but the status.
func statusOnly(p place) bool {
	return p.value.Kind == spec.MapKind && len(p.value.Fields) == 1 && p.value.Get("status") != nil
}
