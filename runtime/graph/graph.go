package graph

import "slices"

// NodeKind is what a node stands for.
type NodeKind string

// The kinds of nodes, in the order of the legend.
const (
	Resource   NodeKind = "resource"
	Handler    NodeKind = "handler"
	Subhandler NodeKind = "sub-handler"
	Timer      NodeKind = "timer"
	Daemon     NodeKind = "daemon"
	Index      NodeKind = "index"
	Startup    NodeKind = "startup"
	Cleanup    NodeKind = "cleanup"
	Probe      NodeKind = "probe"
)

// Node is a resource, or a part of an operator.
type Node struct {
	// ID is unique and stable: letters, digits and underscores.
	ID   string
	Kind NodeKind
	// Operator is the one that the node is drawn inside of, empty for resources
	// that several operators share.
	Operator string
	Title    string
	// Lines tell more: filters, events, what is written into the status.
	Lines []string
	// Open says that the definitions do not tell which resource it is.
	Open bool
}

// EdgeKind is what an edge says.
type EdgeKind string

// The kinds of edges. They go the way that the cause takes: from a resource to
// the handler that it starts, and from a handler to what it changes.
const (
	Triggers EdgeKind = "triggers"
	Needs    EdgeKind = "needs"
	Starts   EdgeKind = "starts"
	Fills    EdgeKind = "fills"
	LooksUp  EdgeKind = "looks up"
	Reads    EdgeKind = "reads"
	Wakes    EdgeKind = "wakes"
	Creates  EdgeKind = "creates"
	Patches  EdgeKind = "patches"
	Deletes  EdgeKind = "deletes"
)

// Edge connects two nodes by their ids.
type Edge struct {
	From, To string
	Kind     EdgeKind
	// Label is for people; it may be empty.
	Label string
}

// Graph is all that is drawn.
type Graph struct {
	// Operators are their names, in the order of the files.
	Operators []string
	Nodes     []Node
	Edges     []Edge
}

// kinds are those of the nodes, in the order of the legend.
func (g *Graph) kinds() []NodeKind {
	var out []NodeKind
	for _, kind := range []NodeKind{Resource, Handler, Subhandler, Timer, Daemon, Index, Startup, Cleanup, Probe} {
		if slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.Kind == kind }) {
			out = append(out, kind)
		}
	}
	return out
}

// of are the nodes inside of an operator, or outside of all for "".
func (g *Graph) of(operator string) []Node {
	var out []Node
	for _, n := range g.Nodes {
		if n.Operator == operator {
			out = append(out, n)
		}
	}
	return out
}

// groups are "" and the operators, where they have nodes.
func (g *Graph) groups() []string {
	var out []string
	for _, name := range append([]string{""}, g.Operators...) {
		if len(g.of(name)) > 0 {
			out = append(out, name)
		}
	}
	return out
}
