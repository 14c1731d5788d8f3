// Package health is the HTTP server of an engine: metrics, health, readiness and status.
// What is on its pages is made elsewhere; it knows addresses, ports and how to stop.
package health
