package explain

import (
	"fmt"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Overview shows the keys at the top of an operator, and what can be asked for.
func Overview() string {
	var out strings.Builder
	out.WriteString("An operator is a YAML document of these keys:\n\n")
	for _, k := range spec.TopKeys() {
		item(&out, k)
		if k.Name() != "spec" {
			continue
		}
		for _, b := range k.Keys() {
			fmt.Fprintf(&out, "        %-10s %s\n", b.Name(), b.Doc)
		}
	}
	out.WriteString("\nAsk for a path of keys, which may begin at any key whose name says enough:\n" +
		"explain handlers.backoff, explain create.adopt, explain --recursive settings.\n")
	listing(&out, "Actions, of which a step has one", actions())
	listing(&out, "Variables in expressions", variableNames())
	out.WriteString("\nFunctions in expressions:\n")
	for _, library := range eval.Libraries {
		fmt.Fprintf(&out, "  %s\n", library)
		paragraph(&out, strings.Join(eval.NamesOf(library), " "), 6)
	}
	return out.String()
}

func listing(out *strings.Builder, title string, names []string) {
	fmt.Fprintf(out, "\n%s:\n", title)
	paragraph(out, strings.Join(names, " "), 2)
}

func actions() []string {
	var out []string
	for _, k := range spec.StepKeys() {
		if k.Action {
			out = append(out, k.Name())
		}
	}
	return out
}

func variableNames() []string {
	var out []string
	for _, v := range eval.Variables {
		out = append(out, v.Name)
	}
	return out
}

// Tree shows keys with all that are below them. Steps hold steps: keys that
// have been shown already are not shown again.
func Tree(keys []spec.Key) string {
	t := &tree{}
	for _, k := range keys {
		t.add(k, k.Path, 0)
	}
	return t.out.String()
}

type tree struct {
	out   strings.Builder
	shown []spec.Key
}

func (t *tree) add(k spec.Key, name string, depth int) {
	fmt.Fprintf(&t.out, "%s%s <%s>%s", strings.Repeat("  ", depth), name, k.Type, needed(k))
	for _, before := range t.shown {
		if before.SameKeys(k) {
			fmt.Fprintf(&t.out, " as %s\n", before.Path)
			return
		}
	}
	t.out.WriteByte('\n')
	t.shown = append(t.shown, k)
	for _, b := range k.Keys() {
		t.add(b, b.Name(), depth+1)
	}
}

// width is that of the smallest terminal that people use.
const width = 80

// paragraph writes a text with an indent, in lines that fit a terminal.
func paragraph(out *strings.Builder, text string, indent int) {
	line := ""
	flush := func() {
		if line != "" {
			fmt.Fprintf(out, "%s%s\n", strings.Repeat(" ", indent), line)
		}
	}
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case indent+len([]rune(line))+1+len([]rune(word)) > width:
			flush()
			line = word
		default:
			line += " " + word
		}
	}
	flush()
}
