package schema

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

func path(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ".")
}

// at checks what stands at the paths of a type; "" stands for nothing.
func at(t *testing.T, root *Type, want map[string]string) {
	t.Helper()
	for p, text := range want {
		got := ""
		if found, ok := root.At(path(p)); ok {
			got = found.String()
		}
		if got != text {
			t.Errorf("%s of %s is %q, want %q", p, root, got, text)
		}
	}
}

func TestBuiltinKinds(t *testing.T) {
	deployment := Builtin().Type(KindOf("apps/v1", "Deployment"))
	at(t, deployment, map[string]string{
		"apiVersion":                                 "string",
		"metadata.creationTimestamp":                 "timestamp",
		"metadata.labels":                            "map of string",
		"metadata.labels.app":                        "string",
		"metadata.managedFields.0.fieldsV1":          "any",
		"metadata.nmae":                              "",
		"spec":                                       "apps/v1.Deployment.spec",
		"spec.replicas":                              "int",
		"spec.replicas.x":                            "",
		"spec.sizee":                                 "",
		"spec.strategy.rollingUpdate.maxSurge":       "int or string",
		"spec.template.spec.containers":              "list of apps/v1.Deployment.spec.template.spec.containers",
		"spec.template.spec.containers.0.ports.0":    "apps/v1.Deployment.spec.template.spec.containers.ports",
		"spec.template.spec.nodeSelector":            "map of string",
		"spec.template.metadata.namespace":           "string",
		"spec.template.spec.overhead.cpu":            "any",
		"status.conditions.0.lastTransitionTime":     "timestamp",
		"spec.template.spec.containers.0.tty.really": "",
	})
	at(t, Builtin().Type(KindOf("v1", "Secret")), map[string]string{"data": "map of bytes", "stringData.x": "string", "spec": ""})
	at(t, Builtin().Type(KindOf("apiextensions.k8s.io/v1", "CustomResourceDefinition")), map[string]string{
		// A schema of schemas, which has no end.
		"spec.versions.0.schema.openAPIV3Schema.properties.a.properties.b.properties.c.type": "string",
	})
	if cpu, _ := deployment.At(path("spec.template.spec.overhead.cpu")); !cpu.Quantity() {
		t.Error("overhead.cpu is no quantity")
	}
	if doc := deployment.Fields()[3].Type.Doc(); !strings.HasPrefix(doc, "Specification of the desired behavior") {
		t.Errorf("the field's own description is missing: %q", doc)
	}
	for _, name := range []string{"selector", "template"} {
		spec, _ := deployment.Field("spec")
		if f, ok := spec.Type.Field(name); !ok || !f.Required {
			t.Errorf("spec.%s of a Deployment is not required: %+v", name, f)
		}
	}
}

// TestAllBuiltinKinds reads each schema that ships with the binary.
func TestAllBuiltinKinds(t *testing.T) {
	resources := Builtin().Resources()
	if len(resources) < 60 {
		t.Fatalf("%d resources", len(resources))
	}
	for _, r := range resources {
		root := Builtin().Type(r.GVK())
		if _, ok := root.At([]string{"metadata", "name"}); !ok {
			t.Errorf("%v has no name", r.GVK())
		}
		walk(t, root, map[string]int{})
	}
}

// walk looks at everything below a type, but into a definition that contains itself
// only once.
func walk(t *testing.T, at *Type, inside map[string]int) {
	if id := at.Schema(); id != nil && at.Kind() == Object {
		key := at.Doc() + strings.Join(id.Required, ",")
		if inside[key] > 0 {
			return
		}
		inside[key]++
		defer func() { inside[key]-- }()
	}
	if at.Kind() == Any && at.Schema() != nil && len(at.Schema().Properties) > 0 {
		t.Errorf("%s has fields, and is of any kind", at.Name())
	}
	for _, f := range at.Fields() {
		walk(t, f.Type, inside)
	}
	if at.Elem() != nil {
		walk(t, at.Elem(), inside)
	}
}

const widgets = `
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wg], categories: [mine]}
  versions:
    - {name: v1alpha1, served: true}
    - {name: v2, served: false}
    - name: v1
      served: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            metadata: {type: object}
            spec:
              type: object
              required: [size, mode, name]
              properties:
                size: {type: integer, description: How large it is.}
                mode: {type: string, enum: [a, b], default: a}
                name: {type: string, default: ""}
                ratio: {type: number}
                note: {type: string, nullable: true}
                port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
                since: {type: string, format: date-time}
                day: {type: string, format: date}
                every: {type: string, format: duration}
                secret: {type: string, format: byte}
                anything: {type: object, x-kubernetes-preserve-unknown-fields: true}
                whatever: {x-kubernetes-preserve-unknown-fields: true}
                partly:
                  type: object
                  x-kubernetes-preserve-unknown-fields: true
                  properties: {known: {type: integer}}
                nothing: {type: object}
                table: {type: object, additionalProperties: {type: array, items: {type: integer}}}
                free: {type: object, additionalProperties: true}
                template:
                  type: object
                  x-kubernetes-embedded-resource: true
                  x-kubernetes-preserve-unknown-fields: true
`

