// Package cause says why an object is looked at: because it was created,
// changed, is being deleted, and so on.
//
// Detect is a pure function of the object, of what was stored about it, and of
// whether this engine has seen it before. Which handlers run for a cause, and
// what they left undone earlier, is not its business: see runtime/handle and
// runtime/state.
package cause
