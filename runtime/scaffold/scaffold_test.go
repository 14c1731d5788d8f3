package scaffold_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/runtime/scaffold"
	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// choices are right ones.
func choices(child scaffold.Child, namespaced bool, fields ...string) scaffold.Choices {
	c := scaffold.Choices{Name: "web-shop", Group: "web-shop.example.com", Kind: "WebShop", Plural: "webshops", Namespaced: namespaced, Child: child}
	for _, text := range fields {
		f, err := scaffold.ParseField(text)
		if err != nil {
			panic(err)
		}
		c.Fields = append(c.Fields, f)
	}
	return c
}

// allTypes has a field of each type, and of names that YAML could take for something else.
var allTypes = func() []string {
	out := []string{"on:string", "y:integer", "no:boolean", "namespace:string"}
	for _, t := range scaffold.Types() {
		out = append(out, "a"+strings.ToUpper(t[:1])+t[1:]+":"+t)
	}
	return out
}()

// Whatever is chosen, the operator has no finding, and the object is one of its kind.
func TestFilesAreClean(t *testing.T) {
	for _, child := range scaffold.Children() {
		for _, namespaced := range []bool{true, false} {
			for _, fields := range [][]string{nil, {"size:integer"}, allTypes, {"image:string", "x:list"}} {
				t.Run(fmt.Sprintf("%s %v %d", child, namespaced, len(fields)), func(t *testing.T) {
					clean(t, choices(scaffold.Child(child), namespaced, fields...))
				})
			}
		}
	}
	odd := choices(scaffold.ConfigMap, true)
	odd.Name, odd.Kind, odd.Plural = "123", "Null", "true"
	t.Run("names that are no texts", func(t *testing.T) { clean(t, odd) })
}

func clean(t *testing.T, c scaffold.Choices) {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	files, err := scaffold.Files(c)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range files {
		texts[f.Path] = string(f.Text)
		for line := range strings.Lines(string(f.Text)) {
			if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") || strings.Contains(line, "<no value>") {
				t.Errorf("%s: %q", f.Path, line)
			}
		}
	}
	bundle, found := lint.Sources([]spec.Source{{Name: "operator.yaml", Text: []byte(texts["operator.yaml"])}}, nil)
	if len(found) > 0 {
		t.Errorf("%v\n%s", found, texts["operator.yaml"])
	}
	if len(bundle.Operators) != 1 || len(bundle.CRDs) != 1 || bundle.Operators[0].Metadata.Name.Value != c.Name {
		t.Fatalf("%d operators, %d definitions", len(bundle.Operators), len(bundle.CRDs))
	}
	object, _, err := trial.ReadObject(spec.Source{Name: "object.yaml", Text: []byte(texts["example/object.yaml"])})
	if err != nil {
		t.Fatal(err)
	}
	if object["kind"] != c.Kind || object["apiVersion"] != c.Group+"/v1" {
		t.Errorf("the object is %v", object)
	}
}

func TestChecks(t *testing.T) {
	long := strings.Repeat("a", 64)
	type check func(string) error
	field := func(text string) error { _, err := scaffold.ParseField(text); return err }
	child := func(text string) error { _, err := scaffold.ParseChild(text); return err }
	for _, test := range []struct {
		check check
		text  string
		want  string // empty where it is right
	}{
		{scaffold.CheckName, "web-shop", ""},
		{scaffold.CheckName, "1", ""},
		{scaffold.CheckName, "", "the operator needs a name"},
		{scaffold.CheckName, "Web_Shop", `"Web_Shop" is no name for an operator: it may have lower-case letters, digits and dashes, from a letter or digit to a letter or digit; web-shop would do`},
		{scaffold.CheckName, "-", `"-" is no name for an operator: it may have lower-case letters, digits and dashes, from a letter or digit to a letter or digit`},
		{scaffold.CheckName, long, "the name has 64 characters; at most 63 are allowed"},
		{scaffold.CheckGroup, "shop.example.com", ""},
		{scaffold.CheckGroup, "", "the resource needs a group, such as example.com"},
		{scaffold.CheckGroup, "Shop.Example.com", `"Shop.Example.com" is no API group: it must be a DNS name in lower-case letters, such as shop.example.com; shop.example.com would do`},
		{scaffold.CheckGroup, "shop", `"shop" is no API group for a resource of your own: it needs a dot, such as shop.example.com`},
		{scaffold.CheckGroup, "k8s.io", `the group "k8s.io" is reserved: k8s.io and all below it belong to Kubernetes; take a domain of yours, such as shop.example.com`},
		{scaffold.CheckGroup, "shop.kubernetes.io", `the group "shop.kubernetes.io" is reserved: kubernetes.io and all below it belong to Kubernetes; take a domain of yours, such as shop.example.com`},
		{scaffold.CheckGroup, "mykubernetes.io", ""},
		{scaffold.CheckGroup, strings.Repeat("a.", 127) + "io", "the group has 256 characters; at most 253 are allowed"},
		{scaffold.CheckKind, "WebShop2", ""},
		{scaffold.CheckKind, "", "the resource needs a kind, such as WebShop"},
		{scaffold.CheckKind, "web-shop", `"web-shop" is no kind: it must begin with a capital letter and have letters and digits only; WebShop would do`},
		{scaffold.CheckKind, "2", `"2" is no kind: it must begin with a capital letter and have letters and digits only`},
		{scaffold.CheckKind, strings.ToUpper(long), "the kind has 64 characters; at most 63 are allowed"},
		{scaffold.CheckPlural, "webshops", ""},
		{scaffold.CheckPlural, "", "the resource needs a plural, such as webshops"},
		{scaffold.CheckPlural, "WebShops", `"WebShops" is no plural of a resource: it may have lower-case letters, digits and dashes, and begins with a letter; webshops would do`},
		{scaffold.CheckPlural, long, "the plural has 64 characters; at most 63 are allowed"},
		{field, "size:integer", ""},
		{field, " size : integer ", ""},
		{field, "size", `"size" needs the form name:type, such as size:integer; the types are string, integer, number, boolean, list, map`},
		{field, "size:", `"size:" needs the form name:type, such as size:integer; the types are string, integer, number, boolean, list, map`},
		{field, "Size:integer", `"Size" is no name for a field: it must begin with a lower-case letter and have letters and digits only`},
		{field, "in:string", `a field "in" could not be used in expressions: it is a word of CEL`},
		{field, "size:intger", `there is no type "intger" for the field size; did you mean "integer"?`},
		{field, "size:quantity", `there is no type "quantity" for the field size; the types are string, integer, number, boolean, list, map`},
		{field, long + ":string", "the name of the field has 64 characters; at most 63 are allowed"},
		{child, "none", ""},
		{child, "configmap", ""},
		{child, "deplyment", `there is no child "deplyment"; did you mean "deployment"?`},
		{child, "pod", `there is no child "pod"; it is one of none, configmap, deployment`},
	} {
		got := ""
		if err := test.check(test.text); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q\n  is     %s\n  wanted %s", test.text, got, test.want)
		}
	}
}

