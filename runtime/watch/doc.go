// Package watch keeps up with the objects of one resource: a Stream lists them,
// watches them, keeps the newest state of each in packed form, and tells a Sink
// what changed.
//
// The state machine of listing, watching and recovering is client-go's
// Reflector: streamed initial lists where the server has them and pages where
// not, bookmarks, a new listing after a 410. What this package adds:
//
//   - Objects stay the server's JSON (kube.Object) on the whole way; nothing is
//     decoded here, and the first listing is packed while it comes in.
//   - A new listing is compared with what is known: only differences are told,
//     missing objects as Deleted with their last known state.
//   - A stream that is silent for too long is dead, and so is a request that
//     does not answer.
//   - A stream that the server cuts is resumed at once; errors are retried with
//     a growing delay, and told once, and once more when they are over.
//
// It knows nothing of handlers. What an object's change means is decided by
// runtime/cause; who works on which object when, by runtime/queue.
package watch
