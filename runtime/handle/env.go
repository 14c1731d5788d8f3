package handle

import "github.com/kopf-declarative/kopf-declarative/eval"

// Env is the environment of what a handler, sub-handler, activity or index of this id
// evaluates, with all that is known of the variables behind its last step; without an id, that of the operator
// as a whole. It is nil where there is no such id. It is for those who try expressions.
func (o *Operator) Env(id string) *eval.Env { return o.envs[id] }

// remember keeps the environment as it is now under an id.
func (c *compiler) remember(id string) { c.operator.envs[id] = c.env }
