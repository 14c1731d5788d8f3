// Package events posts Kubernetes events (events.k8s.io/v1) about objects.
//
// A Recorder never keeps anybody waiting: what the API server does not take in
// time is dropped and counted. Equal events within some minutes become a series:
// one event with a count instead of many.
//
// Why not client-go's tools/events: it takes events that differ only in their
// note for equal, so of two failures of a handler the second would be lost, and
// it brings the typed clients of all Kubernetes APIs with it.
//
// What is worth an event is decided elsewhere: by the step event and by
// runtime/handle.
package events
