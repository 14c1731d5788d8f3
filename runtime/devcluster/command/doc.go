// Package command builds the commands of this repository and runs them as
// processes, the way a user does: for the demo, the tests of the samples and
// the benchmarks.
//
// It is not a way to embed the engine into a program; that is package runtime.
package command
