package status

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	since, next, past := now.Add(-90*time.Second), now.Add(45*time.Second), now.Add(-time.Second)
	s := &Status{Version: "v1", Started: now.Add(-time.Hour), Now: now, Operators: []Operator{
		{
			Name: "evc", NotReady: []string{"the cluster has no resource x"}, Paused: []string{"a peer has a higher priority"},
			Resources: []Resource{{"widgets.test.kopf.dev", 10, 5}},
			Handlers:  []Handler{{"make", map[string]int{"succeeded": 7, "failed": 1, "retried": 2}}, {"idle", nil}},
			UnderWay:  5,
			Objects: []Object{
				{Resource: "widgets.test.kopf.dev", Namespace: "a", Name: "one", Handler: "make", State: Running, Attempt: 2, Since: &since},
				{Resource: "widgets.test.kopf.dev", Namespace: "a", Name: "two", Handler: "make", State: Retrying, Attempt: 1, Next: &next, Error: "not\nyet"},
				{Resource: "widgets.test.kopf.dev", Namespace: "a", Name: "two", Handler: "after", State: Waiting},
				{Resource: "nodes", Name: "n1", State: Blocked, Next: &past, Error: "away"},
			},
		},
		{Name: "idle"},
	}}
	var out strings.Builder
	if err := Write(&out, s); err != nil {
		t.Fatal(err)
	}
	const want = `engine v1, not ready, up for 1h0m0s

operator evc
  paused: a peer has a higher priority
  not ready: the cluster has no resource x

  RESOURCE               WATCHED  UNDER WAY
  widgets.test.kopf.dev  10       5

  HANDLER  RUNS  SUCCEEDED  FAILED  RETRIED  WAITED  IGNORED
  make     10    7          1       2        0       0
  idle     0     0          0       0        0       0

  OBJECT                       HANDLER  STATE     ATTEMPT  NEXT       ERROR
  widgets.test.kopf.dev/a/one  make     running   2        for 1m30s  -
  widgets.test.kopf.dev/a/two  make     retrying  1        in 45s     not yet
  widgets.test.kopf.dev/a/two  after    waiting   -        -          -
  nodes/n1                     -        blocked   -        now        away
  and 2 more objects

operator idle
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestFetchSaysWhatIsWrong: for people who have the wrong address, or none.
func TestFetchSaysWhatIsWrong(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/text/status" {
			_, _ = w.Write([]byte("hello"))
			return
		}
		http.NotFound(w, r)
	}))
	defer other.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for server, want := range map[string]string{
		other.URL:           "/status is no engine of kopf-declarative: it answers 404 Not Found",
		other.URL + "/text": "/status is no engine of kopf-declarative: its answer cannot be read",
		closed.URL:          "no engine listens at " + closed.URL + ": it has to run with --listen",
		"localhost:8080":    `"localhost:8080" is not the URL of an engine, such as http://127.0.0.1:8080`,
		"":                  "is not the URL of an engine",
	} {
		if _, err := Fetch(t.Context(), server); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", server, err, want)
		}
	}
}
