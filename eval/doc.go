// Package eval is the language inside the YAML: CEL expressions and templates
// with ${ } in them. It compiles them once, when definitions are loaded, and
// evaluates them many times.
//
// It knows which variable and function exists where (Variables, Functions),
// and every error it returns, at load and at run time, points into the YAML.
// It does not know what an expression is for, never talks to a cluster, and
// has no clock: what an expression sees comes in a Binding.
//
// For those who help to write an expression, it completes (Env.Complete) and explains
// (Env.Hover) one at a place, finished or not.
//
// Start at Env; scope.go, functions.go and cel_functions.go hold the tables that the
// environment, the diagnostics and docs/expressions.md are made from;
// actions compiles steps with this package, and runtime compiles filters.
package eval
