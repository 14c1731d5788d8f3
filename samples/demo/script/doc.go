// Package script plays the demo.yaml of a sample on a real cluster: it does what
// a user would do, waits until the operator has done what is expected, and tells
// a reader what happens.
//
// The same script is the demo of a sample and the test of its README; that is
// why a script has expectations. It is not a test framework for operators.
package script
