package mutate

import (
	"strings"
	"unicode"
)

// typo is a word with one mistake of the hand.
type typo struct{ how, text string }

// typos are the mistakes that are made in a word, one of each kind. Where in the
// word is chosen by the seed.
func typos(word string, seed ...any) []typo {
	at := func(how string, n int) int { return choose(n, append([]any{word, how}, seed...)...) }
	var out []typo
	add := func(how, text string) {
		if text != word && text != "" {
			out = append(out, typo{how, text})
		}
	}
	i := at("drop", len(word))
	add("a letter left out", word[:i]+word[i+1:])
	if len(word) > 1 {
		i = at("swap", len(word)-1)
		add("letters swapped", word[:i]+string(word[i+1])+string(word[i])+word[i+2:])
	}
	i = at("double", len(word))
	add("a letter doubled", word[:i+1]+word[i:])
	i = at("replace", len(word))
	add("a wrong letter", word[:i]+string(beside(word[i]))+word[i+1:])
	add("wrong case", otherCase(word))
	add("snake_case", snake(word))
	return out
}

// beside is the key to the right on a keyboard, or to the left at the edge.
func beside(c byte) byte {
	for _, row := range []string{"qwertyuiopo", "asdfghjklk", "zxcvbnmn", "12345678909"} {
		if i := strings.IndexByte(row, c); i >= 0 {
			return row[i+1]
		}
		if i := strings.IndexByte(strings.ToUpper(row), c); i >= 0 {
			return strings.ToUpper(row)[i+1]
		}
	}
	return 'x'
}

// otherCase makes ifexists of ifExists, and Labels of labels.
func otherCase(word string) string {
	if lower := strings.ToLower(word); lower != word {
		return lower
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

func snake(word string) string {
	var out strings.Builder
	for i, r := range word {
		if i > 0 && unicode.IsUpper(r) && !unicode.IsUpper(rune(word[i-1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	if !strings.Contains(out.String(), "_") || strings.Contains(word, "_") {
		return word
	}
	return out.String()
}
