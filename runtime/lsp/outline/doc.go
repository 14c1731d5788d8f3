// Package outline reads YAML while it is being written: it makes a tree of
// every text, however broken, by its indentation, its brackets and its quotes.
//
// It is no YAML parser. Where a text is sound, the tree has the keys, values
// and items of what package spec reads, at the same places; that is what its
// tests compare. Where it is not, such as a key without its colon or a bracket
// that is not closed, it is what an editor needs to know: what is being written
// at the cursor, and what stands around it. Tags, anchors and merge keys are
// stepped over; an alias is a scalar.
package outline
