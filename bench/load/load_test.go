package load

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apiwatch "k8s.io/apimachinery/pkg/watch"
)

func TestCountWrites(t *testing.T) {
	const text = `# HELP apiserver_request_total Counter
apiserver_request_total{code="200",group="kopf.dev",resource="kopfexamples",subresource="",verb="PATCH"} 3
apiserver_request_total{code="200",group="kopf.dev",resource="kopfexamples",subresource="status",verb="PATCH"} 2
apiserver_request_total{code="201",group="events.k8s.io",resource="events",subresource="",verb="POST"} 1
apiserver_request_total{code="200",group="kopf.dev",resource="kopfexamples",subresource="",verb="LIST"} 9
apiserver_request_total{code="200",group="coordination.k8s.io",resource="leases",subresource="",verb="PUT"} 9
apiserver_request_duration_seconds_count{resource="kopfexamples",verb="PATCH"} 9
`
	got, err := countWrites(text)
	if err != nil || got != 6 {
		t.Errorf("countWrites = %d, %v; want 6", got, err)
	}
}

func TestServerCPU(t *testing.T) {
	got, err := serverCPU("process_cpu_seconds_total 12.5\nprocess_open_fds 9\n")
	if err != nil || got != 12500*time.Millisecond {
		t.Errorf("serverCPU = %v, %v; want 12.5s", got, err)
	}
	if _, err := serverCPU("process_open_fds 9\n"); err == nil {
		t.Error("found what is not there")
	}
}

func object(name string, status map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": name}, "status": status,
	}}
}

func TestTrackerSeesWhatIsDone(t *testing.T) {
	marked := map[string]any{"done": "x"}
	tests := map[string]struct {
		operation Operation
		value     string
		kind      apiwatch.EventType
		object    *unstructured.Unstructured
		want      bool
	}{
		"created, marked":              {Create, "", apiwatch.Modified, object("load-1", marked), true},
		"created, not marked yet":      {Create, "", apiwatch.Added, object("load-1", nil), false},
		"somebody else's":              {Create, "", apiwatch.Modified, object("other-1", marked), false},
		"updated":                      {Update, "x", apiwatch.Modified, object("load-1", marked), true},
		"updated, still the old value": {Update, "y", apiwatch.Modified, object("load-1", marked), false},
		"deleted":                      {Delete, "", apiwatch.Deleted, object("load-1", nil), true},
		"being deleted":                {Delete, "", apiwatch.Modified, object("load-1", marked), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tr := newTracker(Options{
				Operation: test.operation, Objects: 1, Prefix: "load", Done: []string{"status", "done"}, Value: test.value,
			})
			tr.seen(test.kind, test.object)
			select {
			case <-tr.finished:
				if !test.want {
					t.Error("counted as done")
				}
			default:
				if test.want {
					t.Error("not counted as done")
				}
			}
		})
	}
}

func TestResultCountsTheOperatorsWritesOnly(t *testing.T) {
	tr := newTracker(Options{Operation: Create, Objects: 1, Prefix: "load", Done: []string{"status", "done"}})
	start := time.Now()
	tr.sending("load-1")
	tr.seen(apiwatch.Added, object("load-1", nil))
	tr.seen(apiwatch.Modified, object("load-1", nil))
	tr.seen(apiwatch.Modified, object("load-1", map[string]any{"done": "x"}))
	if got := tr.result(start).ObjectWritesPerObject(); got != 2 {
		t.Errorf("writes per object = %v, want 2", got)
	}
}

func TestWaitSaysHowFarItCame(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tr := newTracker(Options{Operation: Create, Objects: 2, Prefix: "load", Done: []string{"status", "done"}})
	tr.seen(apiwatch.Modified, object("load-1", map[string]any{"done": "x"}))
	err := tr.wait(ctx, 0)
	if err == nil || err.Error() != "the operator has done 1 of 2 objects: context canceled" {
		t.Errorf("wait = %v", err)
	}
}
