// Package load puts a load on an operator and measures how it copes: it
// creates, updates or deletes many objects at once and waits until the operator
// has marked each of them as done.
//
// It knows nothing about the operator but its process id; what it measures is
// seen from the API server and from /proc. Command bench decides what to
// compare with what.
package load
