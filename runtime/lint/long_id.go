package lint

import (
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var ruleLongID = &diag.Rule{
	ID: "long-id", Severity: diag.Info, Summary: "the id is cut in the annotation",
	Explanation: "The progress of a handler is kept in an annotation of its name, which has 63 characters at most. A longer id is cut there and told from others by a hash: it works, but is hard to recognize on the object.",
}

// maxName is the length of the name of an annotation behind its prefix.
const maxName = 63

func longIDs(v *view) diag.List {
	var found diag.List
	for _, t := range v.tasks {
		if t.IsActivity() || t.ID == nil || len(t.ID.Value) <= maxName {
			continue
		}
		key := state.Key("", t.ID.Value, nil)
		found = append(found, ruleLongID.At(t.ID.Range(), "the id has %d characters; its record is kept as %q", len(t.ID.Value), key[1:]))
	}
	return found
}
