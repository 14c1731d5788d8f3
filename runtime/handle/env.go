package handle

import (
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Env is the environment of what a handler, sub-handler, activity or index of this id
// evaluates, with all that is known of the variables behind its last step; without an id, that of the operator
// as a whole. It is nil where there is no such id. It is for those who try expressions.
func (o *Operator) Env(id string) *eval.Env { return o.envs[id] }

// remember keeps the environment as it is now under an id.
func (c *compiler) remember(id string) { c.operator.envs[id] = c.env }

// EngineTypes are those of the variables that the engine makes, which are the same for all
// handlers.
func EngineTypes() eval.Types {
	return eval.Types{
		"resource": resourceType(),
		"operator": schema.ObjectOf("operator", []schema.Field{stringField("name"), stringField("id"), stringField("version")}),
		"error":    schema.ObjectOf("error", []schema.Field{stringField("kind"), stringField("message"), stringField("step")}),
		"diff":     schema.ListOf(changeType()),
		"stopped":  schema.Of(schema.String).OrNull(),
	}
}

// ObjectTypes are those of the variables about an object of a type; nil is one of which
// nothing is known.
func ObjectTypes(body *schema.Type) eval.Types {
	if body == nil {
		body = schema.AnyObject()
	}
	essence := body.OrNull()
	return eval.Types{
		"body": body, "meta": schema.Metadata(), "spec": stanzaType(body, "spec"), "status": stanzaType(body, "status"),
		"old": essence, "new": essence,
		"event": schema.ObjectOf("event", []schema.Field{field("type", schema.Of(schema.String).OrNull()), field("object", body)}),
	}
}
