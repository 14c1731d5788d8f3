package runtime

import (
	"context"
	"slices"
)

// probe evaluates the probes of the operators: by their ids, as in Kopf, where there is one
// operator, and by operator and id where there are several.
func (e *Engine) probe(ctx context.Context) map[string]any {
	e.mu.Lock()
	running := slices.Clone(e.running)
	e.mu.Unlock()
	out := map[string]any{}
	for _, o := range running {
		results := o.activities.Probes(ctx)
		if len(running) == 1 {
			return results
		}
		if len(results) > 0 {
			out[o.compiled.Name] = results
		}
	}
	return out
}
