// Package docs_test checks that the documentation says what is true: that what
// it shows does load, and that it describes every key of the language.
package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// block is a fenced block of YAML in a page.
type block struct {
	page string
	line int
	text string
}

var fence = regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```")

func blocks(t *testing.T) []block {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []block
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range fence.FindAllSubmatchIndex(text, -1) {
			line := strings.Count(string(text[:at[2]]), "\n") + 1
			found = append(found, block{page, line, string(text[at[2]:at[3]])})
		}
	}
	if len(found) == 0 {
		t.Fatal("no blocks found")
	}
	return found
}

// Every block of YAML is an operator, or a part of one.
func TestBlocksLoad(t *testing.T) {
	for _, b := range blocks(t) {
		t.Run(fmt.Sprintf("%s:%d", b.page, b.line), func(t *testing.T) {
			text, err := complete(b.text)
			if err != nil {
				t.Fatal(err)
			}
			bundle, found := spec.Parse([]spec.Source{{Name: "block", Text: []byte(text)}})
			if !found.HasErrors() {
				_, more := lint.Compile(bundle, nil)
				found = append(found, more...)
			}
			for _, d := range lint.Check(bundle, found, nil) {
				// A part of an operator may well leave the other parts out.
				if !strings.HasPrefix(d.ID(), "unused-") {
					t.Error(d)
				}
			}
			if t.Failed() {
				t.Log("loaded as:\n" + text)
			}
		})
	}
}

// complete makes an operator of a part of one, by the keys that it has.
func complete(text string) (string, error) {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return "", err
	}
	switch keys := keysOf(value); {
	case keys["apiVersion"]:
		return text, nil
	case only(keys, spec.OperatorSpec{}):
		if !keys["handlers"] {
			text += handlers("- {on: event, resource: things, do: [log: x]}")
		}
		return operator(text), nil
	case keys["on"] && only(keys, spec.Handler{}):
		if _, list := value.([]any); list {
			return operator(handlers(text)), nil
		}
		return operator(handlers(item(text))), nil
	case only(keys, spec.Step{}):
		if _, list := value.([]any); !list {
			text = item(text)
		}
		return withSteps(text), nil
	case only(keys, spec.Handler{}):
		return operator(handlers(item(defaults(keys) + text))), nil
	case only(keys, spec.Match{}):
		return operator(handlers(item("on: update\nresource: things\ndo: [log: x]\nmatch:\n" + indent(text)))), nil
	default:
		return "", fmt.Errorf("neither an operator nor a part of one: it has the keys %v", keys)
	}
}

// defaults are what a part of a handler lacks to be one.
func defaults(keys map[string]bool) string {
	text := "on: [create, update]\n"
	if !keys["resource"] {
		text += "resource: things\n"
	}
	if !keys["do"] {
		text += "do: [log: x]\n"
	}
	return text
}

func operator(text string) string {
	return "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: docs}\nspec:\n" + indent(text)
}

func handlers(text string) string { return "handlers:\n" + indent(text) }

func withSteps(steps string) string {
	return operator(handlers(item("on: create\nresource: things\ndo:\n" + indent(steps))))
}

// item makes an item of a list of a map.
func item(text string) string {
	return "- " + strings.TrimPrefix(indent(text), "  ")
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString("  " + line)
	}
	return b.String()
}

// keysOf are the keys of a map, or those of all items of a list.
func keysOf(value any) map[string]bool {
	keys := map[string]bool{}
	items, list := value.([]any)
	if !list {
		items = []any{value}
	}
	for _, item := range items {
		fields, _ := item.(map[string]any)
		for key := range fields {
			keys[key] = true
		}
	}
	return keys
}

// only tells whether all the keys are those of a type of the language.
func only(keys map[string]bool, of any) bool {
	known := map[string]bool{}
	for _, key := range tags(reflect.TypeOf(of)) {
		known[key] = true
	}
	for key := range keys {
		if !known[key] {
			return false
		}
	}
	return len(keys) > 0
}

func tags(t reflect.Type) []string {
	var keys []string
	for _, field := range reflect.VisibleFields(t) {
		if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// The findings that a page shows are those that lint has.
func TestFindingsAreAsShown(t *testing.T) {
	text, err := os.ReadFile("testdata/mistakes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	bundle, found := spec.Parse([]spec.Source{{Name: "mistakes.yaml", Text: text}})
	_, more := lint.Compile(bundle, nil)
	var shown strings.Builder
	if err := (&diag.Printer{Out: &shown, Sources: bundle.Sources}).Print(append(found, more...).Sorted()); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("lint.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), shown.String()) {
		t.Errorf("lint.md does not show what is found:\n%s", &shown)
	}
}

// The keys of the language are all described where people look for them.
func TestEveryKeyIsDescribed(t *testing.T) {
	pages := map[string][]any{
		"language.md": {
			spec.OperatorSpec{}, spec.Selector{}, spec.Handler{}, spec.Match{}, spec.ValueTest{}, spec.Backoff{}, spec.Step{},
			spec.Timer{}, spec.Daemon{}, spec.Cancellation{}, spec.Index{}, spec.Activity{}, spec.Probe{},
		},
	}
	for page, types := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range types {
			for _, key := range tags(reflect.TypeOf(of)) {
				if !regexp.MustCompile("`[^`]*\\b" + key + "\\b[^`]*`").Match(text) {
					t.Errorf("%s says nothing about %s of %T", page, key, of)
				}
			}
		}
	}
}

// The table of settings has each of them, by its path.
func TestEverySettingIsDescribed(t *testing.T) {
	text, err := os.ReadFile("language.md")
	if err != nil {
		t.Fatal(err)
	}
	settings := reflect.TypeOf(spec.Settings{})
	for i := range settings.NumField() {
		group, _, _ := strings.Cut(settings.Field(i).Tag.Get("yaml"), ",")
		if group == "" {
			continue
		}
		for _, key := range tags(settings.Field(i).Type.Elem()) {
			if !strings.Contains(string(text), "`"+group+"."+key+"`") {
				t.Errorf("language.md has no setting %s.%s", group, key)
			}
		}
	}
}
