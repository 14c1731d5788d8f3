package patch

// Diff is the merge patch that turns old into new. A null inside new counts as
// absent, since no merge patch can set it.
func Diff(old, new map[string]any) map[string]any {
	out := map[string]any{}
	for key, was := range old {
		is := new[key]
		if is == nil {
			out[key] = nil
		} else if change, differs := diffValue(was, is); differs {
			out[key] = change
		}
	}
	for key, is := range new {
		if _, known := old[key]; !known && is != nil {
			out[key] = is
		}
	}
	return out
}

func diffValue(was, is any) (any, bool) {
	oldMap, oldOK := was.(map[string]any)
	newMap, newOK := is.(map[string]any)
	if oldOK && newOK {
		change := Diff(oldMap, newMap)
		return change, len(change) > 0
	}
	return is, !Equal(was, is)
}

// Equal compares JSON-like values. Numbers are equal where their values are:
// 1 and 1.0 are the same in JSON.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalMaps(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && equalLists(a, b)
	case int64:
		switch b := b.(type) {
		case int64:
			return a == b
		case float64:
			return float64(a) == b
		}
		return false
	case float64:
		switch b := b.(type) {
		case int64:
			return a == float64(b)
		case float64:
			return a == b
		}
		return false
	default:
		return a == b
	}
}

func equalMaps(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		other, ok := b[key]
		if !ok || !Equal(value, other) {
			return false
		}
	}
	return true
}

func equalLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
