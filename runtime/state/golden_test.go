package state_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/runtime/state/kopftest"
)

// golden is an object as an operator in Python has left it, and what becomes of
// it. See testdata/kopf/README.md.
type golden struct {
	Storage struct {
		Prefix             string
		Progress, Diffbase string // "status", or annotations
	}
	Handlers []string // ids of all top handlers
	Selected []string // those that the reason calls; all by default
	Anew     []string // those for which another purpose is another task; all by default
	// Subhandlers are ids of those that a handler has begun.
	Subhandlers []string
	Fields      []string // that handlers name
	Listed      bool     // the engine has just started
	Object      map[string]any
	Now         time.Time

	// What is read: why the object is handled, the essences that are stored and
	// that it has now, the records to go on with, and what is to be done.
	Reason                  string
	Old, Essence            map[string]any
	Records                 map[string]string
	Run, Sleeping, Finished []string

	// Attempt is how handlers end now, and Writes the patch of that.
	Attempt map[string]attempt
	Writes  map[string]any
	// Left is what is on the object when all have succeeded.
	Left struct{ Annotations, Status map[string]any }
}

// attempt is a success if it says nothing.
type attempt struct {
	Retry, Fail, Message string
	Waiting              bool
	Subrefs              []string
}

func (a attempt) outcome(t *testing.T) state.Outcome {
	switch {
	case a.Fail != "":
		return state.Outcome{Verdict: state.Failed, Message: a.Fail}
	case a.Retry == "":
		return state.Success()
	}
	delay, err := time.ParseDuration(a.Retry)
	if err != nil {
		t.Fatal(err)
	}
	return state.Outcome{Verdict: state.Retry, Delay: delay, Message: a.Message, Waiting: a.Waiting, Subrefs: a.Subrefs}
}

func TestObjectsOfKopf(t *testing.T) {
	files, err := filepath.Glob("testdata/kopf/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) { readGolden(t, file).test(t) })
	}
}

func readGolden(t *testing.T, file string) *golden {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := yaml.UnmarshalStrict(text, g); err != nil {
		t.Fatal(err)
	}
	if g.Storage.Prefix == "" {
		g.Storage.Prefix = "kopf.zalando.org"
	}
	if g.Selected == nil {
		g.Selected = append(g.Handlers, g.Subhandlers...)
	}
	if g.Anew == nil {
		g.Anew = g.Selected
	}
	g.Object = whole(g.Object).(map[string]any)
	return g
}

// whole gives numbers the types that objects of the API have.
func whole(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = whole(v[key])
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return value
}

func (g *golden) storage() state.Storage {
	return state.Storage{
		Prefix:   g.Storage.Prefix,
		Progress: state.Progress{InStatus: g.Storage.Progress == "status"},
		Diffbase: state.Diffbase{InStatus: g.Storage.Diffbase == "status"},
		Takeover: true,
	}
}

func (g *golden) fields() [][]string {
	var out [][]string
	for _, field := range g.Fields {
		out = append(out, essence.ParsePath(field))
	}
	return out
}

// python is an operator that could be the one that has left the object.
func (g *golden) python() kopftest.Operator {
	return kopftest.Operator{
		Prefix:          g.Storage.Prefix,
		Fields:          g.fields(),
		InStatus:        g.Storage.Progress == "status",
		HandledInStatus: g.Storage.Diffbase == "status",
	}
}

