package schema

import (
	"strings"
	"testing"
)

// Types that are derived of others have the same parts, but for what they are derived for.
func TestDerivedTypes(t *testing.T) {
	pod := Builtin().Type(KindOf("v1", "Pod"))
	null := pod.OrNull()
	if !null.Nullable() || null.Name() != "v1.Pod" || pod.Nullable() || null.OrNull() != null || null.NotNull().Nullable() {
		t.Error("a type with null is another one")
	}
	spec, _ := pod.Field("spec")
	if f, ok := null.Field("spec"); !ok || f.Type != spec.Type {
		t.Error("its fields are others")
	}
	if Of(Any).OrNull().Nullable() || (*Type)(nil).OrNull() != nil {
		t.Error("what can be anything can be null already")
	}
	more := ObjectOf("x", nil).AndMore()
	if _, found := more.At([]string{"y"}); !found || Of(Int).AndMore().Open() {
		t.Error("an object with more fields has none")
	}
}

// As JSON, times, durations and bytes are texts, however deep they are.
func TestJSONTypes(t *testing.T) {
	written := Builtin().Type(KindOf("v1", "Secret")).JSON()
	for path, want := range map[string]string{"metadata.creationTimestamp": "string", "data": "map of string", "kind": "string", "immutable": "bool"} {
		at, found := written.At(strings.Split(path, "."))
		if !found || at.String() != want {
			t.Errorf("%s is %s, not %s", path, at, want)
		}
	}
	if written.JSON() != written || written.Name() != "v1.Secret" {
		t.Error("what is JSON is not the same as JSON")
	}
	if of := Of(Timestamp).OrNull().JSON(); of.Kind() != String || !of.Nullable() {
		t.Error("null is lost")
	}
	if of := Builtin().Type(KindOf("v1", "Secret")); of.JSON() != written {
		t.Error("the same type is another one each time")
	}
	if (*Type)(nil).JSON() != nil || Of(Int).JSON().Kind() != Int {
		t.Error("what is no time changes")
	}
	crd := Builtin().Type(KindOf("apiextensions.k8s.io/v1", "CustomResourceDefinition")).JSON() // of which schemas are in schemas
	at, found := crd.At(strings.Split("spec.versions.0.schema.openAPIV3Schema.properties.a.properties.b.type", "."))
	if !found || at.Kind() != String {
		t.Error("a type in itself is lost")
	}
}
