package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

const me = "me@here/20261125115900/abc"

var now = time.Date(2026, 11, 25, 12, 0, 30, 0, time.UTC)

func status(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestGoldenKopf: what Kopf writes is understood.
func TestGoldenKopf(t *testing.T) {
	text, err := os.ReadFile("testdata/kopf.yaml")
	if err != nil {
		t.Fatal(err)
	}
	written, _ := status(t, string(text))["status"].(map[string]any)
	d := Decide(written, me, 0, now)
	wantHigher := "alice@laptop/20261125115959/q7x (priority 666), carol@office (priority 100), my-operator-6d8f7c9b5-x2x4z (priority 100)"
	if got := names(d.Higher); got != wantHigher {
		t.Errorf("higher: %s\nwant %s", got, wantHigher)
	}
	if got, want := names(d.Same), "bob@desk/20261125115959/a1b (priority 0)"; got != want {
		t.Errorf("same: %s, want %s", got, want)
	}
	if want := []string{"dead@node/20261125110000/zzz"}; !slices.Equal(d.Dead, want) {
		t.Errorf("dead: %v, want %v", d.Dead, want)
	}
	if len(d.Damaged) > 0 || !d.Present || !d.Pause() {
		t.Errorf("damaged %v, own entry %v, pause %v", d.Damaged, d.Present, d.Pause())
	}
	if want := time.Date(2026, 11, 25, 12, 1, 0, 123456000, time.UTC); !d.Again.Equal(want) {
		t.Errorf("the first of them dies at %s, want %s", d.Again, want)
	}
	if want := "paused in favour of " + wantHigher + "; paused, as are all others of the same priority: bob@desk/20261125115959/a1b (priority 0)"; d.Reason() != want {
		t.Errorf("reason %q, want %q", d.Reason(), want)
	}
}

// TestGoldenWrites: what is written is what Kopf writes.
func TestGoldenWrites(t *testing.T) {
	self := Peer{Identity: me, Priority: 7, Lifetime: 59*time.Second + time.Millisecond, LastSeen: now.Add(250 * time.Millisecond)}
	for file, patch := range map[string]map[string]any{"entry.json": Renewal(self), "leave.json": Removal(me)} {
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(patch, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if string(got)+"\n" != string(want) {
			t.Errorf("%s: written %s\nwant %s", file, got, want)
		}
	}
}

func TestDecide(t *testing.T) {
	const seen = `lastseen: "2026-11-25T12:00:20.000000+00:00"` // ten seconds ago
	for _, tt := range []struct {
		name, status string
		priority     int
		want         string // higher|same|dead
		again        time.Duration
	}{
		{"nobody", `{}`, 0, "||", 0},
		{"only oneself", `{me: {priority: 0, lifetime: 60, ` + seen + `}}`, 0, "||", 0},
		{"oneself with a higher priority, of a former run in the same pod", `{me: {priority: 9, lifetime: 60, ` + seen + `}}`, 0, "||", 0},
		{"oneself, long dead", `{me: {priority: 9, lifetime: 1, ` + seen + `}}`, 0, "||", 0},
		{"higher", `{a: {priority: 1, lifetime: 60, ` + seen + `}}`, 0, "a||", 50 * time.Second},
		{"lower", `{a: {priority: 1, lifetime: 60, ` + seen + `}}`, 2, "||", 0},
		{"negative", `{a: {priority: -5, lifetime: 60, ` + seen + `}}`, -7, "a||", 50 * time.Second},
		{"same", `{a: {priority: 3, lifetime: 60, ` + seen + `}}`, 3, "|a|", 50 * time.Second},
		{"dead at the very moment", `{a: {priority: 1, lifetime: 10, ` + seen + `}}`, 0, "||a", 0},
		{"the last second of life", `{a: {priority: 1, lifetime: 11, ` + seen + `}}`, 0, "a||", time.Second},
		{"the first to die counts", `{a: {priority: 1, lifetime: 40, ` + seen + `}, b: {priority: 0, lifetime: 30, ` + seen + `}, c: {priority: -1, lifetime: 11, ` + seen + `}}`, 0, "a|b|", 20 * time.Second},
		{"lifetime of zero: it has left", `{a: {priority: 1, lifetime: 0, ` + seen + `}}`, 0, "||a", 0},
		{"no lastseen: now", `{a: {priority: 1, lifetime: 30}}`, 0, "a||", 30 * time.Second},
		{"no lifetime: a minute", `{a: {priority: 1, ` + seen + `}}`, 0, "a||", 50 * time.Second},
		{"no priority: zero", `{a: {` + seen + `}}`, 0, "|a|", 50 * time.Second},
		{"a null entry is none", `{a: null}`, 0, "||", 0},
		{"unknown fields", `{a: {priority: 1, lifetime: 60, ` + seen + `, namespace: x, message: why}}`, 0, "a||", 50 * time.Second},
		{"numbers in quotes and fractions", `{a: {priority: "1", lifetime: 60.9, ` + seen + `}}`, 0, "a||", 50 * time.Second},
		{"no zone is UTC", `{a: {priority: 1, lifetime: 60, lastseen: "2026-11-25 12:00:20"}}`, 0, "a||", 50 * time.Second},
		{"a clock ahead", `{a: {priority: 1, lifetime: 60, lastseen: "2026-11-25T12:01:30Z"}}`, 0, "a||", 2 * time.Minute},
		{"a lifetime beyond all measure", `{a: {priority: 1, lifetime: 1e300, ` + seen + `}}`, 0, "a||", longest - 10*time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Decide(status(t, tt.status), "me", tt.priority, now)
			got := ids(d.Higher) + "|" + ids(d.Same) + "|" + strings.Join(d.Dead, ",")
			if got != tt.want || len(d.Damaged) > 0 {
				t.Errorf("higher|same|dead = %s, want %s; damaged %v", got, tt.want, d.Damaged)
			}
			if d.Pause() != (d.Reason() != "") {
				t.Errorf("pause %v for the reason %q", d.Pause(), d.Reason())
			}
			var again time.Duration
			if !d.Again.IsZero() {
				again = d.Again.Sub(now)
			}
			if again != tt.again {
				t.Errorf("look again in %s, want %s", again, tt.again)
			}
		})
	}
}

func ids(peers []Peer) string {
	out := make([]string, len(peers))
	for i, p := range peers {
		out[i] = p.Identity
	}
	return strings.Join(out, ",")
}

func TestDamaged(t *testing.T) {
	for _, tt := range []struct{ entry, want string }{
		{`text`, `a: found "text", expected a map of priority, lifetime and lastseen`},
		{`[]`, `a: found [], expected a map of priority, lifetime and lastseen`},
		{`{priority: high}`, `a: priority: found "high", expected an integer`},
		{`{priority: 1e12}`, `a: priority: found 1000000000000, expected an integer`},
		{`{lifetime: {}}`, `a: lifetime: found {}, expected a number of seconds`},
		{`{lastseen: yesterday}`, `a: lastseen: found "yesterday", expected an ISO 8601 time`},
		{`{lastseen: 5}`, `a: lastseen: found 5, expected an ISO 8601 time`},
	} {
		d := Decide(status(t, `{a: `+tt.entry+`, b: {priority: 1}}`), "me", 0, now)
		if got := strings.Join(d.Damaged, "; "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.entry, got, tt.want)
		}
		if ids(d.Higher) != "b" || len(d.Same)+len(d.Dead) > 0 {
			t.Errorf("%s: the others are %+v", tt.entry, d)
		}
	}
}

