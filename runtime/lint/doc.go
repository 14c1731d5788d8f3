// Package lint is all that can be known about definitions without a cluster:
// what the layers find when they read and compile them, the rules beyond that,
// which have a file each here, and the comments by which people disable these.
//
// It stands above the layers because it lists the rules of all of them, and
// because most of its own look into expressions, of which package spec knows
// nothing. A rule here is a warning or an info: what makes a definition
// unusable is found where it cannot be used. Each rule of every layer has an
// example of what it is about, and of what to write instead, in the folder
// examples; the docs are generated from these and from the rules.
//
// Start with Check; to add a rule, see the list in checks.go.
package lint

//go:generate go run ./generate ../../docs
