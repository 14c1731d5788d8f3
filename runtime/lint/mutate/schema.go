package mutate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// typed is what is known of the objects in a file: the builtin kinds, and those
// whose definitions stand beside the operator.
type typed struct {
	set *schema.Set
	// aliases are the resources by the names that the user gave them.
	aliases map[string]schema.Resource
}

func (f *file) readTypes(definitions []map[string]any) error {
	f.types = &typed{set: schema.NewSet(schema.Builtin()), aliases: map[string]schema.Resource{}}
	for _, d := range definitions {
		if err := f.types.set.AddCRD(d); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, s := range f.sites {
		if p := s.path(); s.key != nil && len(p) == 3 && p[1] == "resources" {
			if r, ok := f.types.selected(s); ok {
				f.types.aliases[s.key.Value] = r
			}
		}
	}
	return nil
}

// selected is the resource that the value of a site means, in its short form or
// as a map.
func (t *typed) selected(s *site) (schema.Resource, bool) {
	if s.value.Kind == yaml.ScalarNode {
		return t.named(s.value.Value)
	}
	values := map[string]string{}
	for _, b := range s.below {
		values[b.key.Value] = b.value.Value
	}
	if _, ok := values["any"]; ok {
		return schema.Resource{}, false
	}
	return t.find(func(r schema.Resource) bool {
		return r.Group == values["group"] && (values["version"] == "" || values["version"] == r.Version) &&
			(r.Kind == values["kind"] || r.Plural == values["plural"])
	})
}

// named is the resource of an alias or a short form.
func (t *typed) named(text string) (schema.Resource, bool) {
	if r, ok := t.aliases[text]; ok {
		return r, true
	}
	s, err := spec.ParseResource(text)
	if err != nil {
		return schema.Resource{}, false
	}
	name := s.AnyName.Value
	return t.find(func(r schema.Resource) bool {
		return (r.Plural == name || r.Singular == name || r.Kind == name || slices.Contains(r.ShortNames, name)) &&
			(s.Group == nil || s.Group.Value == r.Group) && (s.Version == nil || s.Version.Value == r.Version)
	})
}

func (t *typed) find(fits func(schema.Resource) bool) (schema.Resource, bool) {
	for _, preferred := range []bool{true, false} {
		for _, r := range t.set.Resources() {
			if r.Preferred == preferred && fits(r) {
				return r, true
			}
		}
	}
	return schema.Resource{}, false
}

// object is the type of the objects that a site is about, nil where it is not
// known. Filters are about those of all handlers, if these are of one kind.
func (f *file) object(s *site) *schema.Type {
	if path := s.path(); len(path) > 1 && path[1] == "filters" {
		return f.onlyObject()
	}
	for ; s != nil; s = s.up {
		for _, b := range s.below {
			// The resource of a target is another one.
			if b.isReference() && len(b.path()) == 3 && b.value.Kind == yaml.ScalarNode {
				if r, ok := f.types.named(b.value.Value); ok {
					return f.types.set.Type(r.GVK())
				}
			}
		}
	}
	return nil
}

func (f *file) onlyObject() *schema.Type {
	var only *schema.Type
	for _, s := range f.sites {
		if s.isReference() && len(s.path()) == 3 {
			t := f.object(s.up)
			if t == nil || only != nil && t != only {
				return nil
			}
			only = t
		}
	}
	return only
}

// selects is the type of what token i of an expression is selected from, nil
// where it is not known.
func (f *file) selects(x *expression, i int) *schema.Type {
	if !x.isSelected(i) || i < 2 || x.tokens[i-2].kind != word {
		return nil
	}
	root := i - 2
	for x.isSelected(root) && root > 1 && x.tokens[root-2].kind == word {
		root -= 2
	}
	var path []string
	for at := root + 2; at < i; at += 2 {
		path = append(path, x.of(at))
	}
	t, path := f.variable(x, root, path)
	if t == nil {
		return nil
	}
	t, _ = t.At(path)
	return t
}

// variable is the type of a variable with what is selected from it.
func (f *file) variable(x *expression, i int, path []string) (*schema.Type, []string) {
	object := f.object(x.site)
	switch name := x.of(i); {
	case !x.isVariable(i):
	case slices.Contains(x.locals(), name):
		return f.local(x, name), path
	case name == "body":
		return object, path
	case name == "spec" || name == "status":
		return object, append([]string{name}, path...)
	case name == "meta":
		return schema.Metadata(), path
	case name == "old" || name == "new":
		// In a handler on a field, they are the values of the field.
		if !slices.Contains(x.place().on, "field") {
			return object, path
		}
	case name == "steps" && len(path) > 0:
		return f.result(x.site, path[0]), path[1:]
	}
	return nil, nil
}

// local is the type of the variable of a macro on a list.
func (f *file) local(x *expression, name string) *schema.Type {
	for i := range x.tokens {
		if x.of(i) == name && x.declares(i) && x.of(i-1) == "(" && x.tokens[i-4].kind == word {
			list := f.selects(x, i-4)
			if list == nil {
				return nil
			}
			of, _ := list.At([]string{x.of(i - 4)})
			if of.Kind() == schema.List {
				return of.Elem()
			}
		}
	}
	return nil
}

// result is the type of the result of a step that creates or gets one object.
func (f *file) result(s *site, name string) *schema.Type {
	for _, step := range f.sites {
		if step.key == nil || step.lang == nil || step.key.Value != "name" || step.value.Value != name || step.task() != s.task() {
			continue
		}
		for _, action := range step.up.below {
			switch action.key.Value {
			case "create":
				for _, b := range action.below {
					if b.key.Value == "object" {
						return f.kindOf(b)
					}
				}
			case "get":
				return f.target(action)
			}
		}
	}
	return nil
}

// kindOf is the type of an object that is written down.
func (f *file) kindOf(object *site) *schema.Type {
	values := map[string]string{}
	for _, b := range object.below {
		if b.key != nil {
			values[b.key.Value] = b.value.Value
		}
	}
	return f.types.set.Type(schema.KindOf(values["apiVersion"], values["kind"]))
}

// target is the type of the target of an action.
func (f *file) target(action *site) *schema.Type {
	for _, t := range action.below {
		if t.key.Value != "target" {
			continue
		}
		for _, b := range t.below {
			if b.isReference() {
				if r, ok := f.types.named(b.value.Value); ok {
					return f.types.set.Type(r.GVK())
				}
			}
		}
		return f.kindOf(t)
	}
	return nil
}

// hasField tells whether a type has a field, or may have any.
func hasField(t *schema.Type, name string) bool {
	_, found := t.At([]string{name})
	return found
}

// wrongFields misspells what is selected from objects whose schema is known.
func wrongFields(f *file) {
	for _, x := range f.expressions {
		for i := range x.tokens {
			if x.tokens[i].kind != word || x.of(i+1) == "(" {
				continue
			}
			t := f.selects(x, i)
			if t.Kind() != schema.Object || t.Open() || !hasField(t, x.of(i)) {
				continue
			}
			at := x.at + x.tokens[i].from
			f.misspell("field", at, x.of(i), func(other string) bool { return hasField(t, other) })
		}
	}
}

// wrongObjects misspells the fields of objects that are written down: those
// that are created, those of a status, and merge patches.
func wrongObjects(f *file) {
	for _, s := range f.sites {
		if s.key == nil || s.lang == nil {
			continue
		}
		switch s.key.Value {
		case "object":
			f.objectFields(s, f.kindOf(s))
		case "status":
			if s.lang.Action {
				t, _ := f.object(s).At([]string{"status"})
				f.objectFields(s, t)
			}
		case "merge":
			t := f.target(s.up)
			if t == nil && !slices.ContainsFunc(s.up.below, func(b *site) bool { return b.key.Value == "target" }) {
				t = f.object(s)
			}
			f.objectFields(s, t)
		}
	}
}

func (f *file) objectFields(s *site, t *schema.Type) {
	for _, b := range s.below {
		below := t.Elem()
		if b.key != nil {
			below, _ = t.At([]string{b.key.Value})
			at, key, ok := f.scalar(b.key)
			if ok && t.Kind() == schema.Object && !t.Open() && hasField(t, key) && !strings.Contains(key, "$") && key != "apiVersion" && key != "kind" {
				f.misspell("object", at, key, func(other string) bool { return hasField(t, other) })
			}
		}
		if wrong := wrongJSON(below); wrong != "" && !strings.Contains(b.value.Value, "${") {
			f.setValue("object type", "a value of another type", b, wrong)
		}
		f.objectFields(b, below)
	}
}

// wrongJSON is a value that a type does not have.
func wrongJSON(t *schema.Type) string {
	switch t.Kind() {
	case schema.String:
		return "{a: b}"
	case schema.Int, schema.Double, schema.Bool:
		return "several"
	case schema.List, schema.Map, schema.Object:
		return "7"
	}
	return ""
}

// wrongPaths misspells the last key of paths into objects.
func wrongPaths(f *file) {
	for _, s := range f.sites {
		if s.lang == nil || s.lang.Type != "path" {
			continue
		}
		at, text, ok := f.scalar(s.value)
		i := strings.LastIndexByte(text, '.')
		if !ok || i < 0 {
			continue
		}
		t, _ := f.object(s).At(strings.Split(text[:i], "."))
		key := text[i+1:]
		if t.Kind() == schema.Object && !t.Open() && hasField(t, key) {
			f.misspell("path", at+i+1, key, func(other string) bool { return hasField(t, other) })
		}
	}
}

// wrongUses uses fields of one type as if they were of another: in a new
// condition, or a loop, of steps that have none.
func wrongUses(f *file) {
	for _, s := range f.sites {
		if s.key != nil || s.up.key == nil || s.up.key.Value != "do" || !isBlock(s.value) || s.value.Kind != yaml.MappingNode {
			continue
		}
		if slices.ContainsFunc(s.below, func(b *site) bool { return b.key.Value == "when" || b.key.Value == "forEach" }) {
			continue
		}
		named := slices.ContainsFunc(s.below, func(b *site) bool { return b.key.Value == "name" })
		object := f.object(s)
		text, number := leaf(object, schema.String), leaf(object, schema.Int)
		at, indent := f.at(s), "\n"+strings.Repeat(" ", f.column(s))
		add := func(kind, key, expression string, column int) {
			line := key + ": " + expression + indent
			f.replace(mistake{"field type", kind, key + ": " + expression, ""}, at, at, line, at+len(key)+2+column)
		}
		if text != "" {
			add("a text compared with a number", "when", text+" == 5", len(text)+1)
			add("a text as a condition", "when", text, 0)
			if !named { // in a loop, its result is another one too
				add("a loop over a text", "forEach", text, 0)
			}
			add("a text plus a number", "when", text+" + 1 == 2", len(text)+1)
		}
		if number != "" && !named {
			add("a number compared with a text", "when", number+" == 'x'", len(number)+1)
			add("a loop over a number", "forEach", number, 0)
		}
	}
}

// leaf is a field of a kind in the spec or the status of an object.
func leaf(t *schema.Type, kind schema.Kind) string {
	for _, top := range []string{"spec", "status"} {
		inner, _ := t.At([]string{top})
		for _, field := range inner.Fields() {
			if field.Type.Kind() == kind {
				return top + "." + field.Name
			}
		}
	}
	return ""
}

// wrongSteps are steps with one mistake that only schemas of builtin kinds can
// tell. The finding must stand where @ does.
var wrongSteps = []struct{ kind, step, word string }{
	{"a text for a number", "create: {object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: @three, selector: {}, template: {}}}}", ""},
	{"an unknown field", "create: {object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {@replica: 3, selector: {}, template: {}}}}", "replicas"},
	{"an unknown field", "create: {object: {apiVersion: v1, kind: ConfigMap, @metdata: {name: x}}}", "metadata"},
	{"an unknown field", "create: {object: {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: a, @imgae: b}]}}}", "image"},
	{"a map for a list", "create: {object: {apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: @{port: 80}}}}", ""},
	{"a number for a text", "create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {size: @5}}}", ""},
	{"a label that is a number", "create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: x, labels: {size: @5}}}}", ""},
	{"no required field", "create: {object: {apiVersion: v1, kind: Pod, metadata: {name: x}, @spec: {}}}", ""},
	{"no required field", "create: {object: {apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: {spec: {containers: [@{image: x}]}}}}}", ""},
	{"an expression of a wrong type", "create: {object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: @'${meta.name}', selector: {}, template: {}}}}", ""},
	{"an unknown kind", "create: {object: {apiVersion: apps/v1, kind: @Deploymnet, metadata: {name: x}}}", "Deployment"},
	{"an unknown kind", "get: {target: {apiVersion: v1, kind: @Configmap, name: x}}", "ConfigMap"},
	{"an unknown kind", "get: {target: {resource: @deploymets.apps, name: x}}", "deployments.apps"},
	{"an unknown field", "patch: {target: {resource: configmaps, name: x}, merge: {@dta: {a: b}}}", "data"},
}

// isNamespaced tells whether the objects that a site is about are in namespaces,
// as far as is known.
func (f *file) isNamespaced(s *site) bool {
	for _, b := range s.task().below {
		if b.isReference() && b.value.Kind == yaml.ScalarNode {
			r, ok := f.types.named(b.value.Value)
			return ok && r.Namespaced
		}
	}
	return false
}

// addSteps adds the wrong steps to the handlers of objects.
func addSteps(f *file) {
	for _, s := range f.sites {
		p := s.path()
		if s.key == nil || s.key.Value != "do" || len(p) != 3 || !isBlock(s.value) || !slices.Contains([]string{"handlers", "timers", "daemons"}, p[1]) {
			continue
		}
		if !f.isNamespaced(s) {
			continue // the children of others need a namespace as well
		}
		last := s.below[len(s.below)-1]
		if slices.ContainsFunc(last.below, func(b *site) bool { return b.key.Value == "return" || b.key.Value == "fail" }) {
			continue // nothing comes behind it
		}
		indent := strings.Repeat(" ", f.column(last)-len("- ")) + "- "
		for _, w := range wrongSteps {
			step := w.step
			at := strings.IndexByte(step, '@')
			line := indent + strings.Replace(step, "@", "", 1) + "\n"
			f.replace(mistake{"builtin kind", w.kind, w.step, w.word}, last.end, last.end, line, last.end+len(indent)+at)
		}
	}
}
