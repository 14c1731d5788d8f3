package actions

import (
	"fmt"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// kindOf is the resource of an apiVersion and kind that are written out; ok is false
// where they are not, or nothing is known of them.
func (c *compiler) kindOf(apiVersion, kind *spec.Value) (kube.Resource, bool) {
	version, isText := plainText(apiVersion)
	name, both := plainText(kind)
	if c.kinds == nil || !isText || !both {
		return kube.Resource{}, false
	}
	r, known := c.kinds.ByKind(version, name)
	if !known {
		c.noKind(apiVersion, kind, version, name)
	}
	return r, known
}

// noKind reports a kind that a group that is known does not have.
func (c *compiler) noKind(apiVersion, kind *spec.Value, version, name string) {
	kinds, versions := c.kinds.Beside(version, name)
	switch {
	case len(versions) > 0:
		d := ruleNoKind.At(apiVersion.Range, "%s has no %s; it is in %s", version, name, enumerate(versions))
		if len(versions) == 1 {
			d.Suggest(versions[0])
		}
		*c.diags = append(*c.diags, d)
	case len(kinds) > 0:
		d := ruleNoKind.At(kind.Range, "%s has no kind %q", version, name)
		if guess, ok := diag.Nearest(name, kinds); ok {
			d.Detail += fmt.Sprintf("; did you mean %q?", guess)
			d.SuggestWord(name, guess)
		}
		*c.diags = append(*c.diags, d)
	}
}

// targetKind is the resource of an object that a step names.
func (c *compiler) targetKind(t *spec.Target) (kube.Resource, bool) {
	switch {
	case t == nil || c.kinds == nil:
		return kube.Resource{}, false
	case t.Resource == nil:
		return c.kindOf(t.APIVersion, t.Kind)
	}
	return c.kinds.Find(t.Resource)
}

// checkTarget reports what can be known to be wrong about where a target is.
func (c *compiler) checkTarget(t *spec.Target) (kube.Resource, bool) {
	r, known := c.targetKind(t)
	if !known {
		return r, false
	}
	c.checkNamespace(r, t.Namespace, t.Range)
	return r, true
}

// checkNamespace compares a namespace with the scope of a resource.
func (c *compiler) checkNamespace(r kube.Resource, namespace *spec.Template, at diag.Range) {
	switch {
	case !r.Namespaced && namespace != nil && namespace.Kind != spec.Null:
		c.report(ruleClusterScoped, namespace.Range, "%s are not in namespaces: this one is ignored", r.Plural)
	case r.Namespaced && namespace == nil && c.noNamespace():
		c.report(ruleNoNamespace, oneLine(at), "%s are in namespaces, and %s: name one", r.Plural, c.whyNone())
	}
}

// noNamespace tells whether there is no namespace to take for one that is not given.
func (c *compiler) noNamespace() bool {
	return c.scope&eval.Object == 0 || c.own != nil && !c.own.Namespaced
}

func (c *compiler) whyNone() string {
	if c.scope&eval.Object == 0 {
		return "there is no handled object here to take it from"
	}
	return "the handled object is in none to take it from"
}

// plainText is the text of a template without expressions.
func plainText(v *spec.Value) (string, bool) {
	if v == nil {
		return "", false
	}
	text, isText := v.String()
	return text, isText && !strings.Contains(text, "${")
}

// oneLine is a range that marks one line.
func oneLine(at diag.Range) diag.Range {
	if at.Start.Line != at.End.Line {
		at.End = at.Start
	}
	return at
}

// enumerate joins words for a sentence: a, b and c.
func enumerate(words []string) string {
	out := ""
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			out += " and "
		default:
			out += ", "
		}
		out += word
	}
	return out
}
