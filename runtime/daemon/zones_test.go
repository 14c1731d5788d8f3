package daemon

import (
	"strings"
	"testing"
)

// Whatever is suggested is a time zone.
func TestZonesExist(t *testing.T) {
	names := strings.Fields(zones)
	if len(names) < 400 {
		t.Errorf("only %d zones", len(names))
	}
	for _, name := range names {
		if _, err := Zone(name); err != nil {
			t.Error(err)
		}
	}
}

func TestNearestZone(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Berln": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "Berlin": "Europe/Berlin", "berlin": "Europe/Berlin",
		"America/NewYork": "America/New_York", "New York": "America/New_York", "Asia/Tokio": "Asia/Tokyo", "utc": "UTC",
		"Amerika/Los_Angeles": "America/Los_Angeles", "Mars/Olympus": "", "Local": "", "": "",
	} {
		got, _ := NearestZone(name)
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func BenchmarkNearestZone(b *testing.B) {
	for b.Loop() {
		NearestZone("Europe/Berln")
	}
}
