package lint

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// objects reports what a step writes into objects that are no Secrets, and into
// the metadata of those that are.
func (l *leaks) objects(t *task, s *spec.Step, known eval.Secrets) {
	switch {
	case s.Create != nil:
		l.object(s.Create.Object, known)
		if s.Create.Objects != nil {
			for _, item := range s.Create.Objects.Items {
				l.object(item, known)
			}
		}
	case s.Patch != nil:
		l.patch(t, s.Patch, known)
	}
}

// object reports what the template of a new object tells. One whose kind is
// computed may be a Secret.
func (l *leaks) object(v *spec.Value, known eval.Secrets) {
	if v == nil || v.Kind != spec.MapKind {
		return
	}
	kind, isText := textOf(v.Get("kind"))
	switch {
	case !isText || strings.Contains(kind, "${"):
	case isSecretObject(v):
		l.metadata(v, known, "the metadata of a Secret")
	case !namesSecrets(kind):
		l.report(l.template(v), known, "an object of kind "+kind)
	}
}

// patch reports what a patch tells.
func (l *leaks) patch(t *task, p *spec.Patch, known eval.Secrets) {
	secret, where := slices.ContainsFunc(t.Resource, isSecret), "the object"
	if p.Target != nil {
		name := targetName(p.Target)
		if name == "" {
			return
		}
		secret, where = isSecretTarget(p.Target), "another object ("+name+")"
	}
	for _, template := range []*spec.Template{p.Merge, p.Apply, p.JSON} {
		switch {
		case template == nil:
		case secret:
			l.metadata(template, known, "the metadata of a Secret")
		case p.Target == nil && statusOnly(template):
			l.report(l.template(template), known, "the status")
		default:
			l.report(l.template(template), known, where)
		}
	}
}

// statusOnly tells whether a patch has nothing but the status.
func statusOnly(v *spec.Value) bool { return len(v.Fields) == 1 && v.Get("status") != nil }

// metadata reports what the labels, annotations and so on tell.
func (l *leaks) metadata(v *spec.Value, known eval.Secrets, where string) {
	for _, f := range v.Fields {
		if key, _ := f.Key.String(); key == "metadata" || key == "status" {
			l.report(l.template(f.Value), known, where)
		}
	}
}

// targetName is the kind of a target, as far as it is told; empty too where it
// is one that may hold secrets.
func targetName(t *spec.Target) string {
	name, _ := textOf(t.Kind)
	if t.Resource != nil {
		name = nameOf(t.Resource)
	}
	if strings.Contains(name, "${") || namesSecrets(name) && !isSecretTarget(t) {
		return ""
	}
	return name
}

// namesSecrets tells of a kind by its name that it may be made for secrets, such
// as SealedSecret.
func namesSecrets(kind string) bool { return strings.Contains(strings.ToLower(kind), "secret") }

// isSecretObject tells the template of a Secret.
func isSecretObject(v *spec.Value) bool {
	if v == nil {
		return false
	}
	kind, _ := textOf(v.Get("kind"))
	version, _ := textOf(v.Get("apiVersion"))
	return kind == "Secret" && version == "v1"
}
