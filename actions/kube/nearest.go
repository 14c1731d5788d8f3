package kube

import (
	"slices"
	"strings"
)

// didYouMean is " (did you mean …?)" where a known name is close to the wanted.
func didYouMean(wanted string, known []string) string {
	if near := nearest(wanted, known, 1); len(near) > 0 {
		return " (did you mean " + near[0] + "?)"
	}
	return ""
}

// nearest returns up to limit known names that a typo apart could be the wanted
// one, the closest first.
func nearest(wanted string, known []string, limit int) []string {
	type guess struct {
		name     string
		distance int
	}
	var guesses []guess
	for _, name := range known {
		d := distance(strings.ToLower(wanted), strings.ToLower(name))
		if d <= max(1, len(wanted)/3) {
			guesses = append(guesses, guess{name, d})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.distance - b.distance })
	var names []string
	for _, g := range guesses[:min(limit, len(guesses))] {
		names = append(names, g.name)
	}
	return names
}

// distance is how many letters must be changed, added or removed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
