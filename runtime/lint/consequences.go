package lint

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// withoutConsequences leaves out what may be found only because of something
// else that is found, so that a mistake is reported once:
//
//   - warnings and infos about how the parts of a handler, or of the operator,
//     work together, while there are errors in it: the var that nothing uses may
//     be the one whose name is misspelt;
//   - that nothing guards a field, or writes it, while there is something that
//     cannot be read;
//   - that an object has no name, while one of its fields is misspelt;
//   - that an expression reveals a secret, if it cannot be compiled;
//   - what is wrong inside a text that has a mistake of form itself;
//   - names that nothing declares, and that are near to no other, and what parts
//     of a handler say of each other, while there is a mistake of form where it
//     may have cost the declaration, or the part.
func withoutConsequences(bundle *spec.Bundle, found diag.List) diag.List {
	var errors diag.List
	for _, d := range found {
		if d.Severity == diag.Error {
			errors = append(errors, d)
		}
	}
	r := &regions{outside: map[*diag.Diagnostic]bool{}}
	for _, op := range bundle.Operators {
		r.operators = append(r.operators, op.Range)
		for _, t := range op.Spec.Tasks() {
			r.tasks = append(r.tasks, t.Range)
		}
	}
	forms := formErrors(errors)
	unread := append(slices.Clone(forms), ofRules(errors, "expression-name", "expression-scope", "expression-syntax")...)
	unmade := append(slices.Clone(forms), typos(ofRules(found, "pruned-status", "unknown-resource"))...)
	misspelt := ofRules(errors, "object-field")
	return slices.DeleteFunc(found, func(d *diag.Diagnostic) bool {
		if d.Severity != diag.Error {
			return slices.Contains(interplay, d.ID()) && r.brokenAround(d, errors) ||
				d.ID() == "unguarded-field" && (r.brokenAround(d, unread) || slices.ContainsFunc(unread, r.isOutside) || slices.ContainsFunc(unmade, sameFile(d))) ||
				d.Rule == ruleSecret && slices.ContainsFunc(errors, func(e *diag.Diagnostic) bool { return holds(d.Subject, e) })
		}
		return isRelation(d) && r.maybeUndeclared(d, forms) || isInside(d, forms) ||
			slices.Contains(namings, d.ID()) && r.brokenAround(d, misspelt)
	})
}

// regions are the parts of definitions in which one mistake can have others as
// its consequences.
type regions struct {
	operators, tasks []diag.Range
	// outside remembers which findings are outside of all tasks.
	outside map[*diag.Diagnostic]bool
}

// around is the first of the regions that holds a finding.
func around(in []diag.Range, d *diag.Diagnostic) (diag.Range, bool) {
	for _, region := range in {
		if holds(region, d) {
			return region, true
		}
	}
	return diag.Range{}, false
}

func holds(region diag.Range, d *diag.Diagnostic) bool {
	at := d.Subject.Start.Offset
	return region.File == d.Subject.File && region.Start.Offset <= at && at < region.End.Offset
}

// brokenAround tells whether an error is in the handler that a finding is
// about, or in the operator where it is about no handler.
func (r *regions) brokenAround(d *diag.Diagnostic, errors diag.List) bool {
	region, ok := around(r.tasks, d)
	if !ok {
		region, ok = around(r.operators, d)
	}
	return ok && slices.ContainsFunc(errors, func(e *diag.Diagnostic) bool { return holds(region, e) })
}

// maybeUndeclared tells whether a mistake of form stands where it may have cost
// what a finding misses: in its handler, outside of all handlers that could be
// read, or in any of them.
func (r *regions) maybeUndeclared(d *diag.Diagnostic, forms diag.List) bool {
	own, inTask := around(r.tasks, d)
	return slices.ContainsFunc(forms, func(e *diag.Diagnostic) bool {
		switch {
		case e.Subject.File != d.Subject.File:
			return false
		case slices.Contains(betweenHandlers, d.ID()):
			return true
		case slices.Contains(ofOperator, d.ID()):
			return r.isOutside(e)
		}
		return inTask && holds(own, e)
	})
}

// isOutside tells whether a finding is about no handler that could be read.
func (r *regions) isOutside(d *diag.Diagnostic) bool {
	if outside, known := r.outside[d]; known {
		return outside
	}
	_, inside := around(r.tasks, d)
	r.outside[d] = !inside
	return !inside
}

// isInside tells whether a finding is about a part of what has a mistake of form.
func isInside(d *diag.Diagnostic, forms diag.List) bool {
	return !slices.Contains(forms, d) && slices.ContainsFunc(forms, func(e *diag.Diagnostic) bool { return holds(e.Subject, d) })
}

// isRelation tells a finding about a name that is declared nowhere and has no
// likely spelling, or about parts that do not go together.
func isRelation(d *diag.Diagnostic) bool {
	return d.Fix == nil && (slices.Contains(ofHandler, d.ID()) || slices.Contains(ofOperator, d.ID()) || slices.Contains(betweenHandlers, d.ID()))
}

var (
	// ofHandler are rules about what other parts of a handler declare or are.
	ofHandler = []string{"expression-scope", "handler-kind", "metric-value", "needs-cycle", "pruned-status", "step-reference", "vars"}
	// ofOperator are those about what the operator declares: filters, aliases,
	// indexes.
	ofOperator = []string{"expression-name", "unknown-alias", "unknown-index"}
	// interplay are warnings and infos about how parts work together.
	interplay = []string{"self-trigger", "self-trigger-once", "unreachable-handler", "unreachable-step", "unseen-patch", "unused-filter", "unused-resource", "unused-var"}
	// namings are about what the metadata of an object must have.
	namings = []string{"no-name", "no-namespace"}
	// betweenHandlers are those about other handlers.
	betweenHandlers = []string{"same-metric", "unknown-handler"}
)

// typos are the findings that know what was meant.
func typos(found diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(found), func(d *diag.Diagnostic) bool { return d.Fix == nil })
}

func sameFile(d *diag.Diagnostic) func(*diag.Diagnostic) bool {
	return func(e *diag.Diagnostic) bool { return e.Subject.File == d.Subject.File }
}

func ofRules(found diag.List, ids ...string) diag.List {
	return slices.DeleteFunc(slices.Clone(found), func(d *diag.Diagnostic) bool { return !slices.Contains(ids, d.ID()) })
}

// formErrors are those that make the decoder leave something out.
func formErrors(errors diag.List) diag.List {
	rules := spec.Rules()
	return slices.DeleteFunc(slices.Clone(errors), func(d *diag.Diagnostic) bool { return !slices.Contains(rules, d.Rule) || isRelation(d) })
}
