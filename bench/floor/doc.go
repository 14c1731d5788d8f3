// Command floor does by hand, and as cheaply as client-go allows, what the
// operators of bench/operators do: for every new object one patch of its
// metadata and one of its status, and with -child a ConfigMap before. It has no
// retries, no diff, no filters and no memory of its objects beyond a number
// each. No operator that stores its progress on the objects can do with less,
// so it is what the engine is measured against.
package main
