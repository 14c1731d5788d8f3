package lsp

import (
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// filterScope is what a filter may use: what some place about an object has.
const filterScope = eval.Object | eval.Change | eval.Retry | eval.RawEvent | eval.TestValue | eval.Background

// site is what the expressions of the place can use.
func (p *place) site() eval.Site {
	w := &walk{way: p.around, site: eval.Site{Children: namesOf(p.root.Get("spec", "resources"))}}
	w.operator()
	return w.site
}

// walk goes from the root of an operator to a place, and collects what can be
// used there. It follows what runtime/handle and actions do when they compile.
type walk struct {
	// way are the nodes that are still to be entered, from the one at hand.
	way  []*outline.Node
	site eval.Site
}

// next is the name of the key that the way goes on with, "" at its end and in
// lists.
func (w *walk) next() string {
	if len(w.way) < 2 || w.way[1].Field == nil {
		return ""
	}
	return clean(w.way[1].Field.Key.Value())
}

// enter goes one node further, and over the item of a list. It is the node there.
func (w *walk) enter() *outline.Node {
	w.way = w.way[1:]
	if w.way[0].Kind == outline.Sequence && len(w.way) > 1 {
		w.way = w.way[1:]
	}
	return w.way[0]
}

func (w *walk) operator() {
	if w.next() != "spec" {
		return
	}
	w.enter()
	kind := w.next()
	if kind == "" {
		return
	}
	n := w.enter()
	switch kind {
	case "resources":
		w.site.Scope = eval.Selector
	case "filters":
		w.site.Scope = filterScope
	case "indexes":
		w.task(n, eval.Object|eval.Indexing)
	case "handlers":
		h := &spec.Handler{}
		for _, on := range n.Get("on").Values() {
			h.On = append(h.On, &spec.String{Value: clean(on.Value())})
		}
		w.task(n, handle.ScopeOf(spec.Task{Kind: spec.HandlerTask, Handler: h}))
	case "timers", "daemons", "startup", "cleanup":
		w.task(n, handle.ScopeOf(spec.Task{Kind: taskKinds[kind]}))
	}
}

var taskKinds = map[string]spec.TaskKind{
	"timers": spec.TimerTask, "daemons": spec.DaemonTask, "startup": spec.StartupTask, "cleanup": spec.CleanupTask,
}

// task is a handler, a timer and so on, or a sub-handler.
func (w *walk) task(n *outline.Node, scope eval.Scope) {
	w.site.Scope = scope
	key := w.next()
	if key == "" {
		return
	}
	visible := w.site.Steps
	switch key {
	case "match":
		w.match()
		return
	case "initialDelay":
		w.site.Scope = eval.Object
		return
	case "vars", "do", "result", "onFailure":
		w.site.Scope |= eval.Steps
		w.site.Vars = namesOf(n.Get("vars"))
	default:
		return
	}
	switch key {
	case "vars", "result":
		w.site.Steps = append(visible, stepsIn(n.Get("do"), nil)...)
	case "onFailure":
		w.site.Scope |= eval.Failure
		w.block()
	case "do":
		w.block()
	}
}

// match is a filter block; its tests see the value that they test.
func (w *walk) match() {
	w.enter()
	switch w.next() {
	case "labels", "annotations", "value", "old", "new":
		w.site.Scope |= eval.TestValue
	}
}

// block is a list of steps.
func (w *walk) block() {
	w.way = w.way[1:]
	if len(w.way) < 2 {
		return
	}
	list := w.way[0]
	if list.Kind == outline.Sequence {
		w.way = w.way[1:]
	}
	step := w.way[0]
	w.site.Steps = append(w.site.Steps, stepsIn(list, step)...)
	key := w.next()
	loops := step.Get("forEach") != nil
	if loops && key != "forEach" && key != "" {
		w.site.Scope |= eval.Item
	}
	switch key {
	case "do":
		w.block()
	case "repeat":
		repeat := w.enter()
		switch w.next() {
		case "do":
			w.block()
		case "every", "until":
			w.site.Steps = append(w.site.Steps, stepsIn(repeat.Get("do"), nil)...)
		}
	case "wait":
		w.enter()
		if next := w.next(); next == "for" || next == "message" {
			w.site.Scope |= eval.Children
		}
	case "subhandlers":
		w.subhandler()
	}
}

func (w *walk) subhandler() {
	sub := w.enter()
	key := w.next()
	if sub.Get("forEach") != nil && key != "forEach" {
		w.site.Scope |= eval.Item
	}
	if key == "id" || key == "forEach" {
		return
	}
	w.site.Vars = nil
	w.task(sub, w.site.Scope&^eval.Steps)
}

// stepsIn are the names of steps whose results can be seen behind a list of steps,
// or before one of them.
func stepsIn(list, before *outline.Node) []eval.Name {
	var out []eval.Name
	for _, step := range list.Values() {
		if step == before {
			break
		}
		if step.Get("forEach") == nil && step.Get("do") != nil {
			out = append(out, stepsIn(step.Get("do"), nil)...)
		}
		if name := step.Get("name"); name != nil && name.Kind == outline.Scalar {
			out = append(out, eval.Name{Name: clean(name.Value()), Doc: stepDoc(step)})
		}
	}
	return out
}

// stepDoc says what a step does.
func stepDoc(step *outline.Node) string {
	for _, k := range spec.StepKeys() {
		if k.Action && step.Get(k.Name()) != nil {
			return "Result of the step `" + k.Name() + "`. " + k.Doc
		}
	}
	return "Result of a step."
}

// namesOf are the keys of a mapping, with what they stand for.
func namesOf(m *outline.Node) []eval.Name {
	if m == nil {
		return nil
	}
	var out []eval.Name
	for _, f := range m.Fields {
		name := eval.Name{Name: clean(f.Key.Value())}
		if f.Value.Kind == outline.Scalar {
			name.Doc = "`" + oneLine(f.Value.Value()) + "`"
		}
		if name.Name != "" {
			out = append(out, name)
		}
	}
	return out
}

// oneLine is a text on one line, cut where it is long.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if runes := []rune(s); len(runes) > 80 {
		s = string(runes[:80]) + "…"
	}
	return s
}
