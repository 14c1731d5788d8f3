// Package state keeps what an operator must remember about an object on that
// object: the progress of its handlers and the essence that was handled last.
// And it decides, from progress and time alone, what is to be done next.
//
// The formats are those of Kopf 1.37, so that an operator in Python and one in
// YAML can take over from each other in place.
//
// The package is pure. It reads objects and makes merge patches, but sends
// nothing; time is passed in. Running handlers is the part of runtime/handle,
// merging patches that of actions/patch.
package state
