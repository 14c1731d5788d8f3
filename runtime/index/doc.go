// Package index keeps something of each object for handlers to look up: per index, the
// values of the objects by keys. It knows neither clusters nor expressions; what an object
// has in an index is decided elsewhere.
package index
