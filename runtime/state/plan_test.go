package state

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// due makes handlers of a short notation: "c: a b" is c, which needs a and b.
func due(handlers ...string) []Due {
	var out []Due
	for _, h := range handlers {
		id, needs, _ := strings.Cut(h, ":")
		out = append(out, Due{ID: id, Needs: strings.Fields(needs)})
	}
	return out
}

// show writes a plan in one line.
func show(p Plan) string {
	var parts []string
	group := func(name string, ids []string) {
		if len(ids) > 0 {
			parts = append(parts, name+" "+strings.Join(ids, " "))
		}
	}
	group("run", p.Run)
	for _, f := range p.Fail {
		parts = append(parts, fmt.Sprintf("fail %s (%s)", f.ID, f.Outcome.Message))
	}
	for _, s := range p.Sleeping {
		parts = append(parts, fmt.Sprintf("sleep %s %s", s.ID, s.Until.Sub(at(0)).Round(time.Second)))
	}
	group("wait", p.Waiting)
	group("finished", p.Finished)
	return strings.Join(parts, "; ")
}

func TestMakePlan(t *testing.T) {
	var (
		success = Record{Success: true}
		failure = Record{Failure: true}
		asleep  = Record{Delayed: ptr(at(30)), Retries: 1}
		awake   = Record{Delayed: ptr(at(0)), Retries: 1}
	)
	type records = map[string]Record
	tests := []struct {
		name    string
		due     []Due
		records records
		tried   []string
		want    string
		done    bool
	}{
		{"nothing is due", nil, records{"x": asleep}, nil, "", true},
		{"all new, in declared order", due("c", "a", "b"), nil, nil, "run c a b", false},
		{"of every kind", due("a", "b", "c", "d", "e"), records{"a": success, "b": asleep, "c": failure, "d": awake}, nil, "run d e; sleep b 30s; finished a c", false},
		{"all finished", due("a", "b"), records{"a": success, "b": failure}, nil, "finished a b", true},
		{"tried in this pass", due("a", "b"), records{"a": awake}, []string{"a"}, "run b; sleep a 0s", false},
		{"needs a new one", due("b: a", "a"), nil, nil, "run a; wait b", false},
		{"needs a sleeping one", due("b: a", "a"), records{"a": asleep}, nil, "sleep a 30s; wait b", false},
		{"needs one that succeeded", due("b: a", "a"), records{"a": success}, nil, "run b; finished a", false},
		{"needs one that is not due", due("b: a"), nil, nil, "run b", false},
		{"needs two", due("c: a b", "a", "b"), records{"a": success, "b": asleep}, nil, "sleep b 30s; wait c; finished a", false},
		{"needs one that failed", due("b: a", "a"), records{"a": failure}, nil, `fail b (needs "a", which failed); finished a`, false},
		{"waits for one need, but another failed", due("c: a b", "a", "b"), records{"a": asleep, "b": failure}, nil, `fail c (needs "b", which failed); sleep a 30s; finished b`, false},
		{"failure goes on along the needs", due("c: b", "b: a", "a"), records{"a": failure}, nil, `fail c (needs "b", which failed); fail b (needs "a", which failed); finished a`, false},
		{"a finished one does not look at its needs", due("b: a", "a"), records{"a": failure, "b": success}, nil, "finished b a", true},
		{"loop", due("a: b", "b: a"), nil, nil, "fail a (can never run: the needs among a, b form a loop); fail b (can never run: the needs among a, b form a loop)", false},
		{"needs itself", due("a: a"), nil, nil, "fail a (can never run: the needs among a form a loop)", false},
		{"loop, found when nothing else is left", due("a: b", "b: a", "c"), nil, nil, "run c; wait a b", false},
		{"no time left", []Due{{ID: "a", Limits: Limits{Timeout: ptr(time.Second)}}}, records{"a": {Started: ptr(at(-1))}}, nil, "fail a (gave up: its timeout is 1s)", false},
		{"no time left, and needed", []Due{{ID: "a", Limits: Limits{Retries: ptr(1)}}, {ID: "b", Needs: []string{"a"}}}, records{"a": awake}, nil, `fail a (gave up: 1 of 1 attempts made); fail b (needs "a", which failed)`, false},
		{"asleep over its time", []Due{{ID: "a", Limits: Limits{Retries: ptr(1)}}}, records{"a": asleep}, nil, "sleep a 30s", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tried := map[string]bool{}
			for _, id := range test.tried {
				tried[id] = true
			}
			plan := MakePlan(test.due, test.records, tried, at(0))
			if got := show(plan); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if plan.Done() != test.done {
				t.Errorf("done is %v", plan.Done())
			}
		})
	}
}

