package graph

import (
	"reflect"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// work walks the steps of one task or sub-handler.
type work struct {
	*builder
	node string
	name string
	// own are the resources of the handled objects.
	own []*resource
	// children and read are what wakes the handler where it waits.
	children, read []*resource
	waits          bool
	events, writes []string
}

// work adds what the steps of a task do. at is the place of its node.
func (b *builder) work(at int, own []*resource, name string, def *spec.Work) {
	w := &work{builder: b, node: b.graph.Nodes[at].ID, name: name, own: own}
	w.steps(def.Do, "")
	w.steps(def.OnFailure, "")
	if w.waits {
		for _, r := range append(w.children, w.read...) {
			w.connect(w.id(r), w.node, Wakes, "")
		}
	}
	n := &b.graph.Nodes[at]
	if len(w.writes) > 0 {
		n.Lines = append(n.Lines, plain("writes "+strings.Join(distinct(w.writes), ", ")))
	}
	if len(w.events) > 0 {
		n.Lines = append(n.Lines, plain("emits "+strings.Join(distinct(w.events), ", ")))
	}
}

func distinct(all []string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// steps walks steps; each is the list that a forEach around them goes through.
func (w *work) steps(steps []*spec.Step, each string) {
	for _, s := range steps {
		each := each
		if s.ForEach != nil {
			each = s.ForEach.Text
		}
		w.step(s, each)
		w.steps(s.Do, each)
		if s.Repeat != nil {
			w.steps(s.Repeat.Do, each)
		}
		for _, sub := range s.Sub {
			w.sub(sub)
		}
	}
}

func (w *work) step(s *spec.Step, each string) {
	switch {
	case s.Create != nil:
		w.create(s.Create, each)
	case s.Patch != nil:
		w.patch(s.Patch)
	case s.Delete != nil:
		w.delete(s.Delete)
	case s.Status != nil:
		w.writes = append(w.writes, below("status", s.Status)...)
	case s.Condition != nil:
		if name, ok := fixed(s.Condition.Type); ok {
			w.writes = append(w.writes, "condition "+name)
		}
	case s.Event != nil:
		reason, ok := fixed(s.Event.Reason)
		if !ok {
			reason = "?"
		}
		w.events = append(w.events, reason)
	case s.Get != nil && s.Get.Target != nil:
		r := w.target(s.Get.Target)
		w.read = append(w.read, r)
		w.connect(w.id(r), w.node, Reads, "")
	case s.Wait != nil:
		w.wait(s.Wait)
	}
}

func (w *work) create(c *spec.Create, each string) {
	label := ""
	if each != "" {
		label = plain("creates for each of " + each)
	}
	adopted := c.Adopt == nil || !isFalse(c.Adopt.Enabled) && !isFalse(c.Adopt.Owner)
	for _, ref := range created(c) {
		r := w.used(w.resourceOf(ref), false)
		w.connect(w.node, w.id(r), Creates, label)
		if adopted {
			w.children = append(w.children, r)
		}
	}
}

func isFalse(b *spec.Bool) bool { return b != nil && !b.Value }

// created are the references of the objects that a step makes.
func created(c *spec.Create) []reference {
	var out []reference
	object := func(v *spec.Value) {
		if v.Kind == spec.MapKind {
			out = append(out, typed(v.Get("apiVersion"), v.Get("kind")))
			return
		}
		out = append(out, reference{title: "?", line: source(v), open: true})
	}
	if c.Object != nil {
		object(c.Object)
	}
	if c.Objects == nil {
		return out
	}
	if c.Objects.Kind != spec.ListKind {
		object(c.Objects)
	}
	for _, item := range c.Objects.Items {
		object(item)
	}
	return out
}

func (w *work) target(t *spec.Target) *resource {
	if t.Resource != nil {
		return w.used(w.resourceOf(selected(t.Resource)), false)
	}
	return w.used(w.resourceOf(typed(t.APIVersion, t.Kind)), false)
}

func (w *work) patch(p *spec.Patch) {
	label := ""
	if p.Subresource != nil && p.Subresource.Value != "status" {
		label = "patches " + p.Subresource.Value
	}
	if p.Target != nil {
		w.connect(w.node, w.id(w.target(p.Target)), Patches, label)
		return
	}
	if p.Subresource != nil && p.Subresource.Value == "status" {
		w.writes = append(w.writes, "status")
		return
	}
	if p.Merge != nil && len(p.Merge.Fields) == 1 && p.Merge.Get("status") != nil {
		w.writes = append(w.writes, fieldsOf(p.Merge)...)
		return
	}
	for _, r := range w.own {
		w.connect(w.node, w.id(r), Patches, label)
	}
	for _, template := range []*spec.Template{p.Merge, p.Apply} {
		if template != nil {
			w.writes = append(w.writes, fieldsOf(template)...)
		}
	}
}

// fieldsOf are the fields that a merge writes, two levels deep: metadata.labels.
func fieldsOf(merge *spec.Value) []string {
	var out []string
	for _, f := range merge.Fields {
		out = append(out, below(keyOf(f), f.Value)...)
	}
	return out
}

// below are the fields of a map that stands at a path, or the path where there
// are none.
func below(path string, v *spec.Value) []string {
	if len(v.Fields) == 0 {
		return []string{path}
	}
	var out []string
	for _, f := range v.Fields {
		out = append(out, path+"."+keyOf(f))
	}
	return out
}

func keyOf(f spec.Field) string {
	if key, ok := fixed(f.Key); ok {
		return key
	}
	return "?"
}

func (w *work) delete(d *spec.Delete) {
	switch {
	case d.Target != nil:
		w.connect(w.node, w.id(w.target(d.Target)), Deletes, "")
	case d.Resource != nil:
		w.connect(w.node, w.id(w.used(w.resourceOf(selected(d.Resource)), false)), Deletes, "")
	default:
		for _, r := range w.own {
			w.connect(w.node, w.id(r), Deletes, "")
		}
	}
}

// wait notes what wakes the handler: its children and what it has read, and
// the children that it asks for by alias.
func (w *work) wait(x *spec.Wait) {
	w.waits = true
	parsed, ok := w.inspector.Expr(x.For)
	if !ok {
		return
	}
	for _, alias := range parsed.Selected("children") {
		for _, entry := range w.op.Resources {
			if entry.Key.Value == alias && entry.Value != nil {
				w.children = append(w.children, w.used(w.resourceOf(selected(entry.Value)), false))
			}
		}
	}
}

// sub adds a sub-handler, which has work of its own.
func (w *work) sub(s *spec.Sub) {
	id := "?"
	if s.ID != nil {
		id = source(s.ID)
	}
	name := w.name + "/" + id
	lines := nonEmpty(matchWords(s.Match))
	if s.ForEach != nil {
		lines = append(nonEmpty("for each of "+s.ForEach.Text), lines...)
	}
	at := len(w.graph.Nodes)
	node := w.add(Node{Kind: Subhandler, Operator: w.operator, Title: plain(name), Lines: lines}, "sub", w.node)
	w.connect(w.node, node, Starts, "")
	w.lookups(node, s)
	w.builder.work(at, w.own, name, &s.Work)
}

// lookups connects a node with the indexes that expressions below a definition
// read, filters included. Sub-handlers are nodes of their own.
func (b *builder) lookups(node string, definition any) {
	names := map[string]bool{}
	seen := map[*spec.Expr]bool{}
	var look func(x *eval.Expression)
	look = func(x *eval.Expression) {
		for _, name := range x.Selected("index") {
			names[name] = true
		}
		for _, variable := range x.Variables() {
			for _, f := range b.op.Filters {
				if f.Key.Value != variable || f.Value == nil || seen[f.Value] {
					continue
				}
				seen[f.Value] = true
				if parsed, ok := b.inspector.Expr(f.Value); ok {
					look(parsed)
				}
			}
		}
	}
	expressions(reflect.ValueOf(definition), true, func(x *spec.Expr, t *spec.Template) {
		if parsed, ok := b.inspector.Expr(x); ok {
			look(parsed)
		}
		for _, parsed := range b.inspector.Template(t) {
			look(parsed)
		}
	})
	for _, x := range b.op.Indexes {
		if id := text(x.ID); names[id] || names["*"] {
			b.connect(b.indexes[id], node, LooksUp, "")
		}
	}
}

// expressions visits the expressions and templates below a definition, whatever
// its type: a new action needs no change here.
func expressions(v reflect.Value, outermost bool, visit func(*spec.Expr, *spec.Template)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch x := v.Interface().(type) {
		case *spec.Expr:
			visit(x, nil)
		case *spec.Value:
			visit(nil, x)
		case *spec.Sub:
			if outermost {
				expressions(v.Elem(), false, visit)
			}
		default:
			expressions(v.Elem(), false, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			expressions(v.Index(i), false, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				expressions(v.Field(i), false, visit)
			}
		}
	}
}