func TestChoicesGoTogether(t *testing.T) {
	for want, c := range map[string]scaffold.Choices{
		`there are two fields "a"`: choices(scaffold.None, true, "a:string", "a:string"),
		"a deployment is made from the field replicas, which must be of type integer, and is of type string": choices(scaffold.Deployment, true, "replicas:string"),
	} {
		if err := c.Check(); err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
	}
	c := choices(scaffold.None, true)
	c.Group = strings.Repeat("a.", 122) + "com"
	if err := c.Check(); err == nil || err.Error() != "plural and group have 256 characters together; at most 253 are allowed" {
		t.Errorf("%v", err)
	}
}

func TestDefaults(t *testing.T) {
	for name, want := range map[string]string{"web-shop": "WebShop", "shop": "Shop", "2nd-shop": "NdShop", "a.b_c": "ABC", "123": "", "": ""} {
		if got := scaffold.KindOf(name); got != want {
			t.Errorf("the kind of %q is %q, not %q", name, got, want)
		}
	}
	for kind, want := range map[string]string{"WebShop": "webshops", "Policy": "policies", "Class": "classes"} {
		if got := scaffold.PluralOf(kind); got != want {
			t.Errorf("the plural of %q is %q, not %q", kind, got, want)
		}
	}
	if got := scaffold.GroupOf("shop"); got != "shop.example.com" {
		t.Error(got)
	}
}

// tree is what a folder holds, by paths.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWrite(t *testing.T) {
	files := []scaffold.File{{Path: "a.yaml", Text: []byte("a")}, {Path: "sub/b.yaml", Text: []byte("b")}}
	want := map[string]string{"a.yaml": "a", "sub/b.yaml": "b"}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := scaffold.Write(dir, files, false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	err := scaffold.Write(dir, files, false)
	if wanted := fmt.Sprintf("%s, %s exist already; nothing was written (--force replaces them)", filepath.Join(dir, "a.yaml"), filepath.Join(dir, "sub", "b.yaml")); err == nil || err.Error() != wanted {
		t.Errorf("%v", err)
	}
	files[0].Text = []byte("new")
	if err := scaffold.Write(dir, files, true); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir)["a.yaml"]; got != "new" {
		t.Error(got)
	}
	if info, err := os.Stat(filepath.Join(dir, "a.yaml")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
}

// Where one file cannot be written, none is, and no folder is left behind.
func TestWriteAllOrNothing(t *testing.T) {
	files := []scaffold.File{{Path: "a.yaml", Text: []byte("a")}, {Path: "x/y/b.yaml", Text: []byte("b")}, {Path: "sub/c.yaml", Text: []byte("c")}}
	for name, test := range map[string]struct {
		prepare func(dir string)
		replace bool
		want    string
	}{
		"a file exists":      {func(dir string) { put(t, filepath.Join(dir, "sub", "c.yaml"), "mine") }, false, "sub/c.yaml exists already; nothing was written (--force replaces it)"},
		"a folder is a file": {func(dir string) { put(t, filepath.Join(dir, "sub"), "mine") }, false, "not a directory; nothing was written"},
		"a folder is a file, force": {func(dir string) {
			put(t, filepath.Join(dir, "a.yaml"), "mine")
			put(t, filepath.Join(dir, "sub"), "mine")
		}, true, "not a directory; nothing was written"},
		"a file is a folder":          {func(dir string) { put(t, filepath.Join(dir, "sub", "c.yaml", "d"), "mine") }, true, "is there already and is no plain file; nothing was written"},
		"a link that leads elsewhere": {func(dir string) { _ = os.Symlink("/nowhere", filepath.Join(dir, "a.yaml")) }, true, "is there already and is no plain file; nothing was written"},
		// Both are fine until the second one is put where the first is already.
		"two files are one": {func(string) {}, false, "a.yaml: file exists; nothing was written"},
	} {
		t.Run(name, func(t *testing.T) {
			files := files
			if name == "two files are one" {
				files = append(slices.Clone(files), files[0])
			}
			dir := t.TempDir()
			test.prepare(dir)
			before := list(t, dir)
			err := scaffold.Write(dir, files, test.replace)
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("%v", err)
			}
			if after := list(t, dir); !reflect.DeepEqual(before, after) {
				t.Errorf("before %v, after %v", before, after)
			}
		})
	}
}

// list are all names below a folder, with the texts of the files.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		entry := path
		if d.Type().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			entry += "=" + string(text)
		}
		out = append(out, entry)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
