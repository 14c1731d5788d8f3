// Package essence says what of an object matters and what of it has changed.
//
// The essence of an object is the part that its users decide on: everything
// except apiVersion, kind, status and metadata, plus labels and annotations,
// without the bookkeeping of operators and of kubectl. A change of the essence
// is what makes an update; everything else is noise.
//
// The package is pure: no clock, no cluster, no state. It neither decides what
// a difference means (runtime/cause does) nor where an essence is kept
// (runtime/state does).
//
// JSON values are those of Kubernetes clients: map[string]any,
// []any, string, bool, int64, float64 and nil.
package essence
