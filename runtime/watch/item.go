package watch

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// item shows a packed object to the reflector as one that it can handle.
type item struct{ *kube.Object }

// GetObjectKind implements runtime.Object; the reflector does not look.
func (item) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object; a packed object is immutable.
func (i item) DeepCopyObject() runtime.Object { return i }

// GetObjectMeta implements metav1.ObjectMetaAccessor.
func (i item) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{Namespace: i.Namespace, Name: i.Name, ResourceVersion: i.ResourceVersion}
}

// bookmark is the object of a bookmark event.
type bookmark struct{ item }

// GetObjectMeta implements metav1.ObjectMetaAccessor.
func (b bookmark) GetObjectMeta() metav1.Object {
	meta := &metav1.ObjectMeta{ResourceVersion: b.ResourceVersion}
	if b.endsListing() {
		meta.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	}
	return meta
}

// endsListing tells whether the bookmark stands behind the last object of a
// streamed initial list.
func (b bookmark) endsListing() bool {
	return strings.Contains(b.JSON(), metav1.InitialEventsAnnotationKey)
}

// stopClock is a clock whose waits end with a context. Some of the reflector's
// waits know no other way to end.
type stopClock struct {
	clock.RealClock
	ctx context.Context
}

// After implements clock.Clock.
func (c stopClock) After(d time.Duration) <-chan time.Time {
	over, cancel := context.WithTimeout(c.ctx, d)
	fired := make(chan time.Time, 1)
	context.AfterFunc(over, func() {
		cancel()
		fired <- c.Now()
	})
	return fired
}