func TestWake(t *testing.T) {
	records := map[string]Record{"a": {Delayed: ptr(at(30))}, "b": {Delayed: ptr(at(10))}, "c": {Success: true}}
	wake, ok := MakePlan(due("a", "b", "c"), records, nil, at(0)).Wake()
	if !ok || !wake.Equal(at(10)) {
		t.Errorf("got %v, %v", wake, ok)
	}
	if wake, ok := MakePlan(due("c"), records, nil, at(0)).Wake(); ok {
		t.Errorf("with nobody asleep: %v", wake)
	}
}

// pass carries out plans until nothing is left for now, as the engine does.
func pass(handlers []Due, records map[string]Record, now time.Time, run func(id string) Outcome) (ran []string) {
	tried := map[string]bool{}
	for {
		plan := MakePlan(handlers, records, tried, now)
		if len(plan.Run)+len(plan.Fail) == 0 {
			return ran
		}
		for _, f := range plan.Fail {
			records[f.ID] = records[f.ID].With(f.Outcome, now)
		}
		for _, id := range plan.Run {
			tried[id] = true
			ran = append(ran, id)
			records[id] = records[id].Begun(now).With(run(id), now)
		}
	}
}

func TestPassRunsAllThatCanRun(t *testing.T) {
	handlers := due("d: c", "c: a b", "a", "b")
	records := map[string]Record{}
	ran := pass(handlers, records, at(0), func(string) Outcome { return Success() })
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
	if !MakePlan(handlers, records, nil, at(0)).Done() {
		t.Error("not done")
	}
}

func TestPassTriesOnce(t *testing.T) {
	handlers := due("a", "b: a")
	records := map[string]Record{}
	again := func(string) Outcome { return Outcome{Verdict: Retry} }
	for second := range 3 {
		if ran := pass(handlers, records, at(second), again); !slices.Equal(ran, []string{"a"}) {
			t.Errorf("in second %d ran %v", second, ran)
		}
	}
	if records["a"].Retries != 3 || !records["b"].Untried() {
		t.Errorf("got %+v", records)
	}
}

func TestRepurpose(t *testing.T) {
	done := func(purpose string) Record { return Record{Purpose: purpose, Retries: 1, Success: true} }
	retrying := func(purpose string) Record { return Record{Purpose: purpose, Retries: 1, Message: "wait"} }
	untried := func(purpose string) Record { return Record{Purpose: purpose} }
	ids := func(s string) []string { return strings.Fields(s) }
	type records = map[string]Record
	tests := []struct {
		name     string
		purpose  string
		selected string
		anew     string
		loaded   records
		want     records
		drop     []string
	}{
		{"a new cycle", "create", "a b", "", nil, records{"a": untried("create"), "b": untried("create")}, nil},
		{
			"the same cycle goes on", "create", "a b", "",
			records{"a": done("create"), "b": retrying("create")},
			records{"a": done("create"), "b": retrying("create")}, nil,
		},
		{
			"creation becomes deletion", "delete", "c", "c",
			records{"a": done("create"), "b": retrying("create")},
			records{"c": untried("delete")}, []string{"a", "b"},
		},
		{
			"a handler for both is run again", "delete", "a c", "a c",
			records{"a": done("create"), "b": retrying("create")},
			records{"a": untried("delete"), "c": untried("delete")}, []string{"a", "b"},
		},
		{
			"the deletion goes on", "delete", "a c", "a c",
			records{"a": done("delete"), "c": retrying("delete")},
			records{"a": done("delete"), "c": retrying("delete")}, nil,
		},
		{
			"resumed in the deletion", "delete", "c r", "c",
			records{"c": done("resume"), "r": done("resume")},
			records{"c": untried("delete"), "r": done("delete")}, []string{"c"},
		},
		{
			"an update joins a resume", "update", "a u", "",
			records{"a": done("resume"), "b": retrying("resume")},
			records{"a": done("update"), "u": untried("update")}, []string{"b"},
		},
		{
			"not selected any more, but of this cycle", "update", "a", "",
			records{"a": retrying("update"), "b": done("update")},
			records{"a": retrying("update"), "b": done("update")}, nil,
		},
		{
			"of an old version", "update", "a", "",
			records{"a": done(""), "b": done("")},
			records{"a": done("update"), "b": done("")}, nil,
		},
		{
			"nothing is due any more", "noop", "", "",
			records{"b": retrying("update"), "a": done("update")},
			records{}, []string{"a", "b"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, drop := Repurpose(test.purpose, ids(test.selected), ids(test.anew), test.loaded)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if !slices.Equal(drop, test.drop) {
				t.Errorf("drops %v, want %v", drop, test.drop)
			}
		})
	}
}
