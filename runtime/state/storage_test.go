package state

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// withAnnotations makes an object out of pairs of a key and a value.
func withAnnotations(pairs ...string) map[string]any {
	annotations := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		annotations[pairs[i]] = pairs[i+1]
	}
	return map[string]any{"metadata": map[string]any{"annotations": annotations}}
}

// withProgress makes an object with records in the status where Kopf has them.
func withProgress(records map[string]any) map[string]any {
	return map[string]any{"status": map[string]any{"kopf": map[string]any{"progress": records}}}
}

// both joins the stanzas of two objects.
func both(a, b map[string]any) map[string]any {
	out := map[string]any{}
	for _, m := range []map[string]any{a, b} {
		for key, value := range m {
			out[key] = value
		}
	}
	return out
}

// annotationsIn shows a patch of annotations as sorted "key=value" lines.
func annotationsIn(t *testing.T, patch map[string]any) []string {
	t.Helper()
	value, _ := essence.Lookup(patch, []string{"metadata", "annotations"})
	annotations, _ := value.(map[string]any)
	out := []string{}
	for key, value := range annotations {
		text, ok := value.(string)
		if !ok && value != nil {
			t.Errorf("%s is a %T", key, value)
		}
		if value == nil {
			text = "null"
		}
		out = append(out, key+"="+text)
	}
	slices.Sort(out)
	return out
}

func expectAnnotations(t *testing.T, patch map[string]any, want ...string) {
	t.Helper()
	if len(want) == 0 && patch != nil {
		t.Errorf("got %v, want no patch at all", patch)
	}
	slices.Sort(want)
	if got := annotationsIn(t, patch); !slices.Equal(got, append([]string{}, want...)) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

var (
	own     = Storage{Prefix: "evc.kopf.dev"}
	kopf    = Storage{Prefix: "kopf.zalando.org", Takeover: true}
	renamed = Storage{Prefix: "new.dev", ReadAlso: []string{"old.dev", "older.dev"}}
)

const (
	newLong = "kopf.zalando.org/an-id-that-is-longer-than-sixty-three-characters-to-be-h-RBMxDA"
	oldLong = "kopf.zalando.org/an-id-that-is-longer-than-sixty-three-c-RBMxDA"
)

// attempts is the text of a record that is known by its number of attempts.
func attempts(n int) string { return Record{Retries: n}.Text() }

func TestLoad(t *testing.T) {
	inStatus := withProgress(map[string]any{"slow": map[string]any{"retries": int64(3)}, longID: map[string]any{"retries": int64(3)}})
	tests := []struct {
		name    string
		storage Storage
		obj     map[string]any
		id      string
		want    int // attempts; 0 for no record
		errors  int
	}{
		{"nothing", own, map[string]any{}, "slow", 0, 0},
		{"own", own, withAnnotations("evc.kopf.dev/slow", attempts(1)), "slow", 1, 0},
		{"of another prefix", own, withAnnotations("evc2.kopf.dev/slow", attempts(1)), "slow", 0, 0},
		{"of a neighbour in the status", own, inStatus, "slow", 0, 0},
		{"of Kopf", kopf, withAnnotations("kopf.zalando.org/slow", sample), "slow", 2, 0},
		{"newer key first", kopf, withAnnotations(newLong, attempts(1), oldLong, attempts(2)), longID, 1, 0},
		{"older key before the status", kopf, both(inStatus, withAnnotations(oldLong, attempts(2))), longID, 2, 0},
		{"status last", kopf, inStatus, longID, 3, 0},
		{"no older key without a takeover", Storage{Prefix: "kopf.zalando.org"}, withAnnotations(oldLong, attempts(2)), longID, 0, 0},
		{"former prefix", renamed, withAnnotations("older.dev/slow", attempts(2)), "slow", 2, 0},
		{"former prefixes in order", renamed, withAnnotations("older.dev/slow", attempts(2), "old.dev/slow", attempts(1)), "slow", 1, 0},
		{"own prefix before former ones", renamed, withAnnotations("new.dev/slow", attempts(3), "old.dev/slow", attempts(1)), "slow", 3, 0},
		{"damaged", own, withAnnotations("evc.kopf.dev/slow", "{"), "slow", 0, 1},
		{"damaged, but there is another form", kopf, both(inStatus, withAnnotations("kopf.zalando.org/slow", "{")), "slow", 3, 1},
		{"damaged in the status", kopf, withProgress(map[string]any{"slow": []any{}}), "slow", 0, 1},
		{"null in the status", kopf, withProgress(map[string]any{"slow": nil}), "slow", 0, 0},
		{"in a field of the status", Storage{Prefix: "p.dev", Progress: Progress{InStatus: true, Field: []string{"status", "own"}}},
			map[string]any{"status": map[string]any{"own": map[string]any{"slow": map[string]any{"retries": int64(4)}}}}, "slow", 4, 0},
		{"annotations of odd shape", own, map[string]any{"metadata": "text"}, "slow", 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			records, errs := test.storage.Load(test.obj, []string{"other", test.id})
			got, found := records[test.id]
			if got.Retries != test.want || found != (test.want > 0) {
				t.Errorf("got %+v, found %v", got, found)
			}
			if len(errs) != test.errors {
				t.Errorf("errors: %v", errs)
			}
			for _, err := range errs {
				if !strings.Contains(err.Error(), test.id) {
					t.Errorf("%q does not name the handler", err)
				}
			}
		})
	}
}

