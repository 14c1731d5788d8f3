package graph

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

var update = flag.Bool("update", false, "write the golden files, and the pictures of the docs")

// graphOf is the graph of files, which must have no mistakes of form.
func graphOf(t *testing.T, files ...string) *Graph {
	t.Helper()
	bundle, found := spec.Load(files, strings.NewReader(""))
	if found.HasErrors() {
		t.Fatal(found)
	}
	g, err := New(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func parsed(t *testing.T, text string) *Graph {
	t.Helper()
	bundle, _ := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
	g, err := New(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is another now; run go test ./runtime/graph -update and look at the difference", name)
	}
}

// What is drawn, in all three ways. Mermaid's parser and Graphviz took these
// files when they were made.
func TestGoldens(t *testing.T) {
	for _, name := range []string{"everything", "several"} {
		g := graphOf(t, "testdata/"+name+".yaml")
		golden(t, "testdata/"+name+".mmd", g.Mermaid())
		golden(t, "testdata/"+name+".dot", g.DOT())
		golden(t, "testdata/"+name+".svg", g.SVG())
		golden(t, "testdata/"+name+".txt", listing(g))
	}
}

// The pictures in the docs are those of today's samples.
func TestPicturesOfDocs(t *testing.T) {
	for _, sample := range []string{"evc", "indexing"} {
		golden(t, "../../docs/images/"+sample+".svg", graphOf(t, "../../samples/"+sample+"/operator.yaml").SVG())
	}
}

// listing is the model as text.
func listing(g *Graph) string {
	var out strings.Builder
	for _, n := range g.Nodes {
		fmt.Fprintf(&out, "%s %q in %q: %s\n", n.Kind, n.Title, n.Operator, strings.Join(n.Lines, "; "))
	}
	for _, s := range g.sentences() {
		out.WriteString(s + "\n")
	}
	return out.String()
}

func sampleFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../samples/*/operator.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	return append(files, "testdata/everything.yaml", "testdata/several.yaml")
}

// Nothing lies on something else, and a picture is XML with its texts in it.
func TestPictures(t *testing.T) {
	files := sampleFiles(t)
	for _, file := range files {
		t.Run(file, func(t *testing.T) { checkPicture(t, graphOf(t, file)) })
	}
	t.Run("all", func(t *testing.T) { checkPicture(t, graphOf(t, files[:len(files)-2]...)) })
}

func checkPicture(t *testing.T, g *Graph) {
	t.Helper()
	p := arrange(g)
	type area struct {
		what       string
		x, y, w, h float64
	}
	var areas []area
	for _, b := range p.boxes {
		areas = append(areas, area{b.node.ID, b.x, b.top(), b.w, b.h})
		for _, line := range append(slices.Clone(b.node.Lines), b.node.Title) {
			if w := width(line, lineSize, false); w > b.w-2*padding {
				t.Errorf("%s: %q does not fit", b.node.ID, line)
			}
		}
		for _, s := range b.left {
			if label := s.labelAt(b); label != "" {
				w := width(label, lineSize, false)
				areas = append(areas, area{b.node.ID + " from the left: " + label, b.x - labelGap - w, s.y2 - 4 - lineSize, w, lineSize + 3})
			}
		}
		for _, s := range b.right {
			if label := s.labelAt(b); label != "" {
				areas = append(areas, area{b.node.ID + " to the right: " + label, b.x + b.w + labelGap, s.y1 - 4 - lineSize, width(label, lineSize, false), lineSize + 3})
			}
		}
	}
	for i, a := range areas {
		if a.x < 0 || a.y < 0 || a.x+a.w > p.width || a.y+a.h > p.height {
			t.Errorf("%s is outside of the picture", a.what)
		}
		for _, b := range areas[i+1:] {
			if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				t.Errorf("%s and %s lie on each other", a.what, b.what)
			}
		}
	}
	for i, f := range p.frames {
		for _, other := range p.frames[i+1:] {
			if f.x < other.x+other.w && other.x < f.x+f.w && f.y < other.y+other.h && other.y < f.y+f.h {
				t.Errorf("%s and %s lie on each other", f.title, other.title)
			}
		}
	}
	for _, r := range p.routes {
		for _, s := range r.strands {
			if s.to.rank != s.from.rank+1 {
				t.Errorf("%s to %s passes a column without a bend", r.From, r.To)
			}
		}
	}
	checkXML(t, g, g.SVG())
}

func checkXML(t *testing.T, g *Graph, svg string) {
	t.Helper()
	var texts strings.Builder
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := token.(xml.CharData); ok {
			texts.Write(data)
		}
	}
	for _, n := range g.Nodes {
		if !strings.Contains(texts.String(), n.Title) {
			t.Errorf("%s is not in the picture", n.Title)
		}
	}
}

// Graphs are the same each time, and ids are unique and of plain characters.
func TestStable(t *testing.T) {
	files := sampleFiles(t)
	first, second := graphOf(t, files...), graphOf(t, files...)
	if first.SVG() != second.SVG() || first.Mermaid() != second.Mermaid() || first.DOT() != second.DOT() {
		t.Error("a graph is another one when it is made again")
	}
	seen := map[string]bool{}
	for _, n := range first.Nodes {
		if seen[n.ID] || strings.Trim(n.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			t.Errorf("id %q", n.ID)
		}
		seen[n.ID] = true
	}
	for _, e := range first.Edges {
		if !seen[e.From] || !seen[e.To] {
			t.Errorf("an edge from or to nowhere: %+v", e)
		}
	}
}

const broken = `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: broken}
spec:
  handlers:
    - id: first
      on: create
      resource: pods
      do:
        - crate: {object: {kind: Pod}}
        - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: "${nme +}"}}}
        - create: {}
        - get: {}
        - patch: {target: {}, merge: 5}
        - event: {message: hm}
        - wait: {for: "children.(" }
        - delete: {target: {apiVersion: 5, kind: [a]}}
    - on: creat
      needs: [nobody, first]
      resource: []
    - 5
  indexes: [{id: x}, {}]
  probes: [{}]
  timers: [{resource: nodes, interval: 5x}]
`

// What has mistakes is drawn as far as it is understood.
func TestMistakes(t *testing.T) {
	g := parsed(t, broken)
	got := listing(g)
	for _, want := range []string{"Pod starts first (create).", "first creates ConfigMap.", `timer "timer-1"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	checkPicture(t, g)
	parsed(t, "kind: Operator\n").SVG()
	parsed(t, "").SVG()
	files, err := filepath.Glob("../../spec/testdata/err/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "testdata/everything.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(text), "\n")
		for i := range lines { // without that line
			g := parsed(t, strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""))
			g.SVG()
			g.Mermaid()
			g.DOT()
		}
	}
}

// Texts of all kinds cannot break out of their place.
func TestEscapes(t *testing.T) {
	nasty := `a"b<c>&#d;` + "`e`" + `\f$$g%%{h}|i]`
	g := &Graph{Operators: []string{nasty}, Nodes: []Node{
		{ID: "a", Kind: Resource, Operator: nasty, Title: nasty, Lines: []string{nasty}}, {ID: "b", Kind: Handler, Operator: nasty, Title: nasty},
	}, Edges: []Edge{{"a", "b", Triggers, nasty}}}
	checkXML(t, g, g.SVG())
	golden(t, "testdata/escapes.mmd", g.Mermaid())
	golden(t, "testdata/escapes.dot", g.DOT())
}

// Handlers by the thousand are drawn while one waits.
func TestManyHandlers(t *testing.T) {
	var text strings.Builder
	text.WriteString("apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: many}\nspec:\n  handlers:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "    - {id: h%d, on: create, resource: r%d.example.com, do: [{create: {object: {apiVersion: example.com/v1, kind: C%d}}}]}\n", i, i%50, i%200)
	}
	start := time.Now()
	svg := parsed(t, text.String()).SVG()
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if n := strings.Count(svg, "<rect"); n < 1250 {
		t.Errorf("only %d boxes", n)
	}
}
