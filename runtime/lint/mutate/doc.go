// Package mutate makes definitions with one mistake each out of good ones, for
// tests of lint: a letter left out, a quote that is not closed, a line that is
// indented by one space too many. Of each it knows, by construction, where the
// mistake stands and, where it is a typo, which word was meant.
//
// It reads YAML and expressions by means of its own, and not by those of lint,
// so that it cannot be wrong in the same way. What it knows of the language is
// the table of keys that package spec has.
//
// What would be no mistake is left out where it would be made, with the reason:
// `spec.sizee` is a field like any other as long as nobody knows the schema.
//
// Start with Of. The test in this package prints how many mistakes lint finds.
package mutate
