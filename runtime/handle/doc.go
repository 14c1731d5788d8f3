// Package handle decides which handlers of an operator an object needs now,
// runs them, and records what came of it: one handling cycle after another.
//
// The deciding is in runtime/cause and runtime/state, pure; the steps of a
// handler are in actions. What this package adds is the order of things: which
// filters are asked, what the variables are, what is written to the object and
// when. It is given objects and told the time; where they come from is the
// matter of package runtime.
package handle
