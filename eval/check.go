package eval

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// finding makes a finding whose summary is its own.
func finding(rule *diag.Rule, summary, detail string, at diag.Range) *diag.Diagnostic {
	d := rule.At(at, "%s", detail)
	d.Summary = summary
	return d
}

// problem makes an error about a stretch of the expression, in bytes.
func (s source) problem(rule *diag.Rule, summary, detail string, from, to int) *diag.Diagnostic {
	return finding(rule, summary, detail, s.rangeOf(from, to))
}

// problemAt makes an error about the token at a CEL offset.
func (s source) problemAt(rule *diag.Rule, summary, detail string, offset int) *diag.Diagnostic {
	from, to := s.tokenAt(offset)
	return s.problem(rule, summary, detail, from, to)
}

// problemOn makes an error about a node.
func (s source) problemOn(u *usage, id int64, rule *diag.Rule, summary, detail string) *diag.Diagnostic {
	offset, ok := u.offset(id)
	if !ok {
		return s.problem(rule, summary, detail, 0, len(s.text))
	}
	return s.problemAt(rule, summary, detail, offset)
}

// sorted orders the problems of one expression by their places.
func sorted(problems diag.List) diag.List {
	slices.SortStableFunc(problems, func(a, b *diag.Diagnostic) int {
		return cmp.Compare(a.Subject.Start.Offset, b.Subject.Start.Offset)
	})
	return problems
}

// checkUse finds variables and functions that exist, but not here.
func (e *Env) checkUse(src source, at place, u *usage) diag.List {
	var problems diag.List
	for _, v := range u.variables {
		if why := e.unavailable(at, v.name); why != "" {
			problems = append(problems, src.problemOn(u, v.id, ruleScope, "not available here", why))
		}
	}
	for _, f := range u.functions {
		if why := forbidden(at, f.name); why != "" {
			problems = append(problems, src.problemOn(u, f.id, ruleScope, "not available here", why))
		}
		if why := badPath(u, f); why != "" {
			problems = append(problems, src.problemOn(u, f.id, ruleType, "wrong path", why))
		}
	}
	return append(problems, e.checkIndexes(src, at, u)...)
}

// unavailable says why a variable that exists does not exist here.
func (e *Env) unavailable(at place, name string) string {
	if known, ok := variable(name); ok && !at.scope.has(known.Scope) {
		return name + " exists in " + known.Scope.String() + " only"
	}
	if why := notIndexed[name]; why != "" && at.scope.has(Indexing) {
		return why
	}
	if e.filters[name] != nil && !at.scope.has(Object) {
		return "the filter " + name + " is about an object, and there is none here"
	}
	return ""
}

// forbidden says why a function that exists must not be used here.
func forbidden(at place, name string) string {
	if name == touchedName {
		name = "changed"
	}
	known, ok := function(name)
	if !ok {
		return ""
	}
	switch {
	case known.TemplatesOnly && (!at.template || !at.scope.has(known.Scope)):
		return name + "() gives another answer each time; it exists in templates of actions only"
	case !known.TemplatesOnly && !at.scope.has(known.Scope):
		return name + "() exists in " + known.Scope.String() + " only"
	}
	return ""
}

// badPath says what is wrong with a literal path of changed().
func badPath(u *usage, f use) string {
	if f.name != touchedName {
		return ""
	}
	path, ok := literalText(u.nodes[f.id].AsCall().Args()[1])
	if !ok {
		return ""
	}
	segments := segmentsOf(path)
	switch {
	case slices.Contains(segments, ""):
		return "changed() needs a dotted path such as 'spec.size', without empty parts"
	case len(segments) > 3 && segments[0] == "metadata" && (segments[1] == "labels" || segments[1] == "annotations"):
		return "each dot begins a new segment; write changed(['metadata', '" + segments[1] + "', '" + strings.Join(segments[2:], ".") + "'])"
	}
	return ""
}
