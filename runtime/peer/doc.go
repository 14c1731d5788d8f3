// Package peer lets operators know of each other, so that of several that handle the
// same objects only one works at a time: the engine in the cluster pauses while a developer
// runs the same operator at home. It is the peering of Kopf 1.37, in its formats, so that
// operators in Python and engines of ours see each other.
//
// Who takes part has an entry in the status of a peering object, renews it while it
// lives, and leaves by taking it away. Decide is the core: from the entries to what follows
// of them. Monitor is the shell around it for one peering object. Which objects there are,
// and what a pause means for the work, is the business of package runtime.
package peer
