// Package kube talks to the API server: it finds the cluster (Connect), knows
// what the server serves (Discovery), reads and writes objects, and says what
// an API error means for a retry.
//
// Client has two ways to the API. Dynamic is client-go's, for whatever is rare.
// The methods of Client itself (Get, MergePatch, List, Watch) are for the work
// that every object costs: they return an Object, which is the server's JSON
// with its managedFields cut out and its identity found by a scan, and decode it
// only where somebody looks inside. A decoded patch response that nobody reads
// is a tenth of an engine's CPU.
//
// The package has no typed clients on purpose: the scheme of all Kubernetes
// types costs an operator more memory than its objects do.
//
// It does not watch (runtime/watch does, on top of List and Watch), caches
// nothing but discovery, and does not know the language, except the selectors of
// package spec that Discovery resolves.
package kube
