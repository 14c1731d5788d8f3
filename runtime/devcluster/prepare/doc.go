// Command prepare builds the development cluster ahead of the tests: it takes
// minutes once, and tests show no progress.
package main
