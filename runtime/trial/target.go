package trial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Target is what of an operator the expressions belong to. The zero Target is none.
type Target struct {
	// Operator is nil where there is none: then there are no filters and no indexes.
	Operator *spec.Operator

	compiled *handle.Operator
	id       string
	// resources are those whose objects it is for.
	resources []*spec.Selector

	scope  eval.Scope
	chosen bool // a handler, and not the operator as a whole
	param  *spec.Template
	vars   []spec.Entry[*spec.Template]
	// field is what a handler of on: field watches.
	field []string
	// reason is the only one for which the handler runs, empty where there are several.
	reason cause.Reason
}

// Find finds a handler, timer, daemon, activity, index or probe by its id, and a
// sub-handler of a fixed id by parent/id. Where several operators have the id, it is written
// operator:id. Without an id, the one operator that there is is meant as a whole. The
// operators must have no errors.
func Find(operators []*spec.Operator, kinds *kube.Kinds, id string) (Target, error) {
	found, err := find(operators, id)
	if err == nil {
		found.compiled, _ = handle.Compile(found.Operator, kinds) // what is found was told when they were loaded
	}
	return found, err
}

func find(operators []*spec.Operator, id string) (Target, error) {
	if id == "" {
		if len(operators) != 1 {
			return Target{}, fmt.Errorf("there are %d operators; --handler says which is meant", len(operators))
		}
		return Target{Operator: operators[0]}, nil
	}
	var found []Target
	var known, owners []string
	for _, op := range operators {
		name := op.Metadata.Name.Value
		for _, t := range targets(op) {
			known = append(known, t.id)
			if t.id == id || name+":"+t.id == id {
				found = append(found, t.Target)
				owners = append(owners, name+":"+t.id)
			}
		}
	}
	switch len(found) {
	case 0:
		return Target{}, unknownID(id, known)
	case 1:
		return found[0], nil
	}
	return Target{}, fmt.Errorf("there are several %q; say which: %s", id, strings.Join(owners, ", "))
}

func unknownID(id string, known []string) error {
	slices.Sort(known)
	known = slices.Compact(known)
	if guess, ok := diag.Nearest(id, known); ok {
		return fmt.Errorf("there is no handler %q; did you mean %q?", id, guess)
	}
	if len(known) == 0 {
		return fmt.Errorf("there is no handler %q, and no other one", id)
	}
	return fmt.Errorf("there is no handler %q; there are %s", id, strings.Join(known, ", "))
}

// named is a target with its id.
type named struct {
	id string
	Target
}

// targets are all that an operator has.
func targets(op *spec.Operator) []named {
	var out []named
	for _, task := range op.Spec.Tasks() {
		t := Target{
			Operator: op, id: task.ID.Value, resources: task.Resource, chosen: true,
			scope: handle.ScopeOf(task) | inHandler, param: task.Work.Param, vars: task.Work.Vars,
		}
		if h := task.Handler; h != nil {
			t.reason = onlyReason(h)
			if h.Field != nil {
				t.field = h.Field.Segments
			}
		}
		out = append(out, named{task.ID.Value, t})
		out = append(out, subs(t, task.ID.Value, task.Work)...)
	}
	for _, x := range op.Spec.Indexes {
		out = append(out, named{x.ID.Value, Target{
			Operator: op, id: x.ID.Value, resources: x.Resource, chosen: true, scope: eval.Object | eval.Indexing | eval.TestValue,
		}})
	}
	for _, p := range op.Spec.Probes {
		out = append(out, named{p.ID.Value, Target{Operator: op, chosen: true}})
	}
	return out
}

// subs are the sub-handlers in the steps of a handler whose ids are no templates.
func subs(parent Target, id string, work *spec.Work) []named {
	var out []named
	seen := map[*spec.Sub]bool{}
	work.Walk(func(s *spec.Step) {
		for _, sub := range s.Sub {
			fixed, ok := sub.ID.String()
			if !ok || strings.Contains(fixed, "${") || seen[sub] {
				continue
			}
			seen[sub] = true
			t := parent
			t.id, t.param, t.vars = id+"/"+fixed, sub.Param, sub.Vars
			out = append(out, named{t.id, t})
		}
	})
	return out
}

// onlyReason is the one that a handler runs for, empty where there are several.
func onlyReason(h *spec.Handler) cause.Reason {
	if len(h.On) != 1 {
		return ""
	}
	if on := h.On[0].Value; on != "field" && on != "event" {
		return cause.Reason(on)
	}
	return cause.Update
}
