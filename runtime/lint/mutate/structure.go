package mutate

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// missingKeys leaves out keys that must be there. The finding stands at the
// head of the map: its first key, or its bracket.
func missingKeys(f *file) {
	for _, s := range f.sites {
		if s.key == nil || s.lang == nil || !s.lang.Required || len(s.up.below) < 2 {
			continue
		}
		m := mistake{"missing", "a required key", fmt.Sprintf("%q is gone", s.key.Value), ""}
		next, before := s.after(), s.before()
		switch flow := isFlow(s.up.value); {
		case next != nil:
			// What is next takes its place, behind the dash if there was one.
			head := f.at(s.up.below[0])
			if flow {
				head = f.offset(s.up.value)
			}
			f.replace(m, f.at(s), f.at(next), "", head)
		case flow:
			end := f.closing(f.offset(s.up.value))
			comma := strings.LastIndexByte(f.text[:f.at(s)], ',')
			f.replace(m, comma, end, "", f.offset(s.up.value))
		default:
			f.replace(m, f.lines[s.line()-1], s.end, "", f.at(s.up.below[0]))
		}
		_ = before
	}
}

// twoActions adds an action to steps that have one.
func twoActions(f *file) {
	for _, s := range f.sites {
		if s.key == nil || s.lang == nil || !s.lang.Action {
			continue
		}
		action := "log: another"
		if s.key.Value == "log" {
			action = "memo: {a: 1}"
		}
		m := mistake{"step", "two actions", "also " + action, ""}
		if isFlow(s.up.value) {
			end := f.closing(f.offset(s.up.value))
			f.replace(m, end, end, ", "+action, end+2)
			continue
		}
		last := s.up.below[len(s.up.below)-1]
		indent := strings.Repeat(" ", f.column(s))
		f.replace(m, last.end, last.end, indent+action+"\n", last.end+len(indent))
	}
}

// duplicateKeys writes lines twice.
func duplicateKeys(f *file) {
	for _, s := range f.sites {
		if s.key == nil || isFlow(s.up.value) || !f.oneLine(s) {
			continue
		}
		indent := strings.Repeat(" ", f.column(s))
		line := indent + f.text[f.at(s):s.end]
		f.replace(mistake{"duplicate", "a key twice", fmt.Sprintf("%q stands twice", s.key.Value), ""}, s.end, s.end, line, s.end+len(indent))
	}
}

// wrongIndents indents a line by one space more or less, or with a tab.
func wrongIndents(f *file) {
	for _, s := range f.sites {
		if !f.startsLine(s) || s.up == nil || s.up.up == nil {
			continue
		}
		before := s.before()
		start := f.lines[s.line()-1]
		first := start + len(f.text[start:]) - len(strings.TrimLeft(f.text[start:], " "))
		if before == nil || (s.key != nil && !f.ownLine(s)) {
			continue // with nothing before it at its level, any indentation is right
		}
		name := strings.TrimSpace(strings.SplitN(f.text[first:], "\n", 2)[0])
		if f.mayIndent(before, s) {
			f.replace(mistake{"indentation", "one space more", name, ""}, first, first, " ", first+1)
		}
		f.replace(mistake{"indentation", "one space less", name, ""}, first-1, first, "", first-1)
		f.replace(mistake{"indentation", "a tab", name, ""}, start, first, strings.Repeat("\t", max((first-start)/2, 1)), start)
	}
}

// mayIndent tells whether one more space is a mistake: below a key without a
// value, the line would be its value, and in a text of several lines a part of
// it.
func (f *file) mayIndent(before, s *site) bool {
	v := before.value
	for (v.Kind == yaml.MappingNode || v.Kind == yaml.SequenceNode) && !isFlow(v) && len(v.Content) > 0 {
		v = v.Content[len(v.Content)-1]
	}
	if v.Kind == yaml.ScalarNode && (v.Tag == "!!null" || v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0) {
		return false
	}
	return !isBlock(before.value) || before.value.Column-1 != f.column(s)+1
}

// missingColons leaves out the colon of a key, or the space behind it.
func missingColons(f *file) {
	for _, s := range f.sites {
		if s.key == nil || isFlow(s.up.value) {
			continue
		}
		if s.lang == nil && !s.up.named && len(s.up.below) == 1 {
			continue // data may be a text as well as a map
		}
		if s.lang == nil && !s.up.named && isFlow(s.value) && len(s.value.Content) == 2 {
			continue // `spec {size: 1}` is a key of two words
		}
		colon := f.at(s) + len(s.key.Value)
		if s.key.Style != 0 || f.text[colon] != ':' {
			continue
		}
		f.replace(mistake{"colon", "no colon", fmt.Sprintf("behind %q", s.key.Value), ""}, colon, colon+1, "", f.at(s))
		if s.value.Line == s.key.Line && !strings.Contains(f.text[colon:f.lineEnd(s.line())], "#") {
			f.replace(mistake{"colon", "no space behind the colon", fmt.Sprintf("behind %q", s.key.Value), ""}, colon+1, colon+2, "", f.at(s))
		}
	}
}

