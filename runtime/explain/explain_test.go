package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/explain"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Every key is found by its path, with what the table says about it.
func TestEveryKeyIsExplained(t *testing.T) {
	var seen []spec.Key
	var walk func(keys []spec.Key)
	walk = func(keys []spec.Key) {
		for _, k := range keys {
			text, err := explain.Word(k.Path, false)
			first := strings.Fields(k.Doc)[0]
			if err != nil || !strings.HasPrefix(text, "KEY  "+k.Path+" <") || !strings.Contains(text, first) {
				t.Errorf("%s: %v\n%s", k.Path, err, text)
			}
			known := slices.ContainsFunc(seen, k.SameKeys) // steps hold steps
			seen = append(seen, k)
			if !known {
				walk(k.Keys())
			}
		}
	}
	walk(spec.TopKeys())
	if len(seen) < 200 {
		t.Errorf("only %d keys", len(seen))
	}
}

// So is every variable and function, beside a key of the same name.
func TestEveryNameIsExplained(t *testing.T) {
	for _, v := range eval.Variables {
		if text, err := explain.Word(v.Name, false); err != nil || !strings.Contains(text, "VARIABLE  "+v.Name+" <") {
			t.Errorf("%s: %v\n%s", v.Name, err, text)
		}
	}
	for _, f := range eval.AllFunctions() {
		for _, word := range []string{f.Name, f.Name + "()"} {
			text, err := explain.Word(word, false)
			if err != nil || !strings.Contains(text, "  "+f.Signatures[0]+"\n") || !strings.Contains(text, f.Example) {
				t.Errorf("%s: %v\n%s", word, err, text)
			}
		}
	}
}

// What the overview offers can be asked for.
func TestOverviewNamesWhatThereIs(t *testing.T) {
	text := explain.Overview()
	words := []string{"handlers", "subhandlers", "body", "json.encode"}
	for _, f := range eval.AllFunctions() {
		words = append(words, f.Name)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s is missing:\n%s", word, text)
		}
	}
	for line := range strings.Lines(text) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 120 {
			t.Errorf("too long: %s", line)
		}
	}
}

// A tree ends, though steps hold steps, and has every action once in full.
func TestTree(t *testing.T) {
	text := explain.Tree(spec.TopKeys())
	for _, wanted := range []string{"\n  handlers <list of handlers>\n", "\n      do <list of steps> as spec.handlers.do\n", "\n        adopt <adopt>\n"} {
		if strings.Count(text, wanted) == 0 {
			t.Errorf("%q is missing in:\n%s", wanted, text)
		}
	}
	if n := strings.Count(text, " ifExists <"); n != 1 {
		t.Errorf("create is shown %d times", n)
	}
}
