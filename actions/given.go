package actions

import (
	"maps"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// at is the environment at the current place, which knows what is there.
func (c *compiler) at() *eval.Env {
	if !c.env.Asks() {
		return c.env
	}
	env := c.env.Given(c.given.And(c.looked))
	if c.item != "" {
		env = env.Over(c.item)
	}
	return env
}

// looksAt notes what an expression of the current step looks at.
func (c *compiler) looksAt(evaluated func(item string) eval.Facts) {
	if c.env.Asks() {
		c.looked = c.looked.And(evaluated(c.item))
	}
}

// guard lets the action of a step, which inner compiles, know that its `when` holds.
func (c *compiler) guard(s *step, inner *compiler) {
	if s.when == nil || !c.env.Asks() {
		return
	}
	inner.given = inner.given.And(s.when.Facts(true, inner.item))
}

// givenBehind is what is known to be there behind a step. A step that fails ends the
// attempt, so what it has looked at was there.
func (c *compiler) givenBehind(s *step, before eval.Facts) eval.Facts {
	if !c.env.Asks() {
		return nil
	}
	if s.forEach != nil {
		if s.when == nil || s.whenPerItem {
			return before.And(s.forEach.Evaluated(c.item))
		}
		return before
	}
	if s.when == nil {
		return c.given.And(c.looked).And(waitedFor(s)).And(written(s.source))
	}
	holds, not := s.when.Facts(true, c.item), s.when.Facts(false, c.item)
	if ends(s.source) {
		return before.And(not)
	}
	return before.And(holds.Or(not))
}

// waitedFor is what is there behind a wait.
func waitedFor(s *step) eval.Facts {
	if w, ok := s.action.(*waitAction); ok {
		return w.condition.Facts(true, "")
	}
	return nil
}

// ends tells whether a step ends the attempt, where its `when` holds.
func ends(s *spec.Step) bool {
	if s.Return != nil || s.Fail != nil {
		return true
	}
	n := len(s.Do)
	return n > 0 && s.Do[n-1].When == nil && s.Do[n-1].ForEach == nil && ends(s.Do[n-1])
}

// written is what is there in the handled object behind a step that writes it.
func written(s *spec.Step) eval.Facts {
	var out [][]string
	switch {
	case s.Status != nil:
		out = leaves(s.Status, []string{"status"})
	case s.Condition != nil:
		out = [][]string{{"status", "conditions"}}
	case s.Patch != nil && s.Patch.Target == nil && s.Patch.Merge != nil:
		out = leaves(s.Patch.Merge, nil)
	}
	return eval.FactsOf("body", out...)
}

// leaves are the paths that a merge sets to values. What an expression may omit is
// not among them.
func leaves(v *spec.Value, path []string) [][]string {
	switch v.Kind {
	case spec.Null:
		return nil
	case spec.StringKind:
		if text, _ := v.String(); strings.Contains(text, "omit()") || strings.Contains(text, "?") {
			return nil
		}
		return [][]string{path}
	case spec.MapKind:
		out := [][]string{path}
		for _, f := range v.Fields {
			if key, isText := f.Key.String(); isText && !strings.Contains(key, "${") {
				out = append(out, leaves(f.Value, append(slices.Clone(path), key))...)
			}
		}
		return out
	}
	return [][]string{path}
}

// Written is what steps write into the handled object in any case, as far as their text
// tells.
func Written(steps []*spec.Step) eval.Facts {
	out := eval.Facts{}
	for _, s := range steps {
		if s.ForEach != nil {
			continue
		}
		if s.When != nil {
			if s.Return != nil {
				return out
			}
			continue
		}
		maps.Copy(out, written(s))
		maps.Copy(out, Written(s.Do))
	}
	return out
}
