package graph

import (
	"fmt"
	"slices"
	"strings"
)

// shapes are what encloses the label of a node in Mermaid.
var shapes = map[NodeKind][2]string{
	Resource:   {"[", "]"},
	Handler:    {"(", ")"},
	Subhandler: {"(", ")"},
	Timer:      {"([", "])"},
	Daemon:     {"([", "])"},
	Index:      {"[(", ")]"},
	Startup:    {"{{", "}}"},
	Cleanup:    {"{{", "}}"},
	Probe:      {"{{", "}}"},
}

// Mermaid is the graph as a flowchart of Mermaid, which GitHub and many others
// draw where it stands in a code block of that name.
func (g *Graph) Mermaid() string {
	var out strings.Builder
	out.WriteString("flowchart LR\n")
	started := g.started()
	for i, group := range g.groups() {
		indent := "  "
		if group != "" {
			fmt.Fprintf(&out, "  subgraph operator_%d[%s]\n", i, mermaidText(group))
			indent = "    "
		}
		for _, n := range startersFirst(g.of(group), started) {
			shape := shapes[n.Kind]
			text := "<b>" + mermaidEscape(n.Title) + "</b>"
			for _, line := range n.Lines {
				text += "<br/><small>" + mermaidEscape(line) + "</small>"
			}
			fmt.Fprintf(&out, "%s%s%s\"%s\"%s:::%s\n", indent, n.ID, shape[0], text, shape[1], identifier(string(n.Kind)))
		}
		if group != "" {
			out.WriteString("  end\n")
		}
	}
	lines := g.Lines()
	slices.SortStableFunc(lines, func(a, b Line) int { return a.strength(started) - b.strength(started) })
	for _, l := range lines {
		fmt.Fprintf(&out, "  %s\n", mermaidLine(l))
	}
	for _, kind := range g.kinds() {
		s := styles[kind]
		fmt.Fprintf(&out, "  classDef %s fill:%s,stroke:%s,color:%s\n", identifier(string(kind)), s.fill, s.stroke, ink)
	}
	for _, n := range g.Nodes {
		if n.Open {
			fmt.Fprintf(&out, "  style %s stroke-dasharray:4 3\n", n.ID)
		}
	}
	return out.String()
}

// startersFirst sorts nodes: Mermaid goes through circles from the first node and
// the first line on, and these should be what starts the others.
func startersFirst(nodes []Node, started map[string]bool) []Node {
	slices.SortStableFunc(nodes, func(a, b Node) int {
		switch {
		case started[a.ID] == started[b.ID]:
			return 0
		case started[a.ID]:
			return -1
		}
		return 1
	})
	return nodes
}

// mermaidLine writes a line. Mermaid has no arrow that points backwards only:
// such a line is written the other way round.
func mermaidLine(l Line) string {
	from, to := l.From, l.To
	start := ""
	switch {
	case l.Forth && l.Back:
		start = "<"
	case l.Back:
		from, to = to, from
	}
	arrow := start + "-->"
	if l.Quiet {
		arrow = start + "-.->"
	}
	if l.Label == "" {
		return fmt.Sprintf("%s %s %s", from, arrow, to)
	}
	return fmt.Sprintf("%s %s|%s| %s", from, arrow, mermaidText(l.Label), to)
}

func mermaidText(s string) string { return `"` + mermaidEscape(s) + `"` }

// mermaidEscape writes the characters by number that mean something in Mermaid
// or in HTML: $$ begins a formula, and %% a comment.
func mermaidEscape(s string) string {
	var out strings.Builder
	var before rune
	for _, r := range s {
		if strings.ContainsRune("\"#&<>`\\", r) || r == before && (r == '$' || r == '%') {
			fmt.Fprintf(&out, "#%d;", r)
		} else {
			out.WriteRune(r)
		}
		before = r
	}
	return out.String()
}
