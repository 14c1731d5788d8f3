package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// New makes the graph of all operators of a bundle. It takes no notice of
// mistakes in them. The error is about the environment of expressions, and
// means that nothing can be drawn.
func New(bundle *spec.Bundle) (*Graph, error) {
	inspector, err := eval.NewInspector()
	if err != nil {
		return nil, err
	}
	b := &builder{graph: &Graph{}, inspector: inspector, known: definitions(bundle.CRDs), ids: map[string]bool{}}
	for _, op := range bundle.Operators {
		b.include(op)
	}
	b.finish()
	return b.graph, nil
}

type builder struct {
	graph     *Graph
	inspector *eval.Inspector
	known     []reference
	resources []*resource
	ids       map[string]bool
	// operator is the name of the one at hand, and op its definition.
	operator string
	op       *spec.OperatorSpec
	// tasks and indexes are the nodes of the operator at hand by their ids.
	tasks, indexes map[string]string
}

// include adds an operator. Several of one name are drawn as one.
func (b *builder) include(op *spec.Operator) {
	b.operator, b.op = text(op.Metadata.Name), &op.Spec
	b.tasks, b.indexes = map[string]string{}, map[string]string{}
	if !slices.Contains(b.graph.Operators, b.operator) {
		b.graph.Operators = append(b.graph.Operators, b.operator)
	}
	for _, index := range op.Spec.Indexes {
		b.index(index)
	}
	for _, h := range op.Spec.Handlers {
		b.task(Handler, h.ID, h.Resource, onWords(h), matchWords(h.Match), &h.Work, h)
	}
	for _, h := range op.Spec.Handlers {
		b.needs(h)
	}
	for _, t := range op.Spec.Timers {
		b.task(Timer, t.ID, t.Resource, timerWords(t), matchWords(t.Match), &t.Work, t)
	}
	for _, d := range op.Spec.Daemons {
		b.task(Daemon, d.ID, d.Resource, "as long as it exists", matchWords(d.Match), &d.Work, d)
	}
	for _, a := range op.Spec.Startup {
		b.task(Startup, a.ID, nil, "", "at startup", &a.Work, a)
	}
	for _, a := range op.Spec.Cleanup {
		b.task(Cleanup, a.ID, nil, "", "at the end", &a.Work, a)
	}
	for _, p := range op.Spec.Probes {
		line := ""
		if p.Expr != nil {
			line = p.Expr.Text
		}
		b.lookups(b.add(Node{Kind: Probe, Operator: b.operator, Title: text(p.ID), Lines: nonEmpty(line)}, "probe", b.operator, text(p.ID)), p)
	}
}

// add adds a node with an id that is made of names.
func (b *builder) add(n Node, names ...string) string {
	id := identifier(strings.Join(names, "_"))
	n.ID = id
	for i := 2; b.ids[n.ID]; i++ {
		n.ID = fmt.Sprintf("%s_%d", id, i)
	}
	b.ids[n.ID] = true
	b.graph.Nodes = append(b.graph.Nodes, n)
	return n.ID
}

// identifier replaces what no language of graphs has in names.
func identifier(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, s)
}

// connect adds an edge, once. What needs itself is a mistake that others tell.
func (b *builder) connect(from, to string, kind EdgeKind, label string) {
	e := Edge{from, to, kind, label}
	if from != to && !slices.Contains(b.graph.Edges, e) {
		b.graph.Edges = append(b.graph.Edges, e)
	}
}

// id is the node of a resource.
func (b *builder) id(r *resource) string { return b.graph.Nodes[r.node].ID }

func (b *builder) index(x *spec.Index) {
	lines := nonEmpty(matchWords(x.Match))
	if x.Key != nil {
		lines = append(nonEmpty("by "+x.Key.Text), lines...)
	}
	node := b.add(Node{Kind: Index, Operator: b.operator, Title: text(x.ID), Lines: lines}, "index", b.operator, text(x.ID))
	b.indexes[text(x.ID)] = node
	for _, s := range x.Resource {
		b.connect(b.id(b.used(b.resourceOf(selected(s)), true)), node, Fills, "")
	}
}

// task adds what runs steps. whole is its definition, in which lookups are
// searched.
func (b *builder) task(kind NodeKind, id *spec.String, resources []*spec.Selector, trigger, filter string, work *spec.Work, whole any) {
	at := len(b.graph.Nodes)
	node := b.add(Node{Kind: kind, Operator: b.operator, Title: text(id), Lines: nonEmpty(filter)}, string(kind), b.operator, text(id))
	b.tasks[text(id)] = node
	var own []*resource
	for _, s := range resources {
		r := b.used(b.resourceOf(selected(s)), true)
		own = append(own, r)
		b.connect(b.id(r), node, Triggers, trigger)
	}
	b.lookups(node, whole)
	b.work(at, own, text(id), work)
}

func (b *builder) needs(h *spec.Handler) {
	for _, needed := range h.Needs {
		if from, ok := b.tasks[needed.Value]; ok {
			b.connect(from, b.tasks[text(h.ID)], Needs, "")
		}
	}
}

// finish names the resources and says where they are drawn, since only now all
// that is known of them is known.
func (b *builder) finish() {
	for _, r := range b.resources {
		n := &b.graph.Nodes[r.node]
		n.Title, n.Lines = r.heading()
		n.Operator = r.placed()
	}
}
