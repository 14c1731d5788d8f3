package devcluster

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestReportTellsHowFarTheBuildIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var progress bytes.Buffer
		r := newReport(&progress, time.Now())
		fmt.Fprint(r, "go: downloading k8s.io/api v0.37.2\ngo: downl")
		fmt.Fprint(r, "oading k8s.io/apimachinery v0.37.2\n")
		wait(heartbeat)
		r.expect(3)
		fmt.Fprint(r, "internal/cpu\nk8s.io/api/core/v1\n")
		wait(heartbeat)
		r.stop()
		wait(heartbeat)
		want := "  15s: 2 modules downloaded\n  30s: 2 of at most 3 packages compiled\n"
		if progress.String() != want {
			t.Errorf("got %q, want %q", progress.String(), want)
		}
	})
}

// wait lets time pass in a bubble, and what is due then happen.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestReportKeepsComplaints(t *testing.T) {
	r := &report{}
	fmt.Fprint(r, "go: downloading a v1.0.0\na/b\n\n# a/b\n./b.go:1:1: expected 'package'\n")
	fmt.Fprint(r, strings.Repeat("and so on\n", 100))
	got := r.complaints()
	if !strings.HasPrefix(got, "  # a/b\n  ./b.go:1:1: expected 'package'\n") || strings.Count(got, "\n") != lastLines-1 {
		t.Errorf("got %s", got)
	}
}
