package state

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// epoch is when the tests take place. The nanoseconds do not fit into a record.
var epoch = time.Date(2026, 11, 24, 1, 41, 6, 66945123, time.UTC)

func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

func ptr[T any](value T) *T { return &value }

// sample is the record that 1.37.2 had on an object in the middle of a retry.
const sample = `{"started":"2026-11-24T01:41:06.066945+00:00","delayed":"2026-11-24T01:41:10.290905+00:00","purpose":"create","retries":2,"success":false,"failure":false,"message":"wait"}`

func sampleRecord() Record {
	return Record{
		Started: ptr(time.Date(2026, 11, 24, 1, 41, 6, 66945000, time.UTC)),
		Delayed: ptr(time.Date(2026, 11, 24, 1, 41, 10, 290905000, time.UTC)),
		Purpose: "create",
		Retries: 2,
		Message: "wait",
	}
}

func TestRecordText(t *testing.T) {
	full := sampleRecord()
	full.Stopped, full.Success, full.Subrefs = full.Delayed, true, []string{"a/b", "a/c"}
	full.Message = "<grüß> \"& so\"\n"
	full.Started = ptr(full.Started.In(time.FixedZone("east", 2*60*60)))
	tests := []struct {
		name   string
		record Record
		want   string
	}{
		{"as in Kopf", sampleRecord(), sample},
		{"waiting", Record{Waiting: true}, `{"retries":0,"success":false,"failure":false,"waiting":true}`},
		{"kept results", Record{Once: map[string]any{"/a": nil, "/b[string:x+0]": map[string]any{"n": int64(1), "none": nil}}, Result: "done"}, `{"retries":0,"success":false,"failure":false,"kept":{"once":{"/a":null,"/b[string:x+0]":{"n":1,"none":null}},"result":"done"}}`},
		{"zero", Record{}, `{"retries":0,"success":false,"failure":false}`},
		{"full", full, `{"started":"2026-11-24T01:41:06.066945+00:00","stopped":"2026-11-24T01:41:10.290905+00:00","delayed":"2026-11-24T01:41:10.290905+00:00","purpose":"create","retries":2,"success":true,"failure":false,"message":"<gr\u00fc\u00df> \"& so\"\n","subrefs":["a/b","a/c"]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.record.Text(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			read, err := ParseRecord(test.want)
			if err != nil || !read.Equal(test.record) {
				t.Errorf("read back as %+v, %v", read, err)
			}
			read, err = RecordOf(test.record.Values())
			if err != nil || !read.Equal(test.record) {
				t.Errorf("read from a status as %+v, %v", read, err)
			}
		})
	}
}

func TestParseRecordTolerates(t *testing.T) {
	zero := Record{}
	tests := []struct {
		name, text string
		want       Record
	}{
		{"nothing", `{}`, zero},
		{"null everywhere", `{"started":null,"stopped":null,"delayed":null,"purpose":null,"retries":null,"success":null,"failure":null,"message":null,"subrefs":null}`, zero},
		{"unknown keys", `{"future":{"a":[1]},"retries":1}`, Record{Retries: 1}},
		{"a float that is whole", `{"retries":1.0}`, Record{Retries: 1}},
		{"spaces and order", " {\n \"success\" : true , \"retries\" : 3 } \n", Record{Retries: 3, Success: true}},
		{"unsorted references", `{"subrefs":["b","a","b"]}`, Record{Subrefs: []string{"a", "b"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseRecord(test.text)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestParseRecordRefuses(t *testing.T) {
	tests := []struct{ text, says string }{
		{``, ""},
		{`null`, "object"},
		{`[]`, ""},
		{`"x"`, ""},
		{`{"retries":1`, ""},
		{`{"retries":"1"}`, `"retries"`},
		{`{"retries":-1}`, `"retries"`},
		{`{"retries":1.5}`, `"retries"`},
		{`{"retries":1e300}`, `"retries"`},
		{`{"success":"yes"}`, `"success"`},
		{`{"failure":1}`, `"failure"`},
		{`{"purpose":{}}`, `"purpose"`},
		{`{"message":[]}`, `"message"`},
		{`{"subrefs":"a"}`, `"subrefs"`},
		{`{"subrefs":[1]}`, `"subrefs"`},
		{`{"started":"yesterday"}`, `"started"`},
		{`{"delayed":12}`, `"delayed"`},
		{`{"stopped":"2026-13-01T00:00:00"}`, `"stopped"`},
		{`{"stopped":"0001-01-01T00:00:00+10:00"}`, `"stopped"`},
	}
	for _, test := range tests {
		got, err := ParseRecord(test.text)
		if err == nil {
			t.Errorf("%s: got %+v", test.text, got)
		} else if !strings.Contains(err.Error(), "not a progress record") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: says %q", test.text, err)
		}
	}
	for _, value := range []any{nil, "text", []any{}, map[string]any(nil)} {
		if got, err := RecordOf(value); err == nil {
			t.Errorf("%#v: got %+v", value, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	micro := time.Date(2020, 2, 14, 16, 58, 25, 396364000, time.UTC)
	second, minute := micro.Truncate(time.Second), micro.Truncate(time.Minute)
	day := time.Date(2020, 2, 14, 0, 0, 0, 0, time.UTC)
	tests := map[string]time.Time{
		"2020-02-14T16:58:25.396364+00:00":    micro,
		"2020-02-14T16:58:25.396364Z":         micro,
		"2020-02-14T16:58:25.396364":          micro,
		"2020-02-14T16:58:25,396364":          micro,
		"2020-02-14 16:58:25.396364":          micro,
		"2020-02-14t16:58:25.396364z":         micro,
		"2020-02-14T16:58:25.396364999+00:00": micro,
		"2020-02-14T18:58:25.396364+02:00":    micro,
		"2020-02-14T18:58:25.396364+0200":     micro,
		"2020-02-14T18:58:25.396364+02":       micro,
		"2020-02-14T09:58:25.396364-07:00":    micro,
		"20200214T165825.396364Z":             micro,
		"2020-02-14T16:58:25Z":                second,
		"2020-02-14T16:58":                    minute,
		"20200214T1658Z":                      minute,
		"2020-02-14":                          day,
	}
	for text, want := range tests {
		got, err := ParseTime(text)
		if err != nil || !stamp(got).Equal(want) {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(sample)
	f.Add(`{"started":"2020-02-14 16:58:25,39","subrefs":["a","a"],"x":1e400}`)
	f.Add(`{"started":"0000-01-01T00:00:00+05:00"}`)
	f.Add(`{"delayed":"9999-12-31T23:59:59-01:00","message":"\ud800"}`)
	f.Fuzz(func(t *testing.T, text string) {
		first, err := ParseRecord(text)
		if err != nil {
			return
		}
		second, err := ParseRecord(first.Text())
		if err != nil || !second.Equal(first) {
			t.Fatalf("read %+v from %q, wrote %q, read %+v, %v", first, text, first.Text(), second, err)
		}
		first.Begun(epoch).With(Outcome{Verdict: Retry}, epoch).Awake(epoch)
	})
}

func TestRecordLife(t *testing.T) {
	r := Record{Purpose: "create"}
	if !r.Untried() || !r.Awake(at(0)) || r.Runtime(at(9)) != 0 {
		t.Errorf("a new record: %+v", r)
	}

	r = r.Begun(at(0))
	if r.Untried() || r.Retries != 0 || r.Runtime(at(2)).Round(time.Millisecond) != 2*time.Second {
		t.Errorf("during the first attempt: %+v, runtime %s", r, r.Runtime(at(2)))
	}

	r = r.With(Outcome{Verdict: Retry, Delay: 10 * time.Second, Message: "not yet", Subrefs: []string{"b"}}, at(1))
	if r.Retries != 1 || r.Message != "not yet" || r.Stopped != nil || r.Purpose != "create" {
		t.Errorf("after the first attempt: %+v", r)
	}
	if !r.Sleeping(at(10)) || r.Awake(at(10)) || r.Sleeping(at(11)) || !r.Awake(at(11)) || r.Finished() {
		t.Errorf("it sleeps for 10 seconds: %+v", r)
	}

	r = r.With(Outcome{Verdict: Succeeded, Subrefs: []string{"a", "b"}}, at(12))
	want := Record{
		Started: stamp(at(0)), Stopped: stamp(at(12)),
		Purpose: "create", Retries: 2, Success: true, Subrefs: []string{"a", "b"},
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("after the second attempt: got %+v, want %+v", r, want)
	}
	if !r.Finished() || r.Sleeping(at(12)) || r.Awake(at(12)) {
		t.Error("it is not finished")
	}
}

func TestRecordFailsUnattempted(t *testing.T) {
	r := Record{}.With(Outcome{Verdict: Failed, Message: "no", Unattempted: true}, at(0))
	if r.Retries != 0 || !r.Failure || r.Success || !r.Finished() || r.Message != "no" {
		t.Errorf("got %+v", r)
	}
}

func TestRecordsAreValues(t *testing.T) {
	r := sampleRecord()
	r.Subrefs = append(make([]string, 0, 8), "z")
	before := r.Text()
	r.With(Outcome{Verdict: Retry, Subrefs: []string{"a"}}, at(0))
	r.Begun(at(0))
	if r.Text() != before {
		t.Errorf("the record changed to %s", r.Text())
	}
}

func TestWoken(t *testing.T) {
	later := ptr(time.Now().Add(time.Hour))
	for _, test := range []struct {
		name   string
		record Record
		awake  bool
	}{
		{"waits", Record{Delayed: later, Waiting: true}, true},
		{"is retried", Record{Delayed: later}, false},
		{"has failed", Record{Delayed: later, Waiting: true, Failure: true}, false},
	} {
		if awake := test.record.Woken().Awake(time.Now()); awake != test.awake {
			t.Errorf("a handler that %s: awake = %t", test.name, awake)
		}
	}
}

// What is kept is not kept longer than it is needed.
func TestRecordKeeps(t *testing.T) {
	kept := Record{}.Keeping("/a", int64(1))
	if both := kept.Keeping("/b", int64(2)); len(both.Once) != 2 || len(kept.Once) != 1 {
		t.Errorf("the record before is %v, the one after %v", kept.Once, both.Once)
	}
	kept.Result = "x"
	if r := kept.With(Outcome{Verdict: Retry}, epoch); len(r.Once) != 1 || r.Result != nil {
		t.Errorf("to be tried again: %+v", r)
	}
	if r := kept.With(Success(), epoch); r.Once != nil || r.Result != "x" {
		t.Errorf("succeeded: %+v", r)
	}
	if _, err := (Record{Result: func() {}}).KeptSize(); err == nil {
		t.Error("a function can be kept")
	}
	later := Record{Retries: 1}.With(Outcome{Verdict: Retry, Unattempted: true}, epoch).Starting([]string{"p/b", "p/a"}).Starting([]string{"p/b/c"})
	if later.Retries != 1 || strings.Join(later.Subrefs, " ") != "p/a p/b p/b/c" {
		t.Errorf("with sub-handlers: %+v", later)
	}
}
