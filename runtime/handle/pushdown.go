package handle

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// LabelSelector is what the server can filter for these handlers and indexes: the label
// tests that all of them have. In a large cluster this decides whether the
// engine holds all objects or only its own.
//
// Handlers that may leave a finalizer behind get no selector: an object that
// stops matching while the engine is down would never be let go.
func LabelSelector(handlers []*Handler, indexes []*Index) string {
	if slices.ContainsFunc(handlers, (*Handler).mayHold) {
		return ""
	}
	return common(matchers(handlers, indexes), (*matcher).requirements)
}

// FieldSelector is the same for the name and the namespace of the objects. They
// never change, so an object that matches does so for ever.
func FieldSelector(handlers []*Handler, indexes []*Index) string {
	return common(matchers(handlers, indexes), (*matcher).identity)
}

func matchers(handlers []*Handler, indexes []*Index) []*matcher {
	var out []*matcher
	for _, h := range handlers {
		out = append(out, h.match)
	}
	for _, x := range indexes {
		out = append(out, x.match)
	}
	return out
}

// common joins those requirements that all matchers have.
func common(matchers []*matcher, requirements func(*matcher) []string) string {
	var out []string
	for i, m := range matchers {
		own := requirements(m)
		if i == 0 {
			out = own
		}
		out = slices.DeleteFunc(out, func(r string) bool { return !slices.Contains(own, r) })
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// identity are the tests of the object's name or namespace for one value.
func (m *matcher) identity() []string {
	if m.value == nil || m.value.equals == nil || len(m.field) != 2 || m.field[0] != "metadata" {
		return nil
	}
	value, ok := m.value.equals.value.(string)
	if key := m.field[1]; ok && value != "" && (key == "name" || key == "namespace") {
		return []string{"metadata." + key + "=" + value}
	}
	return nil
}

// mayHold tells whether objects of the handler may ever get our finalizer.
func (h *Handler) mayHold() bool { return h.holds() || h.daemon() || h.makes() }

// makes tells whether the handler may make children.
func (h *Handler) makes() bool {
	for _, sub := range h.subs {
		if sub.makes() {
			return true
		}
	}
	return h.steps != nil && h.steps.Needs().Creates || h.onFailure != nil && h.onFailure.Needs().Creates
}

// requirements are the label tests in the form of a label selector, as far as
// the server knows such tests.
func (m *matcher) requirements() []string {
	var out []string
	for _, t := range m.labels {
		if len(validation.IsQualifiedName(t.name)) > 0 {
			continue // no object has it; the server would refuse the question
		}
		if r := t.test.requirement(t.name); r != "" {
			out = append(out, r)
		}
	}
	return out
}

func (t *valueTest) requirement(name string) string {
	switch {
	case t.when != nil:
		return ""
	case t.equals != nil && t.exists == nil && t.in == nil:
		return equals(name, "=", []any{t.equals.value})
	case t.in != nil && t.exists == nil && t.equals == nil:
		return equals(name, " in ", t.in)
	case t.exists != nil && t.equals == nil && t.in == nil && *t.exists:
		return name
	case t.exists != nil && t.equals == nil && t.in == nil:
		return "!" + name
	default:
		return ""
	}
}

// equals is a requirement on values, if all of them can be a label's.
func equals(name, operator string, values []any) string {
	var texts []string
	for _, v := range values {
		s, ok := v.(string)
		if !ok || len(validation.IsValidLabelValue(s)) > 0 {
			return ""
		}
		texts = append(texts, s)
	}
	if operator == "=" {
		return name + "=" + texts[0]
	}
	if len(texts) == 0 {
		return ""
	}
	slices.Sort(texts)
	return name + operator + "(" + strings.Join(texts, ",") + ")"
}
