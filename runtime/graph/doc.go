// Package graph draws operators: which resources start which handlers, what
// these make and change, what they look up and what they wait for.
//
// A Graph is made of definitions alone, without a cluster and without regard
// to their mistakes: what could be decoded is drawn. Mermaid, DOT and SVG are
// three ways to write the same Graph; the SVG is laid out here, since Graphviz
// is not at hand where the command runs.
//
// Start at New. build.go walks an operator, resources.go tells which names mean
// one resource, lines.go is what all renderers have in common, and layout.go
// finds the places for svg.go.
package graph
