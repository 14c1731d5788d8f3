package watch

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// What is kept of an object is little more than its text.
func TestMemoryPerObject(t *testing.T) {
	const count = 10_000
	r := kube.Resource{Group: "kopf.dev", Version: "v1", Kind: "KopfExample", Plural: "kopfexamples", Namespaced: true}
	s := New(Options{Resource: r}, Sink{Event: func(Event) {}})
	before := inUse()
	list := make([]any, count)
	size := 0
	for i := range list {
		o, err := kube.Pack(object(i), r.GVK())
		if err != nil {
			t.Fatal(err)
		}
		list[i] = item{o}
		size += len(o.JSON())
	}
	if err := (store{s}).Replace(list, "1"); err != nil {
		t.Fatal(err)
	}
	clear(list) // so that nothing but the store keeps them
	kept := float64(inUse()-before) / count
	text := float64(size) / count
	t.Logf("%.0f bytes are kept of %.0f bytes of text", kept, text)
	if kept > text*1.25 {
		t.Errorf("%.0f bytes are kept of %.0f bytes of text", kept, text)
	}
	runtime.KeepAlive(s)
}

// object is one of 1.5 KB without its managedFields.
func object(i int) []byte {
	return fmt.Appendf(nil, `{"apiVersion":"kopf.dev/v1","kind":"KopfExample","metadata":{"name":"load-%06d","namespace":"default",`+
		`"uid":"0f0c6f06-4d5b-4f3c-9f3f-%012d","resourceVersion":"%d","managedFields":[{"fieldsV1":%q}]},"spec":{"text":%q}}`,
		i, i, i, strings.Repeat("f", 700), strings.Repeat("s", 1250))
}

func inUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
