// Package conform compares what users write into objects with the schemas of these
// objects: templates of whole objects, merges, paths of JSON patches.
//
// It reports what the API server would refuse or drop without a word, each at its
// place in the text. It does not repeat the API server: what depends on several
// fields at a time (oneOf, the rules of x-kubernetes-validations, what builtin kinds
// demand beyond their schemas) is left to it.
//
// The package is pure. What it is to know of expressions, its callers tell it: start
// with Check. Types of values are in package schema, those of expressions in eval.
package conform
