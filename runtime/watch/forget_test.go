package watch_test

import "testing"

// TestForget: what was known when the stream ended can be told as deleted.
func TestForget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("one")
	b.create("two")
	f := b.follow()
	f.awaitSync()
	b.delete("one")
	f.await("the deletion", func() bool { return len(f.known) == 1 })
	f.stop()
	b.delete("two") // nobody sees it
	f.stream.Forget()
	f.stream.Forget()
	f.wantStory("one", "LISTED DELETED")
	f.wantStory("two", "LISTED DELETED")
}
