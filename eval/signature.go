package eval

import (
	"regexp"
	"slices"
	"strings"
)

// signature is one way to call a function, in words for users.
type signature struct {
	name     string
	receiver string
	args     []string
	// optional is how many of the last args may be left out.
	optional int
	result   string
}

// String is such as `string.split(string[, int]) -> list(string)`.
func (s signature) String() string {
	var out strings.Builder
	switch {
	case strings.Contains(s.receiver, " | "):
		out.WriteString("(" + s.receiver + ").")
	case s.receiver != "":
		out.WriteString(s.receiver + ".")
	}
	out.WriteString(s.name + "(")
	for i, arg := range s.args {
		separator := ", "
		if i == 0 {
			separator = ""
		}
		if i >= len(s.args)-s.optional {
			separator = "[" + separator
		}
		out.WriteString(separator + arg)
	}
	out.WriteString(strings.Repeat("]", s.optional) + ") -> " + s.result)
	return anyNumber.Replace(out.String())
}

// parts are all types of a signature.
func (s signature) parts() []string {
	return append([]string{s.receiver, s.result}, s.args...)
}

// with is the signature with other parts.
func (s signature) with(parts []string) signature {
	s.receiver, s.result, s.args = parts[0], parts[1], parts[2:]
	return s
}

// summarized puts many overloads into few signatures.
func summarized(all []signature) []signature {
	all = generalized(all, true, basicType, 4, "any")
	all = generalized(all, false, listType, 4, "list")
	all = generalized(all, true, numericType, 3, "number")
	for merged := true; merged; {
		all, merged = joined(all)
	}
	return withOptional(all)
}

var (
	basicType   = regexp.MustCompile(`\b(?:int|uint|double|bool|string|bytes|duration|timestamp)\b`)
	listType    = regexp.MustCompile(`\blist\((?:int|uint|double|bool|string|bytes|duration|timestamp)\)`)
	numericType = regexp.MustCompile(`\b(?:int|uint|double)\b`)
	// listOfAny is what is left where the type of the elements does not matter.
	listOfAny = strings.NewReplacer("list(any)", "list")
	// anyNumber is for arguments whose type does not say that of the result.
	anyNumber = strings.NewReplacer("double | int | uint", "number")
)

// generalized replaces signatures that differ only in one type, which is the
// same wherever it stands, if there are at least so many of them.
func generalized(all []signature, withResult bool, types *regexp.Regexp, least int, general string) []signature {
	generalize := func(s signature) signature {
		parts := s.parts()
		for i, part := range parts {
			if i != 1 || withResult {
				parts[i] = listOfAny.Replace(types.ReplaceAllString(part, general))
			}
		}
		return s.with(parts)
	}
	forms := map[string]int{}
	for _, s := range all {
		if s.hasOne(withResult, types) {
			forms[generalize(s).String()]++
		}
	}
	var out []signature
	for _, s := range all {
		if g := generalize(s); s.hasOne(withResult, types) && forms[g.String()] >= least {
			s = g
		}
		if !slices.ContainsFunc(out, func(other signature) bool { return other.String() == s.String() }) {
			out = append(out, s)
		}
	}
	return out
}

// hasOne tells whether exactly one of the types is in a signature.
func (s signature) hasOne(withResult bool, types *regexp.Regexp) bool {
	parts := s.parts()
	if !withResult {
		parts[1] = ""
	}
	found := types.FindAllString(strings.Join(parts, " "), -1)
	slices.Sort(found)
	return len(slices.Compact(found)) == 1
}

// joined joins two signatures that differ in one type.
func joined(all []signature) ([]signature, bool) {
	for i, a := range all {
		for j := i + 1; j < len(all); j++ {
			p, q := a.parts(), all[j].parts()
			if len(p) != len(q) || (p[0] == "") != (q[0] == "") {
				continue
			}
			differs := -1
			for at := range p {
				if p[at] == q[at] {
					continue
				}
				if differs >= 0 {
					differs = len(p)
					break
				}
				differs = at
			}
			if differs == len(p) {
				continue
			}
			if differs >= 0 {
				p[differs] += " | " + q[differs]
			}
			all[i] = a.with(p)
			return slices.Delete(all, j, j+1), true
		}
	}
	return all, false
}

// withOptional joins signatures of which one has one argument more at its end.
func withOptional(all []signature) []signature {
	slices.SortStableFunc(all, func(a, b signature) int { return len(a.args) - len(b.args) })
	var out []signature
	for _, s := range all {
		last := len(s.args) - 1
		i := slices.IndexFunc(out, func(other signature) bool {
			return last >= 0 && other.receiver == s.receiver && other.result == s.result && slices.Equal(other.args, s.args[:last])
		})
		if i < 0 {
			out = append(out, s)
			continue
		}
		s.optional = out[i].optional + 1
		out[i] = s
	}
	return out
}