func TestRenewAfter(t *testing.T) {
	for _, tt := range []struct {
		lifetime time.Duration
		chance   float64
		want     time.Duration
	}{
		{time.Minute, 0, 55 * time.Second},
		{time.Minute, 1, 50 * time.Second},
		{7 * time.Second, 0, 2 * time.Second},
		{7 * time.Second, 1, time.Second},
		{time.Second, 0.5, time.Second},
	} {
		if got := RenewAfter(tt.lifetime, tt.chance); got != tt.want {
			t.Errorf("RenewAfter(%s, %v) = %s, want %s", tt.lifetime, tt.chance, got, tt.want)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Setenv("POD_ID", "")
	t.Setenv("LOGNAME", "alice")
	first, second := Identity(now), Identity(now)
	form := regexp.MustCompile(`^alice@[^/@]+/20261125120030/[a-z0-9]{3}$`)
	if !form.MatchString(first) || !form.MatchString(second) {
		t.Errorf("identities %s and %s", first, second)
	}
	if got := Person(); !strings.HasPrefix(first, got+"/") {
		t.Errorf("the person is %s, the identity %s", got, first)
	}
	t.Setenv("LOGNAME", "")
	t.Setenv("USER", "bob")
	if got := Person(); !strings.HasPrefix(got, "bob@") {
		t.Errorf("the person is %s", got)
	}
	t.Setenv("POD_ID", "my-operator-6d8f7c9b5-x2x4z")
	if got := Identity(now); got != "my-operator-6d8f7c9b5-x2x4z" {
		t.Errorf("identity in a pod: %s", got)
	}
	if got := Person(); !strings.HasPrefix(got, "bob@") {
		t.Errorf("who freezes from within a pod is the pod: %s", got)
	}
}

// TestDefinitions: what users are told to apply is what is looked for.
func TestDefinitions(t *testing.T) {
	var seen []string
	for text := range strings.SplitSeq(Definitions, "\n---\n") {
		object := status(t, text)
		meta, _ := object["metadata"].(map[string]any)
		seen = append(seen, fmt.Sprint(object["apiVersion"], " ", object["kind"], " ", meta["name"]))
	}
	want := []string{
		"apiextensions.k8s.io/v1 CustomResourceDefinition clusterkopfpeerings.kopf.dev",
		"apiextensions.k8s.io/v1 CustomResourceDefinition kopfpeerings.kopf.dev",
		"kopf.dev/v1 ClusterKopfPeering default",
		"kopf.dev/v1 KopfPeering default",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("found %q, want %q", seen, want)
	}
}