// missingDashes leaves out the dash of an item. Its keys become those of the
// item before: the finding stands at the first one that this one cannot have.
func missingDashes(f *file) {
	for _, s := range f.sites {
		if s.key != nil || s.up == nil || isFlow(s.up.value) || !isBlock(s.value) || s.value.Kind != yaml.MappingNode {
			continue
		}
		dash := f.at(s) - 2
		at := f.at(s)
		if before := s.before(); before != nil {
			if at = f.clash(before, s); at == 0 {
				continue
			}
		} else if s.after() != nil || len(s.keys) == 0 {
			continue // where the others have dashes, it is they that do not fit; and data may be a map
		} else if s.lang != nil && strings.HasSuffix(s.lang.Type, ", or a list of them") {
			continue // one item needs no list
		}
		f.replace(mistake{"dash", "no dash", strings.SplitN(f.text[dash:], "\n", 2)[0], ""}, dash, dash+1, " ", at)
	}
}

// clash is the first key of an item that cannot stand in the one before too.
func (f *file) clash(before, s *site) int {
	acts := false
	has := map[string]bool{}
	for _, b := range before.below {
		has[b.key.Value] = true
		acts = acts || b.lang != nil && b.lang.Action
	}
	for _, b := range s.below {
		if has[b.key.Value] || acts && b.lang != nil && b.lang.Action {
			return f.at(b)
		}
	}
	return 0
}

// unclosed leaves out closing quotes and brackets. The finding stands where the
// quote or the bracket was opened that is left open.
func unclosed(f *file) {
	for _, s := range f.sites {
		for _, n := range []*yaml.Node{s.key, s.value} {
			if n == nil {
				continue
			}
			from, to, ok := f.extent(n)
			if !ok || to-from < 2 {
				continue
			}
			what := f.text[from:to]
			switch {
			case n.Kind != yaml.ScalarNode:
				text := f.text[:to-1] + f.text[to:]
				whole := f.outermost(s)
				f.add(mistake{"unclosed", "a bracket", what, ""}, text, f.leftOpen(text, whole))
			case f.text[from] == '"' || f.text[from] == '\'':
				f.replace(mistake{"unclosed", "a quote", what, ""}, to-1, to, "", from)
			}
		}
	}
}

// outermost is where the outermost brackets around a site begin.
func (f *file) outermost(s *site) int {
	at := f.offset(s.value)
	for up := s.up; up != nil && isFlow(up.value); up = up.up {
		at = f.offset(up.value)
	}
	return at
}

// leftOpen is the bracket in a line that no other closes.
func (f *file) leftOpen(text string, from int) int {
	var open []int
	end := from + strings.IndexByte(text[from:]+"\n", '\n')
	for at := from; at < end; at++ {
		switch c := text[at]; c {
		case '"', '\'':
			for at++; at < end && text[at] != c; at++ {
				if text[at] == '\\' && c == '"' {
					at++
				}
			}
		case '{', '[':
			open = append(open, at)
		case '}', ']':
			top := open[len(open)-1]
			if (text[top] == '{') != (c == '}') {
				return top
			}
			open = open[:len(open)-1]
		}
	}
	return open[len(open)-1]
}

// firstIndents indents the first line of a map by one space more or less. The
// others are right, since they are more.
func firstIndents(f *file) {
	for _, s := range f.sites {
		if s.key == nil || s.before() != nil || !f.ownLine(s) || len(s.up.below) < 3 || !isBlock(s.up.value) {
			continue
		}
		first := f.at(s)
		name := strings.TrimSpace(f.text[first:f.lineEnd(s.line())])
		if s.value.Kind == yaml.ScalarNode || isFlow(s.value) {
			f.replace(mistake{"indentation", "the first of several, more", name, ""}, first, first, " ", first+1)
		}
		if s.up.key != nil && f.column(s)-1 > f.column(s.up) {
			f.replace(mistake{"indentation", "the first of several, less", name, ""}, first-1, first, "", first-1)
		}
	}
}

// missingCommas leaves out the commas of maps and lists in one line. The finding
// stands at what the comma is missing before.
func missingCommas(f *file) {
	for _, s := range f.sites {
		before := s.before()
		if before == nil || !isFlow(s.up.value) || s.line() != before.line() {
			continue
		}
		comma := strings.LastIndexByte(f.text[:f.at(s)], ',')
		if s.key == nil && before.value.Style == 0 && s.value.Style == 0 {
			continue // two plain texts are one
		}
		f.replace(mistake{"comma", "no comma", f.text[f.offset(s.up.value):f.lineEnd(s.line())], ""}, comma, comma+1, "", f.at(s)-1)
	}
}

// missingQuotes leaves out the quotes of texts that need them. The finding
// stands at the text.
func missingQuotes(f *file) {
	for _, s := range f.sites {
		from, to, ok := f.extent(s.value)
		if !ok || s.value.Kind != yaml.ScalarNode || s.value.Style == 0 || s.key == nil || isFlow(s.up.value) {
			continue
		}
		text := f.text[from+1 : to-1]
		switch {
		case strings.Contains(text, ": "), strings.IndexByte("!&*%@`", text[0]) >= 0:
		default:
			continue // it is a text without quotes too, or something that is no mistake by itself
		}
		f.replace(mistake{"quotes", "no quotes", text, ""}, from, to, text, from)
	}
}
