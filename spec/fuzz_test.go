package spec

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// seeds are the samples and all test data.
func seeds(f *testing.F) []string {
	f.Helper()
	var out []string
	for _, pattern := range []string{"testdata/*/*.yaml", "../samples/*/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			out = append(out, string(text))
		}
	}
	return out
}

// FuzzParse: no text makes the parser panic or hang, which the fuzzer takes for a
// failure after ten seconds, and all it says is about places in the text.
func FuzzParse(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	f.Add("a: &a [*a]\nb: &b {<<: *b}\n<<: [1]\n? [x]\n: y\n")
	f.Add("a: &a [1,1,1]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n")
	f.Fuzz(func(t *testing.T, text string) {
		bundle, found := Parse([]Source{{Name: "f.yaml", Text: []byte(text)}})
		for _, d := range found {
			checkRange(t, text, d.Subject)
			if d.Context != nil {
				checkRange(t, text, *d.Context)
			}
		}
		p := diag.Printer{Out: io.Discard, Sources: bundle.Sources}
		if err := p.Print(found); err != nil {
			t.Error(err)
		}
		if !found.HasErrors() {
			for _, op := range bundle.Operators {
				if op.Metadata.Name == nil {
					t.Error("an operator without a name passes")
				}
			}
		}
	})
}

// checkRange checks that a range lies in the text, and that its lines and
// columns say the same as its offsets.
func checkRange(t *testing.T, text string, r diag.Range) {
	t.Helper()
	if r.File != "f.yaml" || r.End.Offset < r.Start.Offset || r.End.Offset > len(text) {
		t.Fatalf("range %+v in a text of %d bytes", r, len(text))
	}
	for _, p := range []diag.Pos{r.Start, r.End} {
		before := strings.TrimPrefix(strings.ToValidUTF8(text[:p.Offset], "?"), byteOrderMark)
		line := 1 + strings.Count(before, "\n")
		column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
		if p.Line != line || p.Column != column && strings.ToValidUTF8(text, "") == text {
			t.Fatalf("%+v should be %d:%d in %q", p, line, column, text)
		}
	}
}

// FuzzPosAt: the text of every scalar is found again in the source, byte by
// byte.
func FuzzPosAt(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	for _, text := range []string{
		"a: 'x''y\n\n  z'\nb: \"x\\u00e4\\\n  \\ y\\x41\"",
		"- |2+\n    x\n\n   y\n- >-\n  a\n   b\n\n  c\n# d\n",
		"a: !!str &x |\n  x\nb: *x\n? complex\n: >\n\n\n  x\n  y\n",
		"{a: [b c\n d, 'e\n\n f'], ? g : h}",
		"\ufeff--- >1\n  ä\n ö\r\n...\n--- x\u0085y\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := newSource("f.yaml", text)
		if !(&report{}).checkCharacters(src) {
			return
		}
		for _, c := range src.chunks() {
			checkScalars(t, c)
		}
	})
}

func checkScalars(t *testing.T, c *chunk) {
	decoder := yaml.NewDecoder(strings.NewReader(c.src.text[c.start:c.end]))
	for {
		var n yaml.Node
		if err := decoder.Decode(&n); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Log(err)
			}
			return
		}
		checkNode(t, c, &n)
	}
}

func checkNode(t *testing.T, c *chunk, n *yaml.Node) {
	for _, child := range n.Content {
		checkNode(t, c, child)
	}
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return
	}
	start := c.offset(n.Line, n.Column)
	text, from, to := scanScalar(c.src, start, c.end, n)
	if text == nil {
		t.Fatalf("scalar %q at %d:%d is not found again in %q", n.Value, n.Line, n.Column, c.src.text)
	}
	v := &Value{Kind: StringKind, Scalar: n.Value, Range: c.src.rangeOf(from, to), text: text}
	last := from
	for i := range len(n.Value) {
		r := v.RangeOf(i, i+1)
		if r.Start.Offset < last || r.End.Offset > max(to, text.end) {
			t.Fatalf("byte %d of %q is at %d to %d, behind one at %d", i, n.Value, r.Start.Offset, r.End.Offset, last)
		}
		last = r.Start.Offset
	}
}
