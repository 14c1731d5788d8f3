package spec_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func settings(t *testing.T, text string) *spec.Settings {
	t.Helper()
	s, found := spec.ParseSettings(spec.Source{Name: "s.yaml", Text: []byte(text)}, "settings")
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSettingsWith(t *testing.T) {
	own := settings(t, "settings: {queueing: {exitTimeout: 5s, workerLimit: 3}, persistence: {progress: {storage: status, field: status.x}}, execution: {defaultBackoff: {initial: 1s, factor: 2}}}")
	over := settings(t, "settings: {queueing: {exitTimeout: 7s}, persistence: {progress: {storage: status}}, execution: {defaultBackoff: 9s}, posting: {enabled: false}}")
	got := own.With(over)

	if v := got.Queueing.ExitTimeout.Value; v != 7*time.Second {
		t.Errorf("exitTimeout is %v, not that of the override", v)
	}
	if v := got.Queueing.WorkerLimit.Value; v != 3 {
		t.Errorf("workerLimit is %v, not the own one", v)
	}
	if p := got.Persistence.Progress; p.Storage.Value != "status" || !slices.Equal(p.Field.Segments, []string{"status", "x"}) {
		t.Errorf("progress is %+v, not the sum of both", p)
	}
	if b := got.Execution.DefaultBackoff; b.Initial.Value != 9*time.Second || b.Factor != nil {
		t.Errorf("defaultBackoff is %+v, not that of the override as a whole", b)
	}
	if got.Posting.Enabled.Value {
		t.Error("posting is on, but was overridden")
	}
	if own.Queueing.ExitTimeout.Value != 5*time.Second || own.Posting != nil || own.Queueing.WorkerLimit == nil {
		t.Error("With has changed its receiver")
	}
}

func TestSettingsWithNothing(t *testing.T) {
	var none *spec.Settings
	if got := none.With(nil); got == nil || got.Queueing != nil {
		t.Errorf("got %+v, want empty settings", got)
	}
}

func TestParseSettingsFindsMistakes(t *testing.T) {
	source := spec.Source{Name: "s.yaml", Text: []byte("set:\n  queueing: {exitTimout: 5s}\n")}
	_, found := spec.ParseSettings(source, "set")
	const want = `s.yaml:2:14: error: unknown key: queueing has no key "exitTimout"; did you mean "exitTimeout"?`
	if len(found) != 1 || found[0].Error() != want {
		t.Errorf("got %v\nwant %s", found.Err(), want)
	}
}

func TestSettingPaths(t *testing.T) {
	paths := spec.SettingPaths()
	for _, want := range []string{"watching.inactivityTimeout", "execution.defaultBackoff", "persistence.progress.field"} {
		if !slices.Contains(paths, want) {
			t.Errorf("%s is not among %v", want, paths)
		}
	}
	if slices.Contains(paths, "execution.defaultBackoff.initial") {
		t.Error("the parts of a backoff are listed apart")
	}
}
