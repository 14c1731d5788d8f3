// Package scope decides which namespaces are served: patterns of their names, by the
// rules of Kopf. It is pure: which namespaces exist, and when, is the matter of package
// runtime, and the flags that patterns come from are those of cmd/kopf-declarative.
package scope
