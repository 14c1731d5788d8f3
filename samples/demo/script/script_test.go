package script

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestMismatch(t *testing.T) {
	got := map[string]any{
		"metadata": map[string]any{"name": "x", "labels": map[string]any{"a": "1"}},
		"spec":     map[string]any{"n": int64(3), "list": []any{"a", map[string]any{"k": "v", "more": true}}},
	}
	tests := map[string]struct {
		want map[string]any
		says string
	}{
		"less than there is": {map[string]any{"metadata": map[string]any{"name": "x"}}, ""},
		"numbers by value":   {map[string]any{"spec": map[string]any{"n": 3.0}}, ""},
		"list items by part": {map[string]any{"spec": map[string]any{"list": []any{"a", map[string]any{"k": "v"}}}}, ""},
		"absent as wanted":   {map[string]any{"metadata": map[string]any{"finalizers": nil}}, ""},
		"another value":      {map[string]any{"spec": map[string]any{"n": 4}}, "spec.n is 3, and should be 4"},
		"missing":            {map[string]any{"status": map[string]any{}}, "status is not there, and should be a map"},
		"missing value":      {map[string]any{"spec": map[string]any{"m": 1}}, "spec.m is not there, and should be 1"},
		"there against wish": {map[string]any{"metadata": map[string]any{"name": nil}}, "metadata.name is x, and should not be there"},
		"shorter list":       {map[string]any{"spec": map[string]any{"list": []any{"a"}}}, "and should have 1 items"},
		"inside a list":      {map[string]any{"spec": map[string]any{"list": []any{"b", nil}}}, "spec.list[0] is a, and should be b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			says := mismatch("", test.want, got)
			if test.says == "" && says != "" || !strings.Contains(says, test.says) {
				t.Errorf("mismatch = %q, want %q", says, test.says)
			}
		})
	}
}

func TestViewShowsTheChosenFields(t *testing.T) {
	object := map[string]any{
		"metadata": map[string]any{
			"uid":             "not of interest",
			"labels":          map[string]any{"b": "2", "a": "1"},
			"ownerReferences": []any{map[string]any{"kind": "Pod", "name": "p", "uid": "u"}},
		},
		"spec": map[string]any{"text": " long\n"},
	}
	want := []line{
		{"metadata.labels.a", "1"},
		{"metadata.labels.b", "2"},
		{"metadata.ownerReferences", "Pod/p"},
		{"spec.text", "long"},
	}
	if got := view(object, defaultView); !reflect.DeepEqual(got, want) {
		t.Errorf("view = %v, want %v", got, want)
	}
}

func TestShortCountsCharacters(t *testing.T) {
	if got := short("äöüß", 3); got != "äö…" {
		t.Errorf("short = %q", got)
	}
	if got := short("äöü", 3); got != "äöü" {
		t.Errorf("short = %q", got)
	}
}

func TestChanges(t *testing.T) {
	before := []line{{"same", "1"}, {"other", "1"}, {"gone", "1"}}
	after := []line{{"same", "1"}, {"other", "2"}, {"new", "1"}}
	want := []change{
		{'~', line{"other", "2"}, "1"},
		{'+', line{"new", "1"}, ""},
		{'-', line{"gone", "1"}, ""},
	}
	if got := changes(before, after); !reflect.DeepEqual(got, want) {
		t.Errorf("changes = %v, want %v", got, want)
	}
	if got := changes(nil, after); len(got) != 3 || got[0].mark != ' ' {
		t.Errorf("the first view is %v, and should have all lines without a mark", got)
	}
}

func TestNarratorKeepsTheLogWithoutColors(t *testing.T) {
	var out strings.Builder
	n := NewNarrator(&out, true)
	n.Follow(strings.NewReader("\x1b[32mINFO\x1b[0m hello \x1b[1mworld\x1b[0m\n"))
	if !n.Logged("INFO hello world", 0) {
		t.Error("the line is not found without its colours")
	}
	if n.Logged("hello", n.Lines()) {
		t.Error("an old line is taken for a new one")
	}
	if !strings.Contains(out.String(), "\x1b[1mworld") {
		t.Errorf("the reader does not see the colours: %q", out.String())
	}
}

func TestLoadRefusesUnknownKeys(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "example"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "example", "demo.yaml"), []byte("steps:\n  - says: typo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "says") {
		t.Errorf("Load = %v, want an error about the key", err)
	}
}

func TestEverySampleHasAScript(t *testing.T) {
	operators, err := filepath.Glob("../../*/operator.yaml")
	if err != nil || len(operators) == 0 {
		t.Fatal("no samples found", err)
	}
	for _, operator := range operators {
		if _, err := Load(filepath.Dir(operator)); err != nil {
			t.Error(err)
		}
	}
}
