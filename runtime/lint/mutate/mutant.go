package mutate

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Mutant is a definition with one mistake.
type Mutant struct {
	// File names the good definition.
	File string
	// Group and Kind say what sort of mistake it is.
	Group, Kind string
	// What says what was done: `line 7: "retries" is now "retires"`.
	What string
	Text string
	// Line and Column are where a finding must stand, counted from 1.
	Line, Column int
	// Word is what must be suggested; empty where the mistake was no typo.
	Word string
}

// Name tells mutants apart.
func (m Mutant) Name() string { return fmt.Sprintf("%s: %s, %s: %s", m.File, m.Group, m.Kind, m.What) }

// Of makes all mutants of a definition, always the same and in the same order.
func Of(name, text string) ([]Mutant, error) {
	f, err := read(name, text)
	if err != nil {
		return nil, err
	}
	for _, make := range []func(*file){
		keyTypos, valueTypos, nameTypos, movedKeys,
		wrongTypes, wrongValues, missingKeys, twoActions, duplicateKeys,
		wrongIndents, firstIndents, missingColons, missingDashes, missingCommas, missingQuotes, unclosed,
		wordsOfExpressions, wrongScopes, brokenExpressions, wrongOperands,
		wrongFields, wrongObjects, wrongPaths, wrongUses, addSteps,
	} {
		make(f)
	}
	return f.mutants, nil
}

// Spread takes at most n mutants of each kind of mistake of each file, evenly
// over the places.
func Spread(all []Mutant, n int) []Mutant {
	count := map[string]int{}
	kind := func(m Mutant) string { return m.File + "\x00" + m.Group + "\x00" + m.Kind }
	for _, m := range all {
		count[kind(m)]++
	}
	var out []Mutant
	seen := map[string]int{}
	for _, m := range all {
		k := kind(m)
		i, total := seen[k], count[k]
		seen[k]++
		if total <= n || i*n/total != (i+1)*n/total {
			out = append(out, m)
		}
	}
	return out
}

// mistake is what a mutator knows of a mutant.
type mistake struct {
	group, kind string
	what        string
	word        string
}

// replace adds the mutant in which a stretch of the text is another one. The
// finding must stand at an offset of the new text.
func (f *file) replace(m mistake, from, to int, by string, at int) {
	f.add(m, f.text[:from]+by+f.text[to:], at)
}

// add adds a mutant.
func (f *file) add(m mistake, text string, at int) {
	line := strings.Count(text[:at], "\n") + 1
	column := at - (strings.LastIndexByte(text[:at], '\n') + 1) + 1
	f.mutants = append(f.mutants, Mutant{
		File: f.name, Group: m.group, Kind: m.kind, What: fmt.Sprintf("line %d: %s", line, m.what),
		Text: text, Line: line, Column: column, Word: m.word,
	})
}

// choose picks one of n by chance that is the same each time.
func choose(n int, seed ...any) int {
	h := fnv.New32a()
	fmt.Fprint(h, seed...)
	return int(h.Sum32() % uint32(n))
}
