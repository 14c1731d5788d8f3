package outline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
)

// sources are all sound texts of the project.
func sources(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"../../../samples/*/*.yaml", "../../lint/examples/*/*.yaml", "../../../spec/testdata/ok/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = string(text)
		}
	}
	return out
}

// The outline of sound YAML is its tree, with everything where it stands.
func TestSoundTexts(t *testing.T) {
	compared := 0
	for name, text := range sources(t) {
		var want []*yaml.Node
		decoder := yaml.NewDecoder(strings.NewReader(text))
		for {
			var document yaml.Node
			if decoder.Decode(&document) != nil {
				break
			}
			want = append(want, document.Content[0])
		}
		if decoder.Decode(&yaml.Node{}) == nil || len(want) == 0 {
			continue
		}
		got := slices.DeleteFunc(outline.Parse(text), func(d *outline.Document) bool { return d.Root.Kind == outline.Missing })
		if len(got) != len(want) {
			continue // broken on purpose
		}
		var problems []string
		for i, w := range want {
			compare(&problems, text, fmt.Sprintf("%s: %d", name, i), w, got[i].Root)
		}
		for _, p := range problems {
			t.Error(p)
		}
		compared++
	}
	if compared < 100 {
		t.Errorf("only %d texts were compared", compared)
	}
}

func compare(problems *[]string, text, path string, want *yaml.Node, got *outline.Node) {
	problem := func(format string, args ...any) {
		*problems = append(*problems, path+": "+fmt.Sprintf(format, args...))
	}
	switch want.Kind {
	case yaml.MappingNode:
		if got.Kind != outline.Mapping || len(got.Fields) != len(want.Content)/2 {
			problem("kind %d with %d fields, want %d", got.Kind, len(got.Fields), len(want.Content)/2)
			return
		}
		for i, f := range got.Fields {
			compare(problems, text, path+"."+f.Key.Value(), want.Content[2*i], f.Key)
			compare(problems, text, path+"."+f.Key.Value(), want.Content[2*i+1], f.Value)
			if text[f.Colon] != ':' {
				problem("no colon at %d", f.Colon)
			}
		}
	case yaml.SequenceNode:
		if got.Kind != outline.Sequence || len(got.Items) != len(want.Content) {
			problem("kind %d with %d items, want %d", got.Kind, len(got.Items), len(want.Content))
			return
		}
		for i, item := range got.Items {
			compare(problems, text, fmt.Sprintf("%s[%d]", path, i), want.Content[i], item)
		}
	case yaml.ScalarNode:
		if got.Kind == outline.Missing && want.Value == "" {
			return
		}
		if got.Kind != outline.Scalar {
			problem("kind %d", got.Kind)
			return
		}
		simple := want.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && !strings.ContainsAny(got.Text, "\n\\")
		if simple && got.Value() != want.Value {
			problem("text %q, want %q", got.Value(), want.Value)
		}
		before := text[:got.From]
		line, column := strings.Count(before, "\n")+1, len([]rune(before[strings.LastIndex(before, "\n")+1:]))+1
		if want.Anchor == "" && want.Style&yaml.TaggedStyle == 0 && (line != want.Line || column != want.Column) {
			problem("stands at %d:%d, want %d:%d", line, column, want.Line, want.Column)
		}
	}
}

