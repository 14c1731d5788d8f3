package state

import (
	"strings"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name    string
		backoff Backoff
		attempt int
		random  float64
		want    time.Duration
	}{
		{"default", Backoff{}, 7, 0.9, 60 * s},
		{"constant", Backoff{Initial: ptr(5 * s)}, 7, 0.9, 5 * s},
		{"none", Backoff{Initial: ptr(0 * s)}, 7, 0.9, 0},
		{"none to grow", Backoff{Initial: ptr(0 * s), Factor: 2, Jitter: 0.1}, 7, 0.9, 0},
		{"grows", Backoff{Initial: ptr(s), Factor: 2}, 0, 0, s},
		{"grows", Backoff{Initial: ptr(s), Factor: 2}, 5, 0, 32 * s},
		{"to its maximum", Backoff{Initial: ptr(s), Factor: 2, Max: 10 * s}, 5, 0, 10 * s},
		{"and stays there for ever", Backoff{Initial: ptr(s), Factor: 2, Max: 10 * s}, 1 << 30, 0, 10 * s},
		{"without a maximum too", Backoff{Initial: ptr(s), Factor: 2}, 1 << 30, 0, longestDelay},
		{"default with a maximum", Backoff{Max: 10 * s}, 0, 0, 10 * s},
		{"least jitter", Backoff{Initial: ptr(10 * s), Jitter: 0.1}, 0, 0, 9 * s},
		{"no jitter", Backoff{Initial: ptr(10 * s), Jitter: 0.1}, 0, 0.5, 10 * s},
		{"much jitter", Backoff{Initial: ptr(10 * s), Jitter: 0.1}, 0, 0.75, 10*s + s/2},
		{"the maximum holds with jitter", Backoff{Initial: ptr(10 * s), Max: 10 * s, Jitter: 0.1}, 0, 0.99, 10 * s},
		{"jitter below zero", Backoff{Initial: ptr(10 * s), Jitter: 3}, 0, 0, 0},
		{"jitter of the largest", Backoff{Initial: ptr(s), Factor: 9, Jitter: 1}, 1 << 30, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.backoff.Delay(test.attempt, test.random)
			if got.Round(time.Millisecond) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	const s = time.Second
	temporary := func(delay time.Duration) Fault {
		return Fault{Kind: Temporary, Delay: &delay, Message: "oops"}
	}
	arbitrary := Fault{Message: "oops"}
	retry := func(delay time.Duration) Outcome {
		return Outcome{Verdict: Retry, Delay: delay, Message: "oops"}
	}
	failed := Outcome{Verdict: Failed, Message: "oops"}
	gaveUp := func(why string) Outcome {
		return Outcome{Verdict: Failed, Message: "oops (gave up: " + why + ")"}
	}
	busy := Fault{Message: "oops", Delay: ptr(7 * s)}
	tests := []struct {
		name    string
		limits  Limits
		fault   Fault
		retries int // before this attempt
		runtime int // seconds
		want    Outcome
	}{
		{"temporary", Limits{}, Fault{Kind: Temporary, Message: "oops"}, 0, 0, retry(60 * s)},
		{"temporary with a delay", Limits{}, temporary(5 * s), 0, 0, retry(5 * s)},
		{"temporary at once", Limits{}, temporary(0), 0, 0, retry(0)},
		{"temporary in the past", Limits{}, temporary(-s), 0, 0, retry(0)},
		{"temporary for ever", Limits{Timeout: ptr(s)}, temporary(1<<63 - 1), 0, 0, gaveUp("its timeout is 1s")},
		{"temporary whatever the mode", Limits{Errors: ErrorsPermanent, Backoff: Backoff{Initial: ptr(s)}}, temporary(5 * s), 0, 0, retry(5 * s)},
		{"permanent", Limits{}, Fault{Kind: Permanent, Message: "oops"}, 0, 0, failed},
		{"permanent whatever the mode", Limits{Errors: ErrorsIgnored}, Fault{Kind: Permanent, Message: "oops"}, 0, 0, failed},
		{"arbitrary", Limits{}, arbitrary, 0, 0, retry(60 * s)},
		{"arbitrary, temporary", Limits{Errors: ErrorsTemporary, Backoff: Backoff{Initial: ptr(s), Factor: 2}}, arbitrary, 3, 0, retry(8 * s)},
		{"arbitrary, permanent", Limits{Errors: ErrorsPermanent}, arbitrary, 0, 0, failed},
		{"arbitrary, ignored", Limits{Errors: ErrorsIgnored}, arbitrary, 0, 0, Success()},
		{"arbitrary, with a delay that the server asked for", Limits{Backoff: Backoff{Initial: ptr(s)}}, busy, 0, 0, retry(7 * s)},
		{"such, permanent", Limits{Errors: ErrorsPermanent}, busy, 0, 0, failed},
		{"such, ignored", Limits{Errors: ErrorsIgnored}, busy, 0, 0, Success()},
		{"the last but one of five attempts", Limits{Retries: ptr(5)}, arbitrary, 3, 0, retry(60 * s)},
		{"the last of five attempts", Limits{Retries: ptr(5)}, arbitrary, 4, 0, gaveUp("5 of 5 attempts made")},
		{"the last of five attempts, temporary", Limits{Retries: ptr(5)}, temporary(s), 4, 0, gaveUp("5 of 5 attempts made")},
		{"the only attempt", Limits{Retries: ptr(1)}, arbitrary, 0, 0, gaveUp("1 of 1 attempts made")},
		{"in time", Limits{Timeout: ptr(100 * s)}, temporary(10 * s), 0, 89, retry(10 * s)},
		{"too late then", Limits{Timeout: ptr(100 * s)}, temporary(10 * s), 0, 90, gaveUp("its timeout is 1m40s")},
		{"too late by backoff", Limits{Timeout: ptr(100 * s)}, arbitrary, 0, 50, gaveUp("its timeout is 1m40s")},
		{"too late, but permanent", Limits{Timeout: ptr(s), Errors: ErrorsPermanent}, arbitrary, 0, 50, failed},
		{"too late, but ignored", Limits{Timeout: ptr(s), Errors: ErrorsIgnored}, arbitrary, 0, 50, Success()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := Record{Started: ptr(at(0)), Retries: test.retries}
			got := test.limits.Decide(test.fault, record, at(test.runtime), 0.5)
			if got.Verdict != test.want.Verdict || got.Delay != test.want.Delay || got.Message != test.want.Message {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestDecideKeepsSubrefs(t *testing.T) {
	for _, mode := range []ErrorsMode{ErrorsTemporary, ErrorsPermanent, ErrorsIgnored} {
		got := Limits{Errors: mode}.Decide(Fault{Subrefs: []string{"a"}}, Record{}, at(0), 0)
		if len(got.Subrefs) != 1 {
			t.Errorf("%s: got %+v", mode, got)
		}
	}
}

func TestExhausted(t *testing.T) {
	tests := []struct {
		name   string
		limits Limits
		record Record
		says   string // empty for not exhausted
	}{
		{"no limits", Limits{}, Record{Started: ptr(at(-1e6)), Retries: 1e6}, ""},
		{"attempts left", Limits{Retries: ptr(3)}, Record{Retries: 2}, ""},
		{"no attempts left", Limits{Retries: ptr(3)}, Record{Retries: 3, Message: "oops"}, "oops (gave up: 3 of 3"},
		{"none allowed", Limits{Retries: ptr(0)}, Record{}, "gave up: 0 of 0"},
		{"time left", Limits{Timeout: ptr(time.Minute)}, Record{Started: ptr(at(-59))}, ""},
		{"no time left", Limits{Timeout: ptr(time.Minute)}, Record{Started: ptr(at(-60))}, "gave up: its timeout is 1m0s"},
		{"not started", Limits{Timeout: ptr(time.Minute)}, Record{}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, over := test.limits.Exhausted(test.record, at(0))
			if over != (test.says != "") || !strings.HasPrefix(got.Message, test.says) {
				t.Fatalf("got %+v, %v", got, over)
			}
			if over && (got.Verdict != Failed || !got.Unattempted) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A handler that always fails is tried exactly as often as its limit says.
func TestRetriesAreAttempts(t *testing.T) {
	for want := 1; want <= 5; want++ {
		limits, record, now, attempts := Limits{Retries: &want}, Record{}, at(0), 0
		for !record.Finished() {
			now = now.Add(time.Minute)
			record = record.Begun(now)
			attempts++
			record = record.With(limits.Decide(Fault{Message: "oops"}, record, now, 0), now)
		}
		if attempts != want || record.Retries != want || !record.Failure {
			t.Errorf("retries: %d made %d attempts: %+v", want, attempts, record)
		}
	}
}
