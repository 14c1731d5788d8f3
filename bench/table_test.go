package main

import (
	"strings"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
)

func result(took, cpu time.Duration) *load.Result {
	return &load.Result{Objects: 100, Took: took, CPU: cpu, ServerCPU: 2 * cpu, ObjectWrites: 200, Writes: 300, Median: 20 * time.Millisecond}
}

func TestTableShowsMediansAndRatios(t *testing.T) {
	w := workload{name: "create", title: "create"}
	got := table([]workload{w, {name: "not run"}}, map[key][]*load.Result{
		{"create", floor}:  {result(2*time.Second, 100*time.Millisecond), result(time.Second, 100*time.Millisecond), result(4*time.Second, 100*time.Millisecond)},
		{"create", engine}: {result(4*time.Second, 150*time.Millisecond)},
	})
	want := []string{
		"| create | 100 | floor | 50 | | 1.00 | | 2.00 | | 0 |  | 2.00 | 3.00 | 20 |  |",
		"| create | 100 | engine | 25 | 0.50 | 1.50 | 1.50 | 3.00 | 1.50 | 0 |  | 2.00 | 3.00 | 20 |  |",
	}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 4 || lines[2] != want[0] || lines[3] != want[1] {
		t.Errorf("table:\n%s\nwant the rows\n%s", got, strings.Join(want, "\n"))
	}
	if strings.Count(lines[0], "|") != strings.Count(lines[1], "|") || strings.Count(lines[0], "|") != strings.Count(lines[2], "|") {
		t.Errorf("rows of different widths:\n%s", got)
	}
}

func TestSelectWorkloads(t *testing.T) {
	selected, err := selectWorkloads(options{only: []string{"ten", "create"}, objects: 7})
	if err != nil || len(selected) != 2 || selected[0].name != "create" || selected[1].objects != 7 {
		t.Errorf("selected %v, %v", selected, err)
	}
	if _, err := selectWorkloads(options{only: []string{"tne"}}); err == nil || !strings.Contains(err.Error(), "create, update, ten") {
		t.Errorf("an unknown workload: %v", err)
	}
}
