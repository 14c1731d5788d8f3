// Package runtime runs operators: it connects what they name to watches,
// queues and workers, keeps each operator apart from the others, and stops
// them in order.
//
// The parts are in the packages below: watch brings objects, queue orders
// them, handle works on one of them, events posts Kubernetes events; essence,
// cause and state are the pure core. What a step does is in actions.
package runtime
