package kube

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

var exampleKind = schema.GroupVersionKind{Group: "kopf.dev", Version: "v1", Kind: "KopfExample"}

func TestPack(t *testing.T) {
	tests := map[string]struct {
		text string
		want Object
	}{
		"complete": {
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n","namespace":"ns","uid":"u","resourceVersion":"7"},"spec":{}}`,
			Object{"ns", "n", "u", "7", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n","namespace":"ns","uid":"u","resourceVersion":"7"},"spec":{}}`},
		},
		"cluster-scoped": {
			`{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","uid":"u"}}`,
			Object{"", "n", "u", "", `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","uid":"u"}}`},
		},
		"item of a list": {
			`{"metadata":{"name":"n"}}`,
			Object{"", "n", "", "", `{"apiVersion":"kopf.dev/v1","kind":"KopfExample","metadata":{"name":"n"}}`},
		},
		"item of a list with a kind": {
			`{"kind":"Pod","metadata":{"name":"n"}}`,
			Object{"", "n", "", "", `{"apiVersion":"kopf.dev/v1","kind":"Pod","metadata":{"name":"n"}}`},
		},
		"managedFields first": {
			`{"metadata":{"managedFields":[{"a":"}]"}],"name":"n","uid":"u"},"apiVersion":"v1","kind":"Pod"}`,
			Object{"", "n", "u", "", `{"metadata":{"name":"n","uid":"u"},"apiVersion":"v1","kind":"Pod"}`},
		},
		"managedFields between": {
			`{"metadata":{"name":"n","managedFields":[],"uid":"u"}}`,
			Object{"", "n", "u", "", `{"apiVersion":"kopf.dev/v1","kind":"KopfExample","metadata":{"name":"n","uid":"u"}}`},
		},
		"managedFields last": {
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n","managedFields":[{}]},"spec":1}`,
			Object{"", "n", "", "", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n"},"spec":1}`},
		},
		"only managedFields": {
			`{"apiVersion":"v1","kind":"Pod","metadata":{"managedFields":null}}`,
			Object{"", "", "", "", `{"apiVersion":"v1","kind":"Pod","metadata":{}}`},
		},
		"managedFields elsewhere stay": {
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n"},"spec":{"managedFields":[1]},"managedFields":2}`,
			Object{"", "n", "", "", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n"},"spec":{"managedFields":[1]},"managedFields":2}`},
		},
		"escapes": {
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\u0062\"","namespace":"\\"}}`,
			Object{`\`, `ab"`, "", "", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\u0062\"","namespace":"\\"}}`},
		},
		"white space": {
			" {\n \"apiVersion\" : \"v1\", \"kind\":\"Pod\",\n \"metadata\" : { \"name\" : \"n\" , \"managedFields\" : [ ] , \"uid\" : \"u\" } } \n",
			Object{"", "n", "u", "", "{\n \"apiVersion\" : \"v1\", \"kind\":\"Pod\",\n \"metadata\" : { \"name\" : \"n\" ,  \"uid\" : \"u\" } }"},
		},
		"names of other types": {
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":5,"uid":null}}`,
			Object{"", "", "", "", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":5,"uid":null}}`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := []byte(test.text)
			got, err := Pack(text, exampleKind)
			if err != nil {
				t.Fatal(err)
			}
			clear(text) // the object must not depend on the caller's buffer
			if *got != test.want {
				t.Errorf("got  %+v\nwant %+v", *got, test.want)
			}
		})
	}
}

func TestPackRefuses(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `"x"`, `{`, `{"metadata":{}`, `{"metadata":{"name":"n}}`, `{"metadata":5}`, `{"metadata":}`,
		`{}`, `{"kind":"Pod"}`, `{metadata:{}}`, `{"metadata"{}}`,
	} {
		if got, err := Pack([]byte(text), exampleKind); err == nil {
			t.Errorf("%s: no error, but %+v", text, got)
		}
	}
}

func TestObjectString(t *testing.T) {
	if got := (&Object{Namespace: "ns", Name: "n"}).String(); got != "ns/n" {
		t.Error(got)
	}
	if got := (&Object{Name: "n"}).String(); got != "n" {
		t.Error(got)
	}
}

func TestDecodeKeepsNumbers(t *testing.T) {
	o, err := Pack([]byte(`{"metadata":{"name":"n"},"spec":{"int":9007199254740993,"float":1.5}}`), exampleKind)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.Decode()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"int": int64(9007199254740993), "float": 1.5}
	if !reflect.DeepEqual(got["spec"], want) {
		t.Errorf("%#v", got["spec"])
	}
}

// FuzzPack checks that a packed object is the same object as one that
// encoding/json reads, but for the managedFields.
func FuzzPack(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"n","managedFields":[{"x":["\"}"]}],"uid":"u"},"a":[{},[],"\\\"",-1.5e3,true,null]}`))
	f.Add([]byte("{\"metadata\" : {\"managedFields\": 1 }\n, \"kind\":\"\u00e9\\ud83d\\ude00\"}"))
	f.Add(example(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := Pack(text, exampleKind)
		var want map[string]any
		if json.Unmarshal(text, &want) != nil || !hasMetadata(want) || repeats(text) {
			return // only well-formed text is promised to be read right
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(o.JSON()), &got); err != nil {
			t.Fatalf("%s became %s: %v", text, o.JSON(), err)
		}
		complete(want)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s became %s", text, o.JSON())
		}
		meta := want["metadata"].(map[string]any)
		if name, ok := meta["name"].(string); ok && name != o.Name {
			t.Fatalf("the name of %s is %q", text, o.Name)
		}
	})
}

func hasMetadata(object map[string]any) bool {
	_, ok := object["metadata"].(map[string]any)
	return ok
}

// complete does to decoded data what Pack does to text.
func complete(object map[string]any) {
	delete(object["metadata"].(map[string]any), "managedFields")
	if _, ok := object["apiVersion"]; !ok {
		object["apiVersion"] = "kopf.dev/v1"
	}
	if _, ok := object["kind"]; !ok {
		object["kind"] = "KopfExample"
	}
}

// repeats tells whether a text uses a name of interest more than once, or
// hides one in escapes: no server does.
func repeats(text []byte) bool {
	if bytes.Contains(text, []byte(`\u`)) {
		return true
	}
	for _, name := range []string{`"metadata"`, `"managedFields"`, `"name"`, `"kind"`, `"apiVersion"`} {
		if bytes.Count(text, []byte(name)) > 1 {
			return true
		}
	}
	return false
}

// example is an object of 1.5 KB with its managedFields, as a server sends it.
func example(tb testing.TB) []byte {
	tb.Helper()
	text, err := os.ReadFile("testdata/example.json")
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSpace(text)
}

// The benchmarks are why objects are scanned and not decoded on their way in.
func BenchmarkPack(b *testing.B) {
	text := example(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Pack(text, exampleKind); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPackByDecoding(b *testing.B) {
	text := example(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var object map[string]any
		if err := utiljson.Unmarshal(text, &object); err != nil {
			b.Fatal(err)
		}
		complete(object)
		if _, err := json.Marshal(object); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	o, err := Pack(example(b), exampleKind)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(o.JSON())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Decode(); err != nil {
			b.Fatal(err)
		}
	}
}
