package spec

import (
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// String returns the text of a string scalar.
func (v *Value) String() (string, bool) {
	s, ok := v.Scalar.(string)
	return s, ok
}

// Get returns the value of a key of a map, nil where there is none.
func (v *Value) Get(key string) *Value {
	for i := range v.Fields {
		if v.Fields[i].Key.Scalar == key {
			return v.Fields[i].Value
		}
	}
	return nil
}

// Native returns the value as JSON-like data, new with each call: maps of
// string to any, slices of any, string, bool, int64, float64 and nil.
func (v *Value) Native() any {
	switch v.Kind {
	case MapKind:
		out := make(map[string]any, len(v.Fields))
		for _, f := range v.Fields {
			key, _ := f.Key.String()
			out[key] = f.Value.Native()
		}
		return out
	case ListKind:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = item.Native()
		}
		return out
	default:
		return v.Scalar
	}
}

// String is the name that messages use.
func (k Kind) String() string {
	return [...]string{"nothing", "a boolean", "a whole number", "a number", "text", "a list", "a map"}[k]
}

// Range is the place of the text.
func (s *String) Range() diag.Range { return s.Node.Range }

// Range is the place of the boolean.
func (b *Bool) Range() diag.Range { return b.Node.Range }

// Range is the place of the number.
func (i *Int) Range() diag.Range { return i.Node.Range }

// Range is the place of the number.
func (n *Number) Range() diag.Range { return n.Node.Range }

// Range is the place of the duration.
func (d *Duration) Range() diag.Range { return d.Node.Range }

// Range is the place of the expression.
func (x *Expr) Range() diag.Range { return x.Node.Range }

// PosAt is the place of a byte offset in the expression.
func (x *Expr) PosAt(offset int) diag.Pos { return x.Node.PosAt(offset) }

// RangeOf is the place of a stretch of the expression.
func (x *Expr) RangeOf(from, to int) diag.Range { return x.Node.RangeOf(from, to) }

// textOf is String for a value that may be missing.
func textOf(v *Value) (string, bool) {
	if v == nil {
		return "", false
	}
	return v.String()
}
