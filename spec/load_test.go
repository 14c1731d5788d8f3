package spec

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// write puts files into a new folder and goes there.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadSources(t *testing.T) {
	write(t, map[string]string{
		"z.txt": "", "f/b.yaml": "", "f/a.yml": "", "f/sub/c.json": "", "f/notes.txt": "",
		"f/.hidden.yaml": "", "f/.git/x.yaml": "", "empty/x.txt": "",
	})
	if err := os.Symlink("b.yaml", "f/link.yaml"); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ paths, want, problems string }{
		"a file of any name":     {"z.txt", "z.txt", ""},
		"a folder":               {"f", "f/a.yml f/b.yaml f/link.yaml", ""},
		"each once, in order":    {"f/sub z.txt f z.txt", "f/sub/c.json z.txt f/a.yml f/b.yaml f/link.yaml", ""},
		"standard input":         {"- z.txt -", "<stdin> z.txt", ""},
		"nothing there":          {"nope z.txt gone.yaml", "z.txt", "nope: error: cannot read: no such file or directory\ngone.yaml: error: cannot read: no such file or directory"},
		"nothing in it":          {"empty", "", "empty: error: cannot read: the folder holds no .yaml, .yml or .json file"},
		"a folder that was read": {"f/sub/c.json f/sub", "f/sub/c.json", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sources, found := ReadSources(strings.Fields(tt.paths), strings.NewReader(""))
			var names, problems []string
			for _, s := range sources {
				names = append(names, s.Name)
			}
			for _, d := range found {
				problems = append(problems, d.Error())
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := strings.Join(problems, "\n"); got != tt.problems {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.problems)
			}
		})
	}
}

func TestStandardInput(t *testing.T) {
	bundle, found := Load([]string{"-"}, strings.NewReader("apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: a}\nspec: {x: 1}\n"))
	if len(bundle.Operators) != 1 || len(found) != 1 || found[0].Subject.String() != "<stdin>:4:8" {
		t.Errorf("got %+v and %v", bundle.Operators, found)
	}
	_, found = Load([]string{"-"}, iotest.ErrReader(errors.New("broken pipe")))
	if len(found) != 1 || found[0].Error() != "<stdin>: error: cannot read: broken pipe" {
		t.Errorf("got %v", found)
	}
}

// One mistake must not hide another: not in its document, its file or the rest.
func TestAllAtOnce(t *testing.T) {
	write(t, map[string]string{
		"a.yaml": "a: [\n---\napiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {nam: x}\nspec: {y: 1, z: 2}\n--- 5\n",
		"b.yaml": "kind: Pod\n",
	})
	_, found := Load([]string{"b.yaml", "gone.yaml", "a.yaml"}, nil)
	var places []string
	for _, d := range found.Sorted() {
		places = append(places, d.Subject.String())
	}
	want := "a.yaml:1:4 a.yaml:5:12 a.yaml:6:8 a.yaml:6:14 a.yaml:7:5 b.yaml:1:1 b.yaml:1:7 gone.yaml"
	if got := strings.Join(places, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What Parse returns can be used whatever was wrong with the text.
func TestSoundness(t *testing.T) {
	for _, path := range glob(t, "testdata/err/*.yaml") {
		bundle, _ := Load([]string{path}, nil)
		for _, op := range bundle.Operators {
			if op.Metadata.Name == nil {
				t.Errorf("%s: an operator without a name", path)
			}
			for _, h := range op.Spec.Handlers {
				checkHandlerSound(t, path, h)
			}
		}
	}
}

func checkHandlerSound(t *testing.T, path string, h *Handler) {
	if h.ID == nil || h.ID.Node == nil {
		t.Errorf("%s: a handler without an id", path)
	}
	for _, s := range h.Resource {
		if s == nil {
			t.Errorf("%s: a handler with no selector in its list", path)
		}
	}
	h.Walk(func(s *Step) {
		for _, target := range s.targets() {
			if target.Name == nil || target.Resource == nil && (target.Kind == nil || target.APIVersion == nil) {
				t.Errorf("%s: %s: a target of nothing", path, s.Range)
			}
		}
		if s.Wait != nil && s.Wait.For == nil || s.Log != nil && s.Log.Message == nil ||
			s.Event != nil && s.Event.Reason == nil || s.Get != nil && s.Get.Target == nil ||
			s.Condition != nil && (s.Condition.Type == nil || s.Condition.Status == nil) {
			t.Errorf("%s: %s: a required field is nil", path, s.Range)
		}
	})
}

func TestAliases(t *testing.T) {
	bundle, found := Parse([]Source{{Name: "t.yaml", Text: []byte(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: aliases}
spec:
  resources: {evc: {group: kopf.dev, kind: EphemeralVolumeClaim}, pods: v1/pods}
  handlers:
    - on: create
      resource: [evc, pods, deployments.apps, core.v1]
      do:
        - get: {target: {resource: pods, name: x}}
        - do: [{delete: {resource: evc, labels: {a: b}}}]
`)}})
	if len(found) > 0 {
		t.Fatal(found.Err())
	}
	op := bundle.Operators[0]
	evc, pods := op.Spec.Resources[0].Value, op.Spec.Resources[1].Value
	h := op.Spec.Handlers[0]
	if h.ID.Value != "handler-1" || h.ID.Range().Start.Line != 8 {
		t.Errorf("the id is %q at %s", h.ID.Value, h.ID.Range())
	}
	if h.Resource[0] != evc || h.Resource[1] != pods || evc.Alias.Value != "evc" {
		t.Errorf("aliases are not resolved in the handler")
	}
	if h.Do[0].Get.Target.Resource != pods || h.Do[1].Do[0].Delete.Resource != evc {
		t.Errorf("aliases are not resolved in the steps")
	}
	if s := h.Resource[2]; s.AnyName.Value != "deployments" || s.Group.Value != "apps" || s.Version != nil || s.Alias != nil {
		t.Errorf("the short form is %+v", s)
	}
	if s := h.Resource[3]; s.AnyName.Value != "core" || s.Group.Value != "" || s.Version.Value != "v1" {
		t.Errorf("the short form with a version is %+v", s)
	}
}

// Texts that are costly for naive code.
func TestLargeTexts(t *testing.T) {
	tests := map[string]string{
		"one long line":      "{a: [" + strings.Repeat("x, ", 50_000) + "]}",
		"many documents":     strings.Repeat("a: 1\n---\n", 3_000),
		"many lines":         strings.Repeat("- x: |\n    y\n    z\n", 10_000),
		"one long text":      "a: \"" + strings.Repeat("\\u00e4 b\\\n ", 100_000) + "\"",
		"deep":               strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"too deep":           strings.Repeat("[", 200_000),
		"deep by lines":      deepBlock(1000),
		"chain of aliases":   "- &a0 [x]\n" + chain(5000),
		"many mistaken keys": "apiVersion: kopf.dev/v1alpha1\nkind: Operator\n" + numbered(2000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			bundle, found := Parse([]Source{{Name: "t.yaml", Text: []byte(text)}})
			p := diag.Printer{Out: io.Discard, Sources: bundle.Sources}
			if err := p.Print(found); err != nil {
				t.Error(err)
			}
			if spent := time.Since(started); spent > 20*time.Second {
				t.Errorf("took %v", spent)
			} else {
				t.Logf("took %v, %s", spent, found.Summary())
			}
		})
	}
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func chain(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("- &a" + strconv.Itoa(i+1) + " [*a" + strconv.Itoa(i) + "]\n")
	}
	return b.String()
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("key" + strconv.Itoa(i) + ": 1\n")
	}
	return b.String()
}
