package mutate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// misspell adds the typos of a word that stands at an offset. A typo that makes
// another word that may stand there is no mistake.
func (f *file) misspell(group string, at int, word string, may func(string) bool) {
	for _, t := range typos(word, f.name, at) {
		if may(t.text) {
			continue
		}
		m := mistake{group, t.how, fmt.Sprintf("%q is now %q", word, t.text), word}
		f.replace(m, at, at+len(word), t.text, at)
	}
}

func names(keys []spec.Key) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k.Name())
	}
	return out
}

// keyTypos misspells the keys of the language. Keys that the user chooses and
// keys of data cannot be wrong.
func keyTypos(f *file) {
	for _, s := range f.sites {
		if s.key == nil || s.lang == nil {
			continue
		}
		known := names(s.siblingKeys())
		if at, word, ok := f.scalar(s.key); ok {
			f.misspell("key", at, word, func(t string) bool { return slices.Contains(known, t) })
		}
	}
}

// siblingKeys are the keys that may stand beside a site.
func (s *site) siblingKeys() []spec.Key { return s.up.keys }

// valueTypos misspells the words of which one must be chosen.
func valueTypos(f *file) {
	for _, s := range f.sites {
		words := s.words()
		at, word, ok := f.scalar(s.value)
		if !ok || !slices.Contains(words, word) {
			continue
		}
		f.misspell("value", at, word, func(t string) bool {
			// YAML's booleans are taken for True and False.
			return slices.Contains(words, t) || strings.EqualFold(t, "true") || strings.EqualFold(t, "false")
		})
	}
}

// nameTypos misspells the names by which parts of an operator refer to others.
func nameTypos(f *file) {
	aliases, ids := f.chosen("resources"), f.handlerIDs()
	for _, s := range f.sites {
		at, word, ok := f.scalar(s.value)
		if !ok || s.lang == nil {
			continue
		}
		switch {
		case s.isReference() && slices.Contains(aliases, word):
			// Of an alias of one or two letters nothing is left to tell it by, and
			// other names may be those of resources, such as ev, which is events.
			if len(word) > 2 {
				f.misspell("alias", at, word, func(t string) bool {
					_, known := f.types.named(t)
					return known || slices.Contains(aliases, t)
				})
			}
		case s.lang.Name() == "needs" && slices.Contains(ids, word):
			f.misspell("handler id", at, word, func(t string) bool { return slices.Contains(ids, t) })
		}
	}
}

// isReference tells a text that names a resource or its alias.
func (s *site) isReference() bool { return s.lang != nil && s.lang.Name() == "resource" }

// chosen are the names that the user gave under a key of spec.
func (f *file) chosen(key string) []string {
	var out []string
	for _, s := range f.sites {
		if p := s.path(); s.key != nil && len(p) == 3 && p[0] == "spec" && p[1] == key {
			out = append(out, s.key.Value)
		}
	}
	return out
}

func (f *file) handlerIDs() []string {
	var out []string
	for _, s := range f.sites {
		if strings.Join(s.path(), ".") == "spec.handlers.id" {
			out = append(out, s.value.Value)
		}
	}
	return out
}

// movedKeys puts keys one level too high and one too low.
func movedKeys(f *file) {
	for _, s := range f.sites {
		if s.key == nil || s.lang == nil || !f.ownLine(s) {
			continue
		}
		f.moveOut(s)
		f.moveIn(s)
	}
}

// moveOut moves the last key of a map out of it. One that is alone would leave
// nothing behind, which is another mistake.
func (f *file) moveOut(s *site) {
	outer := s.up.up
	if s.after() != nil || s.before() == nil || outer == nil || s.up.key == nil || s.up.lang == nil {
		return
	}
	if outer.named || len(outer.keys) == 0 || slices.Contains(names(outer.keys), s.key.Value) {
		return // it may stand there
	}
	to := f.column(s.up)
	m := mistake{"place", "a key one level too high", fmt.Sprintf("%q has left %q", s.key.Value, s.up.key.Value), ""}
	f.shift(m, s, to)
}

// moveIn moves a key into the map, or the last item of the list, before it.
func (f *file) moveIn(s *site) {
	before := s.before()
	if before == nil || before.lang == nil || before.named || !isBlock(before.value) {
		return
	}
	into := before
	if before.value.Kind == yaml.SequenceNode {
		into = before.below[len(before.below)-1]
	}
	if len(into.keys) == 0 || len(into.below) == 0 || !isBlock(into.value) || slices.Contains(names(into.keys), s.key.Value) {
		return // it may stand there, or it becomes data
	}
	m := mistake{"place", "a key one level too low", fmt.Sprintf("%q has come into %q", s.key.Value, before.key.Value), ""}
	f.shift(m, s, f.column(into.below[0]))
}

// shift gives the lines of a site another indentation.
func (f *file) shift(m mistake, s *site, to int) {
	from, by := f.lines[s.line()-1], to-f.column(s)
	var lines strings.Builder
	for line := range strings.Lines(f.text[from:s.end]) {
		switch {
		case strings.TrimSpace(line) == "":
		case by > 0:
			line = strings.Repeat(" ", by) + line
		default:
			line = strings.TrimPrefix(line, strings.Repeat(" ", -by))
		}
		lines.WriteString(line)
	}
	f.replace(m, from, s.end, lines.String(), from+to)
}
