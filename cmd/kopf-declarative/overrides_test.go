package main

import (
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func TestOverridesByStrength(t *testing.T) {
	own := "watching: {serverTimeout: 1s, inactivityTimeout: 1s, reconnectBackoff: 1s}\nqueueing: {exitTimeout: 1s}\n"
	file := "set:\n  watching: {serverTimeout: 2s, inactivityTimeout: 2s, reconnectBackoff: 2s}\n"
	env := "watching.serverTimeout=3s watching.inactivityTimeout=3s"
	flags := []string{"watching.serverTimeout=4s", "queueing.errorDelays=[5s, 6s]"}

	settings, found := spec.ParseSettings(spec.Source{Text: []byte(own)})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	op := &spec.Operator{Spec: spec.OperatorSpec{Settings: settings}}
	o, err := parseOverrides(spec.Source{Text: []byte(file)}, env, flags)
	if err != nil {
		t.Fatal(err)
	}
	o.apply([]*spec.Operator{op})

	got := op.Spec.Settings
	for name, test := range map[string]struct{ got, want time.Duration }{
		"flag":        {got.Watching.ServerTimeout.Value, 4 * time.Second},
		"environment": {got.Watching.InactivityTimeout.Value, 3 * time.Second},
		"file":        {got.Watching.ReconnectBackoff.Value, 2 * time.Second},
		"operator":    {got.Queueing.ExitTimeout.Value, time.Second},
		"list":        {got.Queueing.ErrorDelays[1].Value, 6 * time.Second},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %v, want %v", name, test.got, test.want)
		}
	}
}
