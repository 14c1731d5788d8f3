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
