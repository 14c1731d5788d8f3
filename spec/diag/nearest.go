package diag

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that a word was probably meant to be, or
// nothing where none is near: a word in another spelling (case, dashes and
// underscores aside), within an edit or two, depending on its length and on what else is near, or cut.
func Nearest(word string, candidates []string) (string, bool) {
	best, least := "", maxDistance(word)+1
	folded := fold(word)
	for _, candidate := range candidates {
		if candidate == word {
			continue
		}
		if fold(candidate) == folded {
			return candidate, true
		}
		if d := distance(word, candidate); d < least {
			best, least = candidate, d
		}
	}
	if best != "" {
		return best, true
	}
	if longer, ok := onlyLonger(word, candidates); ok || maxDistance(word) > 0 {
		return longer, ok
	}
	return onlyNear(word, candidates)
}

// onlyNear returns the one candidate within one edit. Of a word of two letters
// one edit leaves little, so it tells something only where nothing else is as
// near.
func onlyNear(word string, candidates []string) (string, bool) {
	if near := OneEdit(word, candidates); len(near) == 1 {
		return near[0], true
	}
	return "", false
}

// OneEdit returns the candidates within one edit of a word, each once: what it
// may have been meant to be where Nearest does not know.
func OneEdit(word string, candidates []string) []string {
	var near []string
	for _, candidate := range candidates {
		if candidate != word && distance(word, candidate) == 1 && !slices.Contains(near, candidate) {
			near = append(near, candidate)
		}
	}
	return near
}

// onlyLonger returns the one candidate that begins with the word: "warn" is
// "warning".
func onlyLonger(word string, candidates []string) (string, bool) {
	if len(word) < 2 {
		return "", false
	}
	found := ""
	for _, candidate := range candidates {
		if candidate == word || !strings.HasPrefix(candidate, word) {
			continue
		}
		if found != "" {
			return "", false
		}
		found = candidate
	}
	return found, found != ""
}

// maxDistance is how many edits may lie between a word and what was meant.
func maxDistance(word string) int {
	switch n := len([]rune(word)); {
	case n <= 2:
		return 0
	case n <= 5:
		return 1
	case n <= 9:
		return 2
	default:
		return 3
	}
}

var separators = strings.NewReplacer("-", "", "_", "")

func fold(word string) string { return strings.ToLower(separators.Replace(word)) }

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from one word to the other.
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	if n := len(a) - len(b); n > 3 || n < -3 {
		return len(a) + len(b) // far apart; never mind how far
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
