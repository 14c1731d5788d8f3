package spec

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// The kinds of handlers that checks ask for.
const (
	onUpdate = "update"
	onDelete = "delete"
	onResume = "resume"
	onField  = "field"
	onEvent  = "event"
)

func (h *Handler) runsOn(kind string) bool {
	return slices.ContainsFunc(h.On, func(s *String) bool { return s.Value == kind })
}

// onlyEvents tells a handler of raw events, which has no progress.
func (h *Handler) onlyEvents() bool {
	return len(h.On) > 0 && !slices.ContainsFunc(h.On, func(s *String) bool { return s.Value != onEvent })
}

func (c *checker) handler(h *Handler) {
	c.needs(h)
	if len(h.On) > 0 {
		c.kinds(h)
		c.fieldsByKind(h)
		if h.onlyEvents() {
			c.eventHandler(h)
		}
	}
	if h.Match != nil {
		c.sides(h)
	}
}

// kinds reports a kind that stands twice.
func (c *checker) kinds(h *Handler) {
	for i, on := range h.On {
		if slices.ContainsFunc(h.On[:i], func(s *String) bool { return s.Value == on.Value }) {
			c.add(ruleUnique, on.Range(), "%q stands here twice", on.Value)
		}
	}
}

// fieldsByKind checks the options that belong to one kind of handler.
func (c *checker) fieldsByKind(h *Handler) {
	misplaced := func(given bool, at func() diag.Range, key, kind string) {
		if given && !h.runsOn(kind) {
			c.add(ruleHandlerField, at(), "%q has a meaning only for on: %s", key, kind)
		}
	}
	misplaced(h.Optional != nil, h.Optional.Range, "optional", onDelete)
	misplaced(h.Deleted != nil, h.Deleted.Range, "deleted", onResume)
	switch {
	case h.Field != nil && !h.runsOn(onField):
		c.add(ruleHandlerField, h.Field.Range, `"field" has a meaning only for on: field; to filter by a field, write match: {field: …}`)
	case !h.given["field"] && h.runsOn(onField):
		c.add(ruleMissing, h.kindRange(onField), `on: field needs "field", the path of the field to watch`)
	}
}

func (h *Handler) kindRange(kind string) diag.Range {
	for _, on := range h.On {
		if on.Value == kind {
			return on.Range()
		}
	}
	return h.Range
}

// eventHandler checks a handler of raw events, which runs once and silently.
func (c *checker) eventHandler(h *Handler) {
	refuse := func(given bool, at func() diag.Range, key string) {
		if given {
			c.add(ruleHandlerField, at(), "%q has no meaning for on: event, which is never tried again", key)
		}
	}
	refuse(h.Retries != nil, h.Retries.Range, "retries")
	refuse(h.Timeout != nil, h.Timeout.Range, "timeout")
	refuse(h.Errors != nil, h.Errors.Range, "errors")
	if h.Backoff != nil {
		refuse(true, func() diag.Range { return head(&Value{Range: h.Backoff.Range}) }, "backoff")
	}
	if len(h.Needs) > 0 {
		c.add(ruleHandlerField, h.Needs[0].Range(), `"needs" has no meaning for on: event, which belongs to no cycle`)
	}
}

// sides checks the tests of the two sides of a change.
func (c *checker) sides(h *Handler) {
	for _, side := range []struct {
		key  string
		test *ValueTest
	}{{"old", h.Match.Old}, {"new", h.Match.New}} {
		if side.test != nil {
			c.sideTest(h, h.Match, side.key, side.test)
		}
	}
}

// sideTest checks a test of one side of a change.
func (c *checker) sideTest(h *Handler, m *Match, key string, t *ValueTest) {
	if m.Value != nil {
		bad := c.add(ruleTogether, c.start(t.Range), `"value" tests both sides of a change; leave it out, or %q`, key)
		context := c.start(m.Value.Range)
		bad.Context = &context
	}
	for _, on := range h.On {
		if on.Value != onUpdate && on.Value != onField {
			c.add(ruleNeverMatches, c.start(t.Range), "%q is about a change, which on: %s has not", key, on.Value)
			return
		}
	}
}

// labelTest checks that a label is compared with text: it would never equal
// anything else.
func (c *checker) labelTest(t *ValueTest) {
	literals := t.In
	if t.Equals != nil {
		literals = append([]*Value{t.Equals}, literals...)
	}
	for _, v := range literals {
		if v.Kind == Null && !v.broken {
			c.add(ruleType, v.Range, "a label is text, and this is nothing; to test that there is none, write {exists: false}")
			continue
		}
		c.labelText(v)
	}
	c.contradiction(t)
}

func (c *checker) contradiction(t *ValueTest) {
	switch {
	case t.In != nil && len(t.In) == 0:
		c.add(ruleNeverMatches, c.start(t.Range), `"in" has no values`)
	case t.Exists != nil && !t.Exists.Value && (t.Equals != nil || t.In != nil):
		c.add(ruleNeverMatches, t.Exists.Range(), "a value that does not exist equals nothing")
	}
}