func TestSave(t *testing.T) {
	type records = map[string]Record
	retried := sampleRecord()
	tests := []struct {
		name    string
		storage Storage
		obj     map[string]any
		records records
		drop    []string
		want    []string
	}{
		{"nothing", own, withAnnotations(), nil, nil, nil},
		{"first, with the marker", own, map[string]any{}, records{"slow": retried}, nil,
			[]string{"evc.kopf.dev/slow=" + sample, "evc.kopf.dev/kopf-managed=yes"}},
		{"marked before", own, withAnnotations("evc.kopf.dev/kopf-managed", "yes"), records{"slow": retried}, nil,
			[]string{"evc.kopf.dev/slow=" + sample}},
		{"known without a marker", kopf, withAnnotations(), records{"slow": retried}, nil,
			[]string{"kopf.zalando.org/slow=" + sample}},
		{"only under the newer key", kopf, withAnnotations(), records{longID: retried}, nil,
			[]string{newLong + "=" + sample}},
		{"unchanged", own, withAnnotations("evc.kopf.dev/slow", sample), records{"slow": retried}, nil, nil},
		{"unchanged, in another form", own, withAnnotations("evc.kopf.dev/slow", strings.ReplaceAll(sample, `,"`, ` , "stopped":null, "`)), records{"slow": retried}, nil, nil},
		{"unchanged, at another place", kopf, withAnnotations(oldLong, sample), records{longID: retried}, nil, nil},
		{"changed, at another place", kopf, withAnnotations(oldLong, attempts(1)), records{longID: retried}, nil,
			[]string{newLong + "=" + sample}},
		{"over a damaged one", kopf, withAnnotations("kopf.zalando.org/slow", "{"), records{"slow": retried}, nil,
			[]string{"kopf.zalando.org/slow=" + sample}},
		{"one of two changed", kopf, withAnnotations("kopf.zalando.org/slow", sample, "kopf.zalando.org/b", attempts(1)),
			records{"slow": retried, "b": {Retries: 2}}, nil, []string{"kopf.zalando.org/b=" + attempts(2)}},
		{"never tried", own, withAnnotations(), records{"slow": {Purpose: "create"}}, nil, nil},
		{"dropped", kopf, withAnnotations("kopf.zalando.org/a", attempts(1), "kopf.zalando.org/b", attempts(1)), nil, []string{"a", "absent"},
			[]string{"kopf.zalando.org/a=null"}},
		{"dropped and begun anew", kopf, withAnnotations("kopf.zalando.org/slow", attempts(1)), records{"slow": retried}, []string{"slow"},
			[]string{"kopf.zalando.org/slow=" + sample}},
		{"dropped and not begun yet", kopf, withAnnotations("kopf.zalando.org/slow", attempts(1)), records{"slow": {Purpose: "delete"}}, []string{"slow"},
			[]string{"kopf.zalando.org/slow=null"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expectAnnotations(t, test.storage.Save(test.obj, test.records, test.drop...), test.want...)
		})
	}
}

