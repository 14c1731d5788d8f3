package trial_test

import (
	"bytes"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Whatever is typed, nothing panics, every mistake has its place in the line, and what is completed
// begins within it.
func FuzzSession(f *testing.F) {
	for _, line := range []string{
		"spec.n + name", "spec.", "spec.items.map(i, i.", "labels['a", ":let item = {'x': 1}", ":let spec.n=", ":type [", ":template {a: ${spec.n}}",
		":template ${", ":t", ": ", "old.spec.?n.orValue(1)", "index.", "has(spec.n) && ", "cel.bind(x, spec, x.", "'\u00e9\u20ac' + spec.m", "`", "1.", "\t\x00",
	} {
		f.Add(line, len(line))
	}
	f.Add(" :", 0)
	f.Add("'\x7f'", 0)
	object, _, err := trial.ReadObject(spec.Source{Text: []byte(claim)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string, at int) {
		var out, errors bytes.Buffer
		s, err := trial.NewSession(trial.Options{Object: object, Clock: clock},
			trial.SessionIO{Out: &out, Format: trial.Text, Errors: &diag.Printer{Out: &errors, Sources: map[string][]byte{}}})
		if err != nil {
			t.Fatal(err)
		}
		if c := s.Complete(t.Context(), line, at); c.From < 0 || c.To < c.From || c.To > len(line) {
			t.Errorf("%q at %d: from %d to %d", line, at, c.From, c.To)
		}
		reply, err := s.Do(t.Context(), line)
		if err != nil {
			t.Fatal(err)
		}
		if reply.Failed != (errors.Len() > 0) {
			t.Errorf("%q: %+v, %q", line, reply, errors.String())
		}
	})
}
