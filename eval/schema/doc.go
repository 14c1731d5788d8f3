// Package schema knows what objects look like: which fields a kind has, of which
// types, and what they mean.
//
// A [Set] has the kinds of one cluster, as far as they are known: the builtin ones,
// which ship with the binary ([Builtin]), those of CustomResourceDefinitions
// ([Set.AddCRD]), and what a cluster publishes about itself ([Set.AddOpenAPI]). A
// [Type] is a node of such a kind, or one that is made up for a value that no kind
// describes, such as the result of a step. Types are read when somebody looks at
// them: most of a Pod is never looked at.
//
// The package is pure. Package eval types expressions by it.
package schema
