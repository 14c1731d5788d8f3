package lint

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var ruleUnseen = &diag.Rule{
	ID: "unseen-patch", Severity: diag.Warning, Summary: "nobody will see this",
	Explanation: "When a handler for `delete` has succeeded, the object is let go in the same moment, and what the handler wrote to it goes with it. To tell people that something was cleaned up, write a log line or an event. A handler that waits, with `wait` or with `fail: {temporary: …}`, keeps the object there, and may say so in the status.",
}

// unseenPatches finds writes to objects that go right after.
func unseenPatches(v *view) diag.List {
	var found diag.List
	for _, t := range v.tasks {
		if t.Handler == nil || !onlyDeletes(t.Handler) || stays(t.Work) {
			continue
		}
		for _, w := range ownWrites(t.Work.Do) {
			if overlap(w.path, []string{"metadata", "finalizers"}) && len(w.path) > 1 {
				continue
			}
			found = append(found, ruleUnseen.At(w.at, "the object goes when this handler has succeeded, and %s with it", strings.Join(w.path, ".")))
		}
		if r := t.Work.Result; r != nil {
			at := r.Range
			if at.Start.Line != at.End.Line {
				at.End = at.Start
			}
			found = append(found, ruleUnseen.At(at, "the object goes when this handler has succeeded, and its result in the status with it"))
		}
	}
	return found
}

func onlyDeletes(h *spec.Handler) bool {
	return len(h.On) > 0 && !slices.ContainsFunc(h.On, func(on *spec.String) bool { return on.Value != "delete" })
}

// stays tells whether something in the steps can keep the object for a while.
func stays(w *spec.Work) bool {
	stays := false
	w.Walk(func(s *spec.Step) {
		stays = stays || s.Wait != nil || s.Fail != nil && s.Fail.Temporary != nil || len(s.Sub) > 0
	})
	return stays
}
