// Package queue hands objects to workers: each key to one worker at a time,
// keys that arrive while their object is being handled once more afterwards,
// and keys of the future when their time has come. It also holds the brake
// that slows down an object whose handling triggers itself.
//
// It knows nothing of Kubernetes; see runtime/watch for where keys come from
// and runtime/handle for what is done with them.
package queue
