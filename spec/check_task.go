package spec

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// task checks what is the same for all kinds of tasks.
func (c *checker) task(t Task) {
	c.stepNames(t)
	c.stepKinds(t)
	if t.Match != nil {
		fieldElsewhere := t.Handler != nil && t.given["field"]
		c.match(t.Match, fieldElsewhere)
		if t.Handler == nil {
			c.noSides(t.Match, "a "+string(t.Kind))
		}
	}
	if t.IsActivity() && t.Work.Result != nil {
		c.add(ruleHandlerField, head(t.Work.Result), "\"result\" is stored on an object, and %s activities have none", t.Kind)
	}
}

// timer checks when a timer runs.
func (c *checker) timer(t *Timer) {
	given := func(key string) bool { return t.given[key] }
	if !given("interval") && !given("idle") && !given("schedule") {
		c.add(ruleMissing, c.start(t.Range), `a timer needs "interval", "idle" or "schedule": when to run`)
	}
	if t.Interval != nil && t.Schedule != nil {
		bad := c.add(ruleTogether, t.Schedule.Range(), `a timer has "interval" and "schedule"; only one of them may stand here`)
		context := t.Interval.Range()
		bad.Context = &context
	}
	if t.Sharp != nil && !given("interval") {
		c.add(ruleTogether, t.Sharp.Range(), `"sharp" has a meaning only beside "interval"`)
	}
	if t.TimeZone != nil && !given("schedule") {
		c.add(ruleTogether, t.TimeZone.Range(), `"timeZone" has a meaning only beside "schedule"`)
	}
}

// index checks the filter of an index.
func (c *checker) index(x *Index) {
	if x.Match != nil {
		c.match(x.Match, false)
		c.noSides(x.Match, "an index")
	}
}

// stepNames checks that the names of steps are unique in their task.
func (c *checker) stepNames(t Task) {
	seen := map[string]diag.Range{}
	t.Work.Walk(func(s *Step) {
		if s.Name == nil {
			return
		}
		if first, again := seen[s.Name.Value]; again {
			c.duplicate("step of this "+string(t.Kind), s.Name.Value, s.Name.Range(), first)
			return
		}
		seen[s.Name.Value] = s.Name.Range()
	})
}

// stepKinds reports steps that have no meaning in a task of this kind.
func (c *checker) stepKinds(t Task) {
	refuse := func(given bool, at diag.Range, format string, args ...any) {
		if given {
			c.add(ruleHandlerField, head(&Value{Range: at}), "%s", fmt.Sprintf(format, args...))
		}
	}
	events := t.Handler != nil && t.Handler.onlyEvents()
	t.Work.Walk(func(s *Step) {
		if s.Wait != nil {
			refuse(events, s.Wait.Range, `"wait" puts a handler off, and on: event is never tried again`)
			refuse(t.Kind == DaemonTask, s.Wait.Range, `"wait" puts a handler off; a daemon waits with repeat: {every: …, until: …, do: […]}`)
			refuse(t.IsActivity(), s.Wait.Range, `"wait" is about children of an object, and %s activities have none`, t.Kind)
		}
		if s.Once != nil {
			refuse(events, s.Once.Range(), `"once" is about attempts, and on: event has only one`)
		}
		if len(s.Sub) > 0 {
			refuse(t.Handler == nil || events, s.Sub[0].Range, `"subhandlers" keep their progress on the object until the cycle ends; %s has no cycle`, subjectOf(t))
		}
		if !t.IsBackground() {
			refuse(s.Sleep != nil, rangeOf(s.Sleep), `"sleep" is for daemons and timers; to try a handler again later, write fail: {temporary: …, delay: …}`)
			if s.Repeat != nil {
				refuse(true, s.Repeat.Range, `"repeat" is for daemons and timers`)
			}
		}
		for _, sub := range s.Sub {
			if sub.Match != nil {
				c.match(sub.Match, false)
			}
		}
	})
}

func subjectOf(t Task) string {
	if t.Handler != nil {
		return "on: event"
	}
	return "a " + string(t.Kind)
}

func rangeOf(v *Value) diag.Range {
	if v == nil {
		return diag.Range{}
	}
	return v.Range
}

// match checks a filter. The field that it tests may stand elsewhere.
func (c *checker) match(m *Match, fieldElsewhere bool) {
	for _, tests := range [][]Entry[*ValueTest]{m.Labels, m.Annotations} {
		for _, entry := range tests {
			c.labelTest(entry.Value)
		}
	}
	for _, side := range []struct {
		key  string
		test *ValueTest
	}{{"value", m.Value}, {"old", m.Old}, {"new", m.New}} {
		if side.test == nil {
			continue
		}
		if !m.given["field"] && !fieldElsewhere {
			c.add(ruleMatchField, c.start(side.test.Range), `%q needs "field", the path of the value to test`, side.key)
		}
		c.contradiction(side.test)
	}
}

// noSides reports tests of a change where there is none.
func (c *checker) noSides(m *Match, what string) {
	for _, side := range []struct {
		key  string
		test *ValueTest
	}{{"old", m.Old}, {"new", m.New}} {
		if side.test != nil {
			c.add(ruleNeverMatches, c.start(side.test.Range), "%q is about a change, which %s has not", side.key, what)
		}
	}
}
