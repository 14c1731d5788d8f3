package editor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/editor"
	"github.com/kopf-declarative/kopf-declarative/bench/many"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
)

func TestMeasure(t *testing.T) {
	binary, err := command.Build(t.Context(), "cmd/kopf-declarative", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file := editor.File{Title: "ten", Text: many.Handlers(10), Find: "spec.title + ' 5'"}
	got, err := editor.Measure(t.Context(), binary, t.TempDir(), file, 6)
	if err != nil {
		t.Fatal(err)
	}
	if got.Median <= 0 || got.P99 < got.Median || got.Open <= 0 || got.PeakMiB < 1 {
		t.Errorf("measured %+v", got)
	}
}

func TestTable(t *testing.T) {
	got := editor.Table([]editor.Result{{
		File: editor.File{Title: "a sample", Text: "a\nb\n"}, Open: time.Second,
		Median: 1500 * time.Microsecond, P99: 2 * time.Millisecond, CPU: time.Millisecond, PeakMiB: 40.2,
	}})
	if want := "| a sample | 2 | 1.5 | 2.0 | 1.0 | 1000 | 40 |\n"; !strings.HasSuffix(got, want) {
		t.Errorf("table:\n%s", got)
	}
}
