package state

import (
	"fmt"
	"strings"
	"time"
)

const timeLayout = "2006-01-02T15:04:05.000000-07:00"

func formatTime(t *time.Time) any {
	if t == nil {
		return nil
	}
	return FormatTime(*t)
}

// FormatTime writes a time as Kopf does: ISO 8601 with microseconds, in UTC.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// stamp is a time as precise as it will be once it was stored and read again,
// so that a record does not differ from its own stored form.
func stamp(t time.Time) *time.Time {
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

func (in *recordReader) time(key string) *time.Time {
	text := in.text(key)
	if text == "" {
		return nil
	}
	t, err := ParseTime(text)
	if err != nil {
		in.expect(key, "an ISO 8601 time")
		return nil
	}
	return stamp(t)
}

// ParseTime reads the common forms of ISO 8601: extended and basic, with a
// blank for the T, with any fraction of a second, and with or without a zone,
// which is UTC then.
func ParseTime(text string) (time.Time, error) {
	text = strings.Replace(strings.ToUpper(strings.TrimSpace(text)), " ", "T", 1)
	for _, date := range []string{"2006-01-02", "20060102"} {
		for _, clock := range []string{"T15:04:05", "T150405", "T15:04", "T1504", ""} {
			for _, zone := range []string{"Z07:00", "Z0700", "Z07", ""} {
				t, err := time.Parse(date+clock+zone, text)
				if err == nil && storable(t) {
					return t, nil
				}
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is not an ISO 8601 time", text)
}

// storable tells whether a time has four digits of a year in UTC too.
func storable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}
