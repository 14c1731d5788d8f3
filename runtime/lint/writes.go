package lint

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// write is a change that a step makes in its own object.
type write struct {
	path  []string
	value *spec.Value
	at    diag.Range
	// guarded says that a `when` around it decides.
	guarded bool
}

// ownWrites are the changes that steps make in their own object, as far as the
// text tells where.
func ownWrites(steps []*spec.Step) []write { return appendWrites(nil, steps, false) }

func appendWrites(out []write, steps []*spec.Step, guarded bool) []write {
	for _, s := range steps {
		guarded := guarded || s.When != nil
		for _, w := range stepWrites(s) {
			w.guarded = guarded
			out = append(out, w)
		}
		out = appendWrites(out, s.Do, guarded)
		if s.Repeat != nil {
			out = appendWrites(out, s.Repeat.Do, guarded)
		}
		for _, sub := range s.Sub {
			out = appendWrites(out, sub.Do, guarded || sub.Match != nil)
		}
	}
	return out
}

func stepWrites(s *spec.Step) []write {
	switch {
	case s.Status != nil:
		return leaves(nil, []string{"status"}, s.Status, s.Status.Range)
	case s.Condition != nil:
		return []write{{path: []string{"status", "conditions"}, value: s.Condition.Status, at: s.Condition.Range}}
	case s.Patch != nil && s.Patch.Target == nil:
		return patchWrites(s.Patch)
	}
	return nil
}

func patchWrites(p *spec.Patch) []write {
	var out []write
	for _, template := range []*spec.Template{p.Merge, p.Apply} {
		if template != nil && template.Kind == spec.MapKind {
			out = leaves(out, nil, template, template.Range)
		}
	}
	if p.JSON != nil {
		out = append(out, jsonWrites(p.JSON)...)
	}
	if p.Subresource == nil {
		return out
	}
	if p.Subresource.Value != "status" {
		return nil
	}
	return slices.DeleteFunc(out, func(w write) bool { return w.path[0] != "status" })
}

// leaves are the paths that a merge writes. A key that is computed ends one.
func leaves(out []write, path []string, v *spec.Value, at diag.Range) []write {
	if v.Kind != spec.MapKind || len(v.Fields) == 0 {
		if len(path) > 0 {
			out = append(out, write{path: path, value: v, at: at})
		}
		return out
	}
	for _, f := range v.Fields {
		key, isText := f.Key.String()
		if !isText || strings.Contains(key, "${") {
			if len(path) > 0 {
				out = append(out, write{path: path, value: f.Value, at: f.Key.Range})
			}
			continue
		}
		out = leaves(out, append(slices.Clone(path), key), f.Value, f.Key.Range)
	}
	return out
}

var pointer = strings.NewReplacer("~1", "/", "~0", "~")

func jsonWrites(v *spec.Value) []write {
	var out []write
	for _, op := range v.Items {
		at := op.Get("path")
		if at == nil {
			continue
		}
		text, isText := at.String()
		kind, _ := textOf(op.Get("op"))
		if !isText || !strings.HasPrefix(text, "/") || strings.Contains(text, "${") || kind == "test" {
			continue
		}
		var path []string
		for segment := range strings.SplitSeq(text[1:], "/") {
			path = append(path, pointer.Replace(segment))
		}
		value := op.Get("value")
		if value == nil {
			value = &spec.Value{}
		}
		out = append(out, write{path: path, value: value, at: at.Range})
	}
	return out
}

func textOf(v *spec.Value) (string, bool) {
	if v == nil {
		return "", false
	}
	return v.String()
}

// overlap tells whether one path leads to the other, or is the same.
func overlap(a, b []string) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// inObject is the path in the object of a chain of selections from a variable.
func inObject(chain []string) ([]string, bool) {
	switch chain[0] {
	case "body":
		return chain[1:], true
	case "spec", "status":
		return chain, true
	case "meta":
		return append([]string{"metadata"}, chain[1:]...), true
	case "labels", "annotations":
		return append([]string{"metadata"}, chain...), true
	}
	return nil, false
}
