// Package retry asks operators, by a note on an object, to try handlers again that failed for
// good or that wait for their next attempt. What they do then is a matter of runtime/handle.
package retry
