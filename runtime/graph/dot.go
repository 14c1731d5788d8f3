package graph

import (
	"fmt"
	"strings"
)

// DOT is the graph for Graphviz.
func (g *Graph) DOT() string {
	var out strings.Builder
	fmt.Fprintf(&out, "digraph %s {\n", dotText(strings.Join(g.Operators, ", ")))
	out.WriteString("  rankdir=LR\n  bgcolor=transparent\n  fontname=\"Helvetica\"\n  fontcolor=\"" + grey + "\"\n  color=\"" + grey + "\"\n")
	fmt.Fprintf(&out, "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11, fontcolor=\"%s\"]\n", ink)
	fmt.Fprintf(&out, "  edge [fontname=\"Helvetica\", fontsize=9, color=\"%s\", fontcolor=\"%s\"]\n", grey, grey)
	for i, group := range g.groups() {
		indent := "  "
		if group != "" {
			fmt.Fprintf(&out, "  subgraph cluster_%d {\n    label=%s\n    labeljust=l\n    style=rounded\n", i, dotText(group))
			indent = "    "
		}
		for _, n := range g.of(group) {
			fmt.Fprintf(&out, "%s%s [%s]\n", indent, n.ID, dotNode(n))
		}
		if group != "" {
			out.WriteString("  }\n")
		}
	}
	started := g.started()
	for _, l := range g.Lines() {
		fmt.Fprintf(&out, "  %s -> %s%s\n", l.From, l.To, dotLine(l, l.strength(started) == weakest))
	}
	out.WriteString("}\n")
	return out.String()
}

func dotNode(n Node) string {
	s := styles[n.Kind]
	attributes := []string{"label=" + dotText(strings.Join(append([]string{n.Title}, n.Lines...), "\n")),
		fmt.Sprintf("fillcolor=%q", s.fill), fmt.Sprintf("color=%q", s.stroke)}
	switch {
	case n.Open:
		attributes = append(attributes, `style="filled,dashed"`)
	case n.Kind == Resource:
		attributes = append(attributes, "style=filled")
	case n.Kind == Index:
		attributes = append(attributes, "shape=cylinder", "style=filled")
	}
	return strings.Join(attributes, ", ")
}

// dotLine are the attributes of a line. A weak one does not say what stands to
// the right of what.
func dotLine(l Line, weak bool) string {
	var attributes []string
	if l.Label != "" {
		attributes = append(attributes, "label="+dotText(l.Label))
	}
	switch {
	case l.Forth && l.Back:
		attributes = append(attributes, "dir=both")
	case l.Back:
		attributes = append(attributes, "dir=back")
	}
	if l.Quiet {
		attributes = append(attributes, "style=dashed")
	}
	if weak {
		attributes = append(attributes, "constraint=false")
	}
	if len(attributes) == 0 {
		return ""
	}
	return " [" + strings.Join(attributes, ", ") + "]"
}

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func dotText(s string) string { return `"` + dotEscapes.Replace(s) + `"` }
