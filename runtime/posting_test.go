package runtime_test

import "testing"

// TestPostedLogs: what handlers log becomes an event from a level on.
func TestPostedLogs(t *testing.T) {
	for posting, want := range map[string]int{
		"level: info": 2, "level: warning": 1, "level: error": 0, "level: info, loggers: true": 2, "level: info, loggers: false": 0,
	} {
		t.Run(posting, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: poster}
spec:
  settings: {posting: {` + posting + `}}
  handlers:
    - id: talk
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: a word
        - log: {level: warning, message: a warning}
        - event: {reason: Done}
`)
			w.create(widgets, `{metadata: {name: one}, spec: {}}`)
			// Events of one object are posted in their order, so the last one tells
			// that there are no others.
			w.eventually("the last event", func() (any, bool) { return w.reasons(), w.reasons()["Done"] == 1 })
			if got := w.reasons()["Logging"]; got != want {
				t.Errorf("%d messages were posted, want %d", got, want)
			}
		})
	}
}

// reasons counts the events of the namespace by their reasons.
func (w *world) reasons() map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, event := range w.list(kubeEvents) {
		reason, _ := event.Object["reason"].(string)
		out[reason]++
	}
	return out
}
