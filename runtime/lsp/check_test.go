package lsp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopf-declarative/kopf-declarative/bench/many"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

func lines(found diag.List) []string {
	var out []string
	for _, d := range found {
		out = append(out, fmt.Sprintf("%d:%d-%d:%d %s: %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Subject.End.Line, d.Subject.End.Column, d.ID(), d.Message()))
	}
	slices.Sort(out)
	return out
}

func onlyOpen(d *document) *bundle { return &bundle{open: []*document{d}} }

// What an edit has touched is checked as if all were: after each of these edits of an
// operator that has mistakes already, both find the same.
func TestCheckEdited(t *testing.T) {
	text := strings.Replace(many.Handlers(8), "item %[1]d", "item ${nam}", 1)
	text = strings.Replace(text, "spec.title + ' 1'", "spec.title +' 1' + nam", 1)
	text = strings.Replace(text, "- id: handler_6", "- id: handler_6\n      retrys: 5", 1)
	text = strings.Replace(text, "- id: handler_5", "- id: handler_5\n      needs: handler_4", 1)
	text = strings.Replace(text, "match: {labels: {app: web}, when: \"big && spec.number == 0\"}", "match: &web {labels: {app: web}}", 1)
	text = strings.Replace(text, "match: {labels: {app: web}, when: \"big && spec.number == 7\"}", "match: *web", 1)
	for _, edit := range [][2]string{
		{"", ""},
		{"spec.title + ' 7'", "spec.title + ' 7' + nam"},
		{"spec.title + ' 3'", "spec.title + ' 3' + lables.x"},
		{"spec.title + ' 3'", "spec.title + ' 3' +"},
		{"spec.title +' 1' + nam", "spec.title +' 1' + name"},
		{"spec.title +' 1' + nam", "spec.title +' 1'\n\n + nam"},
		{"      needs: handler_4\n", "      needs: nobody\n"},
		{"      needs: handler_4\n", ""},
		{"retrys: 5", "retries: 5"},
		{"- id: handler_3", "- id: handler_2"},
		{"- id: handler_2\n      on: [create, update]", "- id: handler_2\n      on: [crate, update]"},
		{"spec.size > 10", "spec.size >"},
		{"metadata: {name: many}", "metadata: {name: Many, x: 1}"},
		{"  handlers:\n", "  timers:\n    - resource: things\n      interval: 5\n      do: [{log: \"${nam}\"}]\n  handlers:\n"},
		{"    - id: handler_7\n", "    - on: create\n      resource: thing\n      do: [{log: x, when: vars.x}]\n    - id: handler_7\n"},
		{"wait: {for: \"children.config.size() > 2\"}", "wait: {for: \"children.confg.size() > 2\"}"},
	} {
		before := newDocument("file:///op.yaml", 1, newText(text))
		all, _ := checkAll(t.Context(), onlyOpen(before))
		after := newDocument("file:///op.yaml", 2, newText(strings.Replace(text, edit[0], edit[1], 1)))
		quick, ok := checkEdited(t.Context(), onlyOpen(after), all)
		if !ok {
			t.Errorf("%q: not checked", edit[1])
			continue
		}
		whole, _ := checkAll(t.Context(), onlyOpen(after))
		want := lines(slices.DeleteFunc(whole.found, func(d *diag.Diagnostic) bool { return wide[d.ID()] }))
		got := lines(slices.DeleteFunc(quick, func(d *diag.Diagnostic) bool { return wide[d.ID()] }))
		if !slices.Equal(got, want) {
			t.Errorf("%q for %q:\n%s\nwant\n%s", edit[1], edit[0], strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// What an edit breaks elsewhere is found when all is checked; what it breaks at its own
// place is found at once, and what was known of the rest is kept.
func TestCheckEditedFar(t *testing.T) {
	text := strings.Replace(many.Handlers(8), "spec.title + ' 1'", "spec.title +' 1' + nam", 1)
	for _, c := range []struct{ old, now, want string }{
		{"- id: handler_7\n", "- id: handler_7\n      on: [\n", "syntax expression-name"},
		{"filters: {big:", "filters: {biig:", "expression-name"},
		{"filters: {big: spec.size", "filters: {big: spec.size +", "expression-syntax expression-name"},
	} {
		before := newDocument("file:///op.yaml", 1, newText(text))
		all, _ := checkAll(t.Context(), onlyOpen(before))
		after := newDocument("file:///op.yaml", 2, newText(strings.Replace(text, c.old, c.now, 1)))
		quick, _ := checkEdited(t.Context(), onlyOpen(after), all)
		var rules []string
		for _, d := range quick {
			rules = append(rules, d.ID())
		}
		slices.Sort(rules)
		want := strings.Fields(c.want)
		slices.Sort(want)
		if !slices.Equal(rules, want) {
			t.Errorf("%s: %v", c.now, lines(quick))
		}
	}
}

// Focusing moves nothing: what is left stands where it stood.
func TestFocus(t *testing.T) {
	text := many.Handlers(5)
	at := strings.Index(text, "spec.number == 3")
	d := newDocument("file:///op.yaml", 1, newText(text))
	f := focusOn(text, d.documents(), stretch{at, at})
	if len(f.text) != len(text) || strings.Count(string(f.text), "\n") != strings.Count(text, "\n") {
		t.Error("the text has another size")
	}
	kept := strings.Fields(string(f.text))
	if !slices.Contains(kept, "handler_3") || slices.Contains(kept, "handler_2") || slices.Contains(kept, "handler_4") {
		t.Errorf("left is %s", kept)
	}
	for i := range f.text {
		if f.text[i] != text[i] && f.text[i] != ' ' {
			t.Fatalf("%q at %d was %q", f.text[i], i, text[i])
		}
	}
	// Without any handler, the list is gone, since it must not be empty.
	f = focusOn(text, d.documents(), stretch{0, 0})
	if strings.Contains(string(f.text), "handlers") || !strings.Contains(string(f.text), "filters") {
		t.Errorf("left is %s", f.text)
	}
}

func TestChanged(t *testing.T) {
	for _, c := range []struct {
		before, after string
		old, now      stretch
	}{
		{"abc", "abc", stretch{3, 3}, stretch{3, 3}},
		{"abc", "aXc", stretch{1, 2}, stretch{1, 2}},
		{"abc", "ac", stretch{1, 2}, stretch{1, 1}},
		{"aa", "aaa", stretch{2, 2}, stretch{2, 3}},
		{"", "x", stretch{0, 0}, stretch{0, 1}},
	} {
		if old, now := changed(c.before, c.after); old != c.old || now != c.now {
			t.Errorf("%q to %q: %v %v", c.before, c.after, old, now)
		}
	}
}

// A check that an edit overtakes tells nothing; the newest version is told, once at
// once and once about everything, and nothing of a document that is closed.
func TestOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []publishDiagnosticsParams
		w := newWorkspace(t.Context(), func(p publishDiagnosticsParams) { told = append(told, p) })
		text := many.Handlers(3)
		w.set(newDocument("untitled:1", 1, newText(text)))
		synctest.Wait()
		w.mu.Lock()
		w.groups["untitled:1"].last.took = time.Hour // as if it were large
		told = nil
		w.mu.Unlock()

		for version := 2; version < 6; version++ {
			w.set(newDocument("untitled:1", version, newText(strings.Replace(text, "big &&", "big && nam ==", version))))
		}
		synctest.Wait()
		versions := func() (out []int) {
			for _, p := range told {
				out = append(out, *p.Version)
			}
			return out
		}
		if got := versions(); len(got) == 0 || got[len(got)-1] != 5 || !slices.IsSorted(got) {
			t.Errorf("told about the versions %v", got)
		}
		quick := len(told)
		time.Sleep(pause)
		synctest.Wait()
		if len(told) > quick+1 || *told[len(told)-1].Version != 5 {
			t.Errorf("after the pause, told about %v", versions())
		}
		w.set(newDocument("untitled:1", 6, newText(text)))
		w.close("untitled:1")
		synctest.Wait()
		if last := told[len(told)-1]; last.Version != nil || len(last.Diagnostics) > 0 {
			t.Errorf("after the end: %+v", last)
		}
		time.Sleep(2 * pause)
		synctest.Wait()
		if last := told[len(told)-1]; last.Version != nil {
			t.Errorf("a closed document is told about: %+v", last)
		}
		w.stop()
	})
}
