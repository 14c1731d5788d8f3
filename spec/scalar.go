package spec

import (
	"sort"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// scalarText tells where each byte of a decoded string stands in the source.
// The YAML library gives only the place where a scalar starts, so its text is
// scanned once more, style by style (scan.go).
type scalarText struct {
	src    *source
	pieces []piece
	// end is the place behind the last character of the text.
	end int
}

// piece is a stretch of a decoded string and what it was written as. Where
// both have the same length, they are the same bytes; an escape or a folded
// line break is a piece of its own.
type piece struct {
	value, n  int // offset and length in the decoded string
	src, srcN int // offset and length in the source
}

func (p piece) verbatim() bool { return p.n == p.srcN }

// PosAt is the place of a byte offset in the decoded string of a scalar. For
// a Value that is no string, and for offsets outside, it is the nearest place
// that makes sense.
func (v *Value) PosAt(offset int) diag.Pos {
	if v.text == nil {
		return v.Range.Start
	}
	return v.text.src.pos(v.text.offset(offset))
}

// RangeOf is the place of a stretch of the decoded string of a scalar.
func (v *Value) RangeOf(from, to int) diag.Range {
	if v.text == nil {
		return v.Range
	}
	start := v.text.offset(from)
	if to <= from {
		return v.text.src.rangeOf(start, start)
	}
	return v.text.src.rangeOf(start, v.text.endOf(to))
}

// offset is where the character at an offset of the decoded string begins.
func (t *scalarText) offset(value int) int {
	p, ok := t.pieceAt(value)
	switch {
	case !ok:
		return t.end
	case p.verbatim():
		return p.src + max(value-p.value, 0)
	default:
		return p.src
	}
}

// endOf is where the character before an offset of the decoded string ends.
func (t *scalarText) endOf(value int) int {
	p, ok := t.pieceAt(value - 1)
	switch {
	case !ok:
		return t.end
	case p.verbatim():
		return p.src + max(value-p.value, 0)
	default:
		return p.src + p.srcN
	}
}

// pieceAt finds the piece that holds an offset; there is none behind the last.
func (t *scalarText) pieceAt(value int) (piece, bool) {
	i := sort.Search(len(t.pieces), func(i int) bool {
		return t.pieces[i].value+t.pieces[i].n > value
	})
	if i == len(t.pieces) {
		return piece{}, false
	}
	return t.pieces[i], true
}
