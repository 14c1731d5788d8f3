package schema

import "testing"

const document = `{"components": {"schemas": {
  "com.example.v1.Widget": {
    "type": "object",
    "required": ["spec"],
    "properties": {
      "metadata": {"allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]},
      "spec": {"type": "object", "required": ["mode"], "properties": {"mode": {"type": "string", "default": ""}, "gone": {"$ref": "#/components/schemas/nowhere"}}}
    },
    "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}]
  },
  "io.k8s.api.core.v1.Thing": {
    "type": "object",
    "properties": {"spec": {"default": {}, "allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.ThingSpec"}], "description": "The field's own."}},
    "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Thing"}]
  },
  "io.k8s.api.core.v1.ThingSpec": {
    "description": "The definition's.",
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "default": ""}, "self": {"$ref": "#/components/schemas/io.k8s.api.core.v1.ThingSpec"}}
  }
}}}`

func TestOpenAPI(t *testing.T) {
	set := NewSet(nil)
	err := set.AddOpenAPI([]byte(document), []Resource{
		{Group: "example.com", Version: "v1", Kind: "Widget", Plural: "widgets"},
		{Group: "example.com", Version: "v1", Kind: "Thing", Plural: "things"},
		{Group: "example.com", Version: "v1", Kind: "Mystery", Plural: "mysteries"},
	})
	if err != nil {
		t.Fatal(err)
	}
	widget, thing := set.Type(KindOf("example.com/v1", "Widget")), set.Type(KindOf("example.com/v1", "Thing"))
	at(t, widget, map[string]string{"metadata.creationTimestamp": "timestamp", "spec.mode": "string", "spec.gone.x": "any", "spec.x": ""})
	at(t, thing, map[string]string{"spec.self.self.self.name": "string"})
	at(t, set.Type(KindOf("example.com/v1", "Mystery")), map[string]string{"metadata.name": "string", "spec.x": "any"})

	spec, _ := widget.Field("spec")
	if mode, _ := spec.Type.Field("mode"); mode.Required {
		t.Error("a field with a default is required")
	}
	spec, _ = thing.Field("spec")
	if name, _ := spec.Type.Field("name"); !name.Required {
		t.Error("the zero value of a builtin field counts as its default")
	}
	if doc := spec.Type.Doc(); doc != "The field's own." {
		t.Errorf("doc: %q", doc)
	}
	if err := set.AddOpenAPI([]byte("{"), nil); err == nil {
		t.Error("no error for a broken document")
	}
}
