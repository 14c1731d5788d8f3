package patch

// Equal compares two JSON values. Numbers are equal by value, whatever types
// they have; null is not the same as an absent field.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalMaps(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && equalLists(a, b)
	case int64:
		return equalInt(a, b)
	case int:
		return equalInt(int64(a), b)
	case float64:
		return equalFloat(a, b)
	case string:
		b, ok := b.(string)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	default:
		return a == nil && b == nil
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

func equalInt(a int64, b any) bool {
	switch b := b.(type) {
	case int64:
		return a == b
	case int:
		return a == int64(b)
	case float64:
		return isInt(b, a)
	default:
		return false
	}
}

func equalFloat(a float64, b any) bool {
	switch b := b.(type) {
	case float64:
		return a == b
	case int64:
		return isInt(a, b)
	case int:
		return isInt(a, int64(b))
	default:
		return false
	}
}

// isInt compares exactly: large integers have no float of their own, and
// rounding them would make neighbours equal.
func isInt(f float64, i int64) bool {
	return f >= -(1<<63) && f < 1<<63 && float64(int64(f)) == f && int64(f) == i
}
