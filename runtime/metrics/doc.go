// Package metrics counts what an engine does, for Prometheus.
//
// Each engine has one Registry; there is none for the process. What happens often is counted
// through children that are bound when an operator starts (Operator, Handler, Resource), so
// that it costs an addition; what can be asked for at any time, such as the number of
// watched objects, is read when somebody scrapes.
//
// The labels are names of operators, handlers, resources and the like. There is never the
// name of an object among them: nobody could pay for that many series. The metrics that
// steps make are the users' own, see Registry.Declare.
package metrics