func (g *golden) detect(t *testing.T, object map[string]any) cause.Cause {
	t.Helper()
	storage := g.storage()
	stored, has := storage.StoredEssence(object)
	pending, hasPending := storage.StoredPending(object)
	out, err := cause.Detect(cause.Input{
		Object:    object,
		Finalizer: "kopf.zalando.org/KopfFinalizerMarker",
		Essence:   storage.Essence(g.fields()),
		Stored:    stored, HasStored: has,
		Pending: pending, HasPending: hasPending,
		FirstListing: g.Listed,
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

func (g *golden) test(t *testing.T) {
	found := g.detect(t, g.Object)
	if string(found.Reason) != g.Reason {
		t.Fatalf("the reason is %s, want %s", found.Reason, g.Reason)
	}
	equal(t, "the essence", essence.Of(g.Object, g.storage().Essence(g.fields())), g.Essence)
	if found.Reason == cause.Noop {
		equal(t, "what is left", left(g.Object), g.left())
		g.back(t, g.Object, nil)
		return
	}
	equal(t, "the stored essence", found.Old, g.Old)
	records, drop := g.load(t)
	g.plan(t, records)
	for id, a := range g.Attempt {
		records[id] = records[id].With(a.outcome(t), g.Now)
	}
	between := patch.Apply(g.Object, g.writes(t, found, records, drop))
	g.back(t, between, records)
	g.goOn(t, found, between, records)
	g.finish(t, found, between, records)
}

func (g *golden) load(t *testing.T) (records map[string]state.Record, drop []string) {
	loaded, errs := g.storage().Load(g.Object, append(g.Handlers, g.Subhandlers...))
	for _, err := range errs {
		t.Error(err)
	}
	records, drop = state.Repurpose(g.Reason, g.Selected, g.Anew, loaded)
	for id, record := range records {
		if want, ok := g.Records[id]; ok && record.Text() != want || !ok && !record.Untried() {
			t.Errorf("the record of %s\ngot  %s\nwant %s", id, record.Text(), want)
		}
	}
	for id := range g.Records {
		if _, ok := records[id]; !ok {
			t.Errorf("%s has no record", id)
		}
	}
	return records, drop
}

func (g *golden) plan(t *testing.T, records map[string]state.Record) {
	var due []state.Due
	for _, id := range g.Selected {
		due = append(due, state.Due{ID: id})
	}
	plan := state.MakePlan(due, records, nil, g.Now)
	var sleeping []string
	for _, s := range plan.Sleeping {
		sleeping = append(sleeping, s.ID)
	}
	for what, pair := range map[string][2][]string{
		"run": {plan.Run, g.Run}, "sleep": {sleeping, g.Sleeping}, "are finished": {plan.Finished, g.Finished},
	} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("handlers that %s: %q, want %q", what, pair[0], pair[1])
		}
	}
}

// writes checks what is written in the middle of the cycle, byte for byte.
func (g *golden) writes(t *testing.T, found cause.Cause, records map[string]state.Record, drop []string) map[string]any {
	if len(g.Attempt) == 0 {
		return nil
	}
	out := g.storage().Save(g.Object, records, drop...)
	if found.Reason != cause.Delete {
		pending, err := g.storage().SavePending(g.Object, found.New)
		if err != nil {
			t.Fatal(err)
		}
		out = patch.Merge(out, pending)
	}
	equal(t, "the patch", out, g.Writes)
	return out
}

// back checks that an operator in Python would go on just the same: with the
// records, the reason and the essence.
func (g *golden) back(t *testing.T, object map[string]any, records map[string]state.Record) {
	python := g.python()
	if want := strings.Replace(g.Reason, "resume", "noop", 1); python.Reason(object) != want {
		t.Errorf("for an operator in Python, the reason is %s", python.Reason(object))
	}
	equal(t, "the essence for an operator in Python", python.Essence(object), g.Essence)
	for id, record := range records {
		got, found, err := python.Record(object, id)
		if record.Untried() {
			if found && len(g.Attempt) > 0 && g.Reason != "create" {
				t.Errorf("%s: an operator in Python finds %+v", id, got)
			}
			continue
		}
		if _, odd := g.Attempt[id]; err != nil && odd {
			t.Errorf("%s: %v", id, err)
		}
		want := kopftest.Record{
			Started: got.Started, Stopped: got.Stopped, Delayed: got.Delayed, Purpose: got.Purpose,
			Retries: record.Retries, Success: record.Success, Failure: record.Failure, Message: record.Message, Subrefs: got.Subrefs,
		}
		if _, tried := g.Attempt[id]; tried {
			want.Started, want.Stopped, want.Delayed = pythonTime(record.Started), pythonTime(record.Stopped), pythonTime(record.Delayed)
			want.Purpose, want.Subrefs = record.Purpose, record.Subrefs
		}
		if !found || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: an operator in Python finds\n     %+v\nwant %+v", id, got, want)
		}
	}
}

func pythonTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return kopftest.Time(*t)
}

// goOn checks that the engine finds again what it has written: also after a
// change, which does not belong to this cycle.
func (g *golden) goOn(t *testing.T, found cause.Cause, object map[string]any, records map[string]state.Record) {
	loaded, errs := g.storage().Load(object, append(g.Handlers, g.Subhandlers...))
	for id, record := range loaded {
		if !record.Equal(records[id]) && record.Purpose != "" {
			t.Errorf("%s: written as %s, read as %s", id, records[id].Text(), record.Text())
		}
	}
	for _, err := range errs {
		t.Error(err)
	}
	if found.Reason == cause.Delete || len(g.Attempt) == 0 {
		return
	}
	again := g.detect(t, patch.Apply(object, map[string]any{"spec": map[string]any{"changed": "meanwhile"}}))
	if again.Reason != found.Reason {
		t.Errorf("the cycle goes on as %s", again.Reason)
	}
	equal(t, "the essence of the cycle", again.New, g.Essence)
}

// finish ends the cycle with success and checks what is left.
func (g *golden) finish(t *testing.T, found cause.Cause, object map[string]any, records map[string]state.Record) {
	end := g.storage().Purge(object, state.WithSubrefs(g.Handlers, records))
	if found.Reason == cause.Create || found.Reason == cause.Update {
		handled, err := g.storage().SaveEssence(object, found.New)
		if err != nil {
			t.Fatal(err)
		}
		end = patch.Merge(end, handled)
	}
	object = patch.Apply(object, end)
	equal(t, "what is left", left(object), g.left())
	if reason := g.python().Reason(object); g.Reason != "delete" && reason != "noop" {
		t.Errorf("when all is done, an operator in Python sees: %s", reason)
	}
}

// left are the parts of an object where records are.
func left(object map[string]any) map[string]any {
	out := map[string]any{"annotations": map[string]any{}, "status": map[string]any{}}
	if value, ok := essence.Lookup(object, []string{"metadata", "annotations"}); ok {
		out["annotations"] = value
	}
	if value, ok := object["status"]; ok {
		out["status"] = value
	}
	return out
}

func (g *golden) left() map[string]any {
	want := map[string]any{"metadata": map[string]any{}}
	if g.Left.Annotations != nil {
		want["metadata"] = map[string]any{"annotations": g.Left.Annotations}
	}
	if g.Left.Status != nil {
		want["status"] = g.Left.Status
	}
	return left(want)
}

// equal compares JSON values; whole numbers are equal whatever their type.
func equal(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	if len(got)+len(want) == 0 || patch.Equal(got, want) {
		return
	}
	t.Errorf("%s\n%s", what, strings.Join(differences(got, want), "\n"))
}

func differences(got, want map[string]any) []string {
	var out []string
	for _, item := range essence.Compare(want, got) {
		out = append(out, essence.FormatPath(item.Path)+"\n  got  "+text(item.New)+"\n  want "+text(item.Old))
	}
	return out
}

func text(value any) string {
	out, err := essence.Encode(value)
	if err != nil {
		return err.Error()
	}
	return out
}
