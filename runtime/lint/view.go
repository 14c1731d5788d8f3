package lint

import (
	"reflect"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// view is an operator with its expressions parsed.
type view struct {
	op        *spec.Operator
	inspector *eval.Inspector
	// parsed are the expressions by where they stand: an anchored value stands in
	// several places, and is parsed once.
	parsed map[*spec.Value][]*eval.Expression
	// tasks are all that run steps.
	tasks []*task
	// outside are the places that belong to no task.
	outside []place
	// selectors are all that something names: handlers, indexes, steps.
	selectors map[*spec.Selector]bool
	// resources are those that are known without a cluster.
	resources []schema.Resource
}

// task is what runs steps, with all the places in it.
type task struct {
	spec.Task
	places []place
}

// place is a value that may hold expressions, and where it stands.
type place struct {
	// path are the keys that lead to it: "do", "event", "message".
	path  []string
	step  *spec.Step
	expr  *spec.Expr
	value *spec.Template
	exprs []*eval.Expression
	// item says that it stands inside a forEach.
	item bool
}

// key is the last key of the path.
func (p place) key() string { return p.path[len(p.path)-1] }

func newView(op *spec.Operator, inspector *eval.Inspector) *view {
	v := &view{op: op, inspector: inspector, parsed: map[*spec.Value][]*eval.Expression{}, selectors: map[*spec.Selector]bool{}}
	for _, t := range op.Spec.Tasks() {
		w := walker{view: v}
		for _, f := range taskFields(t) {
			w.fields(reflect.ValueOf(f.value), f.path)
		}
		v.tasks = append(v.tasks, &task{t, w.places})
	}
	w := walker{view: v}
	w.fields(reflect.ValueOf(op.Spec.Indexes), []string{"indexes"})
	w.fields(reflect.ValueOf(op.Spec.Probes), []string{"probes"})
	for _, t := range op.Spec.Timers {
		w.fields(reflect.ValueOf(t.InitialDelay), []string{"initialDelay"})
	}
	for _, d := range op.Spec.Daemons {
		w.fields(reflect.ValueOf(d.InitialDelay), []string{"initialDelay"})
	}
	for _, entry := range op.Spec.Resources {
		w.fields(reflect.ValueOf(entry.Value).Elem(), []string{"resources"})
	}
	for _, entry := range op.Spec.Filters {
		w.fields(reflect.ValueOf(entry.Value), []string{"filters", entry.Key.Value})
	}
	v.outside = w.places
	return v
}

type taskField struct {
	value any
	path  []string
}

// taskFields are the parts of a task that may hold expressions.
func taskFields(t spec.Task) []taskField {
	if t.Handler != nil {
		return []taskField{{t.Handler, nil}}
	}
	return []taskField{{t.Resource, []string{"resource"}}, {t.Match, []string{"match"}}, {t.Work, nil}}
}

// walker collects the places below values of the language, whatever their
// types: a new action needs no change here.
type walker struct {
	view   *view
	step   *spec.Step
	item   bool
	places []place
}

func (w *walker) fields(v reflect.Value, path []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch value := v.Interface().(type) {
		case *spec.Expr:
			w.add(place{path: path, expr: value, exprs: w.view.expr(value)})
		case *spec.Value:
			w.add(place{path: path, value: value, exprs: w.view.template(value)})
		case *spec.Selector:
			w.view.selectors[value] = true
			w.fields(v.Elem(), path)
		case *spec.Step:
			w.inStep(value, path)
		case *spec.Sub:
			inner := *w
			inner.item = w.item || value.ForEach != nil
			inner.places = nil
			inner.fields(v.Elem(), path)
			w.places = append(w.places, inner.places...)
		default:
			w.fields(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.fields(v.Index(i), path)
		}
	case reflect.Struct:
		w.structure(v, path)
	}
}

func (w *walker) structure(v reflect.Value, path []string) {
	t := v.Type()
	if strings.HasPrefix(t.Name(), "Entry[") {
		key := v.FieldByName("Key").Interface().(spec.String)
		w.fields(v.FieldByName("Value"), append(slices.Clone(path), key.Value))
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			w.fields(v.Field(i), path)
			continue
		}
		tag, ok := f.Tag.Lookup("yaml")
		if f.Name == "Result" && !ok { // of return
			tag, ok = "result", true
		}
		if f.Name == "Values" && !ok { // of adopt's labels
			tag, ok = "values", true
		}
		if ok && f.IsExported() {
			name, _, _ := strings.Cut(tag, ",")
			w.fields(v.Field(i), append(slices.Clone(path), name))
		}
	}
}

// inStep walks a step. Its forEach itself has no item yet.
func (w *walker) inStep(s *spec.Step, path []string) {
	inner := walker{view: w.view, step: s, item: w.item || s.ForEach != nil}
	inner.structure(reflect.ValueOf(s).Elem(), path)
	w.places = append(w.places, inner.places...)
}

func (w *walker) add(p place) {
	if p.step == nil {
		p.step = w.step
	}
	p.item = p.item || w.item
	w.places = append(w.places, p)
}

func (v *view) expr(x *spec.Expr) []*eval.Expression {
	if known, ok := v.parsed[x.Node]; ok {
		return known
	}
	var out []*eval.Expression
	if parsed, ok := v.inspector.Expr(x); ok {
		out = append(out, parsed)
	}
	v.parsed[x.Node] = out
	return out
}

func (v *view) template(t *spec.Template) []*eval.Expression {
	if known, ok := v.parsed[t]; ok {
		return known
	}
	out := v.inspector.Template(t)
	v.parsed[t] = out
	return out
}

// allPlaces are those of the whole operator.
func (v *view) allPlaces() []place {
	out := slices.Clone(v.outside)
	for _, t := range v.tasks {
		out = append(out, t.places...)
	}
	return out
}
