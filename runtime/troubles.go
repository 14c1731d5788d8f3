package runtime

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// troubles are what an operator waits for: resources that the cluster does not have,
// rights that are missing. The zero value has none.
type troubles struct {
	mu    sync.Mutex
	texts map[any]string // guarded by mu: by what is in trouble
}

// troubleKey is the key of a watch in trouble.
type troubleKey struct {
	resource  schema.GroupVersionResource
	namespace string
}

// set notes what is wrong with something; nil is for nothing any more.
func (t *troubles) set(what any, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		delete(t.texts, what)
		return
	}
	if t.texts == nil {
		t.texts = map[any]string{}
	}
	t.texts[what] = err.Error()
}

// list is all that is wrong by now, in words, sorted.
func (t *troubles) list() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Compact(slices.Sorted(maps.Values(t.texts)))
}
