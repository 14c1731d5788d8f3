package script

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// defaultView is what people look at in an object.
var defaultView = []string{
	"metadata.labels", "metadata.annotations", "metadata.finalizers", "metadata.ownerReferences", "spec", "status",
}

// line is one line of a view: a field with its value.
type line struct{ path, value string }

// view is what a reader sees of an object: the fields below the given paths, in
// their order.
func view(object map[string]any, paths []string) []line {
	var lines []line
	for _, path := range paths {
		lines = leaves(lines, path, field(object, strings.Split(path, ".")))
	}
	return lines
}

func field(value any, path []string) any {
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

func leaves(lines []line, path string, value any) []line {
	switch value := value.(type) {
	case nil:
		return lines
	case map[string]any:
		if path == "metadata.ownerReferences" {
			break
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			lines = leaves(lines, join(path, key), value[key])
		}
		return lines
	}
	return append(lines, line{path, leaf(path, value)})
}

// leaf is the text of a value that is shown on one line.
func leaf(path string, value any) string {
	list, ok := value.([]any)
	if !ok {
		return strings.TrimSpace(fmt.Sprint(value))
	}
	items := make([]string, 0, len(list))
	for _, item := range list {
		if owner, ok := item.(map[string]any); ok && path == "metadata.ownerReferences" {
			items = append(items, fmt.Sprintf("%v/%v", owner["kind"], owner["name"]))
			continue
		}
		items = append(items, fmt.Sprint(item))
	}
	return strings.Join(items, ", ")
}

// How much of a value is shown: alone in its line, or beside another one.
const (
	whole = 72
	half  = 36
)

// short cuts what would fill the screen, such as the annotation with the
// essence of the object.
func short(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// change is a line of a view with what became of it: ' ' for nothing, '+', '-'
// or '~'.
type change struct {
	mark rune
	line
	before string
}

// changes compares two views of the same object. Lines that have not changed are
// left out, unless there was no view before.
func changes(before, after []line) []change {
	old := make(map[string]string, len(before))
	for _, l := range before {
		old[l.path] = l.value
	}
	var result []change
	for _, l := range after {
		was, known := old[l.path]
		delete(old, l.path)
		switch {
		case before == nil:
			result = append(result, change{' ', l, ""})
		case !known:
			result = append(result, change{'+', l, ""})
		case was != l.value:
			result = append(result, change{'~', l, was})
		}
	}
	for _, l := range before {
		if _, left := old[l.path]; left {
			result = append(result, change{'-', l, ""})
		}
	}
	return result
}
