// Package daemon keeps what runs beside the handling of changes: timers, which
// run time and again, and daemons, which live as long as their object. It says
// when each is due, starts it, stops it, and starts it again.
//
// It knows nothing of Kubernetes nor of steps: an object is its uid, and what a
// task does is a function; see runtime/handle for both.
package daemon
