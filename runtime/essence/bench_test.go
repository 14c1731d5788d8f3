package essence

import "testing"

// The usual event: the object is what it was, apart from its status.
func BenchmarkMatches(b *testing.B) {
	obj := file(b, "pod.yaml")
	text := mustMarshal(b, Of(obj, ours))
	b.ReportAllocs()
	for b.Loop() {
		if !Matches(obj, ours, text) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkOf(b *testing.B) {
	obj := file(b, "pod.yaml")
	b.ReportAllocs()
	for b.Loop() {
		Of(obj, ours)
	}
}

func BenchmarkMarshal(b *testing.B) {
	e := Of(file(b, "pod.yaml"), ours)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Marshal(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompareSame(b *testing.B) {
	old, new := Of(file(b, "pod.yaml"), ours), Of(file(b, "pod.yaml"), ours)
	b.ReportAllocs()
	for b.Loop() {
		if len(Compare(old, new)) > 0 {
			b.Fatal("differs from itself")
		}
	}
}

func BenchmarkCompareChanged(b *testing.B) {
	old, new := Of(file(b, "pod.yaml"), ours), Of(file(b, "pod.yaml"), ours)
	new["spec"].(map[string]any)["nodeName"] = "node-8"
	b.ReportAllocs()
	for b.Loop() {
		if len(Compare(old, new)) != 1 {
			b.Fatal("one field was changed")
		}
	}
}
