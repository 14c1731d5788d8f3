package runtime

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// TestSchemaIsAwaited: what a new definition lacks for a moment is nothing to warn of; what
// lasts is, and so is every other reason at once.
func TestSchemaIsAwaited(t *testing.T) {
	s := newShapes(nil)
	gvk := schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Thing"}
	undescribed := &kube.Undescribed{Kind: gvk}
	begin := time.Now()
	awaits := func(want bool, why error, after time.Duration) {
		t.Helper()
		if got := s.awaits(gvk, why, begin.Add(after)); got != want {
			t.Errorf("after %v, %v: %v", after, why, got)
		}
	}
	awaits(true, undescribed, 0)
	awaits(true, undescribed, time.Second)
	if !s.pending() {
		t.Error("nobody looks again")
	}
	awaits(true, undescribed, publishTime-1)
	awaits(false, undescribed, publishTime)
	awaits(false, undescribed, time.Hour)
	awaits(false, nil, time.Hour) // it was published, and is not any more, as of a new version
	awaits(true, undescribed, 2*time.Hour)
	awaits(false, errors.New("forbidden"), 2*time.Hour)
	if s.pending() {
		t.Error("a schema that is refused is waited for")
	}
}
