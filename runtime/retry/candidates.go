package retry

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// candidate is a handler that can be tried again.
type candidate struct {
	storage *state.Storage
	id      string
	failed  bool // for good; otherwise it waits for its next attempt
	next    *time.Time
	message string
}

// candidates are the handlers that have failed or are to be tried again, in the order of
// their operators and ids.
func candidates(object map[string]any, storages []*state.Storage) []candidate {
	var out []candidate
	for _, s := range storages {
		found := map[string]candidate{}
		for id, failed := range s.Failed(object) {
			found[id] = candidate{storage: s, id: id, failed: true, message: failed.Message}
		}
		for id, r := range records(object, s) {
			if !r.Success {
				found[id] = candidate{storage: s, id: id, failed: r.Failure, next: r.Delayed, message: r.Message}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(found)) {
			out = append(out, found[id])
		}
	}
	return out
}

// records are the records among the annotations of a prefix. Their names are the ids of the
// handlers, but for very long ones.
func records(object map[string]any, s *state.Storage) map[string]state.Record {
	out := map[string]state.Record{}
	for key, value := range annotations(object) {
		id, own := strings.CutPrefix(key, s.Prefix+"/")
		text, _ := value.(string)
		if !own || strings.Contains(id, ".") || !strings.HasPrefix(text, "{") { // a dot is of a sub-handler
			continue
		}
		r, err := state.ParseRecord(text)
		if err == nil && r.Purpose != "" {
			out[id] = r
		}
	}
	return out
}

func annotations(object map[string]any) map[string]any {
	value, _ := essence.Lookup(object, []string{"metadata", "annotations"})
	out, _ := value.(map[string]any)
	return out
}

// storagesOn are those of the operators that keep something on the object.
func storagesOn(object map[string]any) []*state.Storage {
	prefixes := state.FailedPrefixes(object)
	for key := range annotations(object) {
		prefix, name, _ := strings.Cut(key, "/")
		if name == essence.Marker || name == state.HandledKey {
			prefixes = append(prefixes, prefix)
		}
	}
	slices.Sort(prefixes)
	var out []*state.Storage
	for _, prefix := range slices.Compact(prefixes) {
		out = append(out, &state.Storage{Prefix: prefix})
	}
	return out
}

// choose are the candidates that are meant: by their ids, or all that have failed.
func choose(what string, all []candidate, ids []string) ([]candidate, error) {
	if len(ids) == 0 {
		failed := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return !c.failed })
		if len(failed) == 0 {
			return nil, nothingFailed(what, all)
		}
		return failed, nil
	}
	var known []string
	for _, c := range all {
		known = append(known, c.id)
	}
	var out []candidate
	for _, id := range ids {
		at := len(out)
		for _, c := range all {
			if c.id == id {
				out = append(out, c)
			}
		}
		if len(out) == at {
			return nil, notThere(what, id, known)
		}
	}
	return out, nil
}

// nothingFailed says what can be done instead.
func nothingFailed(what string, all []candidate) error {
	if len(all) == 0 {
		return fmt.Errorf("%s has no handler that failed", what)
	}
	var waiting []string
	for _, c := range all {
		text := c.id
		if c.next != nil {
			text += " at " + c.next.UTC().Format(time.RFC3339)
		}
		waiting = append(waiting, text)
	}
	return fmt.Errorf("%s has no handler that failed for good; tried again by themselves are: %s; name one with --handler to have it tried now", what, strings.Join(waiting, ", "))
}

func notThere(what, id string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("%s has no handler that failed, so %q cannot be tried again", what, id)
	}
	guess := ""
	if near, ok := diag.Nearest(id, known); ok {
		guess = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("the handler %q has not failed on %s%s; those that can be tried again are: %s", id, what, guess, strings.Join(known, ", "))
}
