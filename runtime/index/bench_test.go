package index

import (
	"fmt"
	"runtime"
	"testing"
)

const benchObjects = 10_000

// filled is a store of three indexes: one key for each object, ten objects for each key, and
// one key for all.
func filled() *Store {
	s := New([]string{"each", "tens", "all"}, nil)
	for i := range benchObjects {
		value := map[string]any{"name": fmt.Sprintf("object-%05d", i), "phase": "Running"}
		s.Put(Object{"pods", "default", fmt.Sprintf("object-%05d", i)}, []Entry{
			{"each", []any{fmt.Sprintf("object-%05d", i)}, value},
			{"tens", []any{fmt.Sprintf("node-%03d", i/10)}, fmt.Sprintf("object-%05d", i)},
			{"all", []any{"all"}, int64(i)},
		})
	}
	return s
}

// BenchmarkMemory reports what an entry takes: an object in one index, its value included.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := filled()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(3*benchObjects), "B/entry")
		runtime.KeepAlive(s)
	}
}

// BenchmarkPut is a change of one object in all three indexes, the one key for all included.
func BenchmarkPut(b *testing.B) {
	s := filled()
	n := 0
	for b.Loop() {
		n++
		name := fmt.Sprintf("object-%05d", n*7919%benchObjects)
		s.Put(Object{"pods", "default", name}, []Entry{
			{"each", []any{name}, int64(n)}, {"tens", []any{name[:10]}, int64(n)}, {"all", []any{"all"}, int64(n)},
		})
	}
}

// BenchmarkGet is a first look at a key, with a view of its own.
func BenchmarkGet(b *testing.B) {
	s := filled()
	for _, id := range []string{"each", "tens", "all"} {
		b.Run(id, func(b *testing.B) {
			key := any(map[string]string{"each": "object-07777", "tens": "node-777", "all": "all"}[id])
			for b.Loop() {
				if _, found := s.View().Get(id, key); !found {
					b.Fatal("not found")
				}
			}
		})
	}
}

// BenchmarkKeys is the list of all 10,000 keys.
func BenchmarkKeys(b *testing.B) {
	s := filled()
	for b.Loop() {
		if len(s.View().Keys("each")) != benchObjects {
			b.Fatal("keys are missing")
		}
	}
}
