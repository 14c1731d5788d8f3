package diag

import (
	"cmp"
	"slices"
)

// SafeFixes are those of the findings that have one right answer and do not get
// into each other's way: of two that overlap, the one that stands first. The
// others can be made when the text has been looked at again.
func (l List) SafeFixes() []*Fix {
	var out []*Fix
	var taken []Edit
	for _, d := range l.Sorted() {
		if d.Fix == nil || !d.Fix.Safe || slices.ContainsFunc(d.Fix.Edits, func(e Edit) bool { return overlaps(e, taken) }) {
			continue
		}
		taken = append(taken, d.Fix.Edits...)
		out = append(out, d.Fix)
	}
	return out
}

// overlaps tells whether an edit touches what another one changes. Two that
// insert at one place do: their order would not be known.
func overlaps(e Edit, others []Edit) bool {
	return slices.ContainsFunc(others, func(o Edit) bool {
		return o.Range.File == e.Range.File &&
			o.Range.Start.Offset <= e.Range.End.Offset && e.Range.Start.Offset <= o.Range.End.Offset
	})
}

// Apply makes the edits of fixes in the text of a file, which stays as it is
// between them, byte by byte. The fixes do not overlap.
func Apply(file string, text []byte, fixes []*Fix) []byte {
	var edits []Edit
	for _, f := range fixes {
		for _, e := range f.Edits {
			if e.Range.File == file {
				edits = append(edits, e)
			}
		}
	}
	slices.SortFunc(edits, func(a, b Edit) int { return cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset) })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(out, text[at:e.Range.Start.Offset]...)
		out = append(out, e.Text...)
		at = e.Range.End.Offset
	}
	return append(out, text[at:]...)
}