func setOf(t *testing.T, crd string) *Set {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(crd), &object); err != nil {
		t.Fatal(err)
	}
	set := NewSet(Builtin())
	if err := set.AddCRD(object); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestCRD(t *testing.T) {
	set := setOf(t, widgets)
	widget := set.Type(KindOf("example.com/v1", "Widget"))
	at(t, widget, map[string]string{
		"kind":                             "string",
		"metadata.creationTimestamp":       "timestamp",
		"spec.size":                        "int",
		"spec.ratio":                       "double",
		"spec.note":                        "string",
		"spec.port":                        "int or string",
		"spec.since":                       "timestamp",
		"spec.day":                         "timestamp",
		"spec.every":                       "duration",
		"spec.secret":                      "bytes",
		"spec.anything.below":              "any",
		"spec.whatever.below":              "any",
		"spec.partly.known":                "int",
		"spec.partly.unknown":              "any",
		"spec.nothing.below":               "",
		"spec.table":                       "map of list of int",
		"spec.table.x.0":                   "int",
		"spec.free.x.y":                    "any",
		"spec.template.metadata.namespace": "string",
		"spec.template.spec":               "any",
		"status":                           "",
		"spec.sizee":                       "",
	})
	spec, _ := widget.Field("spec")
	if !spec.Required {
		t.Error("spec is not required")
	}
	for name, required := range map[string]bool{"size": true, "mode": false, "name": false, "ratio": false} {
		f, _ := spec.Type.Field(name)
		if f.Required != required {
			t.Errorf("spec.%s: required %v, want %v", name, f.Required, required)
		}
		if defaulted := name == "mode" || name == "name"; f.Defaulted != defaulted {
			t.Errorf("spec.%s: defaulted %v, want %v", name, f.Defaulted, defaulted)
		}
	}
	if note, _ := spec.Type.Field("note"); !note.Type.Nullable() {
		t.Error("spec.note cannot be null")
	}
	if size, _ := spec.Type.Field("size"); size.Type.Doc() != "How large it is." {
		t.Errorf("doc of spec.size: %q", size.Type.Doc())
	}
	if unknown := set.Type(KindOf("example.com/v2", "Widget")); unknown != nil {
		t.Error("a version that is not served is known")
	}
	if set.Type(KindOf("v1", "Pod")) == nil {
		t.Error("the builtin kinds are missing")
	}
}

func TestResources(t *testing.T) {
	found := map[string]Resource{}
	for _, r := range setOf(t, widgets).Resources() {
		found[r.Plural+"."+r.Version+"."+r.Group] = r
	}
	v1 := found["widgets.v1.example.com"]
	if !v1.Preferred || !v1.Status || !v1.Namespaced || v1.ShortNames[0] != "wg" || v1.Categories[0] != "mine" || v1.Singular != "widget" {
		t.Errorf("widgets.v1.example.com is %+v", v1)
	}
	if old := found["widgets.v1alpha1.example.com"]; old.Preferred || old.Status || old.Kind != "Widget" {
		t.Errorf("widgets.v1alpha1.example.com is %+v", old)
	}
	if deploy := found["deployments.v1.apps"]; !deploy.Preferred || deploy.ShortNames[0] != "deploy" || !deploy.Status {
		t.Errorf("deployments.v1.apps is %+v", deploy)
	}
	if hpa := found["horizontalpodautoscalers.v1.autoscaling"]; hpa.Preferred {
		t.Errorf("the older version is preferred: %+v", hpa)
	}
	if ns := found["namespaces.v1."]; ns.Namespaced || ns.Kind != "Namespace" {
		t.Errorf("namespaces.v1. is %+v", ns)
	}
}

func TestCRDThatIsBroken(t *testing.T) {
	for _, object := range []map[string]any{
		{"spec": "text"},
		{"spec": map[string]any{"versions": []any{map[string]any{"name": 1}}}},
	} {
		if err := NewSet(nil).AddCRD(object); err == nil {
			t.Errorf("%v: no error", object)
		}
	}
	if err := NewSet(nil).AddCRD(map[string]any{}); err != nil {
		t.Errorf("a CRD without versions: %v", err)
	}
}

func TestNothingKnown(t *testing.T) {
	var none *Type
	if none.Kind() != Any || none.Fields() != nil || none.Elem() != nil || none.String() != "any" || none.Doc() != "" {
		t.Error("nil is not like any")
	}
	if _, ok := none.At([]string{"x"}); !ok {
		t.Error("something unknown has no fields")
	}
	var set *Set
	if set.Type(schema.GroupVersionKind{Kind: "Pod"}) != nil || set.Resources() != nil {
		t.Error("nil is not an empty set")
	}
}

func TestMadeUpTypes(t *testing.T) {
	made := ObjectOf("steps", []Field{
		{Name: "z", Type: ListOf(Of(Int))},
		{Name: "a", Type: MapOf(nil)},
	})
	at(t, made, map[string]string{"z": "list of int", "z.0": "int", "a.x.y": "any", "b": "", "a": "map"})
}

func BenchmarkDeployment(b *testing.B) {
	for b.Loop() {
		root := openBuiltins().Type(KindOf("apps/v1", "Deployment"))
		if _, ok := root.At(path("spec.template.spec.containers.0.ports")); !ok {
			b.Fatal("not found")
		}
	}
}
