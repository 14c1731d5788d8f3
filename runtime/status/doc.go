// Package status says what an engine is doing: the form in which a running engine tells it
// over HTTP, how to ask for it, and how to show it to people.
//
// Where the facts come from is a matter of package runtime.
package status
