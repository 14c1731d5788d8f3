package handle

import (
	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// stored checks that the handled objects have a place for what the settings keep in
// their status.
func (c *compiler) stored(op *spec.Operator) {
	if c.kinds == nil || op.Spec.Settings == nil || op.Spec.Settings.Persistence == nil {
		return
	}
	seen := map[*schema.Type]bool{}
	for _, t := range op.Spec.Tasks() {
		if t.Handler == nil || !changes(t.Handler) {
			continue
		}
		for _, s := range t.Resource {
			body := c.kinds.TypeOf(s)
			if _, known := c.kinds.Of(body); !known || seen[body] {
				continue
			}
			seen[body] = true
			c.storedIn(op.Spec.Settings.Persistence, body)
		}
	}
}

// changes tells a handler that leaves records.
func changes(h *spec.Handler) bool {
	on := reasons(h)
	return !on[onEvent] || len(on) > 1
}

func (c *compiler) storedIn(p *spec.Persistence, body *schema.Type) {
	check := func(what string, storage *spec.String, field *spec.Path, usual []string, below ...string) {
		if storage == nil || storage.Value != "status" {
			return
		}
		path, at := usual, storage.Range()
		if field != nil {
			path, at = field.Segments, field.Range
		}
		c.found = append(c.found, actions.CheckStored(what, path, at, body, below...)...)
	}
	if p.Progress != nil {
		check("the progress of handlers", p.Progress.Storage, p.Progress.Field, []string{"status", "kopf", "progress"}, "an id")
	}
	if p.Diffbase != nil {
		check("what was handled last", p.Diffbase.Storage, p.Diffbase.Field, []string{"status", "kopf", "last-handled-configuration"})
	}
}
