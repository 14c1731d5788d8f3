package cause

import (
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

const finalizer = "evc.kopf.dev/finalizer"

// thing is an object of size 2 with labels in the given state of deletion.
func thing(deleting bool, finalizers ...any) map[string]any {
	meta := map[string]any{"name": "x", "finalizers": finalizers}
	if deleting {
		meta["deletionTimestamp"] = "2026-11-24T01:41:06Z"
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Thing", "metadata": meta,
		"spec": map[string]any{"size": int64(2)}, "status": map[string]any{"x": "y"},
	}
}

func TestDetect(t *testing.T) {
	const (
		absent    = "-"
		same      = `{"spec":{"size":2}}` + "\n"
		reordered = ` {"spec": {"size": 2.0}, "none": null}`
		different = `{"spec":{"size":1}}` + "\n"
		null      = `null`
	)
	live, held := thing(false), thing(false, finalizer)
	deleting, free, others := thing(true, finalizer), thing(true), thing(true, "other")
	tests := []struct {
		name         string
		object       map[string]any
		gone         bool
		stored       string
		firstListing bool
		reason       Reason
		resuming     bool
	}{
		{"gone", live, true, same, false, Delete, false},
		{"gone after its deletion", free, true, same, false, Delete, false},
		{"gone since the start", deleting, true, same, true, Delete, false},
		{"released", free, false, same, false, Free, false},
		{"held by others only", others, false, different, true, Free, false},
		{"deletion", deleting, false, same, false, Delete, false},
		{"deletion beats change", deleting, false, different, false, Delete, false},
		{"deletion beats creation", deleting, false, absent, false, Delete, false},
		{"deletion seen at start", deleting, false, same, true, Delete, true},
		{"never handled", live, false, absent, false, Create, false},
		{"never handled, but with the finalizer", held, false, absent, false, Create, false},
		{"never handled, seen at start", live, false, absent, true, Create, false},
		{"null is no essence", live, false, null, true, Create, false},
		{"seen at start", live, false, same, true, Resume, true},
		{"seen at start, in Python's form", live, false, reordered, true, Resume, true},
		{"changed while down", live, false, different, true, Update, true},
		{"changed", live, false, different, false, Update, false},
		{"unchanged", held, false, same, false, Noop, false},
		{"unchanged, in Python's form", live, false, reordered, false, Noop, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := Input{Object: test.object, Gone: test.gone, Finalizer: finalizer, FirstListing: test.firstListing}
			if test.stored != absent {
				in.Stored, in.HasStored = test.stored, true
			}
			got, err := Detect(in)
			if err != nil {
				t.Fatal(err)
			}
			if got.Reason != test.reason || got.Resuming != test.resuming {
				t.Errorf("got %s, resuming %v; want %s, resuming %v", got.Reason, got.Resuming, test.reason, test.resuming)
			}
			if handled := test.reason != Free && test.reason != Noop; (got.New != nil) != handled {
				t.Errorf("reason %s comes with the new essence %v", got.Reason, got.New)
			}
		})
	}
}

func TestDetectGivesOldNewAndDiff(t *testing.T) {
	got, err := Detect(Input{Object: thing(false), Stored: `{"spec":{"size":1}}`, HasStored: true})
	if err != nil {
		t.Fatal(err)
	}
	size := func(n int64) map[string]any { return map[string]any{"spec": map[string]any{"size": n}} }
	if !patch.Equal(got.Old, size(1)) || !patch.Equal(got.New, size(2)) {
		t.Errorf("old %v, new %v", got.Old, got.New)
	}
	if len(got.Diff) != 1 || essence.FormatPath(got.Diff[0].Path) != "spec.size" {
		t.Errorf("diff %v", got.Diff)
	}
}

func TestDetectCreation(t *testing.T) {
	got, err := Detect(Input{Object: thing(false)})
	if err != nil || got.Old != nil {
		t.Errorf("old %v, %v", got.Old, err)
	}
	if len(got.Diff) != 1 || got.Diff[0].Op != essence.Add || len(got.Diff[0].Path) != 0 {
		t.Errorf("the diff is not the whole object added: %v", got.Diff)
	}
}

func TestDetectSeesNamedFields(t *testing.T) {
	in := Input{Object: thing(false), Stored: `{"spec":{"size":2}}` + "\n", HasStored: true}
	in.Essence.Fields = [][]string{{"status", "x"}}
	got, err := Detect(in)
	if err != nil || got.Reason != Update || !got.Diff.Touches([]string{"status", "x"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDetectPending(t *testing.T) {
	size := func(n string) string { return `{"spec":{"size":` + n + `}}` + "\n" }
	tests := []struct {
		name            string
		deleting        bool
		stored, pending string
		firstListing    bool
		reason          Reason
		resuming        bool
		size            int64 // in the new essence; the object has 2
	}{
		{"changed while created", false, "", size("1"), false, Create, false, 1},
		{"changed while created, after a restart", false, "", size("1"), true, Create, false, 1},
		{"changed while updated", false, size("0"), size("1"), false, Update, false, 1},
		{"changed back while updated", false, size("2"), size("1"), false, Update, false, 1},
		{"changed while resumed", false, size("1"), size("1"), true, Resume, true, 1},
		{"the resume is over", false, size("1"), size("1"), false, Update, false, 2},
		{"the resume is over, nothing changed", false, size("2"), size("2"), false, Noop, false, 0},
		{"deleted while updated", true, size("0"), size("1"), false, Delete, false, 2},
		{"damaged", false, size("1"), "{", false, Update, false, 2},
		{"null", false, size("1"), "null", false, Update, false, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Detect(Input{
				Object:    thing(test.deleting, finalizer),
				Finalizer: finalizer,
				Stored:    test.stored, HasStored: test.stored != "",
				Pending: test.pending, HasPending: true,
				FirstListing: test.firstListing,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Reason != test.reason || got.Resuming != test.resuming {
				t.Errorf("got %s, resuming %v", got.Reason, got.Resuming)
			}
			value, _ := essence.Lookup(got.New, []string{"spec", "size"})
			if size, _ := value.(int64); size != test.size {
				t.Errorf("the new size is %v, want %d", value, test.size)
			}
		})
	}
}

func TestDetectWithDamagedEssence(t *testing.T) {
	got, err := Detect(Input{Object: thing(false), Stored: `{"spec":`, HasStored: true, FirstListing: true})
	if err == nil {
		t.Error("nothing was said about the damage")
	}
	if got.Reason != Create || got.Resuming {
		t.Errorf("got %s, resuming %v; want create alone", got.Reason, got.Resuming)
	}
}

func TestFinalizerOfAnyShape(t *testing.T) {
	for _, odd := range []any{nil, "text", map[string]any{}, []any{int64(1), map[string]any{}}} {
		obj := map[string]any{"metadata": map[string]any{"finalizers": odd, "deletionTimestamp": nil}}
		if HasFinalizer(obj, finalizer) || IsDeleting(obj) {
			t.Errorf("%v: held %v, deleting %v", odd, HasFinalizer(obj, finalizer), IsDeleting(obj))
		}
	}
}
