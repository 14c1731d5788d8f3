package graph

import (
	"slices"
	"strings"
)

// Line is what is drawn between two nodes: all edges between them, in both
// directions.
type Line struct {
	From, To string
	// Forth and Back say which ends have an arrow.
	Forth, Back bool
	Label       string
	// Quiet lines are those of data that is looked at, and nothing else.
	Quiet bool
	// AtTo says that the label belongs to the node at the line's end, else it
	// belongs to that at its start.
	AtTo bool
	// kinds are those of its edges.
	kinds []EdgeKind
}

// has tells whether one of its edges is of such a kind.
func (l *Line) has(kinds ...EdgeKind) bool {
	return slices.ContainsFunc(l.kinds, func(k EdgeKind) bool { return slices.Contains(kinds, k) })
}

// Lines are what is drawn between the nodes, in the order of the edges. A line
// goes from the resource to what it starts, and from that to other resources,
// so that pictures have one direction.
func (g *Graph) Lines() []Line {
	var out []Line
	kinds := map[string]NodeKind{}
	for _, n := range g.Nodes {
		kinds[n.ID] = n.Kind
	}
	triggers := func(a, b string) bool {
		return slices.ContainsFunc(g.Edges, func(e Edge) bool { return e.From == a && e.To == b && e.Kind == Triggers })
	}
	for _, e := range g.Edges {
		from, to, forth := e.From, e.To, true
		switch {
		case triggers(to, from):
			from, to, forth = to, from, false // it changes what it is started by
		case kinds[from] == Resource && kinds[to] != Resource && kinds[to] != Index && !triggers(from, to):
			from, to, forth = to, from, false // it looks at what is not its own
		}
		i := slices.IndexFunc(out, func(l Line) bool { return l.From == from && l.To == to })
		if i < 0 {
			i = len(out)
			out = append(out, Line{From: from, To: to, Quiet: true, AtTo: kinds[to] != Resource})
		}
		out[i].with(e, forth)
	}
	return out
}

func (l *Line) with(e Edge, forth bool) {
	l.kinds = append(l.kinds, e.Kind)
	if forth {
		l.Forth = true
	} else {
		l.Back = true
	}
	if e.Kind != Reads && e.Kind != LooksUp && e.Kind != Fills {
		l.Quiet = false
	}
	words := strings.Split(l.Label, ", ")
	label := e.Label
	if label == "" {
		label = string(e.Kind)
	}
	switch e.Kind {
	case Fills, Starts:
		return
	case Needs:
		label = "then"
	}
	if l.Label == "" {
		l.Label = label
	} else if !slices.Contains(words, label) {
		l.Label += ", " + label
	}
}

// started are the resources that start handlers or fill indexes.
func (g *Graph) started() map[string]bool {
	out := map[string]bool{}
	for _, e := range g.Edges {
		if e.Kind == Triggers || e.Kind == Fills {
			out[e.From] = true
		}
	}
	return out
}

// weakest is the strength of lines that say nothing about what stands where.
const weakest = 3

// strength is the order in which lines get their direction: what starts what,
// then what makes what, then what else is changed or read. What is changed, but
// starts handlers too, need not stand to the right of those that change it.
func (l *Line) strength(started map[string]bool) int {
	switch {
	case l.has(Triggers, Fills, LooksUp, Needs, Starts):
		return 0
	case l.has(Creates):
		return 1
	case !started[l.To]:
		return 2
	}
	return weakest
}
