package daemon

import (
	"testing"
	"time"
)

// noon is when the timers of the tests may run first.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return noon.Add(d) }

func TestNext(t *testing.T) {
	hourly, err := ParseSchedule("0 * * * *", "")
	if err != nil {
		t.Fatal(err)
	}
	leap, err := ParseSchedule("0 0 30 2 *", "")
	if err != nil {
		t.Fatal(err)
	}
	const minute, never = time.Minute, -time.Hour
	for _, tt := range []struct {
		name                       string
		timing                     Timing
		due, begun, ended, changed time.Duration // since noon; negative for not at all
		want                       time.Duration
	}{
		{"interval: at once", Timing{Interval: 5 * minute}, never, never, never, never, 0},
		{"interval: from the end", Timing{Interval: 5 * minute}, 0, 0, 2 * minute, never, 7 * minute},
		{"interval: a long run", Timing{Interval: 5 * minute}, 0, 0, 20 * minute, never, 25 * minute},
		{"sharp: from the begin", Timing{Interval: 5 * minute, Sharp: true}, 0, 0, 2 * minute, never, 5 * minute},
		{"sharp: from when it was due", Timing{Interval: 5 * minute, Sharp: true}, 5 * minute, 6 * minute, 7 * minute, never, 10 * minute},
		{"sharp: missed beats are skipped", Timing{Interval: 5 * minute, Sharp: true}, 0, 0, 12 * minute, never, 15 * minute},
		{"sharp: the beat at the end itself is missed", Timing{Interval: 5 * minute, Sharp: true}, 0, 0, 10 * minute, never, 15 * minute},
		{"idle: after the change", Timing{Idle: 10 * minute}, never, never, never, 3 * minute, 13 * minute},
		{"idle: not before the initial delay", Timing{Idle: 10 * minute}, never, never, never, never, 0},
		{"idle: once after each change", Timing{Idle: 10 * minute}, 13 * minute, 13 * minute, 14 * minute, 3 * minute, never},
		{"idle: again after another change", Timing{Idle: 10 * minute}, 13 * minute, 13 * minute, 14 * minute, 20 * minute, 30 * minute},
		{"idle: a change during the run counts", Timing{Idle: 10 * minute}, 13 * minute, 13 * minute, 15 * minute, 14 * minute, 24 * minute},
		{"idle and interval: the later one", Timing{Idle: 10 * minute, Interval: 5 * minute}, 13 * minute, 13 * minute, 14 * minute, 3 * minute, 19 * minute},
		{"idle and interval: a change holds it up", Timing{Idle: 10 * minute, Interval: 5 * minute}, 13 * minute, 13 * minute, 14 * minute, 18 * minute, 28 * minute},
		{"schedule: the next time, not now", Timing{Schedule: hourly}, never, never, never, never, 60 * minute},
		{"schedule: the next after the run", Timing{Schedule: hourly}, 60 * minute, 60 * minute, 61 * minute, never, 120 * minute},
		{"schedule: what a run has missed is skipped", Timing{Schedule: hourly}, 60 * minute, 60 * minute, 190 * minute, never, 240 * minute},
		{"schedule and idle: as soon as it is idle", Timing{Schedule: hourly, Idle: 10 * minute}, never, never, never, 55 * minute, 65 * minute},
		{"schedule: a day that never comes", Timing{Schedule: leap}, never, never, never, never, never},
	} {
		t.Run(tt.name, func(t *testing.T) {
			times := Times{From: noon}
			for d, to := range map[*time.Time]time.Duration{&times.Due: tt.due, &times.Begun: tt.begun, &times.Ended: tt.ended, &times.Changed: tt.changed} {
				if to >= 0 {
					*d = at(to)
				}
			}
			due, ok := tt.timing.Next(times)
			if ok != (tt.want >= 0) || ok && !due.Equal(at(tt.want)) {
				t.Errorf("due %v after noon, %t; want %v", due.Sub(noon), ok, tt.want)
			}
		})
	}
}

// TestScheduleInZones is about the days on which the clock is changed: what the clock
// skips does not happen on that day, and what it shows twice happens twice.
func TestScheduleInZones(t *testing.T) {
	for _, tt := range []struct {
		schedule, zone, from string
		want                 []string
	}{
		{"0 3 * * *", "", "2026-11-25T12:00:00Z", []string{"2026-11-26T03:00:00Z", "2026-11-27T03:00:00Z"}},
		{"0 3 * * *", "Europe/Berlin", "2026-11-25T12:00:00Z", []string{"2026-11-26T02:00:00Z"}},
		{"0 3 * * *", "Asia/Kolkata", "2026-11-25T12:00:00Z", []string{"2026-11-25T21:30:00Z"}},
		{"0 3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"}},
		{"30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", []string{"2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"}},
		{"30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
		{"0 3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"}},
		{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
		{"30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}},
		{"@daily", "America/New_York", "2026-11-25T12:00:00Z", []string{"2026-11-26T05:00:00Z"}},
		{"*/20 8-9 * * mon-fri", "", "2026-11-27T09:30:00Z", []string{"2026-11-27T09:40:00Z", "2026-11-30T08:00:00Z"}},
	} {
		t.Run(tt.schedule+" "+tt.zone+" "+tt.from, func(t *testing.T) {
			schedule, err := ParseSchedule(tt.schedule, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			now := parse(t, tt.from)
			for _, want := range tt.want {
				if now = schedule.Next(now); !now.Equal(parse(t, want)) {
					t.Errorf("at %s, want %s", now.UTC().Format(time.RFC3339), want)
				}
			}
		})
	}
}

func parse(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWrongSchedules(t *testing.T) {
	for _, tt := range [][2]string{{"nonsense", ""}, {"61 * * * *", ""}, {"* * * *", ""}, {"0 0 0 * * *", ""}, {"0 3 * * *", "Nowhere/City"}, {"0 3 * * *", "Local"}, {"TZ=UTC 0 3 * * *", ""}} {
		if s, err := ParseSchedule(tt[0], tt[1]); err == nil {
			t.Errorf("%q in %q is taken for %v", tt[0], tt[1], s)
		}
	}
}
