// Package spec is the language: it turns YAML text into typed definitions in
// which every scalar knows its place in its file.
//
// Load reads files, folders and standard input; Parse takes texts. Both report
// all mistakes of all documents at once, as a diag.List, and return what they
// understood. The types in types.go are the grammar: the decoder follows their
// tags, so there is no second list of keys anywhere.
//
// The package knows nothing of CEL: expressions and templates stay text here,
// with the means to say where each of their bytes stands (Value.PosAt). Package
// eval compiles them. What can only be known from a cluster, such as whether a
// resource exists, is found at run time.
package spec
