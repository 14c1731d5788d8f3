package daemon

import (
	"fmt"
	"time"

	// The time zones must be there in an image without any files.
	_ "time/tzdata"

	"github.com/robfig/cron/v3"
)

// Timing says when a timer runs. At least one of Interval, Idle and Schedule is set.
type Timing struct {
	// Interval is the time from the end of a run to the begin of the next.
	Interval time.Duration
	// Sharp lets Interval count from begin to begin; what a run has missed is skipped.
	Sharp bool
	// Idle is how long the object must not have changed. Without Interval and Schedule
	// the timer runs once after each change.
	Idle time.Duration
	// Schedule are the times to run at.
	Schedule cron.Schedule
}

// Times are what the next run of a timer depends on.
type Times struct {
	// From is when it may run first: its start and the initial delay.
	From time.Time
	// Due is when the last run was to begin, Begun and Ended when it did; zero before the first.
	Due, Begun, Ended time.Time
	// Changed is when the object has changed last, as far as its essence goes.
	Changed time.Time
}

// Next is when a timer is due next; not ok means: not before the object changes.
func (t *Timing) Next(at Times) (due time.Time, ok bool) {
	first := at.Ended.IsZero()
	switch {
	case t.Schedule != nil && first:
		due = t.Schedule.Next(at.From)
	case t.Schedule != nil:
		due = t.Schedule.Next(at.Ended)
	case first:
		due = at.From
	case t.Interval > 0 && t.Sharp:
		due = beat(at.Due, t.Interval, at.Ended)
	case t.Interval > 0:
		due = at.Ended.Add(t.Interval)
	case at.Changed.After(at.Begun):
		due = at.Changed
	}
	if due.IsZero() {
		return due, false
	}
	if idle := at.Changed.Add(t.Idle); t.Idle > 0 && idle.After(due) {
		due = idle
	}
	return due, true
}

// beat is the first time after another one that is a whole number of intervals after
// the begin.
func beat(begin time.Time, interval time.Duration, after time.Time) time.Time {
	missed := after.Sub(begin) / interval
	return begin.Add((max(0, missed) + 1) * interval)
}

// ParseSchedule reads a schedule in cron's form, of five fields or a word such as
// @daily, for a time zone by its name; empty for UTC.
func ParseSchedule(text, zone string) (cron.Schedule, error) {
	if zone == "" {
		zone = "UTC"
	}
	if _, err := Zone(zone); err != nil {
		return nil, err
	}
	return cron.ParseStandard("CRON_TZ=" + zone + " " + text)
}

// Zone finds a time zone by its name. The machine's own is not one: an operator must
// not depend on where it runs.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("the time zone of the machine is not known to others")
	}
	return time.LoadLocation(name)
}
