package script

import (
	"fmt"
	"maps"
	"slices"
)

// mismatch tells where got lacks something of want; it is empty if nothing is
// lacking. Maps may have more keys than wanted, and a wanted null means that
// there must be nothing.
func mismatch(path string, want, got any) string {
	switch want := want.(type) {
	case nil:
		if got != nil {
			return fmt.Sprintf("%s is %v, and should not be there", path, got)
		}
		return ""
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, and should be a map", path, text(got))
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if m := mismatch(join(path, key), want[key], object[key]); m != "" {
				return m
			}
		}
		return ""
	case []any:
		return listMismatch(path, want, got)
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return fmt.Sprintf("%s is %v, and should be %v", path, text(got), want)
	}
	return ""
}

func listMismatch(path string, want []any, got any) string {
	list, ok := got.([]any)
	if !ok || len(list) != len(want) {
		return fmt.Sprintf("%s is %v, and should have %d items", path, text(got), len(want))
	}
	for i := range want {
		if m := mismatch(fmt.Sprintf("%s[%d]", path, i), want[i], list[i]); m != "" {
			return m
		}
	}
	return ""
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func text(value any) string {
	if value == nil {
		return "not there"
	}
	return fmt.Sprint(value)
}
