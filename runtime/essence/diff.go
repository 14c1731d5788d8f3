package essence

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

// Op is what happened to a value.
type Op string

// The operations of a diff.
const (
	Add    Op = "add"
	Change Op = "change"
	Remove Op = "remove"
)

// Item is one difference. Its values are those of the compared essences, not
// copies: they are for reading.
type Item struct {
	Op       Op
	Path     []string
	Old, New any
}

// Diff is the list of differences between two values, sorted by path.
type Diff []Item

// Compare lists what turns old into new. Maps are compared field by field,
// lists as whole values, and a map that appears or disappears is one item. A
// null counts as absent, as the API server drops nulls in most places.
func Compare(old, new any) Diff {
	return compare(nil, nil, old, new)
}

func compare(diff Diff, path []string, old, new any) Diff {
	if old == nil && new == nil {
		return diff
	}
	if old == nil {
		return append(diff, Item{Add, keep(path), nil, new})
	}
	if new == nil {
		return append(diff, Item{Remove, keep(path), old, nil})
	}
	oldMap, isOldMap := old.(map[string]any)
	newMap, isNewMap := new.(map[string]any)
	if isOldMap && isNewMap {
		return compareMaps(diff, path, oldMap, newMap)
	}
	if !patch.Equal(old, new) {
		diff = append(diff, Item{Change, keep(path), old, new})
	}
	return diff
}

// compareMaps first collects the fields that differ, mostly none, so that
// equal maps cost no memory.
func compareMaps(diff Diff, path []string, old, new map[string]any) Diff {
	var keys []string
	for key, value := range new {
		if !patch.Equal(old[key], value) {
			keys = append(keys, key)
		}
	}
	for key, value := range old {
		if _, ok := new[key]; !ok && value != nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		diff = compare(diff, append(path, key), old[key], new[key])
	}
	return diff
}

// keep copies a path, because the walk goes on in the same memory.
func keep(path []string) []string { return append([]string{}, path...) }

// Touches tells whether the value at a path differs, or anything below it.
func (d Diff) Touches(path []string) bool {
	for _, item := range d {
		if len(item.Path) >= len(path) {
			if hasPrefix(item.Path, path) {
				return true
			}
			continue
		}
		if hasPrefix(path, item.Path) && len(item.below(path)) > 0 {
			return true
		}
	}
	return false
}

// Relative returns the part of the diff at and below a field, with paths that
// start at that field.
func (d Diff) Relative(path []string) Diff {
	var out Diff
	for _, item := range d {
		switch {
		case hasPrefix(item.Path, path):
			item.Path = item.Path[len(path):]
			out = append(out, item)
		case hasPrefix(path, item.Path):
			out = append(out, item.below(path)...)
		}
	}
	return out
}

// Values returns the diff as data for expressions.
func (d Diff) Values() []any {
	out := make([]any, 0, len(d))
	for _, item := range d {
		path := make([]any, 0, len(item.Path))
		for _, segment := range item.Path {
			path = append(path, segment)
		}
		out = append(out, map[string]any{
			"op":    string(item.Op),
			"path":  path,
			"field": FormatPath(item.Path),
			"old":   item.Old,
			"new":   item.New,
		})
	}
	return out
}

// below compares the values of an item at a path that leads deeper than the
// item's own: a whole map was added, and one field of it is asked for.
func (i Item) below(path []string) Diff {
	tail := path[len(i.Path):]
	old, _ := Lookup(i.Old, tail)
	new, _ := Lookup(i.New, tail)
	return Compare(old, new)
}

func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}