// show writes a tree on one line: ? for what is missing, a key without a colon
// with a ! behind it.
func show(n *outline.Node) string {
	switch n.Kind {
	case outline.Missing:
		return "?"
	case outline.Scalar:
		return fmt.Sprintf("%q", n.Value())
	case outline.Sequence:
		var items []string
		for _, item := range n.Items {
			items = append(items, show(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	}
	var fields []string
	for _, f := range n.Fields {
		if f.Colon < 0 {
			fields = append(fields, f.Key.Value()+"!")
			continue
		}
		fields = append(fields, f.Key.Value()+":"+show(f.Value))
	}
	return "{" + strings.Join(fields, " ") + "}"
}

// What is being written stands where it will belong.
func TestBrokenTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "?",
		"# nothing":                      "?",
		"spec:":                          "{spec:?}",
		"spec:\n  ha":                    `{spec:"ha"}`,
		"spec:\n  ha\n  filters: {}":     `{spec:{ha! filters:{}}}`,
		"spec:\n  filters: {}\n  ha":     `{spec:{filters:{} ha!}}`,
		"a: 1\nb":                        `{a:"1" b!}`,
		"a:\n- x":                        `{a:["x"]}`,
		"a:\n- x: 1\n  y\nb: 2":          `{a:[{x:"1" y!}] b:"2"}`,
		"a:\n- x\n  y: 2":                `{a:[{x! y:"2"}]}`,
		"a:\n  - x: 1\n  -\nb: 2":        `{a:[{x:"1"} ?] b:"2"}`,
		"a:\n  - ":                       `{a:[?]}`,
		"a:\n    b: 1\n  c: 2":           `{a:{b:"1" c:"2"}}`,
		"a:\n    b: 1\n  c":              `{a:{b:"1" c!}}`,
		"a: [x, \nb: 2":                  `{a:["x"] b:"2"}`,
		"a: {x: 1, y\nb: 2":              `{a:{x:"1" y!} b:"2"}`,
		"a: {x: [1, {y: ":                `{a:{x:["1" {y:?}]}}`,
		"a: {x: [1, 2}, b: 3}\nc: 4":     `{a:{x:["1" "2"]} c:"4"}`,
		"a: {x: , y: 2}":                 `{a:{x:? y:"2"}}`,
		"a: [x: 1, y]":                   `{a:[{x:"1"} "y"]}`,
		"a: \"x\nb: 2":                   `{a:"x" b:"2"}`,
		"a: 'x''y'\nb: 2":                `{a:"x'y" b:"2"}`,
		"a: \"x\n  y\"\nb: 2":            `{a:"x\n  y" b:"2"}`,
		"a: |\n  x: 1\n\n  y\nb: 2":      `{a:"  x: 1\n\n  y" b:"2"}`,
		"a: |\nb: 2":                     `{a:"" b:"2"}`,
		"a: |":                           `{a:""}`,
		"a: x\n  y\nb: 2":                `{a:"x\n  y" b:"2"}`,
		"a: x # no\nb: \"#\"":            `{a:"x" b:"#"}`,
		"a: &x 1\nb: *x\nc: !!str y":     `{a:"1" b:"*x" c:"y"}`,
		"a: &x\n  b: 1":                  `{a:{b:"1"}}`,
		"'a b': 1\n\"c\" : 2":            `{a b:"1" c:"2"}`,
		"a: http://x:1/y":                `{a:"http://x:1/y"}`,
		"- - a\n  - b\n- c":              `[["a" "b"] "c"]`,
		"- - a: 1\n    b: 2":             `[[{a:"1" b:"2"}]]`,
		"a: 1\n- x\nb: 2":                `{a:"1" b:"2"}`,
		"- x\nb: 2":                      `["x"]`,
		"\ta: 1":                         `{a:"1"}`,
		"a: }\nb: ]":                     `{a:"}" b:"]"}`,
		"a: {\n  x: 1,\n  y: 2\n}\nb: 1": `{a:{x:"1" y:"2"} b:"1"}`,
	} {
		if got := show(outline.Parse(text)[0].Root); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestDocuments(t *testing.T) {
	got := outline.Parse("# c\na: 1\n---\nb: 2\n...\n--- # x\nc: 3\n---\n")
	var roots []string
	for _, d := range got {
		if d.Root.Kind != outline.Missing {
			roots = append(roots, show(d.Root))
		}
	}
	if text := strings.Join(roots, " "); text != `{a:"1"} {b:"2"} {c:"3"}` {
		t.Error(text)
	}
	for i := 1; i < len(got); i++ {
		if got[i].From != got[i-1].To {
			t.Errorf("document %d begins at %d, the one before ends at %d", i, got[i].From, got[i-1].To)
		}
	}
}

func TestAt(t *testing.T) {
	text := "a: {b: [x, yy]}\nc: 1"
	root := outline.Parse(text)[0].Root
	for marked, want := range map[string]string{"yy": "yy", "x,": "x", "b:": "b", "1": "1", "c": "c"} {
		if got := root.At(strings.Index(text, marked)); got == nil || got.Value() != want {
			t.Errorf("%s: %+v", marked, got)
		}
	}
	if got := root.At(strings.Index(text, "{")); got == nil || got.Kind != outline.Mapping {
		t.Errorf("a bracket is %+v", got)
	}
}

// No text, however broken, is too much, and all nodes are inside of the text and
// of the node around them.
func FuzzParse(f *testing.F) {
	for _, text := range sources(f) {
		f.Add(text, 0, 0)
	}
	f.Fuzz(func(t *testing.T, text string, from, to int) {
		if from < 0 || to < from || to > len(text) || len(text) > 10_000 {
			return
		}
		text = text[:from] + text[to:]
		for _, d := range outline.Parse(text) {
			if d.From < 0 || d.To > len(text) || d.From > d.To {
				t.Fatalf("%q: a document from %d to %d", text, d.From, d.To)
			}
			d.Root.Walk(func(n *outline.Node) {
				if n.From < d.From || n.To < n.From || n.To > len(text) {
					t.Fatalf("%q: a node from %d to %d", text, n.From, n.To)
				}
				if n.Kind == outline.Scalar && text[n.TextFrom:n.TextFrom+len(n.Text)] != n.Text {
					t.Fatalf("%q: the text %q does not stand at %d", text, n.Text, n.TextFrom)
				}
			})
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var all strings.Builder
	for range 1000 {
		all.WriteString("- id: x\n  on: [create, update]\n  do:\n    - log: \"${name}\"\n    - {when: a > 1, status: {x: 1}}\n")
	}
	for b.Loop() {
		outline.Parse(all.String())
	}
}
