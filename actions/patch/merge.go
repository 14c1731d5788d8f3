package patch

import "maps"

// Apply returns the object as it is after the merge patch: nulls delete, maps
// go deeper, everything else replaces.
func Apply(obj, patch map[string]any) map[string]any {
	out := make(map[string]any, len(obj)+len(patch))
	maps.Copy(out, obj)
	for key, value := range patch {
		switch value := value.(type) {
		case nil:
			delete(out, key)
		case map[string]any:
			inner, _ := out[key].(map[string]any)
			out[key] = Apply(inner, value)
		default:
			out[key] = value
		}
	}
	return out
}

// Merge composes two merge patches into one: src comes after dst. Nulls are
// kept, since they delete.
//
// One case is beyond it: where dst deletes or replaces a map, and src puts a
// map in its place, the fields of the old map come back. Over is exact there.
func Merge(dst, src map[string]any) map[string]any {
	return Over(nil, dst, src)
}

// Over composes two merge patches like Merge, for a known object: applied to
// it, the result does exactly what first and then second do.
func Over(obj, first, second map[string]any) map[string]any {
	out := make(map[string]any, len(first)+len(second))
	maps.Copy(out, first)
	for key, value := range second {
		earlier, planned := out[key]
		current, _ := obj[key].(map[string]any)
		out[key] = over(current, earlier, planned, value)
	}
	return out
}

func over(current map[string]any, earlier any, planned bool, later any) any {
	laterMap, ok := later.(map[string]any)
	if !ok || !planned {
		return later
	}
	if earlierMap, ok := earlier.(map[string]any); ok {
		return Over(current, earlierMap, laterMap)
	}
	// The earlier patch had removed what stood here, so nothing of it may show
	// through the later map.
	return Diff(current, Apply(nil, laterMap))
}

// Effective is the part of the patch that changes the object; empty where
// nothing does.
func Effective(obj, patch map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range patch {
		current, exists := obj[key]
		if effective, changes := effect(current, exists, value); changes {
			out[key] = effective
		}
	}
	return out
}

func effect(current any, exists bool, value any) (any, bool) {
	patch, isMap := value.(map[string]any)
	if !isMap {
		if value == nil {
			return nil, exists
		}
		return value, !exists || !Equal(current, value)
	}
	inner, wasMap := current.(map[string]any)
	if exists && !wasMap {
		return patch, true
	}
	rest := Effective(inner, patch)
	// An empty map is a value of its own where none was before.
	return rest, len(rest) > 0 || !exists && len(patch) == 0
}
