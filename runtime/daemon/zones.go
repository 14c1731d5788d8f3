package daemon

import (
	_ "embed" // for the list
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

//go:generate go run ./generate zones.txt

//go:embed zones.txt
var zones string

// NearestZone is the time zone that was probably meant by a name that is none:
// the nearest name, or that of the city.
func NearestZone(name string) (string, bool) {
	names := strings.Fields(zones)
	if strings.Contains(name, "/") {
		return diag.Nearest(name, names)
	}
	cities := map[string]string{}
	for _, zone := range names {
		city := zone[strings.LastIndex(zone, "/")+1:]
		if _, known := cities[city]; !known || zone == city {
			cities[city] = zone
		}
	}
	words := make([]string, 0, len(cities))
	for _, zone := range names {
		if city := zone[strings.LastIndex(zone, "/")+1:]; cities[city] == zone {
			words = append(words, city)
		}
	}
	if zone, ok := cities[name]; ok {
		return zone, true
	}
	city, ok := diag.Nearest(name, words)
	return cities[city], ok
}
