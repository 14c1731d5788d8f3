package scope

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Namespaces are the namespaces to serve: those that at least one of the patterns
// matches. The zero value means all of them.
type Namespaces struct {
	patterns []pattern
}

// pattern is one text: globs, separated by commas.
type pattern struct {
	text  string
	globs []glob
}

// glob is one part of a pattern.
type glob struct {
	text    string // with * and ?
	negated bool
}

// Exactly serves these namespaces, whose names must be valid.
func Exactly(names ...string) Namespaces {
	var n Namespaces
	for _, name := range names {
		n.patterns = append(n.patterns, pattern{name, []glob{{text: name}}})
	}
	return n
}

// Parse reads patterns, as Kopf 1.37 has them:
//
//   - A pattern is a list of globs, separated by commas. In a glob, * stands for any
//     characters and ? for one; an exclamation mark before it negates it.
//   - The first glob is decisive: a namespace that does not match it does not match the
//     pattern. If it is negated, then all namespaces match to begin with.
//   - Of the other globs, the last one that matches decides.
//   - Of several patterns, one has to match.
//
// The error says what is wrong with the first bad pattern, quoted.
func Parse(texts ...string) (Namespaces, error) {
	var n Namespaces
	for _, text := range texts {
		p, err := parse(text)
		if err != nil {
			return Namespaces{}, fmt.Errorf("%q %w", text, err)
		}
		n.patterns = append(n.patterns, p)
	}
	return n, nil
}

// Check tells what is wrong with a pattern, as the end of a sentence that begins with
// it; nil if nothing is.
func Check(text string) error {
	_, err := parse(text)
	return err
}

func parse(text string) (pattern, error) {
	p := pattern{text: strings.ReplaceAll(text, " ", "")}
	excluded := false
	for i, part := range strings.Split(text, ",") {
		g := glob{text: strings.TrimSpace(part)}
		g.text, g.negated = strings.CutPrefix(g.text, "!")
		if err := g.check(text); err != nil {
			return pattern{}, err
		}
		excluded = excluded || g.negated
		// The rules give such a part no effect, and nobody writes it for that.
		if i > 0 && !g.negated && !excluded {
			return pattern{}, fmt.Errorf("has a part without effect: a namespace must match the first part, %q, so %q adds nothing; for both, make them two patterns",
				p.globs[0].text, g.text)
		}
		p.globs = append(p.globs, g)
	}
	return p, nil
}

// check finds what no name of a namespace could match.
func (g glob) check(whole string) error {
	switch {
	case g.text == "" && whole == "":
		return errors.New("is not the name of a namespace")
	case g.text == "":
		return errors.New("is not a pattern of namespaces: it has an empty part")
	case strings.Trim(g.text, "abcdefghijklmnopqrstuvwxyz0123456789-*?") != "" || strings.ContainsAny(g.text, "!,"):
		return fmt.Errorf("is not a pattern of namespaces: %q can have lower-case letters, digits and -, and * and ? for any and one of them", g.text)
	case strings.HasPrefix(g.text, "-") || strings.HasSuffix(g.text, "-"):
		return fmt.Errorf("is not a pattern of namespaces: no name begins or ends with -, as %q does", g.text)
	case !g.wild() && len(validation.IsDNS1123Label(g.text)) > 0:
		return fmt.Errorf("is not the name of a namespace: %q is longer than %d characters", g.text, validation.DNS1123LabelMaxLength)
	}
	return nil
}

func (g glob) wild() bool { return strings.ContainsAny(g.text, "*?") }

func (g glob) matches(name string) bool {
	ok, err := path.Match(g.text, name)
	return ok && err == nil
}

// All tells whether there is no restriction.
func (n Namespaces) All() bool { return len(n.patterns) == 0 }

// Match tells whether a namespace is served.
func (n Namespaces) Match(name string) bool {
	return n.All() || slices.ContainsFunc(n.patterns, func(p pattern) bool { return p.matches(name) })
}

func (p pattern) matches(name string) bool {
	if !p.globs[0].negated && !p.globs[0].matches(name) {
		return false
	}
	for _, g := range slices.Backward(p.globs) {
		if g.matches(name) {
			return !g.negated
		}
	}
	return true // only negations, and none of them matches
}

// Exact are those patterns that are names as they are, each once, sorted. Such
// namespaces are known without asking the cluster.
func (n Namespaces) Exact() []string {
	var names []string
	for _, p := range n.patterns {
		if p.exact() {
			names = append(names, p.text)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Wild tells whether only the cluster knows which namespaces are meant.
func (n Namespaces) Wild() bool {
	return slices.ContainsFunc(n.patterns, func(p pattern) bool { return !p.exact() })
}

func (p pattern) exact() bool {
	return len(p.globs) == 1 && !p.globs[0].negated && !p.globs[0].wild()
}

// String names the namespaces for people.
func (n Namespaces) String() string {
	if n.All() {
		return "all namespaces"
	}
	texts := make([]string, len(n.patterns))
	for i, p := range n.patterns {
		texts[i] = p.text
	}
	if len(texts) == 1 && n.patterns[0].exact() {
		return "namespace " + texts[0]
	}
	return "namespaces " + strings.Join(texts, " ")
}