func TestSaveInStatus(t *testing.T) {
	storage := Storage{Prefix: "p.dev", Progress: Progress{InStatus: true}}
	there := Record{Retries: 1, Delayed: ptr(at(9)), Message: "wait"}
	obj := withProgress(map[string]any{"slow": there.Values()})
	if patch := storage.Save(obj, map[string]Record{"slow": there}); patch != nil {
		t.Errorf("unchanged: got %v", patch)
	}
	got := storage.Save(obj, map[string]Record{"slow": {Retries: 2, Success: true}})
	want := withProgress(map[string]any{"slow": map[string]any{
		"retries": int64(2), "success": true, "failure": false, "delayed": nil, "message": nil,
	}})
	if !patch.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPurge(t *testing.T) {
	obj := both(
		withProgress(map[string]any{longID: map[string]any{}, "slow": nil, "foreign": map[string]any{}}),
		withAnnotations(
			newLong, sample, oldLong, sample,
			"kopf.zalando.org/slow", sample,
			"kopf.zalando.org/foreign", sample,
			"kopf.zalando.org/last-handled-configuration", "{}",
			"kopf.zalando.org/pending-configuration", "{}",
		))
	got := kopf.Purge(obj, []string{longID, "slow", "absent"})
	expectAnnotations(t, got, newLong+"=null", oldLong+"=null", "kopf.zalando.org/slow=null", "kopf.zalando.org/pending-configuration=null")
	if want := withProgress(map[string]any{longID: nil}); !patch.Equal(got["status"], want["status"]) {
		t.Errorf("in the status: %v", got["status"])
	}
	expectAnnotations(t, kopf.Purge(withAnnotations(), []string{"slow"}))
	expectAnnotations(t, kopf.Purge(map[string]any{}, []string{"slow"}))
	expectAnnotations(t, own.Purge(withProgress(map[string]any{"slow": map[string]any{}}), []string{"slow"}))
	expectAnnotations(t, renamed.Purge(withAnnotations("old.dev/slow", sample), []string{"slow"}), "old.dev/slow=null")
}

func TestWithSubrefs(t *testing.T) {
	ids := []string{"b", "a"}
	got := WithSubrefs(ids, map[string]Record{"a": {Subrefs: []string{"a/2", "a/1"}}, "gone": {Subrefs: []string{"a/1"}}})
	if want := []string{"a", "a/1", "a/2", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !slices.Equal(ids, []string{"b", "a"}) {
		t.Errorf("the ids were changed: %v", ids)
	}
}

func TestStoredEssence(t *testing.T) {
	const sized = `{"spec":{"size":1}}` + "\n"
	replicaSet := withAnnotations("evc.kopf.dev/last-handled-configuration", "{}", "evc.kopf.dev/last-handled-configuration-ofDRS", sized)
	replicaSet["kind"] = "ReplicaSet"
	replicaSet["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{"kind": "Deployment"}}
	inStatus := map[string]any{"status": map[string]any{"kopf": map[string]any{"last-handled-configuration": `{"spec":{"size":1}}`}}}
	longPrefix := Storage{Prefix: "a-quite-long-name-of-an-operator.example.com", Takeover: true}
	tests := []struct {
		name    string
		storage Storage
		obj     map[string]any
		want    string
	}{
		{"none", own, withAnnotations(), ""},
		{"own", own, withAnnotations("evc.kopf.dev/last-handled-configuration", sized), sized},
		{"of a neighbour", own, withAnnotations("kopf.zalando.org/last-handled-configuration", sized), ""},
		{"of a ReplicaSet", own, replicaSet, sized},
		{"null", own, withAnnotations("evc.kopf.dev/last-handled-configuration", "null\n"), ""},
		{"empty", own, withAnnotations("evc.kopf.dev/last-handled-configuration", ""), ""},
		{"damaged", own, withAnnotations("evc.kopf.dev/last-handled-configuration", "{"), "{"},
		{"under a former prefix", renamed, withAnnotations("older.dev/last-handled-configuration", sized), sized},
		{"under an older key", longPrefix, withAnnotations(OldKey(longPrefix.Prefix, HandledKey, nil), sized), sized},
		{"under another name", Storage{Prefix: "p.dev", Diffbase: Diffbase{Key: "seen"}}, withAnnotations("p.dev/seen", sized), sized},
		{"in the status", Storage{Prefix: "p.dev", Diffbase: Diffbase{InStatus: true}}, inStatus, strings.TrimSpace(sized)},
		{"in the status, but not asked for", own, inStatus, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, found := test.storage.StoredEssence(test.obj)
			if got != test.want || found != (test.want != "") {
				t.Errorf("found %v: %q", found, got)
			}
		})
	}
}

func TestSaveEssence(t *testing.T) {
	e := map[string]any{"spec": map[string]any{"size": int64(1), "name": "ü"}}
	const text = `{"spec":{"name":"\u00fc","size":1}}` + "\n"
	const python = `{"spec": {"size": 1.0, "name": "ü"}}`
	longPrefix := Storage{Prefix: "kopf.a-quite-long-name-of-an-operator.example.com", Takeover: true}
	older := OldKey(longPrefix.Prefix, HandledKey, nil)
	tests := []struct {
		name    string
		storage Storage
		obj     map[string]any
		want    []string
	}{
		{"first, with the marker", own, map[string]any{}, []string{"evc.kopf.dev/last-handled-configuration=" + text, "evc.kopf.dev/kopf-managed=yes"}},
		{"first of Kopf's own name", kopf, map[string]any{}, []string{"kopf.zalando.org/last-handled-configuration=" + text}},
		{"unchanged", own, withAnnotations("evc.kopf.dev/last-handled-configuration", text), nil},
		{"unchanged, in another form", own, withAnnotations("evc.kopf.dev/last-handled-configuration", python), nil},
		{"changed", kopf, withAnnotations("kopf.zalando.org/last-handled-configuration", "{}"), []string{"kopf.zalando.org/last-handled-configuration=" + text}},
		{"damaged", kopf, withAnnotations("kopf.zalando.org/last-handled-configuration", "{"), []string{"kopf.zalando.org/last-handled-configuration=" + text}},
		{"from a former prefix", renamed, withAnnotations("old.dev/last-handled-configuration", text), []string{"new.dev/last-handled-configuration=" + text, "new.dev/kopf-managed=yes"}},
		{"a former prefix keeps its own", Storage{Prefix: "kopf.dev", ReadAlso: []string{"old.dev"}, Takeover: true},
			withAnnotations("old.dev/last-handled-configuration", "{}"), []string{"kopf.dev/last-handled-configuration=" + text}},
		{"from an older key", longPrefix, withAnnotations(older, text), []string{longPrefix.Prefix + "/last-handled-configuration=" + text, older + "=null"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			patch, err := test.storage.SaveEssence(test.obj, e)
			if err != nil {
				t.Fatal(err)
			}
			expectAnnotations(t, patch, test.want...)
		})
	}
	if patch, err := own.SaveEssence(map[string]any{}, map[string]any{"spec": make(chan int)}); err == nil {
		t.Errorf("what is not JSON was stored as %v", patch)
	}
}

func TestEssenceInStatus(t *testing.T) {
	storage := Storage{Prefix: "p.dev", Diffbase: Diffbase{InStatus: true, Field: []string{"status", "own", "handled"}}}
	handled, err := storage.SaveEssence(map[string]any{}, map[string]any{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"status": map[string]any{"own": map[string]any{"handled": `{"a":"b"}`}}}
	if !patch.Equal(handled, want) {
		t.Errorf("got %v, want %v", handled, want)
	}
	if again, err := storage.SaveEssence(handled, map[string]any{"a": "b"}); again != nil || err != nil {
		t.Errorf("stored again: %v, %v", again, err)
	}
	saved, err := storage.SavePending(handled, map[string]any{"a": "c"})
	if err != nil {
		t.Fatal(err)
	}
	pending := patch.Apply(handled, saved)
	if text, ok := storage.StoredPending(pending); !ok || text != `{"a":"c"}` {
		t.Errorf("pending: %q, %v, in %v", text, ok, pending)
	}
	if diff := essence.Compare(nil, essence.Of(pending, storage.Essence([][]string{{"status"}}))); len(diff[0].New.(map[string]any)) > 0 {
		t.Errorf("the engine's records are part of the essence: %v", diff)
	}
}

func TestProgressInStatusIsNoEssence(t *testing.T) {
	storage := Storage{Prefix: "p.dev", Progress: Progress{InStatus: true, Field: []string{"status", "own", "progress"}}}
	obj := storage.Save(map[string]any{}, map[string]Record{"slow": sampleRecord()})
	if e := essence.Of(obj, storage.Essence([][]string{{"status"}})); len(e) > 0 {
		t.Errorf("the records are part of the essence: %v", e)
	}
}

func TestPending(t *testing.T) {
	patch, err := own.SavePending(withAnnotations("evc.kopf.dev/kopf-managed", "yes"), map[string]any{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	expectAnnotations(t, patch, `evc.kopf.dev/pending-configuration={"essence":{"a":"b"},"since":""}`+"\n")
	if text, ok := own.StoredPending(patch); !ok || text != `{"a":"b"}` {
		t.Errorf("got %q, %v", text, ok)
	}
	if _, ok := own.StoredPending(withAnnotations()); ok {
		t.Error("found where there is none")
	}
	if again, err := own.SavePending(patch, map[string]any{"a": "b"}); again != nil || err != nil {
		t.Errorf("stored again: %v, %v", again, err)
	}
}

// Whatever a storage writes is no part of the essence: not with the marker and
// not before it, not for itself and not for a neighbour that knows the marker.
func TestRecordsAreNoEssence(t *testing.T) {
	neighbour := Storage{Prefix: "other.example.com"}
	for _, storage := range []Storage{own, kopf, renamed} {
		obj := map[string]any{"metadata": map[string]any{"annotations": map[string]any{}}}
		annotations := obj["metadata"].(map[string]any)["annotations"].(map[string]any)
		handled, err := storage.SaveEssence(obj, map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		for _, patch := range []map[string]any{storage.Save(obj, map[string]Record{"slow": sampleRecord()}), handled} {
			value, _ := essence.Lookup(patch, []string{"metadata", "annotations"})
			for key, text := range value.(map[string]any) {
				annotations[key] = text
			}
		}
		for _, reader := range []Storage{storage, neighbour} {
			if e := essence.Of(obj, reader.Essence(nil)); len(e) > 0 {
				t.Errorf("%s sees the records of %s: %v", reader.Prefix, storage.Prefix, e)
			}
		}
		delete(annotations, storage.Prefix+"/"+essence.Marker)
		if e := essence.Of(obj, storage.Essence(nil)); len(e) > 0 {
			t.Errorf("%s sees its own records without the marker: %v", storage.Prefix, e)
		}
	}
}

func TestNotes(t *testing.T) {
	storage := Storage{Prefix: "op.example.com"}
	obj := map[string]any{"kind": "ReplicaSet", "metadata": map[string]any{
		"ownerReferences": []any{map[string]any{"kind": "Deployment"}},
		// As the Deployment's controller copies it from the Deployment.
		"annotations": map[string]any{"op.example.com/note": "the Deployment's"},
	}}
	if got := storage.Noted(obj, "note"); got != "" {
		t.Errorf("the note of another object: %q", got)
	}
	noted := patch.Apply(obj, storage.Note(obj, "note", "own"))
	if got := storage.Noted(noted, "note"); got != "own" {
		t.Errorf("got %q", got)
	}
	// Neither this operator nor another one sees a change.
	for _, opts := range []essence.Options{storage.Essence(nil), {}} {
		before, after := essence.Of(obj, storage.Essence(nil)), essence.Of(noted, opts)
		if diff := essence.Compare(before, after); len(diff) > 0 {
			t.Errorf("a note is a change: %v", diff)
		}
	}
}
