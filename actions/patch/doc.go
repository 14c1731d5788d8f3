// Package patch builds JSON merge patches (RFC 7386) out of plain data: it
// applies, composes, compares and shortens them.
//
// All functions are pure: they change none of their arguments, and what they
// return may share structure with them, so it must not be changed either.
//
// It knows neither the API server nor what belongs into which patch. Requests
// are made by package actions, and what a handling cycle writes to its own
// object is collected in actions.OwnPatch.
package patch
