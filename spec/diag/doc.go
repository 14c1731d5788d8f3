// Package diag is what every part says findings with: one Diagnostic type with
// the place in the user's text, a List of them, and one Printer.
//
// Those who find something know nothing of how it is shown; sorting, leaving
// out repetitions, excerpts and colours are the Printer's. Start with
// Diagnostic, then see Printer.
package diag
