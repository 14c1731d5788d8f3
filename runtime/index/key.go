package index

import "math"

// canonical is a form of a key in which equal keys are equal Go values: numbers are equal by
// value, as they are in CEL, and a text is never a number. It is nil for what is no key.
func canonical(key any) any {
	switch k := key.(type) {
	case bool, string, int64:
		return k
	case float64:
		return number(k)
	}
	return nil
}

// number makes whole numbers integers.
func number(f float64) any {
	if f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64 {
		return int64(f)
	}
	return f
}

// IsKey tells whether an index can have a key: a text, a number or a boolean.
func IsKey(key any) bool { return canonical(key) != nil }
