// Package explain tells people at a terminal what the language has: its keys,
// the variables of expressions and their functions. It knows nothing by
// itself: everything comes from the tables of packages spec and eval.
package explain
