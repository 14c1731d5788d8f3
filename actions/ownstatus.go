package actions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/conform"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// ownStatus is the type of the handled object's status. None says that its schema has
// none, so that none is kept; it is not known where the type is nil.
func (c *compiler) ownStatus() (of *schema.Type, none bool) {
	if c.own == nil {
		return nil, false
	}
	return statusOf(c.env.Known("body"))
}

func statusOf(body *schema.Type) (of *schema.Type, none bool) {
	f, known := body.Field("status")
	if !known {
		return nil, body.Kind() == schema.Object && !body.Open()
	}
	return f.Type, false
}

// checkOwnStatus compares a merge into the own status with its schema.
func (c *compiler) checkOwnStatus(v *spec.Template, t *eval.Template) {
	of, none := c.ownStatus()
	if none {
		c.noStatus(firstKey(v))
		return
	}
	if of == nil {
		return
	}
	w := c.writing(t, conform.Merge)
	w.Rule, w.Why = rulePruned, "the API server drops it"+c.remedy()
	*c.diags = append(*c.diags, w.Check(v, of, "status", v.Range)...)
}

// firstKey is the place of the first key of a map.
func firstKey(v *spec.Value) diag.Range {
	if len(v.Fields) > 0 {
		return v.Fields[0].Key.Range
	}
	return v.Range
}

// remedy is what to do about a field that the status does not have.
func (c *compiler) remedy() string {
	if schema.Builtin().Type(c.own.GVK()) != nil {
		return ""
	}
	return ": add it to the CustomResourceDefinition"
}

// noStatus reports that the kind has no status.
func (c *compiler) noStatus(at diag.Range) {
	detail := fmt.Sprintf("the schema of %s has no status, so the API server drops it", c.env.Known("body"))
	if c.remedy() != "" {
		detail += "; add to the CustomResourceDefinition: " + freeStatus
	}
	c.report(rulePruned, oneLine(at), "%s", detail)
}

// freeStatus is what a CustomResourceDefinition must have for any status.
const freeStatus = "status: {type: object, x-kubernetes-preserve-unknown-fields: true}"

// checkOwnCondition compares a condition with the schema of the status.
func (c *compiler) checkOwnCondition(x *spec.Condition, a *conditionAction) {
	of, none := c.ownStatus()
	if none {
		c.noStatus(x.Range)
		return
	}
	if of == nil {
		return
	}
	list, found := of.At([]string{"conditions"})
	if !found {
		c.report(rulePruned, oneLine(x.Range), "%s has no field \"conditions\", so the API server drops it; add to the CustomResourceDefinition: "+
			"conditions: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}", of)
		return
	}
	item := list.Elem()
	for _, part := range []struct {
		key string
		v   *spec.Template
		t   *eval.Template
	}{{"type", x.Type, a.kind}, {"status", x.Status, a.status}, {"reason", x.Reason, a.reason}, {"message", x.Message, a.message}} {
		field, known := item.At([]string{part.key})
		switch {
		case !known && part.v != nil:
			c.report(rulePruned, part.v.Range, "%s has no field %q, so the API server drops it", item, part.key)
		case part.v != nil && part.v.Kind == spec.StringKind && part.key != "status":
			*c.diags = append(*c.diags, c.writing(part.t, conform.Whole).Check(part.v, field, part.key, part.v.Range)...)
		}
	}
}

// CheckResult compares the result of a handler with the schema of the status that it is
// stored in, under the handler's id. Body is the type of the handled object.
func CheckResult(id string, result *spec.Value, t *eval.Template, body *schema.Type, own kube.Resource) diag.List {
	of, none := statusOf(body)
	if of == nil && !none {
		return nil
	}
	remedy := ""
	field, found := of.At([]string{id})
	switch _, sub, _ := strings.Cut(id, "/"); {
	case none:
		remedy = freeStatus
	case found:
		w := conform.Writing{Texts: t.Texts(), Mode: conform.Merge, Rule: rulePruned, Why: "the API server drops it"}
		return w.Check(result, field, id, result.Range)
	case sub != "":
		remedy = "x-kubernetes-preserve-unknown-fields: true, since the ids of sub-handlers are no names of fields"
	default:
		remedy = id + ": " + declaration(result, t)
	}
	d := rulePruned.At(oneLine(result.Range), "the result is stored at status.%s, which %s does not have, so the API server drops it", strings.ReplaceAll(id, "*", "…"), body)
	if schema.Builtin().Type(own.GVK()) == nil {
		d.Detail += "; add to the CustomResourceDefinition: " + remedy
	}
	return diag.List{d}
}

// CheckStored compares where the engine itself keeps something in the status with its
// schema. What says in a few words what is kept; below are paths below that place that
// must exist as well.
func CheckStored(what string, path []string, at diag.Range, body *schema.Type, below ...string) diag.List {
	if _, found := body.At(append(slices.Clone(path), below...)); found {
		return nil
	}
	return diag.List{rulePruned.At(at, "%s is stored at %s, which %s does not have, so the API server drops it, and the operator never knows what it has done; "+
		"add to the CustomResourceDefinition: %s", what, strings.Join(path, "."), body, freeStatus)}
}

// declaration is a schema for a value.
func declaration(v *spec.Value, t *eval.Template) string {
	kind := ""
	switch v.Kind {
	case spec.BoolKind:
		kind = "boolean"
	case spec.IntKind:
		kind = "integer"
	case spec.FloatKind:
		kind = "number"
	case spec.StringKind:
		text := t.Texts()(v)
		kind = map[schema.Kind]string{schema.Bool: "boolean", schema.Int: "integer", schema.Double: "number", schema.String: "string", schema.Timestamp: "string", schema.Duration: "string"}[text.Type.Kind()]
		if text.IsConstant {
			kind = "string"
		}
	case spec.MapKind:
		return "{type: object, x-kubernetes-preserve-unknown-fields: true}"
	}
	if kind == "" {
		return "{x-kubernetes-preserve-unknown-fields: true}"
	}
	return "{type: " + kind + "}"
}
